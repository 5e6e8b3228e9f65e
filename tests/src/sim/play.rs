//! Plays a schedule: the real client against the simulated cluster, in simulated time.

use std::time::Duration;

use futures::future::join_all;
use influx_client::{
    Backoff, Balance, Batch, Client, Downgrade, Failed, MissingTime, NoRetry, Precision, Retry, RetryBudget,
    RetryPolicy,
};
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

/// What a schedule came to: what the client said, and the cluster as it is in the end.
#[derive(Debug)]
pub(super) struct Ended {
    /// In the order of the writes of the schedule.
    pub(super) claims: Vec<Claim>,
    pub(super) cluster: SimCluster,
    /// Whether the queues emptied, as far as they can.
    pub(super) drained: bool,
}

/// Plays a schedule to its end. Must not be called within a runtime.
pub(super) fn play(schedule: &Schedule, settings: &SimSettings, trace: bool) -> Ended {
    // All that the client leaves to chance comes from here.
    fastrand::seed(schedule.seed);
    let mut cluster = SimCluster::new(options(schedule, trace), schedule.seed);
    for plan in &schedule.faults {
        cluster.order(nanoseconds(plan.at), plan.fault.clone());
    }
    cluster.order_heal(nanoseconds(schedule.heal));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime without input and output needs nothing of the system");
    let (claims, wire) = runtime.block_on(async {
        let wire = Wire::new(cluster, settings.tamper);
        let driver = tokio::spawn(wire.clone().drive());
        let writers = (0..schedule.clients.len()).map(|client| write_all(schedule, client, &wire));
        let mut claims: Vec<(usize, Claim)> = join_all(writers).await.into_iter().flatten().collect();
        driver.abort();
        // Once it is gone, nobody else has the cluster but requests that nobody waits for.
        let _ = driver.await;
        claims.sort_by_key(|(number, _)| *number);
        (claims.into_iter().map(|(_, claim)| claim).collect(), wire)
    });
    let reached = wire.now();
    drop(runtime);
    let mut cluster = wire.into_cluster().expect("all tasks that had the wire ended with the runtime");
    let drained = drain(&mut cluster, schedule, reached);
    cluster.finish();
    Ended { claims, cluster, drained }
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

/// Makes the writes of a client, one after the other.
async fn write_all(schedule: &Schedule, number: usize, wire: &Wire) -> Vec<(usize, Claim)> {
    let client = client(&schedule.clients[number], wire);
    let mut claims = Vec::new();
    for (position, plan) in schedule.writes.iter().enumerate().filter(|(_, plan)| plan.client == number) {
        tokio::time::sleep_until(wire.begun() + plan.at).await;
        let batch = batch(plan);
        let began = wire.now();
        let mut write = client.write(&batch).consistency(plan.level).deadline(plan.deadline);
        write = write.extra_requests(plan.extra_requests);
        if plan.per_shard_group {
            write = write.per_shard_group(SHARD_GROUP);
        }
        if plan.split_types {
            write = write.split_types();
        }
        let said = write.await;
        let sent = Sent {
            batch: plan.batch,
            points: batch.points(),
            idempotent: batch.is_idempotent(),
            level: plan.level,
            began,
            ended: wire.now(),
        };
        claims.push((position, Claim::of(sent, said.as_ref(), node_id)));
    }
    claims
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
    batch.check_field_types(false).missing_time(MissingTime::ServerClock);
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
        let pushed = batch.push_unchecked_line(text.as_bytes());
        pushed.expect("a line without quotes, backslashes and line feeds at its end harms no other");
    }
    batch
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
