//! Queries, requests as they are, and what is read back.

use jni::EnvUnowned;
use jni::objects::{JByteArray, JByteBuffer, JClass};
use jni::sys::{jboolean, jbyteArray, jint, jlong};

use super::arguments::{array, frame, rows};
use super::clients::client;
use super::guard::{Throw, Thrown};
use super::writes::begun;
use crate::answer::judge;
use crate::frame::Writer;
use crate::query::{Question, ask, ask_in_chunks};
use crate::request::{Plain, open, ping, send};
use crate::resolve::{ResolveOptions, resolve};

/// `static native void startQuery(long client, long call, byte[] query, boolean stream)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_startQuery<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
    query: JByteArray<'l>,
    stream: jboolean,
) {
    env.with_env(|env| {
        let session = client(handle)?;
        // A statement may set a password.
        let query = zeroize::Zeroizing::new(frame(env, &query)?);
        let question = Question::read(&query)?;
        begun(if stream {
            session.start(call, None, |call, client| ask_in_chunks(call, client, question))
        } else {
            session.start(call, None, |call, client| ask(call, client, question))
        })
    })
    .resolve::<Throw>();
}

/// `static native void startRequest(long client, long call, byte[] request)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_startRequest<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
    request: JByteArray<'l>,
) {
    env.with_env(|env| {
        let session = client(handle)?;
        let request = zeroize::Zeroizing::new(frame(env, &request)?);
        let plain = Plain::read(&request)?;
        begun(if plain.streams {
            session.start(call, None, |call, client| open(call, client, plain))
        } else {
            session.start(call, None, |call, client| send(call, client, plain))
        })
    })
    .resolve::<Throw>();
}

/// `static native void startPing(long client, long call)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_startPing<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
) {
    env.with_env(|_env| begun(client(handle)?.start(call, None, ping))).resolve::<Throw>();
}

/// `static native void startResolve(long client, long call, ByteBuffer rows, int length, byte[] options)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_startResolve<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
    buffer: JByteBuffer<'l>,
    length: jint,
    options: JByteArray<'l>,
) {
    env.with_env(|env| {
        let session = client(handle)?;
        session.inbox.is_open()?;
        let options = ResolveOptions::read(&zeroize::Zeroizing::new(frame(env, &options)?))?;
        let (rows, hold) = rows(env, &buffer, length)?;
        begun(session.start(call, Some(hold), move |call, client| resolve(call, client, rows, options)))
    })
    .resolve::<Throw>();
}

/// `static native byte[] health(long client)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_health<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
) -> jbyteArray {
    env.with_env(|env| {
        let session = client(handle)?;
        session.inbox.is_open()?;
        let mut reply = Writer::new();
        reply
            .list(session.client.endpoints(), |frame, status| {
                let state = match status.state {
                    influx_client::EndpointState::Up => "up",
                    influx_client::EndpointState::Suspect => "suspect",
                    influx_client::EndpointState::Down => "down",
                };
                frame.shown(&status.endpoint).str(state);
                frame.i32_or_none(Some(status.failures)).i32_or_none(Some(status.in_flight));
            })
            .i32_or_none(session.client.retry_tokens());
        array(env, reply)
    })
    .resolve::<Throw>()
}

/// `static native byte[] classify(byte[] reply)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_classify<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    reply: JByteArray<'l>,
) -> jbyteArray {
    env.with_env(|env| {
        let reply = frame(env, &reply)?;
        array(env, judge(&reply)?)
    })
    .resolve::<Throw>()
}

/// `static native long stamp(int precision)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_stamp<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    precision: jint,
) -> jlong {
    let known = usize::try_from(precision).ok().and_then(|index| influx_client::Precision::ALL.get(index));
    // Called for each point that takes the time of now, so the way to the JVM is left to the cases that need it.
    if let Some(precision) = known
        && let Ok(stamp) = std::panic::catch_unwind(|| influx_client::Timestamp::stamp(*precision))
    {
        return stamp.unwrap_or(jlong::MIN);
    }
    env.with_env(|_env| match known {
        None => Err(Thrown::Argument("an unknown precision".into())),
        Some(_) => Err(Thrown::Internal("the clock failed".into())),
    })
    .resolve::<Throw>()
}

/// `static native void provoke(long client, long call, int what)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_provoke<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
    what: jint,
) {
    env.with_env(|_env| {
        let session = client(handle)?;
        session.inbox.is_open()?;
        if !session.provokes {
            return Err(Thrown::Unsupported);
        }
        assert!(what != 0, "provoked in a method");
        begun(session.start(call, None, |_call, _client| async { panic!("provoked in a call") }))
    })
    .resolve::<Throw>();
}
