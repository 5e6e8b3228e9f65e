//! One round: a cluster of its own, writers and faults, rest, and judgement.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use influx_client::{Client, ClientBuilder, NoRetry, Outcome, Shard};
use influx_server_mock::{Options, ProcessCluster, Profile, Role, Topology, UpOptions};

use super::collect::{Evidence, REPLICAS, collect};
use super::load::{Load, MEASUREMENT, Mix};
use super::nemesis::{Evil, Victims, schedule};
use super::owners::Owners;
use super::settle::settle;
use super::story::Setting;
use super::strike::{Done, strike};
use super::summary::{RoundSummary, Summary};
use super::writers::{self, DATABASE, Field, Written, write};
use super::{FalseClaim, Liar, Promise, judge, millis};
use crate::death::TiedCluster;
use crate::experiment::{LabError, shard_table};
use crate::history::{FaultEvent, intervals};

/// What a round is.
#[derive(Clone, Debug)]
pub(super) struct Round {
    /// Its name.
    pub name: String,
    /// Which system the cluster answers like.
    pub profile: Profile,
    /// How many nodes of which kind.
    pub topology: Topology,
    /// The switches of every node.
    pub options: Options,
    /// What is written.
    pub mix: Mix,
    /// How long writers write and faults strike.
    pub time: Duration,
    /// Decides on batches and faults.
    pub seed: u64,
    /// Where the cluster keeps its files; they are removed.
    pub dir: PathBuf,
    /// The program that runs a node.
    pub executable: PathBuf,
    /// What stands before `--config FILE` on its command line.
    pub arguments: Vec<String>,
}

/// What a round leaves.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// What was counted.
    pub summary: Summary,
    /// What was written, and what was said of it.
    pub written: Vec<Written>,
    /// What was done to the cluster.
    pub events: Vec<FaultEvent>,
    /// The table of shards.
    pub shards: String,
}

/// How long a cluster may take to start, and its first batch to be everywhere, on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(90);

/// Makes a round. `seed` is that of the run, for stories.
///
/// # Errors
/// [`LabError`]: the cluster does not start, does not do as told, or does not come to rest.
///
/// # Cancellation
/// The nodes end with the future.
pub(super) async fn play(round: &Round, seed: u64) -> Result<Judged, LabError> {
    let options = UpOptions {
        dir: round.dir.clone(),
        profile: round.profile,
        topology: round.topology,
        options: round.options.clone(),
        executable: round.executable.clone(),
        arguments: round.arguments.clone(),
        base_port: None,
        limit: START_LIMIT,
        tied: true,
    };
    let mut tied = TiedCluster::up(options, &[]).await?;
    let cluster = &mut *tied;
    let datas: Vec<_> = cluster.nodes().iter().filter(|node| node.role != Role::Meta).cloned().collect();
    let names = |wanted: Role| {
        let nodes = cluster.nodes().iter().filter(move |node| node.role == wanted || node.role == Role::Both);
        nodes.map(|node| node.name.clone()).collect()
    };
    let victims = Victims { data: names(Role::Data), meta: names(Role::Meta) };
    let mut load = Load::new(round.mix, round.seed);
    let urls: Vec<String> = datas.iter().map(|node| node.http.clone()).collect();
    let first = prepare(cluster, &urls, &mut load).await?;
    let field = Arc::new(Field {
        ids: datas.iter().map(|node| node.id).collect(),
        connection: Client::builder().no_proxy(),
        urls,
        database: DATABASE.to_owned(),
        since: Instant::now(),
        until: round.time,
        load: Mutex::new(load),
        requests: AtomicU64::new(0),
    });
    let began = SystemTime::now();
    let windows = schedule(round.seed, round.time);
    let strikes = strike(cluster, &victims, &windows, field.since);
    let (done, written) = tokio::join!(strikes, write(&field, round.seed));
    let Done { events, begun, not_taken } = done?;
    let mut written = written?;
    written.iter_mut().for_each(|one| one.claim.old_server = round.profile == Profile::V0_10);
    written.insert(0, first);
    let ended = Instant::now();
    settle(cluster).await?;
    let settling = ended.elapsed();
    let owners = Owners::ask(&field.urls, DATABASE).await?;
    let evidence = collect(cluster, &written, &owners, began, &events, round.options.write_timeout).await?;
    let shards = shards(Client::builder().endpoints(field.urls.iter().cloned()).no_proxy(), DATABASE).await;
    let mut summary = judged(round, seed, cluster, &written, &events, &evidence)?;
    let planned = windows.iter().flat_map(|window| &window.evils).map(|(evil, _)| *evil).collect();
    for (counts, evils) in
        [(&mut summary.injected, begun), (&mut summary.not_taken, not_taken), (&mut summary.planned, planned)]
    {
        evils.into_iter().for_each(|evil: Evil| *counts.entry(evil.id().to_owned()).or_default() += 1);
    }
    let acknowledged = written.iter().filter(|one| one.claim.outcome == Outcome::Stored).count();
    let points = written.iter().map(|one| one.planned.lines.len() as u64).sum();
    let (judged, judged_points) = writers::judged(&written);
    summary.rounds.push(RoundSummary {
        name: round.name.clone(),
        topology: match round.topology {
            Topology::Apart { meta, data } => format!("{meta} meta + {data} data"),
            Topology::Both { nodes } => format!("{nodes} both"),
        },
        workload: millis(round.time),
        settling: millis(settling),
        batches: written.len() as u64,
        points,
        judged,
        judged_points,
        requests: field.requests.load(std::sync::atomic::Ordering::Relaxed),
        acknowledged: acknowledged as u64,
        shards: shards.len() as u64,
    });
    tied.end().await?;
    Ok(Judged { summary, written, events, shards: shard_table(DATABASE, &shards) })
}

/// Makes the database and writes the first batch until every node holds it.
async fn prepare(cluster: &ProcessCluster, urls: &[String], load: &mut Load) -> Result<Written, LabError> {
    let late = |what: String| LabError::Target(format!("the cluster did not get ready: {what}"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let planned = load.first(i64::try_from(now.as_nanos()).unwrap_or(i64::MAX));
    let batch = planned.to_batch().map_err(|error| late(error.to_string()))?;
    let client = Client::builder().endpoints(urls.iter().cloned()).database(DATABASE).no_proxy();
    let client = client.retry(NoRetry).build().map_err(|error| late(error.to_string()))?;
    let copies = u32::try_from(urls.len().min(REPLICAS)).unwrap_or(1);
    let deadline = Instant::now() + START_LIMIT;
    let points = planned.lines.len() as u64;
    loop {
        let mut trouble = String::new();
        // Parts of it may be dropped while the nodes do not all know of the new shard groups: it is written until it is
        // there.
        match client.create_database(DATABASE).replication(copies).await {
            Ok(_) => {
                if let Err(error) = client.write(&batch).consistency(planned.level).await {
                    trouble = error.to_string();
                }
            }
            Err(error) => trouble = error.to_string(),
        }
        let mut missing = 0;
        for node in cluster.nodes().iter().filter(|node| node.role != Role::Meta) {
            missing += points.saturating_sub(cluster.count_on(&node.name, DATABASE, MEASUREMENT).await.unwrap_or(0));
        }
        if missing == 0 {
            break;
        }
        if Instant::now() > deadline {
            return Err(late(format!("{missing} copies of the first points are missing {trouble}")));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let sent = super::Sent {
        batch: planned.batch,
        points: planned.lines.len(),
        idempotent: batch.is_idempotent(),
        level: planned.level,
        began: 0,
        ended: 0,
    };
    Ok(Written { claim: super::Claim::silent(sent), planned, writer: Written::NOBODY, settled: false })
}

/// The shards of a database as the first node that answers tells them; empty where none does.
pub(super) async fn shards(client: ClientBuilder, database: &str) -> Vec<Shard> {
    let Ok(client) = client.build() else { return Vec::new() };
    let mut shards = client.show().shards().await.unwrap_or_default();
    shards.retain(|shard| shard.database == database);
    shards
}

fn judged(
    round: &Round,
    seed: u64,
    cluster: &ProcessCluster,
    written: &[Written],
    events: &[FaultEvent],
    evidence: &Evidence,
) -> Result<Summary, LabError> {
    let mut logs = Vec::new();
    for node in cluster.nodes().iter().filter(|node| node.role != Role::Meta) {
        let path = cluster.log_path(&node.name)?;
        let log = fs::read(&path).map_err(|source| LabError::File { path, source })?;
        logs.push((node.name.clone(), String::from_utf8_lossy(&log).into_owned()));
    }
    let faults = intervals(events, u64::MAX);
    let setting = Setting { round: &round.name, seed, faults: &faults, logs: &logs };
    let mut summary = Summary { seed, ..Summary::default() };
    let profile = round.profile.to_string();
    for one in written {
        let batch = one.planned.batch;
        let Some(ends) = evidence.ends.get(&batch) else {
            return Err(LabError::Target(format!("nobody looked for the points of batch {batch}")));
        };
        if one.has_a_claim() {
            summary.count(&profile, &one.claim, ends);
        }
        let mut lies = judge(&one.claim, ends, &evidence.causes);
        lies.extend(unsettled(one));
        for lie in lies {
            match lie.liar {
                Liar::Client => summary.client_lies.push(setting.story(lie, one, ends)),
                Liar::Server(_) => summary.count_server_lie(&profile, &lie),
            }
        }
    }
    for stranger in &evidence.strangers {
        let claim = FalseClaim {
            batch: 0,
            line: None,
            promise: Promise::AsWritten,
            liar: Liar::Client,
            found: format!("a point that nobody wrote: {stranger}"),
        };
        if let Some(first) = written.first() {
            summary.client_lies.push(setting.story(claim, first, &[]));
        }
    }
    Ok(summary)
}

/// A push that a background writer counts as settled was acknowledged, or refused for good.
pub(super) fn unsettled(written: &Written) -> Option<FalseClaim> {
    let claim = &written.claim;
    (written.settled && !claim.for_good).then(|| FalseClaim {
        batch: claim.batch,
        line: None,
        promise: Promise::Settled,
        liar: Liar::Client,
        found: format!("before the horizon, though {} / {}", claim.class.id(), claim.outcome),
    })
}
