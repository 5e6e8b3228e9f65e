//! Background writers.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use jni::objects::{JByteArray, JByteBuffer, JClass};
use jni::sys::{jboolean, jbyteArray, jint, jlong};
use jni::{Env, EnvUnowned};

use super::arguments::{array, frame, part, rows};
use super::clients::client;
use super::guard::{Throw, Thrown};
use super::writes::begun;
use crate::answer::put_totals;
use crate::frame::Writer;
use crate::handle::{Kind, Table};
use crate::input::Input;
use crate::writer::{NotStarted, WriterSession, WriterSettings, start_refusal};

static WRITERS: Table<Arc<WriterSession>> = Table::new(Kind::Writer);

/// A writer while one of its methods runs; a panic in the method poisons its client.
struct Entered(Arc<WriterSession>);

impl Deref for Entered {
    type Target = Arc<WriterSession>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.session.inbox.poison();
        }
    }
}

/// The writer of a handle.
fn writer(handle: jlong) -> Result<Entered, Thrown> {
    Ok(Entered(WRITERS.get(handle)?))
}

/// Lets go of the writers of a client that is closed.
pub(super) fn let_go(handles: Vec<jlong>) {
    for handle in handles {
        // Another thread may have closed it meanwhile.
        let _ = WRITERS.remove(handle);
    }
}

/// `static native byte[] openWriter(long client, long id, byte[] settings)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_openWriter<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    id: jlong,
    settings: JByteArray<'l>,
) -> jbyteArray {
    env.with_env(|env| {
        let session = client(handle)?;
        let settings = WriterSettings::read(&frame(env, &settings)?)?;
        let reply = match WriterSession::start(&session.0, id, settings) {
            Ok(started) => {
                let writer = WRITERS.insert(Arc::new(started));
                let writer = writer.ok_or_else(|| Thrown::Internal("there are too many writers".into()))?;
                session.has_writer(writer);
                // Closed meanwhile, the client has not seen it.
                if session.inbox.is_closed() {
                    let_go(session.take_writers());
                }
                let mut reply = Writer::new();
                reply.u8(0).i64(writer);
                reply
            }
            Err(NotStarted::Settings(error)) => start_refusal(&error),
            Err(NotStarted::Call(why)) => return Err(why.into()),
        };
        array(env, reply)
    })
    .resolve::<Throw>()
}

fn try_push(env: &mut Env<'_>, writer: &Entered, input: Input) -> Result<jbyteArray, Thrown> {
    match writer.try_push(input) {
        Ok(()) => Ok(std::ptr::null_mut()),
        Err(reply) => array(env, reply),
    }
}

/// `static native byte[] tryPush(long writer, ByteBuffer rows, int length)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_tryPush<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    buffer: JByteBuffer<'l>,
    length: jint,
) -> jbyteArray {
    env.with_env(|env| {
        let writer = writer(handle)?;
        writer.session.inbox.is_open()?;
        let (rows, hold) = rows(env, &buffer, length)?;
        let reply = try_push(env, &writer, Input::Rows(rows));
        hold.release();
        reply
    })
    .resolve::<Throw>()
}

/// `static native byte[] tryPushLines(long writer, byte[] lines, int offset, int length)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_tryPushLines<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    lines: JByteArray<'l>,
    offset: jint,
    length: jint,
) -> jbyteArray {
    env.with_env(|env| {
        let writer = writer(handle)?;
        writer.session.inbox.is_open()?;
        let lines = part(env, &lines, offset, length)?;
        try_push(env, &writer, Input::Lines(lines, writer.rules))
    })
    .resolve::<Throw>()
}

/// `static native void startPush(long writer, long call, ByteBuffer rows, int length, boolean tracked)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_startPush<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
    buffer: JByteBuffer<'l>,
    length: jint,
    tracked: jboolean,
) {
    env.with_env(|env| {
        let writer = writer(handle)?;
        writer.session.inbox.is_open()?;
        let (rows, hold) = rows(env, &buffer, length)?;
        begun(writer.push(call, Some(hold), Input::Rows(rows), tracked))
    })
    .resolve::<Throw>();
}

/// `static native void startPushLines(long writer, long call, byte[] lines, int offset, int length, boolean tracked)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_startPushLines<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
    lines: JByteArray<'l>,
    offset: jint,
    length: jint,
    tracked: jboolean,
) {
    env.with_env(|env| {
        let writer = writer(handle)?;
        writer.session.inbox.is_open()?;
        let lines = part(env, &lines, offset, length)?;
        begun(writer.push(call, None, Input::Lines(lines, writer.rules), tracked))
    })
    .resolve::<Throw>();
}

/// `static native void startFlush(long writer, long call)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_startFlush<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
) {
    env.with_env(|_env| Ok(writer(handle)?.flush(call)?)).resolve::<Throw>();
}

/// `static native void startCloseWriter(long writer, long call, long limitNanos)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_startCloseWriter<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
    limit: jlong,
) {
    env.with_env(|_env| {
        let limit = u64::try_from(limit).map_err(|_| Thrown::Argument("a negative limit".into()))?;
        let writer = writer(handle)?;
        writer.close(call, Duration::from_nanos(limit))?;
        writer.session.has_no_writer(handle);
        let_go(vec![handle]);
        Ok::<_, Thrown>(())
    })
    .resolve::<Throw>();
}

/// `static native byte[] writerTotals(long writer)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_writerTotals<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
) -> jbyteArray {
    env.with_env(|env| {
        let writer = writer(handle)?;
        let mut reply = Writer::new();
        put_totals(&mut reply, &writer.writer.totals(), &writer.writer);
        array(env, reply)
    })
    .resolve::<Throw>()
}

/// `static native void forgetHoles(long writer)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_forgetHoles<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
) {
    env.with_env(|_env| {
        writer(handle)?.writer.forget_holes();
        Ok::<_, Thrown>(())
    })
    .resolve::<Throw>();
}
