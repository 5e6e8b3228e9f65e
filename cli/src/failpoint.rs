//! Places where a test may let the process die as if by `kill -9`.
//!
//! `INFLUX_CLI_FAILPOINT=NAME:N` makes the N-th pass of the place of that name the last thing that the process does. In
//! release builds there are no such places.

/// Dies here if the test asked for it.
#[cfg(debug_assertions)]
pub(crate) fn pass(name: &str) {
    if is_due(name) {
        die();
    }
}

/// Dies here if the test asked for it.
#[cfg(not(debug_assertions))]
pub(crate) fn pass(_: &str) {}

/// Whether this pass is to be the last; the caller first leaves behind what is to be found.
#[cfg(debug_assertions)]
pub(crate) fn is_due(name: &str) -> bool {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("INFLUX_CLI_FAILPOINT").ok()?;
        let (name, pass) = text.split_once(':')?;
        Some((name.to_owned(), pass.parse().ok()?))
    });
    let Some((wanted, pass)) = wanted else { return false };
    wanted == name && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *pass
}

/// Whether this pass is to be the last: never in a release build.
#[cfg(not(debug_assertions))]
pub(crate) const fn is_due(_: &str) -> bool {
    false
}

/// Ends the process with nothing flushed and nobody told.
#[cfg(unix)]
pub(crate) fn die() -> ! {
    // Should the signal not be delivered, `abort` runs no destructors either.
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

/// Ends the process with nothing flushed and nobody told.
#[cfg(not(unix))]
pub(crate) fn die() -> ! {
    std::process::abort()
}
