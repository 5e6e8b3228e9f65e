//! Experiments of the lab on real processes, short; this program runs the nodes as well.
//!
//! `cargo test -p influx-lab --test lab -- NAME…` runs those whose names hold one of the words, without any all of them.

mod known_bugs;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use futures::future::join_all;
use influx_lab::compare::{COMPARE, Sender};
use influx_lab::experiment::{Ending, Experiment, Hosts, Order, RunDir, Target, run, runs_below};
use influx_lab::figures::{Figures, Material, Standing};
use influx_lab::history::{Completion, Function, operations};
use influx_lab::study::Study;
use influx_lab::truth::{Summary, losses};
use influx_lab::{NODE_ARGUMENT, become_node, truth};
use influx_server_mock::{Options, ProcessCluster, Profile, Role, Topology, UpOptions};

/// What a test says when it fails.
type Failure = Box<dyn std::error::Error>;
type Test = fn() -> Pin<Box<dyn Future<Output = Result<(), Failure>>>>;

/// One after the other: each has processes enough for this machine.
const TESTS: [(&str, Test); 4] = [
    ("truth_of_both_profiles_under_faults", || Box::pin(truth_of_both_profiles())),
    ("a_short_run_under_cuts_leaves_everything", || Box::pin(a_short_run_under_cuts_leaves_everything())),
    ("a_known_bug_is_found_and_its_controls_are_clean", || Box::pin(known_bugs::found_and_controls_clean())),
    ("anti_entropy_makes_replicas_equal", || Box::pin(known_bugs::repaired())),
];

/// Side by side, when those are over: these mostly wait.
const WAITING: [(&str, Test); 2] = [
    ("a_short_form_of_everything_and_of_the_study_is_judged", || Box::pin(everything_in_short())),
    ("truth_of_a_cluster_by_its_addresses", || Box::pin(truth_by_addresses())),
];

fn main() -> ExitCode {
    if let Some(code) = become_node() {
        return code;
    }
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |(name, _): &&(&str, Test)| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut passed = true;
    for (name, test) in TESTS.iter().filter(wanted) {
        passed &= runtime.block_on(told(name, *test));
    }
    let side_by_side = WAITING.iter().filter(wanted).map(|(name, test)| told(name, *test));
    passed &= runtime.block_on(join_all(side_by_side)).into_iter().all(|passed| passed);
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a test and says how it ended; whether it passed.
async fn told(name: &str, test: Test) -> bool {
    let since = Instant::now();
    let result = test().await;
    let verdict = if result.is_ok() { "ok" } else { "FAILED" };
    println!("test {name} ... {verdict} ({:.1} s)", since.elapsed().as_secs_f64());
    if let Err(why) = &result {
        println!("{why}");
    }
    result.is_ok()
}

fn order(dir: &tempfile::TempDir, seconds: u64) -> Result<Order, Failure> {
    Ok(Order {
        dir: RunDir::at(dir.path()),
        seed: 1,
        time: Some(Duration::from_secs(seconds)),
        nodes: None,
        profile: None,
        set: Vec::new(),
        target: Target::this_program(&[NODE_ARGUMENT])?,
    })
}

/// Seconds of faults on either profile: no claim of the client is false, and the files of the run say the same.
async fn truth_of_both_profiles() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let order = order(&dir, 6)?;
    let ending = truth::run(&order, &()).await?;
    let summary: Summary = order.dir.read_json("truth.json")?;
    if !ending.holds() || !summary.client_lies.is_empty() {
        return Err(format!("{:#?}\n{:#?}", ending.expectations, summary.client_lies.first()).into());
    }
    let done = operations(&order.dir.history()?)?;
    let first_batches = summary.rounds.len() as u64;
    if done.len() as u64 + first_batches != summary.batches() {
        return Err(format!("{} operations of {} batches", done.len(), summary.batches()).into());
    }
    if summary.rounds.len() != 2 || order.dir.nemesis()?.is_empty() {
        return Err("two rounds with faults were to be made".into());
    }
    shards_as_in_the_shell(&order.dir, &summary)
}

/// A table for each round, with a row for each shard.
fn shards_as_in_the_shell(dir: &RunDir, summary: &Summary) -> Result<(), Failure> {
    let shards = std::fs::read_to_string(dir.file(RunDir::SHARDS))?;
    let tables = shards.lines().filter(|line| line.starts_with("id ") && line.ends_with(" owners")).count();
    let rows = shards.lines().filter(|line| line.contains("00Z ")).count() as u64;
    let counted: u64 = summary.rounds.iter().map(|round| round.shards).sum();
    let whole = tables == summary.rounds.len() && rows == counted && counted > 0;
    check(whole, || format!("{counted} shards:\n{shards}"))
}

/// A cluster of which only the addresses are known: the replicas are read by the client, and no more batches that were
/// acknowledged are incomplete than are named in the nodes' own logs.
async fn truth_by_addresses() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let cluster = ProcessCluster::up(UpOptions {
        dir: dir.path().join("cluster"),
        profile: Profile::V1_8,
        topology: Topology::Apart { meta: 1, data: 3 },
        options: Options::new(Profile::V1_8),
        executable: std::env::current_exe()?,
        arguments: vec![NODE_ARGUMENT.to_owned()],
        base_port: None,
        limit: Duration::from_secs(90),
        tied: true,
    })
    .await?;
    let datas: Vec<_> = cluster.nodes().iter().filter(|node| node.role == Role::Data).collect();
    let urls = datas.iter().map(|node| node.http.clone()).collect();
    let run = order(&dir, 2)?;
    let order =
        Order { dir: RunDir::at(dir.path().join("run")), target: Target::Hosts(Box::new(Hosts::open(urls))), ..run };
    let ending = truth::run(&order, &()).await?;
    let summary: Summary = order.dir.read_json("truth.json")?;
    shards_as_in_the_shell(&order.dir, &summary)?;
    let (met, judged) = summary
        .table
        .iter()
        .filter(|row| row.class == "ok")
        .fold((0, 0), |(met, judged), row| (met + row.met.all, judged + row.batches));
    let history = order.dir.history()?;
    let acknowledged: BTreeSet<u64> = operations(&history)?
        .iter()
        .filter(|operation| operation.completion == Completion::Ok)
        .filter_map(|operation| operation.id)
        .collect();
    let mut named = BTreeSet::new();
    for node in &datas {
        let losses = losses(&cluster, &node.name)?;
        named.extend(losses.iter().flat_map(|loss| &loss.series).filter_map(|series| batch_of(series)));
    }
    // Most of what they name are lines that a replica refused, of batches that were not acknowledged.
    named.retain(|batch| acknowledged.contains(batch));
    cluster.down().await?;
    if !ending.holds() || met == 0 || judged - met > named.len() as u64 {
        return Err(
            format!("acknowledged and named by the logs: {named:?}\n{:#?}\n{summary:#?}", ending.expectations).into()
        );
    }
    Ok(())
}

/// The batch whose point has this series: the tag is `BATCH-LINE`.
fn batch_of(series: &str) -> Option<u64> {
    series.strip_prefix("truth,p=")?.split_once('-')?.0.parse().ok()
}

/// A few seconds of the register at `any` under cuts: every write is acknowledged, the history and all files are there,
/// and every replica is read in the end.
async fn a_short_run_under_cuts_leaves_everything() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let order = Order {
        dir: RunDir::at(dir.path().join("run")),
        seed: 3,
        time: Some(Duration::from_secs(4)),
        nodes: Some(3),
        profile: None,
        set: vec![("whole".into(), "500ms".into()), ("cut".into(), "1500ms".into())],
        target: Target::this_program(&[NODE_ARGUMENT])?,
    };
    let ending = run(Experiment::RegisterPartitionAny, &order, &()).await?;
    let material = Material::read(&order.dir)?;
    let all = || material.operations.iter().filter(|operation| operation.f == Function::Write);
    check(all().count() > 10, || format!("only {} writes", all().count()))?;
    let acknowledged = all().filter(|write| write.completion == Completion::Ok).count();
    let whole = acknowledged == all().count() || material.run.stood_still() && acknowledged > 0;
    check(whole, || format!("{acknowledged} of {} acknowledged", all().count()))?;
    check(material.cuts.len() == 2, || format!("{} cuts", material.cuts.len()))?;
    check(material.replicas.register.len() == 3, || format!("{:?}", material.replicas))?;
    check(material.replicas.shards == 1, || format!("{} shards", material.replicas.shards))?;
    // So short a run, with settings of its own, is held against nothing, and says so.
    let told = ending.summary.iter().any(|line| line.starts_with("nothing was expected"));
    check(ending.expectations.is_empty() && told, || format!("{ending:?}"))?;
    for name in [RunDir::HISTORY, RunDir::NEMESIS, RunDir::SHARDS, RunDir::FIGURES, RunDir::VERDICT, RunDir::REPORT] {
        check(order.dir.file(name).exists(), || format!("there is no {name}"))?;
    }
    Ok(())
}

/// Parts of either kind, with and without a register, in processes and simulated: each is made to its end, in a directory of
/// its own, and all are on one page. Beside them, as it mostly waits too, the study with one run that is long enough to be
/// held against the real clusters.
async fn everything_in_short() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let below = |name: &str| RunDir::at(dir.path().join(name));
    let plain = order(&dir, 3)?;
    let everything = Order {
        dir: below("all"),
        profile: Some(Profile::V0_10),
        set: vec![
            ("only".into(), PARTS.join(",")),
            ("simulated".into(), "100".into()),
            ("at-a-time".into(), PARTS.len().to_string()),
        ],
        ..plain.clone()
    };
    let study = Order {
        dir: below("study"),
        time: Some(Duration::from_secs(20)),
        set: [("seeds", "1"), ("clusters", "010n3"), ("experiments", "register-healthy-all")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        ..plain
    };
    let (ending, studied) =
        tokio::try_join!(run(Experiment::All, &everything, &()), run(Experiment::Study, &study, &()))?;
    all_parts(&everything.dir, &ending)?;
    the_study(&study.dir, &studied)
}

/// What is made of everything: the longest of them is `compare`.
const PARTS: [&str; 5] = ["register-healthy-all", "register-partition-any", "shards-healthy", "truth-sim", "compare"];

fn all_parts(dir: &RunDir, ending: &Ending) -> Result<(), Failure> {
    check(ending.holds(), || format!("{ending:#?}"))?;
    // Of the simulation and of `compare` something is expected, however short the others are.
    for name in ["truth-sim", "compare"] {
        let of = ending.expectations.iter().filter(|one| one.what.starts_with(&format!("{name}: ")));
        check(of.count() > 0, || format!("nothing was expected of {name}: {ending:#?}"))?;
    }
    let page = std::fs::read_to_string(dir.file(RunDir::REPORT))?;
    let runs = runs_below(dir)?;
    check(runs.len() == PARTS.len(), || format!("{runs:?}"))?;
    let mut counted = 0;
    for run in runs {
        let name = run.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        check(page.contains(&name), || format!("{name} is not on the page"))?;
        for file in [RunDir::ORDER, RunDir::RUN, RunDir::ENDING, RunDir::REPORT] {
            check(run.file(file).exists(), || format!("{name} has no {file}"))?;
        }
        let judged = run.file(RunDir::VERDICT).exists();
        check(judged == run.file(RunDir::HISTORY).exists(), || format!("{name}: a history without a verdict"))?;
        if run.file(RunDir::FIGURES).exists() {
            written_and_drained(&name, &run.read_json(RunDir::FIGURES)?)?;
            counted += 1;
        }
        if name == "compare" {
            each_sender(&run)?;
        }
    }
    check(counted == 3, || format!("{counted} of the parts have figures"))
}

fn written_and_drained(name: &str, figures: &Figures) -> Result<(), Failure> {
    check(figures.writes.ok > 0, || format!("{name}: {:?}", figures.writes))?;
    let drained = figures.drained;
    check(drained.n > 0 && drained.k == drained.n, || format!("{name}: drained in {drained} runs"))
}

/// All senders had all points, had some of them acknowledged, and are in the table.
fn each_sender(run: &RunDir) -> Result<(), Failure> {
    let scores: Vec<serde_json::Value> = run.read_json(COMPARE)?;
    let table = std::fs::read_to_string(run.file("compare.md"))?;
    check(scores.len() == Sender::ALL.len(), || format!("{scores:#?}"))?;
    for (sender, score) in Sender::ALL.into_iter().zip(&scores) {
        let count = |name: &str| score[name].as_u64().unwrap_or_default();
        check(count("points") > 0 && count("acknowledged") > 0, || format!("{score:#}"))?;
        check(table.contains(&format!("| {sender} |")), || format!("{sender} has no row: {table}"))?;
    }
    Ok(())
}

/// The run is one that was held against the real cluster's, and has its rows.
fn the_study(dir: &RunDir, ending: &Ending) -> Result<(), Failure> {
    check(ending.holds(), || format!("{ending:#?}"))?;
    let study: Study = dir.read_json(Study::FILE)?;
    let [pooled] = study.pooled.as_slice() else {
        return Err(format!("one kind of run was ordered: {study:#?}").into());
    };
    check(study.failed.is_empty() && pooled.runs == ["010n3/register-healthy-all/1"], || format!("{study:#?}"))?;
    written_and_drained("study", &pooled.figures)?;
    let judged = pooled.compared.iter().filter(|one| !one.latency && one.standing == Standing::Inside).count();
    check(judged > 0 && !ending.expectations.is_empty(), || format!("nothing was judged: {study:#?}"))?;
    let table = std::fs::read_to_string(dir.file("study.md"))?;
    for row in ["| **`register-healthy-all`** |", "| … stale reads |"] {
        check(table.contains(row), || format!("{row} is not there: {table}"))?;
    }
    Ok(())
}

fn check(holds: bool, why: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(why().into()) }
}
