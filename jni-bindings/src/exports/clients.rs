//! Clients: made, closed, listened to.

use std::ops::Deref;
use std::sync::Arc;

use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass};
use jni::sys::{jbyteArray, jint, jlong};

use super::arguments::{array, array_of, frame};
use super::guard::{Throw, Thrown};
use super::writers::let_go;
use crate::ABI_VERSION;
use crate::completion::internal;
use crate::frame::Writer;
use crate::handle::{BadHandle, Kind, Table};
use crate::panics::keep_quiet;
use crate::policy::read_decision;
use crate::runtime::runtime;
use crate::session::Session;
use crate::settings::{Settings, refusal};

static CLIENTS: Table<Arc<Session>> = Table::new(Kind::Client);

/// A client while one of its methods runs; a panic in the method poisons it.
#[derive(Debug)]
pub(super) struct Entered(pub(super) Arc<Session>);

impl Deref for Entered {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.inbox.poison();
        }
    }
}

/// The client of a handle.
pub(super) fn client(handle: jlong) -> Result<Entered, Thrown> {
    Ok(Entered(CLIENTS.get(handle)?))
}

// SAFETY, for every export of this crate: the name is the one that the JVM looks for, and no other function has it. The
// types are those that `Native.java` declares.

/// `static native int abiVersion()`.
// SAFETY: see above.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_abiVersion(_env: EnvUnowned<'_>, _class: JClass<'_>) -> jint {
    ABI_VERSION
}

/// `static native byte[] open(byte[] settings)`.
// SAFETY: see above.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_open<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    settings: JByteArray<'l>,
) -> jbyteArray {
    env.with_env(|env| {
        keep_quiet();
        let settings = zeroize::Zeroizing::new(frame(env, &settings)?);
        let settings = Settings::read(&settings)?;
        let runtime = runtime().map_err(|error| Thrown::Internal(format!("the threads cannot be started: {error}")))?;
        let reply = match Session::new(&settings, runtime) {
            Ok(session) => {
                let full = || Thrown::Internal("there are too many clients".into());
                let mut reply = Writer::new();
                reply.u8(0).i64(CLIENTS.insert(Arc::new(session)).ok_or_else(full)?);
                reply
            }
            Err(error) => refusal(&error),
        };
        array(env, reply)
    })
    .resolve::<Throw>()
}

/// `static native void close(long client)`.
// SAFETY: see above.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_close<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
) {
    env.with_env(|_env| match CLIENTS.get(handle) {
        Ok(session) => {
            session.inbox.close();
            let_go(session.take_writers());
            Ok(())
        }
        Err(BadHandle::Closed) => Ok(()),
        Err(unknown) => Err(Thrown::from(unknown)),
    })
    .resolve::<Throw>();
}

/// `static native byte[] next(long client)`.
// SAFETY: see above.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_next<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
) -> jbyteArray {
    env.with_env(|env| {
        let session = client(handle)?;
        let Some(mut completion) = session.inbox.next() else {
            // Another thread may have been told the same.
            let _ = CLIENTS.remove(handle);
            return Ok(std::ptr::null_mut());
        };
        let frame = match array_of(env, &completion.frame) {
            Ok(frame) => frame,
            Err(error) => {
                // The call must not hang for want of memory: a small answer may find room now, or the next time.
                let id =
                    completion.frame.get(1..).and_then(<[u8]>::first_chunk).map_or(0, |id| i64::from_be_bytes(*id));
                completion.frame = internal(id, "the JVM has no memory for the answer");
                match array_of(env, &completion.frame) {
                    Ok(frame) => frame,
                    Err(_) => {
                        session.inbox.put_back(completion);
                        return Err(error);
                    }
                }
            }
        };
        if let Some(hold) = completion.hold {
            hold.release();
        }
        Ok(frame)
    })
    .resolve::<Throw>()
}

/// `static native void cancel(long client, long call)`.
// SAFETY: see above.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_cancel<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
) {
    env.with_env(|_env| {
        client(handle)?.inbox.cancel(call);
        Ok::<_, Thrown>(())
    })
    .resolve::<Throw>();
}

/// `static native void more(long client, long call, int count)`.
// SAFETY: see above.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_more<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
    count: jint,
) {
    env.with_env(|_env| {
        let count = usize::try_from(count).map_err(|_| Thrown::Argument("a negative count".into()))?;
        client(handle)?.inbox.more(call, count);
        Ok::<_, Thrown>(())
    })
    .resolve::<Throw>();
}

/// `static native void answer(long client, long question, byte[] decision)`.
// SAFETY: see above.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_answer<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    question: jlong,
    decision: JByteArray<'l>,
) {
    env.with_env(|env| {
        let decision = frame(env, &decision)?;
        client(handle)?.inbox.answer(question, read_decision(&decision)?);
        Ok::<_, Thrown>(())
    })
    .resolve::<Throw>();
}
