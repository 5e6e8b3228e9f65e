//! Short runs of the lab on real processes; this program runs the nodes as well.
//!
//! Each run is short, waits for conditions and asserts on nothing that the machine's load decides.

use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use influx_lab::experiment::{Experiment, Order, RunDir, Target, run};
use influx_lab::figures::Material;
use influx_lab::history::{Completion, Function};
use influx_lab::{NODE_ARGUMENT, become_node};

/// One test by its name; the text says what went wrong.
type Test = (&'static str, fn() -> Pin<Box<dyn Future<Output = Result<(), String>>>>);

const TESTS: &[Test] =
    &[("a_short_run_under_cuts_leaves_everything", || Box::pin(a_short_run_under_cuts_leaves_everything()))];

fn main() -> ExitCode {
    if let Some(code) = become_node() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made where tests run");
    let mut failed = 0;
    for (name, test) in TESTS {
        if !arguments.is_empty() && !arguments.iter().any(|part| name.contains(part)) {
            continue;
        }
        let result = runtime.block_on(test());
        println!("test {name} ... {}", if result.is_ok() { "ok" } else { "FAILED" });
        if let Err(why) = result {
            println!("{why}");
            failed += 1;
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A few seconds of the register at `any` under cuts: every write is acknowledged, the history and all files are there,
/// and every replica is read in the end.
async fn a_short_run_under_cuts_leaves_everything() -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let order = Order {
        dir: RunDir::at(dir.path().join("run")),
        seed: 3,
        time: Some(Duration::from_secs(4)),
        nodes: Some(3),
        profile: None,
        set: vec![("whole".into(), "500ms".into()), ("cut".into(), "1500ms".into())],
        target: Target::this_program(&[NODE_ARGUMENT]).map_err(|error| error.to_string())?,
    };
    let ending = run(Experiment::RegisterPartitionAny, &order, &()).await.map_err(|error| error.to_string())?;
    let material = Material::read(&order.dir).map_err(|error| error.to_string())?;
    let all = || material.operations.iter().filter(|operation| operation.f == Function::Write);
    check(all().count() > 10, || format!("only {} writes", all().count()))?;
    let acknowledged = all().filter(|write| write.completion == Completion::Ok).count();
    check(acknowledged == all().count(), || format!("{acknowledged} of {} acknowledged", all().count()))?;
    check(material.cuts.len() == 2, || format!("{} cuts", material.cuts.len()))?;
    check(material.replicas.register.len() == 3, || format!("{:?}", material.replicas))?;
    check(material.replicas.shards == 1, || format!("{} shards", material.replicas.shards))?;
    check(ending.holds(), || format!("{ending:?}"))?;
    for name in [RunDir::HISTORY, RunDir::NEMESIS, RunDir::SHARDS, RunDir::FIGURES, RunDir::VERDICT, RunDir::REPORT] {
        check(order.dir.file(name).exists(), || format!("there is no {name}"))?;
    }
    Ok(())
}

fn check(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}
