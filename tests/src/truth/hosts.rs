//! The same against a cluster that is somebody else's: its faults are the user's to make, its replicas are read through
//! the client, and its logs are not at hand.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use influx_client::{Batch, Client, HandoffState, Outcome, PointResolution, Precision, ReplicaAnswer, Resolution};

use super::collect::REPLICAS;
use super::load::{Load, Mix, Sort};
use super::round::{Judged, shards};
use super::story::{Setting, Story};
use super::summary::{RoundSummary, Summary};
use super::writers::{Field, Written, write};
use super::{Causes, Copy, Liar, PointEnd, Promise, judge, millis};
use crate::experiment::{Hosts, LabError, Progress, shard_table};
use crate::target::OwnDatabase;

/// How long queues may take to drain when the time of the workload is over.
const DRAIN_LIMIT: Duration = Duration::from_secs(120);
/// Requests that are still under way between nodes end within the longest time-out that servers come with, 10 s, and are in a
/// queue then. Before that an empty queue proves nothing.
const UNDER_WAY: Duration = Duration::from_secs(11);
/// Between two looks at the queues.
const TICK: Duration = Duration::from_secs(2);
/// Points that are read back at once.
const AT_ONCE: usize = 500;
/// The time for that.
const READ_LIMIT: Duration = Duration::from_secs(60);

/// Rather few shard groups on a cluster that is not ours, and no points without a time: nobody could find them again.
const MIX: Mix = Mix { new_groups: 0.02, conflicts: 0.05, malformed: 0.04, untimed: 0.0 };

/// Writes for a time, waits until the queues are empty, reads everything back and judges it. The database is made for the
/// run and dropped after it.
///
/// Without the servers' logs nobody can tell whether a copy that is missing is their fault; such a claim is counted as
/// unexplained. The client answers alone for what no server can bring about.
///
/// # Errors
/// [`LabError`]: the cluster does not take a database, or does not answer in the end.
pub(super) async fn on_hosts(
    hosts: &Hosts,
    time: Duration,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Judged, LabError> {
    let own = OwnDatabase::make(hosts.client(), "lab_truth", Some(REPLICAS)).await?;
    let database = own.name().to_owned();
    let client = hosts.client().database(database.clone()).build();
    let client = client.map_err(|error| LabError::Order(error.to_string()))?;
    let urls = &hosts.urls;
    let field = Arc::new(Field {
        urls: urls.clone(),
        connection: hosts.connection.clone(),
        ids: vec![0; urls.len()],
        database,
        since: Instant::now(),
        until: time,
        load: Mutex::new(Load::new(MIX, seed)),
        requests: AtomicU64::new(0),
    });
    progress.phase("writing; the faults are yours to make");
    let written = write(&field, seed).await?;
    progress.phase("waiting until the hinted handoff queues are empty");
    let ended = Instant::now();
    let drained = drained(&client).await;
    let settling = ended.elapsed();
    let shards = shards(hosts.client(), &field.database).await;
    progress.phase("reading every replica");
    let ends = read(&client, &written, progress).await;
    let ends = ends.map_err(|error| LabError::Target(format!("the points cannot be read: {error}")))?;
    let mut summary = judged(seed, &written, &ends);
    summary.notes.push(match drained {
        true => "the queues were empty before the replicas were read".to_owned(),
        false => format!("the queues were not known to be empty after {DRAIN_LIMIT:?}: copies may be missing for that"),
    });
    let told = |one: &&Written| ends.contains_key(&one.planned.batch);
    let judged = written.iter().filter(told).filter(|one| one.claim.can_be_judged());
    // What no server can parse is nowhere by its nature, and no replica was asked for it.
    let points = |one: &Written| ends[&one.planned.batch].iter().filter(|end| !end.owners.is_empty()).count() as u64;
    summary.rounds.push(RoundSummary {
        name: "hosts".to_owned(),
        topology: format!("{} addresses", urls.len()),
        workload: millis(time),
        settling: millis(settling),
        batches: written.len() as u64,
        points: written.iter().map(|one| one.planned.lines.len() as u64).sum(),
        judged: judged.clone().count() as u64,
        judged_points: judged.map(points).sum(),
        requests: field.requests.load(Ordering::Relaxed),
        acknowledged: written.iter().filter(|one| one.claim.outcome == Outcome::Stored).count() as u64,
        shards: shards.len() as u64,
    });
    if let Err(left) = own.end().await {
        progress.note(&left);
    }
    let shards = shard_table(&field.database, &shards);
    Ok(Judged { summary, written, events: Vec::new(), shards })
}

async fn drained(client: &Client) -> bool {
    let deadline = Instant::now() + DRAIN_LIMIT;
    tokio::time::sleep(UNDER_WAY).await;
    loop {
        let state = client.cluster_settled().await.map(|handoff| handoff.state());
        if matches!(state, Ok(HandoffState::Empty)) {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Where the points of each batch are; batches of which not every replica told everything are left out.
async fn read(
    client: &Client,
    written: &[Written],
    progress: &dyn Progress,
) -> Result<HashMap<u64, Vec<PointEnd>>, String> {
    let mut ends = HashMap::new();
    let mut rest = written;
    while !rest.is_empty() {
        let mut whole = Batch::new(Precision::Nanoseconds);
        let mut taken = 0;
        for one in rest {
            if taken > 0 && whole.points() + one.planned.lines.len() > AT_ONCE {
                break;
            }
            one.planned.write(&mut whole).map_err(|error| error.to_string())?;
            taken += 1;
        }
        let (now, later) = rest.split_at(taken);
        let resolution = client.look_for(&whole).deadline(READ_LIMIT).await.map_err(|error| error.to_string())?;
        let mut points = resolution.points().iter();
        for one in now {
            let found: Vec<Option<PointEnd>> = one
                .planned
                .lines
                .iter()
                .map(|line| points.next().and_then(|point| end(&resolution, point, line.sort == Sort::Malformed)))
                .collect();
            if let Some(all) = found.into_iter().collect::<Option<Vec<PointEnd>>>() {
                ends.insert(one.planned.batch, all);
            }
        }
        rest = later;
        progress.done(1.0 - rest.len() as f64 / written.len() as f64);
    }
    Ok(ends)
}

/// Where a point is; `None` where not every replica told. What no server can parse can be nowhere.
fn end(resolution: &Resolution, point: &PointResolution, unreadable: bool) -> Option<PointEnd> {
    if unreadable {
        return Some(PointEnd::default());
    }
    if point.doubt.is_some() {
        return None;
    }
    let mut end = PointEnd::default();
    for (place, answer) in &point.replicas {
        let id = resolution.nodes().get(*place).and_then(|node| node.id).unwrap_or(*place as u64);
        end.owners.push(id);
        match answer {
            ReplicaAnswer::Stored => drop(end.copies.insert(id, Copy::default())),
            ReplicaAnswer::Absent => {}
            ReplicaAnswer::Overwritten => {
                let differs = Some("something else is in its place".to_owned());
                end.copies.insert(id, Copy { times: Vec::new(), differs });
            }
            _ => return None,
        }
    }
    Some(end)
}

fn judged(seed: u64, written: &[Written], ends: &HashMap<u64, Vec<PointEnd>>) -> Summary {
    let setting = Setting { round: "hosts", seed, faults: &[], logs: &[] };
    let mut summary = Summary { seed, ..Summary::default() };
    for one in written {
        let Some(ends) = ends.get(&one.planned.batch) else { continue };
        summary.count("hosts", &one.claim, ends);
        let mut lies = judge(&one.claim, ends, &Causes::default());
        lies.extend(super::round::unsettled(one));
        for lie in lies {
            match (&lie.liar, lie.promise) {
                // A server can bring these about by itself.
                (
                    _,
                    Promise::AtLevel
                    | Promise::OnEveryOwner
                    | Promise::RefusedForGood
                    | Promise::Arrives
                    | Promise::SomeCopy,
                ) => summary.unexplained.push(setting.story(lie, one, ends)),
                (
                    Liar::Client | Liar::Server(_),
                    Promise::Nowhere
                    | Promise::Acknowledged
                    | Promise::CountsAddUp
                    | Promise::SentOnce
                    | Promise::StoredOnce
                    | Promise::AsWritten
                    | Promise::WorthOfVersion
                    | Promise::Settled,
                ) => summary.client_lies.push(setting.story(lie, one, ends)),
            }
        }
    }
    summary.notes.push(
        "not to be seen here: points without a time of their own that are stored twice (none are written), and whether \
         a copy that is missing is the servers' fault"
            .to_owned(),
    );
    summary.notes.push(unexplained(&summary.unexplained));
    summary
}

/// How many claims only the servers' logs could explain, and one of them.
fn unexplained(stories: &[Story]) -> String {
    let Some(Story { claim, said, .. }) = stories.first() else {
        return "every claim that a server alone could make false holds".to_owned();
    };
    format!(
        "{} claims do not hold in a way that a server can bring about; its logs would tell. All are in truth.json, the \
         first is of batch {}, {}: {}. {said}",
        stories.len(),
        claim.batch,
        claim.promise,
        claim.found,
    )
}
