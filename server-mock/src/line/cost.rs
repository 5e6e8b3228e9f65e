//! Counts the bytes that parsing looks at, so that a test can tell linear from quadratic without a clock.

#[cfg(test)]
thread_local! {
    static SPENT: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Notes that so many bytes were looked at. Nothing outside of tests.
#[inline]
pub(super) fn spend(bytes: usize) {
    #[cfg(test)]
    SPENT.with(|spent| spent.set(spent.get() + bytes as u64));
    #[cfg(not(test))]
    let _ = bytes;
}

/// What `work` spends.
#[cfg(test)]
pub(super) fn of(work: impl FnOnce()) -> u64 {
    let before = SPENT.with(std::cell::Cell::get);
    work();
    SPENT.with(std::cell::Cell::get) - before
}
