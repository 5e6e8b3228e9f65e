//! Plays a schedule: the real client against the simulated cluster, in simulated time.

use std::future::IntoFuture;
use std::time::Duration;

use futures::future::join_all;
use influx_client::{
    Backoff, Balance, Batch, Client, ConsistencyLevel, Downgrade, Failed, MissingTime, NoRetry, PointError, Precision,
    Retry, RetryBudget, RetryPolicy, WriteWatch,
};
use influx_server_mock::Profile;
use influx_server_mock::sim::{SimCluster, SimOptions};

use super::SimSettings;
use super::schedule::{ClientPlan, EPOCH, LineKind, PolicyPlan, Schedule, WritePlan};
use super::wire::{Wire, address, node_of};
use crate::truth::{Claim, Sent};

/// The length of the shard groups of a policy that keeps points for long.
const SHARD_GROUP: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How long after the heal nothing more is waited for.
const LONGEST_DRAIN: u64 = 3_600 * 1_000_000_000;
/// How long after the heal everything that was held back has passed.
const SETTLING: u64 = 15 * 1_000_000_000;

/// How long a background writer gathers points.
const LINGER: Duration = Duration::from_millis(40);
/// How long a background writer is given to settle what was pushed.
const CLOSING: Duration = Duration::from_secs(60);

/// What a schedule came to: what the client said, and the cluster as it is in the end.
#[derive(Debug)]
pub(super) struct Ended {
    /// In the order of the writes of the schedule.
    pub(super) said: Vec<Said>,
    pub(super) cluster: SimCluster,
    /// How many requests the clients made for their writes.
    pub(super) requests: u64,
    /// Whether the queues emptied, as far as they can.
    pub(super) drained: bool,
}

/// What a client said of a write, and what the cluster was like at that moment.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) claim: Claim,
    /// The numbers, in the cluster, of the requests that may have held its points.
    pub(super) requests: Vec<u64>,
    /// Of each line the data nodes, by position, that had it when this was said; nothing where no point is called stored.
    pub(super) had: Vec<Vec<usize>>,
    /// Likewise those for which a queue had taken it by then.
    pub(super) queued: Vec<Vec<usize>>,
}

impl Said {
    fn now(plan: &WritePlan, claim: Claim, requests: Vec<u64>, wire: &Wire) -> Self {
        let (had, queued) = match claim.tally.stored {
            0 => Default::default(),
            _ => wire.look(|cluster| {
                let keys = || (0..plan.lines.len()).map(|line| plan.key(line));
                let had = keys().map(|key| cluster.carried_out(key.as_bytes(), &requests)).collect();
                (had, keys().map(|key| cluster.queued_for(key.as_bytes(), &requests)).collect())
            }),
        };
        Self { claim, requests, had, queued }
    }
}

/// Plays a schedule to its end. Must not be called within a runtime.
pub(super) fn play(schedule: &Schedule, settings: &SimSettings, trace: bool) -> Ended {
    // All that the client leaves to chance comes from here.
    fastrand::seed(schedule.seed);
    let mut cluster = SimCluster::new(options(schedule, trace), schedule.seed);
    for plan in &schedule.faults {
        cluster.order(nanoseconds(plan.at), plan.fault.clone());
        if let Some(until) = plan.until {
            cluster.order_end(nanoseconds(until), plan.fault.clone());
        }
    }
    cluster.order_heal(nanoseconds(schedule.heal));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime without input and output needs nothing of the system");
    let (said, requests, wire) = runtime.block_on(async {
        let wire = Wire::new(cluster, settings.tamper);
        let driver = tokio::spawn(wire.clone().drive());
        let writers = (0..schedule.clients.len()).map(|client| write_all(schedule, client, &wire));
        let (mut said, mut requests) = (Vec::new(), 0);
        for (own, made) in join_all(writers).await {
            said.extend(own);
            requests += made;
        }
        driver.abort();
        // Once it is gone, nobody else has the cluster but requests that nobody waits for.
        let _ = driver.await;
        said.sort_by_key(|(number, _)| *number);
        let mut said: Vec<Said> = said.into_iter().map(|(_, said)| said).collect();
        said.iter_mut().for_each(|said| said.claim.old_server = schedule.profile == Profile::V0_10);
        (said, requests, wire)
    });
    let reached = wire.now();
    drop(runtime);
    let mut cluster = wire.into_cluster().expect("all tasks that had the wire ended with the runtime");
    let drained = drain(&mut cluster, schedule, reached);
    cluster.finish();
    Ended { said, cluster, requests, drained }
}

/// Lets the cluster go on without clients until nothing waits any more.
fn drain(cluster: &mut SimCluster, schedule: &Schedule, reached: u64) -> bool {
    let healed = nanoseconds(schedule.heal).max(reached);
    cluster.advance(healed + SETTLING);
    while !cluster.is_drained() {
        match cluster.next_time() {
            Some(time) if time < healed + LONGEST_DRAIN => drop(cluster.advance(time)),
            Some(_) | None => return false,
        }
    }
    true
}

fn options(schedule: &Schedule, trace: bool) -> SimOptions {
    let mut options = SimOptions::new(schedule.profile);
    options.data_nodes = schedule.data_nodes;
    options.meta_nodes = schedule.meta_nodes;
    options.replication = schedule.replication;
    options.retention = schedule.retention;
    options.epoch = EPOCH;
    options.trace = trace;
    for (name, value) in &schedule.options {
        let set = options.node.set(name, value);
        set.expect("the generator knows the options of each profile");
    }
    options
}

/// Makes the writes of a client, in its way. The second is how many requests that took.
async fn write_all(schedule: &Schedule, number: usize, wire: &Wire) -> (Vec<(usize, Said)>, u64) {
    let wire = wire.of_a_client();
    let plan = &schedule.clients[number];
    let client = client(plan, &wire);
    let own = schedule.writes.iter().enumerate().filter(|(_, write)| write.client == number);
    let said = match plan.background {
        Some(level) => push_all(own, &client, level, &wire).await,
        None => {
            let mut all = Vec::new();
            for (position, plan) in own {
                tokio::time::sleep_until(wire.begun() + plan.at).await;
                all.push((position, write(plan, &client, &wire).await));
            }
            all
        }
    };
    (said, wire.requests(0).len() as u64)
}

/// Makes a write, and waits for it.
async fn write(plan: &WritePlan, client: &Client, wire: &Wire) -> Said {
    let batch = batch(plan);
    let (before, began) = (wire.requests(0).len(), wire.now());
    let watch = WriteWatch::default();
    let mut write = client.write(&batch).consistency(plan.level).deadline(plan.deadline).watch(&watch);
    write = write.extra_requests(plan.extra_requests);
    if plan.per_shard_group {
        write = write.per_shard_group(SHARD_GROUP);
    }
    if plan.split_types {
        write = write.split_types();
    }
    let said = match plan.dropped_after {
        Some(after) => tokio::time::timeout(after, write.into_future()).await.ok(),
        None => Some(write.await),
    };
    let sent = sent(plan, batch.is_idempotent(), began, wire.now());
    let claim = match &said {
        Some(said) => Claim::of(sent, said.as_ref(), node_id),
        // What the watch says is a claim too.
        None => Claim::dropped(sent, watch.abandon()),
    };
    Said::now(plan, claim, wire.requests(before), wire)
}

fn sent(plan: &WritePlan, idempotent: bool, began: u64, ended: u64) -> Sent {
    Sent { batch: plan.batch, points: plan.lines.len(), idempotent, level: plan.level, began, ended }
}

/// Pushes the writes of a client to a background writer, and hears of each when it is settled.
async fn push_all(
    own: impl Iterator<Item = (usize, &WritePlan)>,
    client: &Client,
    level: ConsistencyLevel,
    wire: &Wire,
) -> Vec<(usize, Said)> {
    let writer = client.batch_writer().consistency(level).linger(LINGER).check_field_types(false).start();
    let writer = writer.expect("a writer without a spool needs nothing but the runtime that plays the schedule");
    let mut pushed = Vec::new();
    for (position, plan) in own {
        tokio::time::sleep_until(wire.begun() + plan.at).await;
        let began = wire.now();
        let delivered = writer.push_tracked_with(|batch| fill(batch, plan)).await;
        let delivered = delivered.expect("the writer is open, and its memory takes more than a schedule has");
        let (wire, plan) = (wire.clone(), plan.clone());
        let heard = tokio::spawn(async move {
            let fate = delivered.await;
            let idempotent = plan.lines.iter().all(|line| line.kind != LineKind::Unstamped);
            // What servers did names points here, so nobody asks for the requests.
            let sent = sent(&plan, idempotent, began, wire.now());
            let claim = Claim::of_fate(sent, &fate, Vec::new(), node_id);
            Said::now(&plan, claim, wire.requests(0), &wire)
        });
        pushed.push((position, heard));
    }
    let _ = writer.close(CLOSING).await;
    let mut all = Vec::new();
    for (position, heard) in pushed {
        all.push((position, heard.await.expect("what waits for a fate ends when the writer has ended")));
    }
    all
}

/// The number by which the judge knows a data node.
pub(super) fn id(node: usize) -> u64 {
    node as u64 + 1
}

fn node_id(address: &str) -> u64 {
    url::Url::parse(address).ok().and_then(|url| node_of(&url)).map_or(0, id)
}

fn client(plan: &ClientPlan, wire: &Wire) -> Client {
    let mut builder = Client::builder()
        .endpoints(plan.endpoints.iter().map(|node| address(*node)))
        .database("lab")
        .attempt_timeout(plan.attempt_timeout)
        .balance(if plan.sticky { Balance::Sticky } else { Balance::LeastBusy })
        .transport(wire.clone());
    if !plan.budget {
        builder = builder.retry_budget(None::<RetryBudget>);
    }
    builder = match plan.policy {
        PolicyPlan::Backoff => builder.retry(Backoff::default()),
        PolicyPlan::Eager => {
            let short = Duration::from_millis(20);
            builder.retry(Backoff::default().base(short).cap(short * 10).tries(30).below_level_tries(8))
        }
        PolicyPlan::Never => builder.retry(NoRetry),
        PolicyPlan::Downgrade(level) => builder.retry(Downgrade::to(level)),
        PolicyPlan::DowngradeAtOnce(level) => builder.retry(Downgrade::to(level).after(NoRetry)),
        PolicyPlan::Hammer => builder.retry(Hammer),
    };
    builder.build().expect("addresses of hosts by name are good ones")
}

/// Sends again whatever may be sent again, elsewhere and at once, a dozen times.
#[derive(Debug)]
struct Hammer;

impl RetryPolicy for Hammer {
    fn decide(&self, failed: &Failed<'_>, _random: f64) -> Retry {
        if failed.attempts < 12 { Retry::Next(Duration::from_millis(1)) } else { Retry::GiveUp }
    }
}

/// The batch of a write.
pub(super) fn batch(plan: &WritePlan) -> Batch {
    let mut batch = Batch::new(plan.precision);
    // The server is to see what the client would have kept from it.
    batch.check_field_types(false);
    let filled = fill(&mut batch, plan);
    filled.expect("a line without quotes, backslashes and line feeds at its end harms no other");
    batch
}

/// Adds the points of a write.
fn fill(batch: &mut Batch, plan: &WritePlan) -> Result<(), PointError> {
    batch.missing_time(MissingTime::ServerClock);
    for (number, line) in plan.lines.iter().enumerate() {
        let (key, field) = (plan.key(number), plan.field(number));
        let unit = match plan.precision {
            Precision::Nanoseconds => 1,
            _ => plan.precision.nanoseconds(),
        };
        let text = match (line.kind, plan.time(number)) {
            (LineKind::Malformed, Some(time)) => format!("{key} v=oops {}", time / unit),
            (_, Some(time)) => format!("{key} {field} {}", time / unit),
            (_, None) => format!("{key} {field}"),
        };
        batch.push_unchecked_line(text.as_bytes())?;
    }
    Ok(())
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
