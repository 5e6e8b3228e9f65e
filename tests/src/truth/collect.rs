//! Reads what the replicas hold and what the servers' logs say.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use influx_server_mock::{HeldPoint, Loss, LossKind, ProcessCluster, Role};

use super::load::{Line, MEASUREMENT, TAG, point_in, point_of};
use super::owners::Owners;
use super::settle::poisoned_queues;
use super::writers::{DATABASE, Written};
use super::{Affected, Causes, PointEnd, PointId, ServerCause, ServerLie, nanoseconds};
use crate::experiment::LabError;
use crate::history::FaultEvent;

/// What there is to judge by after a run.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// Where each point is, by batch and line.
    pub ends: HashMap<u64, Vec<PointEnd>>,
    /// What the servers' records say.
    pub causes: Causes,
    /// Points on replicas that nobody wrote.
    pub strangers: Vec<String>,
}

/// Reads everything. `owners` is the table of shards, `events` are the faults of the run, `write_timeout` that of the
/// nodes. A point without a time of its own got one of the time when it was written, which `began` tells of the run.
///
/// # Errors
/// A node does not tell what it holds, or its log cannot be read.
pub(super) async fn collect(
    cluster: &ProcessCluster,
    written: &[Written],
    owners: &Owners,
    began: SystemTime,
    events: &[FaultEvent],
    write_timeout: Duration,
) -> Result<Evidence, LabError> {
    let datas: Vec<(String, u64)> = cluster
        .nodes()
        .iter()
        .filter(|node| node.role != Role::Meta)
        .map(|node| (node.name.clone(), node.id))
        .collect();
    let mut evidence = Evidence::default();
    let began = began.duration_since(UNIX_EPOCH).unwrap_or_default();
    for one in written {
        let own = i64::try_from((began + Duration::from_nanos(one.claim.began)).as_nanos()).unwrap_or(i64::MAX);
        let lines = one.planned.lines.iter().enumerate();
        // Without a copy, only the table of shards tells who ought to have it.
        let nowhere = lines.map(|(line, what)| PointEnd {
            owners: owners.of_point((one.planned.batch, line), what.time.unwrap_or(own)),
            copies: BTreeMap::new(),
        });
        evidence.ends.insert(one.planned.batch, nowhere.collect());
    }
    let lines: HashMap<PointId, &Line> = written
        .iter()
        .flat_map(|one| one.planned.lines.iter().enumerate().map(|(line, what)| ((one.planned.batch, line), what)))
        .collect();
    for (name, id) in &datas {
        let held = cluster.held_by(name, DATABASE, MEASUREMENT).await?;
        for point in held {
            let which = point.tags.get(TAG).and_then(|tag| point_of(tag));
            let Some((which, line)) = which.and_then(|which| Some((which, *lines.get(&which)?))) else {
                evidence.strangers.push(format!("node {id}: {point:?}"));
                continue;
            };
            let Some(end) = evidence.ends.get_mut(&which.0).and_then(|ends| ends.get_mut(which.1)) else { continue };
            end.owners.clone_from(&point.owners);
            let copy = end.copies.entry(*id).or_default();
            copy.times.push(point.time);
            copy.differs = copy.differs.take().or_else(|| difference(line, &point));
        }
    }
    let mut logs = Vec::new();
    for (name, id) in &datas {
        logs.push((name.clone(), *id, losses(cluster, name)?));
    }
    evidence.causes = named(&logs).into_iter().collect();
    for (name, id, log) in &logs {
        let queued = cluster.queued_on(name).await?;
        let stuck = poisoned_queues(log, &queued);
        for write in queued {
            if stuck.contains(&write.node) {
                let points: Vec<PointId> = write.series.iter().filter_map(|key| point_in(key)).collect();
                evidence.causes.add(ServerCause {
                    lie: ServerLie::PoisonHint,
                    node: *id,
                    replica: Some(write.node),
                    to: Affected::Points(points),
                    record: format!("still in the queue of {name} for node {}", write.node),
                });
            }
        }
        for cause in deaths(name, *id, events, write_timeout) {
            evidence.causes.add(cause);
        }
    }
    Ok(evidence)
}

/// Copies that the database's retention policy asks for.
pub(super) const REPLICAS: usize = 3;

/// What a node's log says of points that are not where they should be.
///
/// # Errors
/// It cannot be read.
pub fn losses(cluster: &ProcessCluster, node: &str) -> Result<Vec<Loss>, LabError> {
    let path = cluster.log_path(node)?;
    let log = fs::read(&path).map_err(|source| LabError::File { path, source })?;
    Ok(String::from_utf8_lossy(&log).lines().filter_map(Loss::in_line).collect())
}

/// How a copy differs from what was written.
fn difference(line: &Line, point: &HeldPoint) -> Option<String> {
    let written: BTreeMap<String, serde_json::Value> =
        line.field().map(|value| ("v".to_owned(), value)).into_iter().collect();
    if point.fields != written {
        return Some(format!("holds {:?}, not {written:?}", point.fields));
    }
    line.time.filter(|time| *time != point.time).map(|time| format!("at {}, not {time}", point.time))
}

/// The records of the logs, as causes. What they say of whole batches goes as far as a replica says of itself that it
/// refused the points.
fn named(logs: &[(String, u64, Vec<Loss>)]) -> Vec<ServerCause> {
    // What a replica says itself that it refused; of a hint that was thrown away, the others were stored.
    let refused: BTreeSet<(PointId, u64)> = logs
        .iter()
        .flat_map(|(_, id, log)| log.iter().map(move |loss| (*id, loss)))
        .filter(|(_, loss)| loss.kind == LossKind::Refused)
        .flat_map(|(id, loss)| points(loss).into_iter().map(move |point| (point, id)))
        .collect();
    let by_anybody = |point: PointId| refused.range((point, 0)..=(point, u64::MAX)).next().is_some();
    let mut causes = Vec::new();
    // The more telling names first: the same points may be named twice.
    for first in [true, false] {
        for (name, node, log) in logs {
            for loss in log.iter().filter(|loss| (loss.kind == LossKind::HintRefused) == first) {
                let mut points = points(loss);
                match loss.kind {
                    LossKind::HintRefused => points.retain(|point| refused.contains(&(*point, loss.replica))),
                    LossKind::RefusedYetQueued => points.retain(|point| by_anybody(*point)),
                    LossKind::UnknownShard
                    | LossKind::DeletedShard
                    | LossKind::QueueDisabled
                    | LossKind::QueueFull
                    | LossKind::QueueBlocked
                    | LossKind::HintTooLarge
                    | LossKind::HintNotWritten
                    | LossKind::LocalFailure
                    | LossKind::Refused
                    | LossKind::ConflictDropped
                    | LossKind::GoodPointLost
                    | LossKind::HintPurged
                    | LossKind::HintPoisons => {}
                }
                causes.push(ServerCause {
                    lie: loss.kind.into(),
                    node: *node,
                    replica: Some(loss.replica),
                    to: Affected::Points(points),
                    record: format!("{name}: {loss}"),
                });
            }
        }
    }
    causes
}

fn points(loss: &Loss) -> Vec<PointId> {
    loss.series.iter().filter_map(|key| point_in(key)).collect()
}

/// What a coordinator had under way when it was killed: attempts on other owners that had not failed yet, and so were not
/// queued. They may be as old as the write time-out, the time that a queue takes to be written, and all the time that the
/// node was stopped.
fn deaths(name: &str, id: u64, events: &[FaultEvent], write_timeout: Duration) -> Vec<ServerCause> {
    /// For opening a connection, a slow disk and a busy machine.
    const SLACK: Duration = Duration::from_secs(3);
    let pause = super::Evil::Pause.id();
    let mut causes = Vec::new();
    for kill in events.iter().filter(|e| e.begins && e.whom == name && is_kill(&e.fault)) {
        let mut from = kill.time.saturating_sub(nanoseconds(write_timeout + SLACK));
        let stopped = crate::history::intervals(events, kill.time);
        for pause in stopped.iter().rev().filter(|i| i.fault == pause && i.whom == name && i.from < kill.time) {
            if pause.to >= from {
                from = from.saturating_sub(pause.to.min(kill.time) - pause.from);
            }
        }
        causes.push(ServerCause {
            lie: ServerLie::CoordinatorDied,
            node: id,
            replica: None,
            to: Affected::Asked { from, to: kill.time },
            record: format!(
                "{name} was killed {:.3} s after the run began",
                Duration::from_nanos(kill.time).as_secs_f64()
            ),
        });
    }
    causes
}

fn is_kill(fault: &str) -> bool {
    fault == super::Evil::Kill.id() || fault == super::Evil::MetaKill.id()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(time: u64, begins: bool, fault: &str) -> FaultEvent {
        FaultEvent { time: time * 1_000_000_000, begins, fault: fault.into(), whom: "data1".into() }
    }

    fn loss(kind: LossKind, replica: u64, series: &[&str]) -> Loss {
        let series: Vec<String> = series.iter().map(|key| (*key).to_owned()).collect();
        Loss { kind, replica, shard: 1, points: series.len(), series }
    }

    #[test]
    fn a_dead_coordinator_may_have_had_under_way_what_it_was_asked_before_it_was_stopped() {
        let events = [
            event(10, true, "pause"),
            event(12, false, "pause"),
            event(13, true, "kill"),
            event(14, false, "kill"),
            event(40, true, "kill"),
        ];
        let deaths = deaths("data1", 4, &events, Duration::from_secs(1));
        let windows: Vec<_> = deaths.iter().map(|cause| cause.to.clone()).collect();
        let seconds = |from: u64, to: u64| Affected::Asked { from: from * 1_000_000_000, to: to * 1_000_000_000 };
        assert_eq!(windows, [seconds(7, 13), seconds(36, 40)]);
        assert!(super::deaths("data2", 5, &events, Duration::from_secs(1)).is_empty());
    }

    /// Of a hint that was thrown away, only what its replica says that it refused is lost.
    #[test]
    fn a_hint_is_lost_as_far_as_its_replica_refused_it() {
        let logs = [
            ("data1".to_owned(), 4, vec![loss(LossKind::HintRefused, 5, &["truth,p=1-0", "truth,p=1-1"])]),
            ("data2".to_owned(), 5, vec![loss(LossKind::Refused, 5, &["truth,p=1-1", "other,p=9-9"])]),
        ];
        let told: Vec<_> = named(&logs).into_iter().map(|cause| (cause.lie, cause.to)).collect();
        let one = || Affected::Points(vec![(1, 1)]);
        assert_eq!(told, [(ServerLie::HintRefused, one()), (ServerLie::ReplicaRefused, one())]);
    }

    #[test]
    fn what_was_refused_and_queued_is_what_some_replica_refused() {
        let logs = [
            ("data1".to_owned(), 4, vec![loss(LossKind::RefusedYetQueued, 6, &["truth,p=1-0", "truth,p=1-1"])]),
            ("data2".to_owned(), 5, vec![loss(LossKind::Refused, 5, &["truth,p=1-1"])]),
        ];
        let causes = named(&logs);
        assert_eq!((causes[0].lie, causes[0].replica), (ServerLie::RefusedYetQueued, Some(6)));
        assert_eq!(causes[0].to, Affected::Points(vec![(1, 1)]));
    }
}
