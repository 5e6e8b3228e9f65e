//! The exports. Each has the name that the JVM looks for, and takes what the class `NativeCluster` declares.

use jni::objects::{JClass, JObjectArray, JString};
use jni::refs::IntoAuto;
use jni::sys::{jint, jlong};
use jni::{Env, EnvUnowned};

use crate::failure::{Failure, Throw};
use crate::{ABI_VERSION, calls};

type Words<'local> = JObjectArray<'local, JString<'local>>;

/// Runs a call on a thread of its own, which the JVM never hears of, and waits for it. The caller's thread may have been
/// given any small stack, and a JVM whose stack overflows in native code is gone.
fn apart<T: Send>(call: impl FnOnce() -> Result<T, Failure> + Send) -> Result<T, Failure> {
    const STACK: usize = 4 << 20;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("influx cluster".to_owned()).stack_size(STACK);
        let thread = thread.spawn_scoped(scope, call);
        let thread = thread.map_err(|error| Failure::Cluster(format!("cannot start a thread: {error}")))?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What a word of Java's says. Halves of surrogate pairs become U+FFFD.
fn text(env: &Env<'_>, word: &JString<'_>) -> Result<String, Failure> {
    if word.is_null() {
        return Err(Failure::Argument("a text is null".to_owned()));
    }
    Ok(String::from_utf16_lossy(&units(word.mutf8_chars(env)?.to_bytes())))
}

/// The UTF-16 units of a text in the JVM's own encoding, which has each unit for itself in one to three bytes, also
/// where a unit is half of a character only. Not the binding's conversion: that gives up on the whole text then.
fn units(bytes: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let low = |byte: u8| u16::from(byte & 0x3f);
    while let [first, after @ ..] = rest {
        let (unit, after) = match (first, after) {
            (0xe0.., [second, third, after @ ..]) => {
                (u16::from(first & 0x0f) << 12 | low(*second) << 6 | low(*third), after)
            }
            (0xc0..=0xdf, [second, after @ ..]) => (u16::from(first & 0x1f) << 6 | low(*second), after),
            (_, after) => (u16::from(*first), after),
        };
        units.push(unit);
        rest = after;
    }
    units
}

fn texts(env: &mut Env<'_>, words: &Words<'_>) -> Result<Vec<String>, Failure> {
    if words.is_null() {
        return Err(Failure::Argument("the words are null".to_owned()));
    }
    let count = words.len(env)?;
    let mut all = Vec::with_capacity(count);
    for position in 0..count {
        // Freed here and not when the call returns: the JVM has room for sixteen only, unless it is asked for more.
        let word = words.get_element(env, position)?.auto();
        all.push(text(env, &word)?);
    }
    Ok(all)
}

fn words<'local>(env: &mut Env<'local>, texts: &[String]) -> Result<Words<'local>, Failure> {
    let array = Words::new(env, texts.len(), JString::null())?;
    for (position, text) in texts.iter().enumerate() {
        let word = env.new_string(text)?.auto();
        array.set_element(env, position, &*word)?;
    }
    Ok(array)
}

fn word<'local>(env: &mut Env<'local>, text: Option<String>) -> Result<JString<'local>, Failure> {
    match text {
        Some(text) => Ok(env.new_string(text)?),
        None => Ok(JString::null()),
    }
}

/// `static native int abiVersion()`.
// SAFETY: the name is the one that the JVM looks for, and no other function of this library has it.
#[unsafe(no_mangle)]
extern "system" fn Java_io_influxclient_junit_internal_NativeCluster_abiVersion<'local>(
    _env: EnvUnowned<'local>,
    _class: JClass<'local>,
) -> jint {
    ABI_VERSION
}

/// Exports a static native: its name, what it takes, what it gives back, and the body.
///
/// A body that fails or panics throws, and what the JVM gets as a value then it does not look at.
macro_rules! native {
    ($(#[doc = $doc:literal])* fn $name:ident($($arguments:tt)*) $body:block) => {
        native! { $(#[doc = $doc])* fn $name($($arguments)*) -> () $body }
    };
    (
        $(#[doc = $doc:literal])*
        fn $name:ident($env:ident $(, $argument:ident: $type:ty)*) -> $result:ty $body:block
    ) => {
        $(#[doc = $doc])*
        // SAFETY: the name is the one that the JVM looks for, and no other function of this library has it. The JVM
        // calls it with what the declaration in Java says, which is what stands here.
        #[unsafe(no_mangle)]
        extern "system" fn $name<'local>(
            mut env: EnvUnowned<'local>,
            _class: JClass<'local>
            $(, $argument: $type)*
        ) -> $result {
            env.with_env(|$env| -> Result<$result, Failure> { $body }).resolve::<Throw>()
        }
    };
}

native! {
    /// `static native long start(String[] words)`.
    fn Java_io_influxclient_junit_internal_NativeCluster_start(env, order: Words<'local>) -> jlong {
        let order = texts(env, &order)?;
        apart(|| calls::start(&order))
    }
}

native! {
    /// `static native void stop(long cluster)`.
    fn Java_io_influxclient_junit_internal_NativeCluster_stop(_env, cluster: jlong) {
        apart(|| calls::stop(cluster))
    }
}

native! {
    /// `static native void stopAll()`.
    fn Java_io_influxclient_junit_internal_NativeCluster_stopAll(_env) {
        apart(calls::stop_all)
    }
}

native! {
    /// `static native int running()`.
    fn Java_io_influxclient_junit_internal_NativeCluster_running(_env) -> jint {
        Ok(jint::try_from(calls::running()).unwrap_or(jint::MAX))
    }
}

native! {
    /// `static native void fault(long cluster, String[] words)`.
    fn Java_io_influxclient_junit_internal_NativeCluster_fault(
        env, cluster: jlong, order: Words<'local>
    ) {
        let order = texts(env, &order)?;
        apart(|| calls::fault(cluster, &order))
    }
}

native! {
    /// `static native String[] nodes(long cluster)`.
    fn Java_io_influxclient_junit_internal_NativeCluster_nodes(env, cluster: jlong) -> Words<'local> {
        words(env, &apart(|| calls::nodes(cluster))?)
    }
}

native! {
    /// `static native String[] faults(long cluster)`.
    fn Java_io_influxclient_junit_internal_NativeCluster_faults(env, cluster: jlong) -> Words<'local> {
        words(env, &apart(|| calls::faults(cluster))?)
    }
}

native! {
    /// `static native String[] logs(long cluster, String node)`.
    fn Java_io_influxclient_junit_internal_NativeCluster_logs(
        env, cluster: jlong, node: JString<'local>
    ) -> Words<'local> {
        let node = text(env, &node)?;
        words(env, &apart(|| calls::logs(cluster, &node))?)
    }
}

native! {
    /// `static native String[] handoff(long cluster, String node)`.
    fn Java_io_influxclient_junit_internal_NativeCluster_handoff(
        env, cluster: jlong, node: JString<'local>
    ) -> Words<'local> {
        let node = text(env, &node)?;
        words(env, &apart(|| calls::handoff(cluster, &node))?)
    }
}

native! {
    /// `static native long countOn(long cluster, String node, String database, String measurement)`.
    fn Java_io_influxclient_junit_internal_NativeCluster_countOn(
        env, cluster: jlong, node: JString<'local>, database: JString<'local>, measurement: JString<'local>
    ) -> jlong {
        let (node, database, measurement) = (text(env, &node)?, text(env, &database)?, text(env, &measurement)?);
        let count = apart(|| calls::count_on(cluster, &node, &database, &measurement))?;
        Ok(jlong::try_from(count).unwrap_or(jlong::MAX))
    }
}

native! {
    /// `static native void createDatabase(long cluster, String name, int copies)`.
    fn Java_io_influxclient_junit_internal_NativeCluster_createDatabase(
        env, cluster: jlong, name: JString<'local>, copies: jint
    ) {
        let name = text(env, &name)?;
        apart(|| calls::create_database(cluster, &name, copies))
    }
}

native! {
    /// `static native String unsettled(long cluster)`: null where nothing waits.
    fn Java_io_influxclient_junit_internal_NativeCluster_unsettled(env, cluster: jlong) -> JString<'local> {
        word(env, apart(|| calls::unsettled(cluster))?)
    }
}

native! {
    /// `static native String outOfSync(long cluster)`: null where the replicas are equal.
    fn Java_io_influxclient_junit_internal_NativeCluster_outOfSync(env, cluster: jlong) -> JString<'local> {
        word(env, apart(|| calls::out_of_sync(cluster))?)
    }
}

native! {
    /// `static native String add(long cluster, String role)`.
    fn Java_io_influxclient_junit_internal_NativeCluster_add(
        env, cluster: jlong, role: JString<'local>
    ) -> JString<'local> {
        let role = text(env, &role)?;
        word(env, Some(apart(|| calls::add(cluster, &role))?))
    }
}

native! {
    /// `static native void remove(long cluster, String node)`.
    fn Java_io_influxclient_junit_internal_NativeCluster_remove(
        env, cluster: jlong, node: JString<'local>
    ) {
        let node = text(env, &node)?;
        apart(|| calls::remove(cluster, &node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_apart_gives_back_what_it_has_and_passes_a_panic_on() {
        assert_eq!(
            apart(|| Ok(std::thread::current().name().map(str::to_owned))).ok().flatten().as_deref(),
            Some("influx cluster")
        );
        let panic = std::panic::catch_unwind(|| apart::<()>(|| panic!("on purpose"))).expect_err("it panicked");
        assert_eq!(crate::failure::panicked(panic), "a panic in the native library: on purpose");
    }

    #[test]
    fn the_jvms_encoding_is_read_with_halves_of_pairs() {
        // As the JVM writes it: NUL in two bytes, a character outside the plane as two units of three bytes.
        let bytes = b"a|\xc3\xa4|\xe2\x82\xac|\xc0\x80|\xed\xa0\xbe\xed\xbb\x96|\xed\xa0\xbe|";
        assert_eq!(String::from_utf16_lossy(&units(bytes)), "a|ä|€|\0|\u{1fad6}|\u{fffd}|");
        assert_eq!(units(b"\xe2\x82"), [0xe2, 0x82], "cut off, which the JVM never is");
        assert!(units(b"").is_empty());
    }
}
