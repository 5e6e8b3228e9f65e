//! Experiments of the lab on real processes, short; this program runs the nodes as well.
//!
//! `cargo test -p influx-lab --test lab -- NAME…` runs those whose names hold one of the words, without any all of them.

mod known_bugs;

use std::collections::BTreeSet;
use std::fs;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use influx_lab::experiment::{Experiment, Hosts, Order, RunDir, Target, run, runs_below};
use influx_lab::figures::Material;
use influx_lab::history::{Completion, Function, operations};
use influx_lab::truth::Summary;
use influx_lab::{NODE_ARGUMENT, become_node, truth};
use influx_server_mock::{Loss, Options, ProcessCluster, Profile, Role, Topology, UpOptions};

/// What a test says when it fails.
type Failure = Box<dyn std::error::Error>;
type Test = fn() -> Pin<Box<dyn Future<Output = Result<(), Failure>>>>;

/// One after the other: each has processes enough for this machine.
const TESTS: [(&str, Test); 6] = [
    ("truth_of_both_profiles_under_faults", || Box::pin(truth_of_both_profiles())),
    ("a_short_run_under_cuts_leaves_everything", || Box::pin(a_short_run_under_cuts_leaves_everything())),
    ("a_short_form_of_everything_is_on_one_page", || Box::pin(everything_in_short())),
    ("truth_of_a_cluster_by_its_addresses", || Box::pin(truth_by_addresses())),
    ("a_known_bug_is_found_and_its_controls_are_clean", || Box::pin(known_bugs::found_and_controls_clean())),
    ("anti_entropy_makes_replicas_equal", || Box::pin(known_bugs::repaired())),
];

fn main() -> ExitCode {
    if let Some(code) = become_node() {
        return code;
    }
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut failed = 0;
    for (name, test) in TESTS.iter().filter(|(name, _)| wanted(name)) {
        let since = Instant::now();
        let result = runtime.block_on(test());
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        println!("test {name} ... {verdict} ({:.1} s)", since.elapsed().as_secs_f64());
        if let Err(why) = result {
            println!("{why}");
            failed += 1;
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
    Ok(())
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
        let log = fs::read(cluster.log_path(&node.name)?)?;
        let losses = String::from_utf8_lossy(&log).lines().filter_map(Loss::in_line).collect::<Vec<_>>();
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
    check(acknowledged == all().count(), || format!("{acknowledged} of {} acknowledged", all().count()))?;
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
/// its own, and all are on one page.
async fn everything_in_short() -> Result<(), Failure> {
    const PARTS: &str = "register-healthy-all,register-partition-any,shards-healthy,truth-sim";
    let dir = tempfile::tempdir()?;
    let order = Order {
        profile: Some(Profile::V0_10),
        set: vec![("only".into(), PARTS.into()), ("simulated".into(), "100".into())],
        ..order(&dir, 3)?
    };
    let ending = run(Experiment::All, &order, &()).await?;
    check(ending.holds(), || format!("{ending:#?}"))?;
    // Of the simulation something is expected, however short it is.
    check(!ending.expectations.is_empty(), || format!("{ending:#?}"))?;
    let page = std::fs::read_to_string(order.dir.file(RunDir::REPORT))?;
    let runs = runs_below(&order.dir)?;
    check(runs.len() == PARTS.split(',').count(), || format!("{runs:?}"))?;
    for run in runs {
        let name = run.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        check(page.contains(&name), || format!("{name} is not on the page"))?;
        for file in [RunDir::ORDER, RunDir::RUN, RunDir::ENDING, RunDir::REPORT] {
            check(run.file(file).exists(), || format!("{name} has no {file}"))?;
        }
        let judged = run.file(RunDir::VERDICT).exists();
        check(judged == run.file(RunDir::HISTORY).exists(), || format!("{name}: a history without a verdict"))?;
    }
    Ok(())
}

fn check(holds: bool, why: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(why().into()) }
}
