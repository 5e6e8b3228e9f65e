//! Writes of one batch.

use jni::EnvUnowned;
use jni::objects::{JByteArray, JByteBuffer, JClass};
use jni::sys::{jint, jlong};

use super::arguments::{frame, part, rows};
use super::clients::client;
use super::guard::{Throw, Thrown};
use crate::hold::Hold;
use crate::inbox::NotBegun;
use crate::input::Input;
use crate::session::Session;
use crate::write::{WriteOptions, write};

/// Lets go of what was held for a call that did not begin.
pub(super) fn begun(started: Result<(), (NotBegun, Option<Hold>)>) -> Result<(), Thrown> {
    started.map_err(|(why, hold)| {
        if let Some(hold) = hold {
            hold.release();
        }
        Thrown::from(why)
    })
}

fn start(session: &Session, call: i64, input: Input, hold: Option<Hold>, options: WriteOptions) -> Result<(), Thrown> {
    begun(session.start(call, hold, move |call, client| write(call, client, input, options)))
}

/// `static native void startWrite(long client, long call, ByteBuffer rows, int length, byte[] options)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_startWrite<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
    buffer: JByteBuffer<'l>,
    length: jint,
    options: JByteArray<'l>,
) {
    env.with_env(|env| {
        let options = frame(env, &options)?;
        let session = client(handle)?;
        session.inbox.is_open()?;
        let options = WriteOptions::read(&options, &session.asking)?;
        let (rows, hold) = rows(env, &buffer, length)?;
        start(&session, call, Input::Rows(rows), Some(hold), options)
    })
    .resolve::<Throw>();
}

/// `static native void startWriteLines(long client, long call, byte[] lines, int offset, int length, byte[] options)`.
// SAFETY: see `clients.rs`.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_internal_Native_startWriteLines<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    handle: jlong,
    call: jlong,
    lines: JByteArray<'l>,
    offset: jint,
    length: jint,
    options: JByteArray<'l>,
) {
    env.with_env(|env| {
        let options = frame(env, &options)?;
        let session = client(handle)?;
        session.inbox.is_open()?;
        let (options, rules) = WriteOptions::read_with_rules(&options, &session.asking)?;
        let lines = part(env, &lines, offset, length)?;
        start(&session, call, Input::Lines(lines, rules), None, options)
    })
    .resolve::<Throw>();
}
