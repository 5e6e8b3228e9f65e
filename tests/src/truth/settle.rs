//! Waits until nothing moves any more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use influx_server_mock::{Loss, LossKind, ProcessCluster, QueuedWrite};

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
        mend(cluster, &mut BTreeSet::new()).await?;
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
        // Before the queues: what is on its way now may be in one at the next look, and would otherwise be in neither.
        let under_way = under_way(cluster).await;
        let waiting = waiting(cluster).await;
        let held = held(cluster).await;
        let now = (held, waiting.clone(), under_way.clone());
        if before.as_ref() != Some(&now) {
            before = Some(now);
            since = Instant::now();
        }
        if since.elapsed() >= STILL && under_way.is_empty() && is_stuck(cluster, &waiting).await {
            return Ok(());
        }
        if Instant::now() > deadline {
            let under_way = under_way.join(", ");
            return late(format!(
                "queues hold (from, to, points) {waiting:?}, writes are on their way from [{under_way}]"
            ));
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

/// The nodes that still try to bring a write to an owner and have not queued it, or that do not tell.
async fn under_way(cluster: &ProcessCluster) -> Vec<String> {
    let told = cluster.writes_under_way().await.into_iter();
    told.filter(|(_, writes)| *writes != Ok(0)).map(|(name, _)| name).collect()
}

/// How many points each replica holds; `None` of one that does not tell.
async fn held(cluster: &ProcessCluster) -> Vec<Option<u64>> {
    let mut all = Vec::new();
    for node in cluster.nodes().iter().filter(|node| node.role != influx_server_mock::Role::Meta) {
        all.push(cluster.count_on(&node.name, DATABASE, MEASUREMENT).await.ok());
    }
    all
}

/// Whether what waits can never be delivered, by the nodes' own logs.
async fn is_stuck(cluster: &ProcessCluster, waiting: &[(String, u64, u64)]) -> bool {
    for (from, to, points) in waiting {
        if *points == 0 {
            continue;
        }
        let (Ok(log), Ok(queued)) = (losses(cluster, from), cluster.queued_on(from).await) else { return false };
        if !poisoned_queues(&log, &queued).contains(to) {
            return false;
        }
    }
    true
}

/// The nodes whose queue is stuck: they refuse what is at its head now. A node tells of it once for each write.
pub(super) fn poisoned_queues(log: &[Loss], queued: &[QueuedWrite]) -> BTreeSet<u64> {
    let mut heads: BTreeMap<u64, &QueuedWrite> = BTreeMap::new();
    for write in queued {
        heads.entry(write.node).or_insert(write);
    }
    let refused = |node: u64, head: &QueuedWrite| {
        let poison = log.iter().rev().find(|loss| loss.kind == LossKind::HintPoisons && loss.replica == node);
        poison.is_some_and(|poison| {
            poison.points == head.series.len() && poison.series.iter().eq(head.series.iter().take(Loss::MOST))
        })
    };
    heads.into_iter().filter(|(node, head)| refused(*node, head)).map(|(node, _)| node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_stuck_behind_what_is_at_its_head_now() {
        let series = |points: &[&str]| points.iter().map(|point| format!("truth,p={point}")).collect::<Vec<_>>();
        let poison = |replica, points: &[&str]| Loss {
            kind: LossKind::HintPoisons,
            replica,
            shard: 1,
            points: points.len(),
            series: series(points),
        };
        let write = |node, points: &[&str]| QueuedWrite { node, series: series(points) };
        let log = [poison(5, &["1-0"]), poison(6, &["2-0", "2-1"]), poison(5, &["3-0"])];
        let stuck = |queued: &[QueuedWrite]| poisoned_queues(&log, queued).into_iter().collect::<Vec<_>>();
        assert_eq!(stuck(&[write(5, &["3-0"]), write(5, &["4-0"]), write(6, &["2-0", "2-1"])]), [5, 6]);
        // It has gone on since, or the refused write is gone, or another one is part of it.
        assert!(stuck(&[write(5, &["4-0"]), write(5, &["3-0"]), write(6, &["2-0"])]).is_empty());
        assert!(stuck(&[write(7, &["3-0"])]).is_empty() && stuck(&[]).is_empty());
    }
}
