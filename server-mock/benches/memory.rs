//! How much memory a cluster inside this process takes while nobody asks anything of it.
//!
//! `cargo bench -p influx-server-mock --bench memory`

use std::time::{Duration, Instant};

use influx_server_mock::{TestCluster, Topology};

/// Resident memory of this process in KiB, from the kernel; `None` where there is no `/proc`.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
}

/// The most that is seen within this time, so that what a timer does now and then counts too.
const IDLE: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let Some(before) = resident_kib() else {
        println!("memory: not measured, this system has no /proc");
        return;
    };
    println!("{:<32} {:>10}", "inside one process, idle", "MiB");
    println!("{:<32} {:>10.1}", "no cluster", mib(before));
    for (name, topology) in [
        ("1 meta + 1 data node", Topology::Apart { meta: 1, data: 1 }),
        ("3 meta + 3 data nodes", Topology::Apart { meta: 3, data: 3 }),
        ("3 meta + 5 data nodes", Topology::Apart { meta: 3, data: 5 }),
    ] {
        let cluster = TestCluster::builder().topology(topology).start().await.expect("a cluster on free ports");
        let end = Instant::now() + IDLE;
        let mut most = 0;
        while Instant::now() < end {
            most = most.max(resident_kib().expect("it was there before"));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        println!("{name:<32} {:>10.1}", mib(most));
        drop(cluster);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
