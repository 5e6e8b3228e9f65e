//! Waits until nothing moves any more.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use influx_server_mock::{Loss, LossKind, ProcessCluster};

use super::collect::losses;
use super::load::MEASUREMENT;
use super::strike::mend;
use super::writers::DATABASE;
use crate::experiment::LabError;

/// How long nodes may take to come up and queues to drain, on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);
/// How long nothing may change before it is called still: longer than the queues' longest pause, and than what a link that
/// was healed may hold back.
const STILL: Duration = Duration::from_secs(3);
/// Between two looks.
const TICK: Duration = Duration::from_millis(200);

/// Ends all faults and waits until every node answers, every queue that can be delivered is empty, and no replica gets
/// anything any more.
///
/// # Errors
/// [`LabError::Target`] when that takes too long.
pub(super) async fn settle(cluster: &mut ProcessCluster) -> Result<(), LabError> {
    let deadline = Instant::now() + LIMIT;
    let late = |what: String| Err(LabError::Target(format!("{what} {LIMIT:?} after all faults were ended")));
    loop {
        // A node that was busy may not have heard of the end of its faults.
        mend(cluster).await?;
        let ill: Vec<String> = ill(cluster).await;
        if ill.is_empty() && cluster.heal().await.is_ok() {
            break;
        }
        if Instant::now() > deadline {
            return late(format!("not all nodes answer: {}", ill.join(", ")));
        }
        tokio::time::sleep(TICK).await;
    }
    let mut before = None;
    let mut since = Instant::now();
    loop {
        let waiting = waiting(cluster).await;
        let held = held(cluster).await;
        let now = (held, waiting.clone());
        if before.as_ref() != Some(&now) {
            before = Some(now);
            since = Instant::now();
        }
        let stuck = waiting.iter().all(|(from, to, points)| *points == 0 || poisoned(cluster, from, *to));
        if stuck && since.elapsed() >= STILL {
            return Ok(());
        }
        if Instant::now() > deadline {
            return late(format!("queues hold (from, to, points) {waiting:?}"));
        }
        tokio::time::sleep(TICK).await;
    }
}

async fn ill(cluster: &ProcessCluster) -> Vec<String> {
    let health = cluster.health().await.into_iter();
    health.filter_map(|(name, health)| health.err().map(|why| format!("{name} {why}"))).collect()
}

/// Points in queues, by the node that has the queue and the one that it is for; a node that does not tell has some for
/// nobody.
async fn waiting(cluster: &ProcessCluster) -> Vec<(String, u64, u64)> {
    let mut all = Vec::new();
    for (name, depths) in cluster.handoff_depths().await {
        match depths {
            Ok(depths) => all.extend(depths.iter().map(|depth| (name.clone(), depth.node, depth.points))),
            Err(_) => all.push((name, 0, u64::MAX)),
        }
    }
    all
}

/// How many points each replica holds; `None` of one that does not tell.
async fn held(cluster: &ProcessCluster) -> Vec<Option<u64>> {
    let mut all = Vec::new();
    for node in cluster.nodes().iter().filter(|node| node.role != influx_server_mock::Role::Meta) {
        all.push(cluster.count_on(&node.name, DATABASE, MEASUREMENT).await.ok());
    }
    all
}

/// Whether a node's queue for another one can never be delivered, by the node's own log.
fn poisoned(cluster: &ProcessCluster, from: &str, to: u64) -> bool {
    poisoned_queues(&losses(cluster, from).unwrap_or_default()).contains(&to)
}

/// The nodes whose queue is stuck behind what they refuse.
pub(super) fn poisoned_queues(log: &[Loss]) -> BTreeSet<u64> {
    log.iter().filter(|loss| loss.kind == LossKind::HintPoisons).map(|loss| loss.replica).collect()
}
