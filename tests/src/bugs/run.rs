//! The run over all bugs.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use influx_server_mock::Profile;
use serde::Serialize;

use super::finding::BUGS_TABLE;
use super::handoff::{Queues, lost_in_silence};
use super::{BUGS, Bug, Finding, Trial, new, old, table};
use crate::experiment::{Ending, LabError, Order, Progress, RunDir};
use crate::history::FaultEvent;
use crate::stage::{Setting, Stage, only, unused};

/// What a trial is of its bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The run that has to find it.
    Run,
    /// The same on a cluster that has not got the bug.
    Elsewhere,
    /// The same without what brings it about.
    NoFault,
}

/// One cluster and what is tried on it, in this order.
struct Lane {
    setting: Setting,
    trials: Vec<(Bug, Part)>,
}

/// Pauses of the queues: long enough for a write to come before the first hint is delivered again.
const QUEUES: [(&str, &str); 3] =
    [("write-timeout", "1s"), ("hh-retry-interval", "500ms"), ("hh-retry-max-interval", "1s")];

fn lanes() -> Vec<Lane> {
    use Part::{Elsewhere, NoFault, Run};
    let lane = |name: &str, profile, more: &[(&str, &str)], trials: &[(Bug, Part)]| {
        let mut set = QUEUES.to_vec();
        if profile == Profile::V0_10 {
            set.push(("shard-writer-timeout", "1s"));
        }
        set.extend_from_slice(more);
        Lane { setting: Setting::new(name, profile, &set), trials: trials.to_vec() }
    };
    vec![
        lane(
            "old",
            Profile::V0_10,
            &[],
            &[
                (Bug::DropRace, Run),
                (Bug::DropRace, NoFault),
                (Bug::StaleHint, Run),
                (Bug::StaleHint, NoFault),
                (Bug::FullDisk, Run),
                (Bug::FullDisk, NoFault),
                (Bug::AnyRefused, Elsewhere),
                (Bug::PoisonHint, NoFault),
                // Its queue stays as it is for ever, so nothing can come after it.
                (Bug::PoisonHint, Run),
            ],
        ),
        lane(
            "new",
            Profile::V1_8,
            &[],
            &[
                (Bug::AnyRefused, Run),
                (Bug::AnyRefused, NoFault),
                (Bug::TypeDivergence, Run),
                (Bug::TypeDivergence, NoFault),
                (Bug::TwoTypes, Run),
                (Bug::TwoTypes, NoFault),
                (Bug::SliceRace, NoFault),
                (Bug::DropRace, Elsewhere),
            ],
        ),
        lane(
            "new-queues",
            Profile::V1_8,
            &[],
            &[
                (Bug::HandoffFull, Run),
                (Bug::HandoffBlocked, Run),
                (Bug::HandoffFull, NoFault),
                (Bug::StaleHint, Elsewhere),
                (Bug::StaleHintElsewhere, Run),
                (Bug::PoisonHint, Elsewhere),
                (Bug::FullDisk, Elsewhere),
            ],
        ),
        lane(
            "new-switched",
            Profile::V1_8,
            &[("shared-slice-race", "drop-bad"), ("hh-enabled", "false")],
            &[(Bug::SliceRace, Run), (Bug::HandoffDisabled, Run)],
        ),
    ]
}

/// What is needed for these bugs.
fn lanes_of(bugs: &[Bug]) -> Vec<Lane> {
    let mut lanes = lanes();
    for lane in &mut lanes {
        lane.trials
            .retain(|(bug, part)| bugs.iter().any(|wanted| wanted == bug || is_control_of(*wanted, *bug, *part)));
    }
    lanes.retain(|lane| !lane.trials.is_empty());
    lanes
}

/// Whether a trial is a control of a bug: its own, or one that several share.
fn is_control_of(bug: Bug, tried: Bug, part: Part) -> bool {
    match bug {
        // What working queues show is a control of all three that do not work.
        Bug::HandoffBlocked | Bug::HandoffDisabled => tried == Bug::HandoffFull && part == Part::NoFault,
        // What the coordinator with the hint does.
        Bug::StaleHintElsewhere => tried == Bug::StaleHint && part == Part::Elsewhere,
        other => tried == other && part != Part::Run,
    }
}

async fn play(stage: &mut Stage, bug: Bug, part: Part) -> Result<Trial, LabError> {
    let began = Instant::now();
    let fault = part != Part::NoFault;
    let profile = stage.profile();
    let ending = match part {
        Part::Run => "",
        Part::Elsewhere => "_elsewhere",
        Part::NoFault => "_control",
    };
    let database = format!("{}{ending}", bug.id().replace('-', "_"));
    let queues = |faulty| if fault { faulty } else { Queues::Work };
    let trial = match bug {
        Bug::DropRace => old::drop_race(stage, database, fault).await,
        // In 1.8 a write through the node that has the hint is refused until the queue is empty.
        Bug::StaleHint if part == Part::Elsewhere => old::stale_hint(stage, database, fault, "data1").await,
        Bug::StaleHint | Bug::StaleHintElsewhere => old::stale_hint(stage, database, fault, "data2").await,
        Bug::PoisonHint => old::poison_hint(stage, database, fault).await,
        Bug::FullDisk => old::full_disk(stage, database, fault).await,
        Bug::AnyRefused => new::any_refused(stage, database, fault).await,
        Bug::TypeDivergence => new::type_divergence(stage, database, fault).await,
        Bug::TwoTypes => new::two_types(stage, database, fault).await,
        Bug::SliceRace => new::slice_race(stage, database).await,
        Bug::HandoffFull => lost_in_silence(stage, database, queues(Queues::Full)).await,
        Bug::HandoffBlocked => lost_in_silence(stage, database, queues(Queues::Blocked)).await,
        Bug::HandoffDisabled => lost_in_silence(stage, database, queues(Queues::Disabled)).await,
    };
    let mut trial = trial.map_err(|error| LabError::Target(format!("{bug} on {profile}: {error}")))?;
    trial.what = match part {
        Part::Run => format!("{profile}"),
        Part::Elsewhere if bug == Bug::StaleHint => format!("{profile}, through the coordinator that has the hint"),
        Part::Elsewhere => format!("{profile}, the same run"),
        Part::NoFault => format!("{profile}, {}", without(bug)),
    };
    trial.seconds = began.elapsed().as_secs_f64();
    Ok(trial)
}

/// What a control on the same profile leaves out.
fn without(bug: Bug) -> &'static str {
    match bug {
        Bug::DropRace => "shard groups known everywhere",
        Bug::StaleHint | Bug::StaleHintElsewhere | Bug::AnyRefused => "no node dead",
        Bug::PoisonHint => "good batches alone",
        Bug::FullDisk => "room on the disk",
        Bug::TypeDivergence => "no cut",
        Bug::TwoTypes => "all owners alive",
        Bug::SliceRace => "the race does not happen",
        Bug::HandoffFull | Bug::HandoffBlocked | Bug::HandoffDisabled => "queues that work",
    }
}

/// What `run.json` says.
#[derive(Debug, Serialize)]
struct About<'a> {
    experiment: &'static str,
    seed: u64,
    clusters: Vec<Cluster<'a>>,
}

#[derive(Debug, Serialize)]
struct Cluster<'a> {
    name: &'a str,
    profile: Profile,
    nodes: usize,
    set: &'a [(String, String)],
}

/// Finds what is wrong with an order, before anything is started.
pub(crate) fn check(order: &Order) -> Result<(), LabError> {
    let ordered = [
        ("a profile", order.profile.is_some()),
        ("a number of nodes", order.nodes.is_some()),
        ("a time", order.time.is_some()),
    ];
    unused("bugs", &ordered)?;
    only(order, &Bug::ALL, Bug::id).map(drop)
}

/// Seeks every bug where it is and where it is not, or those that the setting `only` names. Leaves [`BUGS`], its table in
/// Markdown, `run.json` and `nemesis.jsonl`.
///
/// # Errors
/// [`LabError`]: a cluster did not come up or did not answer.
///
/// # Cancellation
/// Dropping the future ends the clusters.
pub async fn run(order: &Order, progress: &dyn Progress) -> Result<Ending, LabError> {
    let bugs = only(order, &Bug::ALL, Bug::id)?;
    let lanes = lanes_of(&bugs);
    let about = About {
        experiment: "bugs",
        seed: order.seed,
        clusters: lanes
            .iter()
            .map(|lane| Cluster {
                name: &lane.setting.name,
                profile: lane.setting.profile,
                nodes: lane.setting.nodes,
                set: &lane.setting.set,
            })
            .collect(),
    };
    order.dir.make()?;
    order.dir.write_json(RunDir::RUN, &about)?;
    progress.phase("seeking the known bugs where they are, and where they are not");
    let all: usize = lanes.iter().map(|lane| lane.trials.len()).sum();
    let done = AtomicUsize::new(0);
    let began = Instant::now();
    let trials: Mutex<Vec<(Bug, Part, Trial)>> = Mutex::default();
    let played = lanes.iter().map(|lane| async {
        let mut stage = Stage::start(order, &lane.setting, began).await?;
        for (bug, part) in &lane.trials {
            let trial = play(&mut stage, *bug, *part).await?;
            let found = if trial.found { "found" } else { "not found" };
            progress.note(&format!("{bug}: {found} ({}): {}", trial.what, trial.evidence));
            trials.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((*bug, *part, trial));
            #[allow(clippy::cast_precision_loss, reason = "a share, for a person")]
            progress.done((done.fetch_add(1, Ordering::Relaxed) + 1) as f64 / all as f64);
        }
        stage.end().await
    });
    let nemesis: Vec<Vec<FaultEvent>> = futures::future::try_join_all(played).await?;
    let mut nemesis: Vec<FaultEvent> = nemesis.into_iter().flatten().collect();
    nemesis.sort_by_key(|event| event.time);
    order.dir.write_lines(RunDir::NEMESIS, &nemesis)?;

    let trials = trials.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let findings = findings(&bugs, &trials)?;
    order.dir.write_json(BUGS, &findings)?;
    let mut ending = Ending::default();
    for finding in &findings {
        finding.judge(&mut ending);
    }
    let table = table(&findings);
    order.dir.write(BUGS_TABLE, table.markdown())?;
    ending.summary = table.lines();
    Ok(ending)
}

/// Brings the trials of each bug together.
fn findings(bugs: &[Bug], trials: &[(Bug, Part, Trial)]) -> Result<Vec<Finding>, LabError> {
    let of = |bug: &Bug| {
        let run = trials.iter().find(|(one, part, _)| one == bug && *part == Part::Run);
        let run = run.ok_or_else(|| LabError::Target(format!("{bug} was not sought")))?;
        let controls = trials.iter().filter(|(one, part, _)| is_control_of(*bug, *one, *part));
        Ok(Finding::new(*bug, run.2.clone(), controls.map(|(_, _, trial)| trial.clone()).collect()))
    };
    bugs.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bug_is_sought_once_where_it_is_and_has_a_control() {
        let lanes = lanes();
        let planned: Vec<(Profile, Bug, Part)> = lanes
            .iter()
            .flat_map(|lane| lane.trials.iter().map(|(bug, part)| (lane.setting.profile, *bug, *part)))
            .collect();
        for bug in Bug::ALL {
            let runs = planned.iter().filter(|(_, one, part)| *one == bug && *part == Part::Run);
            let runs: Vec<Profile> = runs.map(|(profile, _, _)| *profile).collect();
            assert_eq!(runs, [bug.owner().profile()], "{bug}");
        }
        for (profile, bug, part) in &planned {
            assert_eq!(*part == Part::Elsewhere, *profile != bug.owner().profile(), "{bug}");
        }
        let trials: Vec<(Bug, Part, Trial)> =
            planned.iter().map(|(_, bug, part)| (*bug, *part, Trial::default())).collect();
        for finding in findings(&Bug::ALL, &trials).expect("every bug has a run") {
            assert!(!finding.controls.is_empty(), "{}", finding.bug);
        }
    }

    #[test]
    fn a_bug_alone_is_sought_with_its_controls() {
        for bug in Bug::ALL {
            let lanes = lanes_of(&[bug]);
            let trials: Vec<(Bug, Part)> = lanes.iter().flat_map(|lane| lane.trials.clone()).collect();
            assert_eq!(trials.iter().filter(|(one, part)| *one == bug && *part == Part::Run).count(), 1, "{bug}");
            assert!(trials.iter().any(|(_, part)| *part != Part::Run), "{bug}");
        }
    }
}
