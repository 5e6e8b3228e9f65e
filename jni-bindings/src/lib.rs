//! Native library of the Java client: `influx-client` behind the static methods of `io.influxclient.internal.Native`.

use jni::EnvUnowned;
use jni::objects::JClass;
use jni::sys::jint;

/// Compared with a constant of the Java side after loading: both change together, whenever a method or a frame does.
pub const ABI_VERSION: i32 = 1;

/// `static native int abiVersion()`.
// SAFETY: the name is the one that the JVM looks for, and no other function of this library has it.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_influxclient_internal_Native_abiVersion<'local>(
    _env: EnvUnowned<'local>,
    _class: JClass<'local>,
) -> jint {
    ABI_VERSION
}
