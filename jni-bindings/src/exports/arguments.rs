//! Arguments of methods, looked over.

use jni::Env;
use jni::objects::{JByteArray, JByteBuffer, JObject};
use jni::refs::Reference as _;
use jni::sys::jbyteArray;

use super::guard::Thrown;
use crate::frame::Writer;
use crate::hold::Hold;
use crate::input::Rows;

/// The largest control frame that is read. Settings with many certificates are well below it.
const MOST_CONTROL: usize = 64 << 20;

/// The most bytes of rows or lines in one call: no server takes near as many, and they are copied.
const MOST_POINTS: usize = 512 << 20;

/// A control frame.
pub(super) fn frame(env: &mut Env<'_>, array: &JByteArray<'_>) -> Result<Vec<u8>, Thrown> {
    let len = length(env, array)?;
    if len > MOST_CONTROL {
        return Err(Thrown::Argument("the frame is too large".into()));
    }
    Ok(env.convert_byte_array(array)?)
}

fn length(env: &mut Env<'_>, array: &JByteArray<'_>) -> Result<usize, Thrown> {
    if array.is_null() {
        return Err(Thrown::Null("an array is null"));
    }
    Ok(array.len(env)?)
}

/// A part of an array. It is looked over before anything is copied.
pub(super) fn part(env: &mut Env<'_>, array: &JByteArray<'_>, offset: i32, length: i32) -> Result<Vec<u8>, Thrown> {
    let all = self::length(env, array)?;
    let (Ok(begin), Ok(len)) = (usize::try_from(offset), usize::try_from(length)) else {
        return Err(Thrown::Argument("a negative offset or length".into()));
    };
    if begin + len > all {
        return Err(Thrown::Argument("offset and length go past the end of the array".into()));
    }
    if len > MOST_POINTS {
        return Err(Thrown::Argument("more than 512 MiB at once".into()));
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| Thrown::Memory)?;
    bytes.resize(len, 0_i8);
    array.get_region(env, offset, &mut bytes)?;
    Ok(bytes.into_iter().map(i8::cast_unsigned).collect())
}

/// Rows in a direct buffer, with what keeps the buffer from being freed.
pub(super) fn rows(env: &mut Env<'_>, buffer: &JByteBuffer<'_>, length: i32) -> Result<(Rows, Hold), Thrown> {
    if buffer.is_null() {
        return Err(Thrown::Null("the buffer is null"));
    }
    let Ok(len) = usize::try_from(length) else {
        return Err(Thrown::Argument("a negative length".into()));
    };
    let (Ok(address), Ok(capacity)) = (env.get_direct_buffer_address(buffer), env.get_direct_buffer_capacity(buffer))
    else {
        return Err(Thrown::Argument("the buffer is not a direct one".into()));
    };
    if len > capacity {
        return Err(Thrown::Argument("the length goes past the end of the buffer".into()));
    }
    if len > MOST_POINTS {
        return Err(Thrown::Argument("more than 512 MiB at once".into()));
    }
    let object: &JObject<'_> = buffer.as_ref();
    let hold = Hold::new(env.new_global_ref(object)?);
    // SAFETY: the JVM says that so many bytes are there. They stay for as long as the buffer is reachable, which it is through
    // the hold until the last completion of the call is fetched.
    Ok((unsafe { Rows::new(address.cast_const(), len) }, hold))
}

/// A frame as an array.
pub(super) fn array(env: &mut Env<'_>, frame: Writer) -> Result<jbyteArray, Thrown> {
    let frame = frame.into_bytes().map_err(|_| Thrown::Memory)?;
    array_of(env, &frame)
}

/// Bytes as an array.
pub(super) fn array_of(env: &mut Env<'_>, bytes: &[u8]) -> Result<jbyteArray, Thrown> {
    let array = env.byte_array_from_slice(bytes);
    if env.exception_check() {
        env.exception_clear();
        return Err(Thrown::Memory);
    }
    match array {
        Ok(array) => Ok(array.into_raw()),
        Err(_) => Err(Thrown::Memory),
    }
}
