//! The end of a cluster that nobody needs any more.

use std::time::{Duration, Instant};

use influx_server_mock::{NodeState, ProcessCluster};

/// How long nodes may take to die of a signal that cannot be caught.
const LIMIT: Duration = Duration::from_secs(5);
/// Between two looks.
const TICK: Duration = Duration::from_millis(20);

/// Kills every node and waits until none is left, so that what they wrote can be removed. For `Drop`: it blocks.
pub(crate) fn kill_and_wait(cluster: &ProcessCluster) {
    cluster.kill_all();
    let deadline = Instant::now() + LIMIT;
    let dead = |name: &str| matches!(cluster.state(name), Ok(NodeState::Dead) | Err(_));
    while Instant::now() < deadline && !cluster.nodes().iter().all(|node| dead(&node.name)) {
        std::thread::sleep(TICK);
    }
}
