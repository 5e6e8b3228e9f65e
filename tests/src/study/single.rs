//! One run of one experiment.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use tempfile::TempDir;

use super::after::replicas;
use super::client::{Shared, Worker};
use super::recorder::Recorder;
use super::settings::{Settings, Workload};
use super::setup::{Ready, prepare};
use super::{expectations, machine};
use crate::checker::{self, Checked, Verdict};
use crate::experiment::{Ending, Experiment, LabError, Order, Progress, RunDir, shard_table};
use crate::figures::{Figures, Material, Run};
use crate::nemesis::{Cut, cut_and_heal};
use crate::report::write_run;
use crate::stall::StallWatch;
use crate::target::{Cluster, Plan};

/// The shortest part of a history that shows that it is illegal, drawn.
const COUNTEREXAMPLE_SVG: &str = "counterexample.svg";
const COUNTEREXAMPLE_PNG: &str = "counterexample.png";

/// A run that was made.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) ending: Ending,
    pub(super) material: Material,
    pub(super) verdict: Option<Verdict>,
}

/// Makes a run and leaves everything of it in the order's directory.
///
/// # Errors
/// [`LabError`]: the order makes no sense, the cluster does not come up or does not answer after the run, a file cannot be
/// written.
///
/// # Cancellation
/// Dropping the future ends the nodes.
pub async fn run(experiment: Experiment, order: &Order, progress: &dyn Progress) -> Result<Ending, LabError> {
    Ok(make(experiment, order, progress).await?.ending)
}

pub(super) async fn make(experiment: Experiment, order: &Order, progress: &dyn Progress) -> Result<Made, LabError> {
    let settings = Settings::of(experiment, order)?;
    order.dir.make()?;
    progress.phase("starting the cluster");
    let files = TempDir::new().map_err(|source| LabError::File { path: std::env::temp_dir(), source })?;
    let plan = Plan::study(settings.profile, settings.nodes, settings.options.clone(), files.path().join("cluster"));
    let mut cluster = Cluster::start(&order.target, &plan).await?;
    let settings = Settings { nodes: cluster.nodes().len(), ..settings };
    let cuts = match settings.halves {
        Some(halves) if cluster.has_faults() => halves.schedule(order.seed, &plan.machines(), settings.time),
        Some(_) | None => Vec::new(),
    };
    let mut notes = Vec::new();
    if settings.halves.is_some() && !cluster.has_faults() {
        notes.push("the network was not cut: this cluster's faults are yours to make".to_owned());
    }
    let theirs = cluster.unknown_profile();
    if let Some(profile) = &theirs {
        notes.push(format!("nothing is expected of a cluster that is not ours; its profile: {profile}"));
    }
    for note in &notes {
        progress.note(note);
    }
    let Ready { clients, before, first_writes } = prepare(&cluster, &settings).await?;
    progress.phase(&format!("{experiment} on {} nodes for {:?}", settings.nodes, settings.time));
    let load = machine::load();
    let (stalls, begun) = (StallWatch::start(), Instant::now());
    let shared = Shared::new(order.seed, Recorder::begin(&order.dir, before)?);
    let nodes = cluster.nodes().to_vec();
    let workers = nodes.iter().zip(&clients).enumerate().map(|(position, (node, client))| {
        Worker { position, node, client: client.clone(), settings: &settings, shared: &shared, seed: order.seed }.run()
    });
    let clients_done = async {
        let done = try_join_all(workers).await;
        done.map(|_| ())
    };
    let nemesis = cut(&mut cluster, &cuts, &shared);
    let told = tell(progress, settings.time);
    // The last cut may go on when the time is over; clients may wait for its end.
    let (done, cut_done, ()) = tokio::join!(clients_done, nemesis, told);
    let stalled = stalls.longest_since(begun);
    done?;
    cut_done?;
    progress.phase("waiting for hinted handoff, reading every replica");
    let (replicas, shards) = replicas(&cluster, &clients, settings.workload, settings.drain_limit).await?;
    let run = Run {
        experiment: experiment.name().to_owned(),
        seed: order.seed,
        profile: theirs.unwrap_or_else(|| settings.profile.to_string()),
        nodes: nodes.into_iter().map(|node| node.name).collect(),
        seconds: settings.time.as_secs_f64(),
        level: settings.level.to_string(),
        set: order.set.clone(),
        cuts: !cuts.is_empty(),
        first_writes,
        load: [load, machine::load()],
        processors: machine::processors(),
        stalled: Some(stalled.as_secs_f64()),
        optimized: !cfg!(debug_assertions),
        notes,
    };
    let (events, faults) = shared.recorder.take()?;
    let dir = &order.dir;
    dir.write(RunDir::SHARDS, shard_table(cluster.database(), &shards))?;
    dir.write_json(RunDir::RUN, &run)?;
    dir.write_json(Material::REPLICAS, &replicas)?;
    if let Err(left) = cluster.end().await {
        progress.note(&left);
    }
    progress.phase("judging the history, drawing");
    let material = Material::new(run, &events, &faults, replicas);
    let material =
        material.map_err(|error| LabError::Content { path: dir.file(RunDir::HISTORY), why: error.to_string() })?;
    // On a thread of its own: other runs may be under way.
    let dir = dir.clone();
    let concluded = tokio::task::spawn_blocking(move || conclude(experiment, &settings, material, &dir)).await;
    concluded.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn cut(cluster: &mut Cluster, cuts: &[Cut], shared: &Shared) -> Result<(), LabError> {
    cut_and_heal(cluster, cuts, shared.recorder.began(), |fault| shared.recorder.fault(fault)).await
}

/// Tells how far the run is until its time is over.
async fn tell(progress: &dyn Progress, time: Duration) {
    let since = Instant::now();
    while since.elapsed() < time {
        progress.done(since.elapsed().as_secs_f64() / time.as_secs_f64());
        tokio::time::sleep(Duration::from_millis(250).min(time)).await;
    }
    progress.done(1.0);
}

/// The figures of a run with its verdicts.
pub(super) fn figures(made: &Made) -> Figures {
    let mut figures = Figures::of(std::slice::from_ref(&made.material));
    if let Some(verdict) = &made.verdict {
        figures.verdicts.add(verdict);
    }
    figures
}

/// Judges a run and leaves verdicts, figures, pictures and pages in its directory.
fn conclude(experiment: Experiment, settings: &Settings, material: Material, dir: &RunDir) -> Result<Made, LabError> {
    let mut made = Made { ending: Ending::default(), material, verdict: None };
    if settings.workload == Workload::Register {
        // The first write is in the history.
        let Checked { verdict, counterexample } = checker::check(&made.material.operations, None);
        dir.write_json(RunDir::VERDICT, &verdict)?;
        if let Some(counterexample) = counterexample {
            let picture = checker::draw(&counterexample, &format!("{experiment}, seed {}", made.material.run.seed));
            dir.write(COUNTEREXAMPLE_SVG, picture.svg()?)?;
            dir.write(COUNTEREXAMPLE_PNG, picture.png()?)?;
        }
        made.verdict = Some(verdict);
    } else {
        dir.write_json(RunDir::VERDICT, &Verdict::without_register(&made.material.operations))?;
    }
    let figures = figures(&made);
    dir.write_json(RunDir::FIGURES, &figures)?;
    let Made { ending, material, verdict } = &mut made;
    ending.summary = super::summary::lines(&figures, verdict.as_ref());
    ending.summary.extend(material.run.notes.iter().cloned());
    if expectations::binds(settings, material) {
        expectations::add(ending, experiment, settings, material, &figures, verdict.as_ref());
    } else if material.run.notes.is_empty() {
        ending.summary.push(expectations::why_none(experiment));
    }
    dir.write_json(RunDir::ENDING, ending)?;
    write_run(dir)?;
    Ok(made)
}
