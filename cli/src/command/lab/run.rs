//! `lab run`: one experiment, or the same one several times.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use influx_lab::experiment::{
    Ending, Experiment, Hosts, Order, Progress, Record, RunDir, Target, TargetKind, pages, run,
};
use influx_lab::netns;
use influx_server_mock::Profile;
use serde_json::{Value, json};

use super::watch::Watch;
use crate::command::cluster::NODE;
use crate::config::keys::nearest;
use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::job::ProgressChoice;
use crate::render::one_line;
use crate::settings;
use crate::signals::{Second, Signals};
use crate::target::{ConnectionArgs, addresses};

/// Run an experiment and leave everything of it in a directory.
///
/// Exit code 0 means that everything held that had to hold, 40 that something did not; standard output then says what.
/// Nothing is left running, whichever way it ends.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The experiment; `lab list` tells what each does.
    #[arg(value_name = "NAME", value_parser = experiment_names())]
    experiment: Experiment,
    /// Where the run is left: a directory that is not there yet, or is empty.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where DIR holds an earlier run, set that aside first: as DIR.1, or the next number that is free. Nothing is deleted, and
    /// a directory that holds anything else is refused all the same.
    #[arg(long)]
    force: bool,
    /// Decides on everything that is drawn by chance.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// So many seeds, from --seed on. `study`, `compare` and the simulation go over them in one run; any other experiment is
    /// run once with each, in directories of their own below DIR.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// How long the workload runs, in seconds or as 90s or 5m; the experiment's own time unless given. Not for `bugs`,
    /// `repair` and `compare`, which take the time that they take.
    #[arg(long, value_name = "TIME", value_parser = settings::seconds)]
    time: Option<Duration>,
    /// How many nodes; the experiment's own number unless given. Not for `bugs`, `repair` and `compare`, nor with --sim.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=32))]
    nodes: Option<u16>,
    /// The system whose rules the cluster follows; the experiment's own unless given. With `both` the experiment is run
    /// once with each, in directories of their own below DIR. Not for `bugs`, which looks at both; `compare` knows 1.8 alone.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<Profiles>,
    /// In the seeded simulation, in this process and its own time, where a seed repeats everything; `truth` alone.
    #[arg(long, conflicts_with_all = ["namespaces", "hosts"])]
    sim: bool,
    /// Each node in a network namespace of its own, where the kernel drops the packets. Needs root, `ip` and `nft`. For the
    /// experiments of the study and `all`; the faults of the others are made inside the nodes.
    #[arg(long, conflicts_with = "hosts")]
    namespaces: bool,
    /// Against a cluster that is there already: its data nodes. Faults are yours to make. The run has a database of its own,
    /// which is dropped at the end. For the single runs of the study and `truth`.
    #[arg(long, value_name = "URL,URL…", value_delimiter = ',', conflicts_with_all = ["nodes", "profile"])]
    hosts: Vec<String>,
    /// A setting of the experiment (`lab list`) or an option of the nodes that the lab starts (`cluster options`): of these,
    /// `bugs`, `repair`, `compare` and `all` take none. May be given more than once.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// How a run is told.
#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// When to show progress, and how.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    progress: ProgressChoice,
    /// Print what it came to as one JSON object.
    #[arg(long)]
    pub(super) json: bool,
}

/// One run to be made.
#[derive(Debug)]
pub(super) struct Planned {
    /// What tells it from the others of the same command.
    pub(super) name: String,
    pub(super) order: Order,
}

/// One profile or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Profiles {
    /// Influxdb-cluster and Enterprise 1.8.
    #[value(name = "1.8")]
    New,
    /// The cluster of 2016.
    #[value(name = "0.10")]
    Old,
    /// A run with each.
    Both,
}

fn experiment_names() -> impl TypedValueParser<Value = Experiment> {
    let names = Experiment::ALL.map(|one| PossibleValue::new(one.name()).help(one.about()));
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Experiment>())
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

impl RunArgs {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let orders = self.orders()?;
        for Planned { order, .. } in &orders {
            self.experiment.check(order)?;
            check_machine(order)?;
        }
        take_directory(&self.dir, self.force)?;
        let several = orders.len() > 1;
        let made = make(self.experiment, orders, &self.output, console).await;
        if several && !matches!(made, Err(Failure::Signal(_))) {
            let dir = RunDir::at(self.dir);
            match pages(&dir) {
                Ok(()) => console.say(&format!("all of them on one page: {}", dir.file(RunDir::REPORT).display())),
                // What went wrong before says more.
                Err(_) if made.is_err() => {}
                Err(error) => return Err(error.into()),
            }
        }
        made
    }

    /// The runs to be made, each with the name that tells it from the others.
    fn orders(&self) -> Result<Vec<Planned>, Failure> {
        let profiles = match self.profile {
            None => vec![None],
            Some(Profiles::New) => vec![Some(Profile::V1_8)],
            Some(Profiles::Old) => vec![Some(Profile::V0_10)],
            Some(Profiles::Both) => Profile::ALL.map(Some).to_vec(),
        };
        let target = self.target()?;
        let mut set = self.set.clone();
        let mut seeds = 1;
        match self.seeds {
            Some(count) if self.experiment.has_seeds(target.kind()) => {
                set.push(("seeds".to_owned(), count.to_string()));
            }
            Some(count) => seeds = count,
            None => {}
        }
        self.suggest(&set)?;
        let mut orders = Vec::new();
        for profile in &profiles {
            for step in 0..seeds {
                let seed = self.seed.wrapping_add(step);
                let parts = [
                    profile.filter(|_| profiles.len() > 1).map(|profile| profile.to_string()),
                    (seeds > 1).then(|| format!("seed-{seed}")),
                ];
                let name = parts.into_iter().flatten().collect::<Vec<_>>().join("-");
                let order = Order {
                    dir: RunDir::at(if name.is_empty() { self.dir.clone() } else { self.dir.join(&name) }),
                    seed,
                    time: self.time,
                    nodes: self.nodes.map(usize::from),
                    profile: *profile,
                    set: set.clone(),
                    target: target.clone(),
                };
                orders.push(Planned { name, order });
            }
        }
        Ok(orders)
    }

    fn target(&self) -> Result<Target, Failure> {
        if !self.hosts.is_empty() {
            let urls = addresses(&self.hosts).map_err(|error| Failure::Usage(format!("--hosts: {error}")))?;
            let connection = self.connection.builder(&urls)?;
            return Ok(Target::Hosts(Box::new(Hosts { urls, connection })));
        }
        for_no_hosts(&self.connection)?;
        if self.sim {
            return Ok(Target::Simulation);
        }
        let processes = this_program()?;
        Ok(match processes {
            Target::Processes { executable, arguments } if self.namespaces => {
                Target::Namespaces { executable, arguments }
            }
            other => other,
        })
    }

    /// Refuses a setting that does not exist, with the one that was probably meant. Why one that others have is not for this
    /// experiment is its own to say.
    fn suggest(&self, set: &[(String, String)]) -> Result<(), Failure> {
        let plain = |name: &str| name.replace('-', "_");
        let known: Vec<&str> = Experiment::ALL.into_iter().flat_map(Experiment::setting_names).collect();
        let own = self.experiment.setting_names();
        for (name, _) in set {
            if known.iter().any(|known| plain(known) == plain(name)) {
                continue;
            }
            let plainly: Vec<(String, &str)> = own.iter().map(|known| (plain(known), *known)).collect();
            let near = nearest(name, plainly.iter().map(|(plain, _)| plain.as_str()));
            let near = near.and_then(|near| plainly.iter().find(|(plain, _)| plain == near));
            let hint = near.map(|(_, known)| format!(": do you mean {known}?")).unwrap_or_default();
            let listed = if self.experiment.takes_node_options() {
                "`influx-cli lab list` and `influx-cli cluster options` list them"
            } else {
                "`influx-cli lab list` lists them"
            };
            return Err(Failure::Usage(format!("{} has no setting {name:?}{hint}; {listed}", self.experiment)));
        }
        Ok(())
    }
}

/// Refuses what only clusters need that are there already.
pub(super) fn for_no_hosts(connection: &ConnectionArgs) -> Result<(), Failure> {
    let refused =
        |what: &str| Err(Failure::Usage(format!("{what} goes with a cluster that is there already: --hosts")));
    if connection.names_somebody() {
        return refused("the bundled cluster asks nobody who they are: a user");
    }
    match connection.typed_encryption() {
        Some(option) => refused(&format!("the bundled cluster is reached without encryption or proxy: {option}")),
        None => Ok(()),
    }
}

/// Makes runs one after the other, and tells what each came to. One that fails does not keep the others from being made; the
/// first failure is what it all comes to. A signal ends the processes of the run under way.
pub(super) async fn make(
    experiment: Experiment,
    runs: Vec<Planned>,
    output: &OutputArgs,
    console: &Console,
) -> Result<Exit, Failure> {
    // Nothing would end the processes of a run that is left at once.
    let mut signals = Signals::listen(Second::Waits).map_err(|error| Failure::Internal(error.to_string()))?;
    let mut exit = Exit::OK;
    let mut failed: Option<Failure> = None;
    let several = runs.len() > 1;
    for Planned { name, order } in runs {
        let watch = Watch::new(output.progress, console);
        if !name.is_empty() {
            watch.note(&format!("{experiment} {name}"));
        }
        let ran = tokio::select! {
            ran = run(experiment, &order, &watch) => ran,
            signal = signals.arrived() => {
                watch.finish();
                console.say(&format!("interrupted; what was ordered, and what was done until now, is in {}", order.dir.path().display()));
                return Err(Failure::Signal(signal));
            }
        };
        watch.finish();
        let ending = match ran {
            Ok(ending) => ending,
            Err(error) => {
                let failure = Failure::from(error);
                if several {
                    console.say(&format!("{experiment} {name} could not be made: {}", failure.message()));
                }
                failed.get_or_insert(failure);
                continue;
            }
        };
        if !ending.holds() {
            exit = Exit::CLAIM_BROKEN;
        }
        if output.json {
            console.print_json(&object(experiment, &order, &ending))?;
        } else {
            console.print(&text(experiment, &order, &ending, console))?;
        }
    }
    failed.map_or(Ok(exit), Err)
}

/// This program as that of the nodes.
pub(super) fn this_program() -> Result<Target, Failure> {
    Target::this_program(&NODE)
        .map_err(|error| Failure::local_io(format!("the path of this program is not known: {error}")))
}

/// Finds what the machine lacks for a run, before anything is started.
pub(super) fn check_machine(order: &Order) -> Result<(), Failure> {
    match order.target.kind() {
        TargetKind::Namespaces => Ok(netns::check()?),
        TargetKind::Processes | TargetKind::Simulation | TargetKind::Hosts => Ok(()),
    }
}

/// Makes sure that nothing but the run gets into the directory, and that nothing is lost for it.
pub(super) fn take_directory(dir: &Path, force: bool) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::local_io(format!("{}: {error}", dir.display()));
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    let entries: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(failed)?;
    if entries.is_empty() {
        return Ok(());
    }
    // Runs that were several have their records one level below.
    let holds_order = |dir: &Path| RunDir::at(dir).read_json::<Record>(RunDir::ORDER).is_ok();
    let is_run = holds_order(dir) || entries.iter().any(|entry| holds_order(entry));
    if !force {
        let hint = if is_run { "another, or --force to set the run that is in it aside" } else { "another" };
        return Err(Failure::Usage(format!("{} is not empty: give {hint}", dir.display())));
    }
    if !is_run {
        return Err(Failure::Usage(format!("{} holds something else than a run: give another", dir.display())));
    }
    fs::rename(dir, aside(dir).map_err(failed)?).map_err(failed)
}

/// The first name beside a directory that is free, for what is in it.
fn aside(dir: &Path) -> std::io::Result<PathBuf> {
    let dir = fs::canonicalize(dir)?;
    let numbered = |number: u32| {
        let mut name = dir.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{number}"));
        dir.with_file_name(name)
    };
    let free = (1..).map(numbered).find(|path| fs::symlink_metadata(path).is_err());
    free.ok_or_else(|| std::io::Error::other("there is no name left for the run that is in it"))
}

fn report(order: &Order) -> Option<PathBuf> {
    Some(order.dir.file(RunDir::REPORT)).filter(|path| path.exists())
}

fn object(experiment: Experiment, order: &Order, ending: &Ending) -> Value {
    let exit = if ending.holds() { Exit::OK } else { Exit::CLAIM_BROKEN };
    json!({
        "v": 1, "type": "lab-run", "experiment": experiment.name(), "exit": exit.0, "seed": order.seed,
        "dir": order.dir.path(), "report": report(order), "expectations": ending.expectations,
        "summary": ending.summary,
    })
}

fn text(experiment: Experiment, order: &Order, ending: &Ending, console: &Console) -> String {
    let mut text = String::new();
    for line in &ending.summary {
        text.push_str(&format!("{}\n", one_line(line)));
    }
    for expectation in &ending.expectations {
        let (word, paint) = if expectation.held { ("held", Paint::Good) } else { ("BROKEN", Paint::Bad) };
        let word = console.painted(&format!("{word:>6}"), paint);
        text.push_str(&format!("{word}  {}: {}\n", one_line(&expectation.what), one_line(&expectation.found)));
    }
    text.push_str(&format!("{experiment}, seed {}: {}\n", order.seed, ending.told()));
    let left = report(order).unwrap_or_else(|| order.dir.path().to_owned());
    text.push_str(&format!("{}\n", left.display()));
    text
}
