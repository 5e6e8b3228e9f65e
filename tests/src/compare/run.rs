//! The run: all senders side by side.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::{join_all, try_join_all};
use influx_client::ConsistencyLevel;
use influx_server_mock::Profile;
use serde::Serialize;

use super::collect::{Look, score, shards};
use super::delivery::{Delivery, deliver};
use super::expectations::expectations;
use super::workload::groundwork;
use super::{Act, Score, Sender, markdown, reading, schedule, table, workload};
use crate::experiment::{Ending, LabError, Order, Progress, RunDir};
use crate::history::FaultEvent;
use crate::stage::{Setting, Stage, unused};

/// The file: what came of each sender.
pub const COMPARE: &str = "compare.json";

/// The file: the table of them, in Markdown.
const COMPARE_TABLE: &str = "compare.md";

/// Between two looks at the queues.
const LOOK: Duration = Duration::from_millis(100);
/// Clusters that run at a time when there are several seeds.
const AT_A_TIME: usize = 2;

const SET: [(&str, &str); 3] = [("write-timeout", "1s"), ("hh-retry-interval", "1s"), ("hh-retry-max-interval", "2s")];

/// One entry of the file.
#[derive(Debug, Serialize)]
struct Row<'a> {
    sender: &'static str,
    about: &'static str,
    reading: String,
    #[serde(flatten)]
    score: &'a Score,
    /// Seed by seed.
    runs: Vec<&'a Score>,
}

/// What `run.json` says.
#[derive(Debug, Serialize)]
struct About {
    experiment: &'static str,
    seeds: Vec<u64>,
    set: [(&'static str, &'static str); 3],
    batches: Vec<usize>,
    schedule: Vec<Vec<(f64, String)>>,
}

/// Finds what is wrong with an order, before anything is started.
pub(crate) fn check(order: &Order) -> Result<(), LabError> {
    unused("compare", &[("a number of nodes", order.nodes.is_some()), ("a time", order.time.is_some())])?;
    seeds(order).map(drop)
}

/// Lets all senders face the same faults, on `seeds` seeds from the order's on (one unless set). Leaves [`COMPARE`], its table
/// in Markdown, `run.json` and `nemesis.jsonl`.
///
/// # Errors
/// [`LabError`]: the cluster did not come up or did not answer, or the order asks for profile 0.10, in which all senders
/// would share the queues.
///
/// # Cancellation
/// Dropping the future ends the clusters.
pub async fn run(order: &Order, progress: &dyn Progress) -> Result<Ending, LabError> {
    let seeds = seeds(order)?;
    order.dir.make()?;
    let told = |seed: &u64| schedule(*seed).iter().map(|(at, act)| (at.as_secs_f64(), words(act))).collect();
    let about = About {
        experiment: "compare",
        set: SET,
        batches: seeds.iter().map(|seed| workload(*seed).len()).collect(),
        schedule: seeds.iter().map(told).collect(),
        seeds: seeds.clone(),
    };
    order.dir.write_json(RunDir::RUN, &about)?;
    progress.phase("sending one workload by several rules, under the same faults");
    let began = Instant::now();
    let mut runs = Vec::new();
    for some in seeds.chunks(AT_A_TIME) {
        runs.extend(try_join_all(some.iter().map(|seed| face(order, *seed, began, progress))).await?);
    }
    let mut nemesis: Vec<FaultEvent> = runs.iter().flat_map(|(_, events)| events.clone()).collect();
    nemesis.sort_by_key(|event| event.time);
    order.dir.write_lines(RunDir::NEMESIS, &nemesis)?;

    let sum = |sender: Sender| {
        let mut sum = Score::default();
        for (scores, _) in &runs {
            sum += &scores[&sender];
        }
        (sender, sum)
    };
    let scores: Vec<(Sender, Score)> = Sender::ALL.into_iter().map(sum).collect();
    let rows: Vec<Row<'_>> = scores
        .iter()
        .map(|(sender, score)| Row {
            sender: sender.id(),
            about: sender.about(),
            reading: reading(score),
            score,
            runs: runs.iter().map(|(scores, _)| &scores[sender]).collect(),
        })
        .collect();
    order.dir.write_json(COMPARE, &rows)?;
    let mut ending = expectations(&scores);
    order.dir.write(COMPARE_TABLE, markdown(&scores))?;
    ending.summary = table(&scores);
    Ok(ending)
}

fn seeds(order: &Order) -> Result<Vec<u64>, LabError> {
    if order.profile == Some(Profile::V0_10) {
        let why = "compare runs on profile 1.8: in 0.10 the senders would share their hinted handoff queues";
        return Err(LabError::Order(why.into()));
    }
    let mut count = 1;
    for (name, value) in &order.set {
        let wrong = || LabError::Order(format!("compare cannot use {name}={value}: it takes seeds=1 to seeds=20"));
        if name != "seeds" {
            return Err(wrong());
        }
        count = value.parse().ok().filter(|count| (1..=20).contains(count)).ok_or_else(wrong)?;
    }
    Ok((order.seed..).take(count).collect())
}

fn words(act: &Act) -> String {
    match act {
        Act::Kill(node) => format!("kill {node}"),
        Act::Restart(node) => format!("restart {node}"),
        Act::Begin(fault) => format!("{} {}", fault.node().unwrap_or_default(), fault),
        Act::Heal => "heal".to_owned(),
    }
}

type Scores = BTreeMap<Sender, Score>;

/// One seed.
async fn face(
    order: &Order,
    seed: u64,
    began: Instant,
    progress: &dyn Progress,
) -> Result<(Scores, Vec<FaultEvent>), LabError> {
    let mut stage = Stage::start(order, &Setting::new(&format!("seed-{seed}"), Profile::V1_8, &SET), began).await?;
    for sender in Sender::ALL {
        let database = sender.database();
        stage.create(&database, 3).await?;
        let laid = async || Ok(stage.write("data1", &database, ConsistencyLevel::All, &groundwork()).await?.is_ok());
        stage.until("the first shard group", laid).await?;
    }
    let shipments = workload(seed);
    let urls = stage.urls();
    let done = AtomicBool::new(false);
    let sent = async {
        let sent = join_all(Sender::ALL.into_iter().map(|sender| deliver(sender, &urls, &shipments))).await;
        done.store(true, Ordering::Relaxed);
        sent
    };
    let (sent, peaks) = tokio::join!(sent, conduct(&mut stage, seed, &done, progress));
    let peaks = peaks?;
    let deliveries: Vec<Delivery> = sent.into_iter().collect::<Result<_, _>>()?;
    stage.drained().await?;
    let of_shard = shards(&stage).await?;
    let mut scores = Scores::new();
    for (sender, delivery) in Sender::ALL.into_iter().zip(deliveries) {
        let score = score(&stage, sender, &shipments, delivery, &peaks, &of_shard).await?;
        progress.note(&format!("seed {seed}, {sender}: {}", reading(&score)));
        scores.insert(sender, score);
    }
    Ok((scores, stage.end().await?))
}

/// Does what the schedule says, and looks at the queues until all is sent.
async fn conduct(
    stage: &mut Stage,
    seed: u64,
    done: &AtomicBool,
    progress: &dyn Progress,
) -> Result<Vec<Look>, LabError> {
    let begun = Instant::now();
    let mut acts = schedule(seed).into_iter().peekable();
    let mut looks = Vec::new();
    loop {
        while let Some((_, act)) = acts.next_if(|(at, _)| *at <= begun.elapsed()) {
            match act {
                Act::Kill(node) => stage.kill(node).await?,
                Act::Restart(node) => stage.restart(node).await?,
                Act::Begin(fault) => stage.inject(fault).await?,
                Act::Heal => stage.heal().await?,
            }
        }
        let depths = stage.nodes().handoff_depths().await;
        let queues = depths.into_iter().filter_map(|(_, queues)| queues.ok()).flatten();
        let look: Look = queues.map(|queue| (queue.shard, queue.blocks, queue.bytes)).collect();
        if !look.is_empty() {
            looks.push(look);
        }
        if done.load(Ordering::Relaxed) && acts.peek().is_none() {
            return Ok(looks);
        }
        // About as long as the slowest takes.
        progress.done((begun.elapsed().as_secs_f64() / 32.0).min(1.0));
        tokio::time::sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::experiment::Target;

    fn order(set: &[(&str, &str)]) -> Order {
        Order { seed: 5, ..Order::of_test(Target::Simulation, set) }
    }

    #[test]
    fn seeds_follow_from_the_order() {
        assert_eq!(seeds(&order(&[])).unwrap(), [5]);
        assert_eq!(seeds(&order(&[("seeds", "3")])).unwrap(), [5, 6, 7]);
        assert!(seeds(&order(&[("seeds", "0")])).is_err());
        assert!(seeds(&order(&[("write-timeout", "1s")])).is_err());
        assert!(seeds(&Order { profile: Some(Profile::V0_10), ..order(&[]) }).is_err());
        assert!(check(&Order { nodes: Some(5), ..order(&[]) }).is_err());
        assert!(check(&Order { time: Some(LOOK), ..order(&[]) }).is_err());
        check(&order(&[])).unwrap();
    }
}
