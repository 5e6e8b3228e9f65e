//! Native library of the JUnit 5 extension: the bundled cluster behind the static methods of
//! `io.influxclient.junit.internal.NativeCluster`.

use jni::EnvUnowned;
use jni::objects::JClass;
use jni::sys::jint;

/// Compared with a constant of the Java side after loading: both change together, whenever a method does.
pub const ABI_VERSION: i32 = 1;

/// `static native int abiVersion()`.
// SAFETY: the name is the one that the JVM looks for, and no other function of this library has it.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_influxclient_junit_internal_NativeCluster_abiVersion<'local>(
    _env: EnvUnowned<'local>,
    _class: JClass<'local>,
) -> jint {
    ABI_VERSION
}
