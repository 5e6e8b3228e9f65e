//! The processor time of a thread, which does not count what else the machine has to do.

use rustix::time::{ClockId, clock_gettime};

/// The processor time of this thread so far, in seconds.
pub fn thread_seconds() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
