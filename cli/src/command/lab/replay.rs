//! `lab replay`: a simulated schedule event by event, or a run made again.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use influx_client::Client;
use influx_lab::experiment::{Record, RunDir, TargetKind};
use influx_lab::sim::{Played, SimSettings, run_seed};
use influx_server_mock::Profile;
use serde_json::json;

use super::run::{self, OutputArgs, Planned};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::target::ConnectionArgs;

/// Play the schedule of a seed of `truth --sim` again and tell every event, or make a run again as it was ordered.
///
/// A seed repeats everything, to the last event. A run on processes is made with the same seed and settings; what hangs on
/// the timing of processes is not repeated by them.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// A seed of the simulation, or the directory of a run.
    #[arg(value_name = "SEED|DIR")]
    what: String,
    /// For a seed: the profile that the simulation was ordered with, if it was.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<Profile>,
    /// For a directory: where the new run is left; not there yet, or empty.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl ReplayArgs {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        if let Ok(seed) = self.what.parse::<u64>()
            && self.dir.is_none()
        {
            run::for_no_hosts(&self.connection)?;
            return self.schedule(seed, console).await;
        }
        let old = RunDir::at(&self.what);
        if !old.file(RunDir::ORDER).exists() {
            return Err(Failure::Usage(self.no_run(&old)));
        }
        let Some(dir) = self.dir else {
            return Err(Failure::Usage(format!("give --dir DIR for the new run of {}", self.what)));
        };
        if self.profile.is_some() {
            let why = "a run is made again with the profile that it had: --profile is for a seed of the simulation";
            return Err(Failure::Usage(why.to_owned()));
        }
        let record = old.read_json::<Record>(RunDir::ORDER)?;
        let connection = if record.target == TargetKind::Hosts {
            self.connection.builder(&record.hosts)?
        } else {
            // No password is asked for, or looked up, for a cluster that asks for none.
            run::for_no_hosts(&self.connection)?;
            Client::builder()
        };
        let (experiment, order) = record.order(RunDir::at(&dir), run::this_program()?, connection)?;
        experiment.check(&order)?;
        run::check_machine(&order)?;
        run::take_directory(&dir, false)?;
        run::make(experiment, vec![Planned { name: String::new(), order }], &self.output, console).await
    }

    /// Why a run cannot be made again from what was named.
    fn no_run(&self, old: &RunDir) -> String {
        let what = &self.what;
        if what.parse::<u64>().is_ok() {
            return format!("the schedule of seed {what} is played without --dir: nothing is left of it");
        }
        let parts: Vec<PathBuf> = fs::read_dir(old.path())
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        if let Some(part) = parts.iter().find(|part| RunDir::at(part).file(RunDir::ORDER).exists()) {
            return format!("{what} holds several runs: name one of them, for example {}", part.display());
        }
        if old.file(RunDir::RUN).exists() {
            return format!("{what} is a part of a larger run: name the directory that was ordered");
        }
        format!("{what} is neither a seed nor the directory of a run")
    }

    async fn schedule(&self, seed: u64, console: &Console) -> Result<Exit, Failure> {
        let settings = SimSettings::new(self.profile);
        // It has a runtime of its own, whose time is simulated.
        let played = tokio::task::spawn_blocking(move || run_seed(seed, &settings, true))
            .await
            .map_err(|error| Failure::Internal(error.to_string()))?;
        let exit = if played.fails() { Exit::CLAIM_BROKEN } else { Exit::OK };
        if self.output.json {
            let trace: Vec<_> = played.trace.iter().map(|(time, what)| json!({"time": time, "what": what})).collect();
            console.print_json(&json!({
                "v": 1, "type": "replay", "seed": seed, "exit": exit.0, "failures": played.failures(),
                "server_lies": played.server_lies, "counts": played.counts,
                "fingerprint": format!("{:016x}", played.fingerprint), "trace": trace,
            }))?;
        } else {
            console.print(&text(seed, &played))?;
        }
        Ok(exit)
    }
}

fn text(seed: u64, played: &Played) -> String {
    let mut text = format!("{}\n", played.schedule);
    for (time, what) in &played.trace {
        let milliseconds = *time / 1_000;
        text.push_str(&format!("{:>10}.{:03} ms  {what}\n", milliseconds / 1_000, milliseconds % 1_000));
    }
    for (name, times) in &played.server_lies {
        text.push_str(&format!("a server's claim that does not hold, for a known cause: {name}, {times} times\n"));
    }
    for failure in played.failures() {
        text.push_str(&format!("FALSE: {failure}\n"));
    }
    let held = if played.fails() { "the client lied, or nobody knows why" } else { "every claim of the client holds" };
    text.push_str(&format!("seed {seed}, fingerprint {:016x}: {held}\n", played.fingerprint));
    text
}
