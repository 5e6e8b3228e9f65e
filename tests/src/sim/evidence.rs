//! What the replicas hold in the end, and what the servers did, as the judge wants it.

use std::collections::{BTreeMap, HashMap};

use influx_server_mock::sim::{CauseKind, SimCause, SimCluster};

use super::play::{Said, id};
use super::schedule::{EPOCH, LineKind, Schedule};
use super::{SimSettings, Tamper};
use crate::truth::{Affected, Causes, Copy, PointEnd, PointId, ServerCause, ServerLie};

/// What a node holds of a series: the times, and the last value.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    pub(super) times: Vec<i64>,
    pub(super) field: Vec<u8>,
}

/// What each node holds, by series key.
pub(super) type Replicas = Vec<HashMap<Vec<u8>, Series>>;

/// Reads every replica.
pub(super) fn replicas(cluster: &SimCluster, schedule: &Schedule, settings: &SimSettings) -> Replicas {
    let read = |node| {
        let mut held: HashMap<Vec<u8>, Series> = HashMap::new();
        for (number, point) in cluster.replica(node).into_iter().enumerate() {
            if loses(settings.tamper, node, number) {
                continue;
            }
            let series = held.entry(point.key).or_default();
            series.times.push(point.time);
            series.field = point.field;
        }
        held
    };
    (0..schedule.data_nodes).map(read).collect()
}

/// Whether a point is left out on purpose.
fn loses(tamper: Tamper, node: usize, number: usize) -> bool {
    match (tamper, node, number) {
        (Tamper::None, ..) => false,
        #[cfg(test)]
        (Tamper::LosesInSilence, node, number) => node == 1 && number % 9 == 4,
        #[cfg(test)]
        _ => false,
    }
}

/// Where each point of a write is, by line. A rewritten series has one value in the end, so there it is asked who ever had
/// that of this write; [`rewrites`](super::rewrites) asks which one stays.
pub(super) fn ends(
    cluster: &SimCluster,
    schedule: &Schedule,
    write: usize,
    said: &Said,
    replicas: &Replicas,
) -> Vec<PointEnd> {
    let plan = &schedule.writes[write];
    (0..plan.lines.len())
        .map(|line| {
            let (key, field) = (plan.key(line), plan.field(line));
            let mut end = PointEnd::default();
            let mut time = plan.time(line);
            if plan.lines[line].kind == LineKind::Rewrite {
                let had = cluster.carried_out(key.as_bytes(), &said.requests);
                end.copies = had.into_iter().map(|node| (id(node), Copy::default())).collect();
            } else {
                for (node, held) in replicas.iter().enumerate() {
                    let Some(series) = held.get(key.as_bytes()) else { continue };
                    let right_time = time.is_none() || plan.time(line).is_none_or(|time| series.times == [time]);
                    let differs = match series.field == field.as_bytes() && right_time {
                        true => None,
                        false => Some(format!("{} at {:?}", String::from_utf8_lossy(&series.field), series.times)),
                    };
                    time = time.or(series.times.first().copied());
                    end.copies.insert(id(node), Copy { times: series.times.clone(), differs });
                }
            }
            let owners = cluster.owners(key.as_bytes(), time.unwrap_or(EPOCH));
            end.owners = owners.into_iter().map(id).collect();
            end
        })
        .collect()
}

/// What the servers did, by point. A key names one point, but for rewritten series: there the request tells which.
pub(super) fn causes(cluster: &SimCluster, schedule: &Schedule, said: &[Said]) -> Causes {
    let mut points: HashMap<String, PointId> = HashMap::new();
    let mut rewrites: HashMap<u64, PointId> = HashMap::new();
    for (plan, said) in schedule.writes.iter().zip(said) {
        for (number, line) in plan.lines.iter().enumerate() {
            if line.kind == LineKind::Rewrite {
                rewrites.extend(said.requests.iter().map(|request| (*request, (plan.batch, number))));
            } else {
                points.insert(plan.key(number), (plan.batch, number));
            }
        }
    }
    let named = |cause: &SimCause| {
        let lie = lie(cause.kind)?;
        let point = |key: &[u8]| points.get(std::str::from_utf8(key).ok()?).or_else(|| rewrites.get(&cause.request));
        Some(ServerCause {
            lie,
            node: id(cause.node),
            replica: Some(id(cause.replica)),
            to: Affected::Points(cause.keys.iter().filter_map(|key| point(key)).copied().collect()),
            record: format!("{} at {} ms", cause.kind, cause.time / 1_000_000),
        })
    };
    cluster.record().causes().iter().filter_map(named).collect()
}

/// By which name the judge knows it; nothing where it makes no claim untrue.
fn lie(kind: CauseKind) -> Option<ServerLie> {
    match kind {
        CauseKind::Loss(kind) => Some(kind.into()),
        CauseKind::CoordinatorDied => Some(ServerLie::CoordinatorDied),
        CauseKind::RefusedYetTaken => Some(ServerLie::RefusedYetQueued),
        CauseKind::StaleHint => Some(ServerLie::StaleHint),
        CauseKind::LateRequest | CauseKind::AnyRefusedBehindQueue => None,
    }
}

/// How many points stand where in the end, for the counts of a run.
pub(super) fn spread(ends: &[PointEnd]) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for end in ends {
        let where_ = match (end.nowhere(), end.everywhere()) {
            (true, _) => "on none",
            (_, true) => "on all",
            (false, false) => "on some",
        };
        *counts.entry(where_).or_default() += 1;
    }
    counts
}
