//! How busy the machine is.

/// The load average over a minute; `None` where the system does not tell.
pub(super) fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// How many processors there are; `None` where the system does not tell.
pub(super) fn processors() -> Option<usize> {
    std::thread::available_parallelism().ok().map(std::num::NonZero::get)
}
