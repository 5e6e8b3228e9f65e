//! What the operating system knows of this process.

use std::time::Duration;

/// Memory and time of this process; zeros where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProcessUsage {
    /// Bytes of memory in use.
    pub resident_bytes: u64,
    /// Bytes of memory reserved.
    pub virtual_bytes: u64,
    /// Time on processors.
    pub processor_time: Duration,
    /// Open files and sockets.
    pub open_files: u64,
    /// Threads.
    pub threads: u64,
}

impl ProcessUsage {
    /// As of now.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn now() -> Self {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        let mut usage = Self::from_proc(&read("status"), &read("stat"), rustix::param::clock_ticks_per_second());
        usage.open_files = std::fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64);
        usage
    }

    /// As of now.
    #[cfg(not(target_os = "linux"))]
    #[must_use]
    pub fn now() -> Self {
        Self::default()
    }

    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    fn from_proc(status: &str, stat: &str, ticks_per_second: u64) -> Self {
        let number = |key: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        // The name of the program, in parentheses, may hold spaces.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let field = |at: usize| after_name.split_whitespace().nth(at).and_then(|text| text.parse::<u64>().ok());
        let ticks = field(11).unwrap_or(0) + field(12).unwrap_or(0);
        Self {
            resident_bytes: number("VmRSS") * 1024,
            virtual_bytes: number("VmSize") * 1024,
            processor_time: Duration::from_secs_f64(ticks as f64 / ticks_per_second.max(1) as f64),
            open_files: 0,
            threads: number("Threads"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        let status = "Name:\tx\nVmSize:\t    2048 kB\nVmRSS:\t     100 kB\nThreads:\t3\n";
        let stat = "7 (a b) c) S 1 1 1 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 3 0 99 1 1";
        let usage = ProcessUsage::from_proc(status, stat, 100);
        assert_eq!((usage.resident_bytes, usage.virtual_bytes, usage.threads), (102_400, 2_097_152, 3));
        assert_eq!(usage.processor_time, Duration::from_secs(2));
        assert_eq!(ProcessUsage::from_proc("", "", 100), ProcessUsage::default());
    }
}
