//! What held in every run of a real cluster, and so has to hold in each of ours.
//!
//! Whatever only usually held is no expectation of a single run but a figure to be compared over many: see
//! [`judge`](crate::figures::judge).

use std::collections::BTreeSet;

use influx_client::ConsistencyLevel;
use influx_server_mock::Profile;

use super::settings::{Settings, Workload};
use crate::checker::{Answer, Verdict};
use crate::experiment::{Ending, Experiment};
use crate::figures::{Figures, Material, Run, real};
use crate::history::{Completion, Function, Operation};

/// Whether a run was made under the conditions of real ones, so that what held in those has to hold in it.
///
/// `shards-long-cut` was made on no real cluster. What it is there to show follows from the rules of 0.10 and the length
/// of its cuts, and is all that is expected of it.
pub(super) fn binds(settings: &Settings, material: &Material) -> bool {
    let run = &material.run;
    let made = real::row(&run.cluster(), &run.experiment).is_some();
    let long_cut = run.experiment == Experiment::ShardsLongCut.name() && settings.profile == Profile::V0_10;
    run.is_as_real() && (made || long_cut)
}

/// Why nothing has to hold of a run that is not [bound](binds).
pub(super) fn why_none(experiment: Experiment) -> String {
    let length = Run::SHORTEST;
    if experiment == Experiment::ShardsLongCut {
        return format!(
            "nothing was expected: it was run on no real cluster, and the 503 that follows from the rules of 0.10 takes \
             {length} s or more, with nothing set"
        );
    }
    format!(
        "nothing was expected: no run like this was made on a real cluster ({length} s or more; 0.10 on 3 or 5 nodes, 1.8 \
         on 5; nothing set)"
    )
}

/// Adds what has to hold.
pub(super) fn add(
    ending: &mut Ending,
    experiment: Experiment,
    settings: &Settings,
    material: &Material,
    figures: &Figures,
    verdict: Option<&Verdict>,
) {
    if experiment == Experiment::ShardsLongCut {
        no_leader(ending, figures);
        return;
    }
    let drained = material.replicas.drained_after;
    if material.replicas.told {
        let found = drained.map_or_else(|| "not empty".to_owned(), |took| format!("empty {took:.1} s after the heal"));
        ending.expect("hinted handoff empties after the heal", drained.is_some(), found);
    }
    let Expected { all_acked, unequal, illegal, no_stale, only_timeouts } = expected(experiment, settings);
    if let Some(register) = figures.register {
        let told = drained.is_some() && register.unequal.n > 0;
        if told && unequal {
            ending.expect("the replicas differ after heal and drain", register.unequal.k > 0, finals(material));
        } else if told && material.cuts.is_empty() && figures.writes.ok == figures.writes.all() {
            // Below all, an owner that a busy machine made late has what it missed from hinted handoff, a second later.
            if settings.level == ConsistencyLevel::All || material.run.is_calm() {
                end_on_the_last(ending, material);
            } else {
                ending
                    .summary
                    .push(format!("whether the replicas are equal was not judged ({BUSY}): {}", finals(material)));
            }
        }
        if no_stale {
            ending.expect("no read is stale", register.stale_reads.k == 0, register.stale_reads.to_string());
        }
    }
    if let (true, Some(verdict)) = (illegal, verdict) {
        let answer = verdict.unique.unwrap_or(Answer::Unknown);
        ending.expect(
            "the history is not linearizable, as a register of unique values",
            answer == Answer::Illegal,
            answer.name(),
        );
    }
    if all_acked {
        acknowledged(ending, material, figures);
    }
    if only_timeouts {
        timeouts(ending, material);
    }
    shards(ending, settings, figures);
}

/// What the real clusters had in every run of an experiment. Three runs are few for that: of the 1.8 cluster only what its
/// rules say besides.
#[derive(Clone, Copy, Debug, Default)]
struct Expected {
    all_acked: bool,
    unequal: bool,
    illegal: bool,
    no_stale: bool,
    only_timeouts: bool,
}

fn expected(experiment: Experiment, settings: &Settings) -> Expected {
    let old = settings.profile == Profile::V0_10;
    match experiment {
        Experiment::RegisterHealthyAll => Expected { all_acked: true, no_stale: true, ..Expected::default() },
        Experiment::RegisterHealthyAny | Experiment::ShardsHealthy => {
            Expected { all_acked: true, ..Expected::default() }
        }
        Experiment::RegisterPartitionAll => {
            Expected { unequal: old, illegal: true, no_stale: true, only_timeouts: old, ..Expected::default() }
        }
        // With three nodes every coordinator owns the register.
        Experiment::RegisterPartitionAny => {
            Expected { all_acked: old && settings.nodes == 3, unequal: old, illegal: true, ..Expected::default() }
        }
        Experiment::ShardsPartition
        | Experiment::ShardsLongCut
        | Experiment::Study
        | Experiment::Truth
        | Experiment::Bugs
        | Experiment::Repair
        | Experiment::Compare
        | Experiment::All => Expected::default(),
    }
}

/// Replicas of a healthy cluster are equal in the end, but where clients wrote at once: whichever of those an owner got last
/// is the one that it has.
fn end_on_the_last(ending: &mut Ending, material: &Material) {
    let last = material.last_writes();
    let held = material.replicas.register.iter().all(|owner| owner.id.is_some_and(|id| last.contains(&id)));
    let what = match last.len() {
        1 => "the replicas are equal in the end: they have the last write",
        _ => "the replicas have the last write, or one that was made at once with it",
    };
    let last: Vec<String> = last.iter().map(u64::to_string).collect();
    ending.expect(what, held, format!("{}; last: {}", finals(material), last.join(", ")));
}

const BUSY: &str = "the machine was busy";

/// Every write; but on a machine that stood still for as long as a write's time-out, some of those of a healthy cluster may
/// have timed out.
fn acknowledged(ending: &mut Ending, material: &Material, figures: &Figures) {
    let ends = figures.writes;
    let timeouts = figures.timeouts().k;
    let found = format!("{} of {}, {timeouts} time-outs", ends.ok, ends.all());
    if material.run.stood_still() && material.cuts.is_empty() {
        ending.expect(
            "every write is acknowledged, but for a few time-outs as the machine stood still",
            ends.ok + timeouts == ends.all() && 10 * timeouts <= ends.all(),
            found,
        );
    } else {
        ending.expect("every write is acknowledged", ends.ok == ends.all(), found);
    }
}

/// What the study shows of the meta service, and what a client hears only in cuts that outlast its eleven tries.
fn no_leader(ending: &mut Ending, figures: &Figures) {
    const TEXT: &str = "meta service returned 503 Service Unavailable";
    let met: u64 = figures.errors.iter().filter(|error| error.error == TEXT).map(|error| error.n).sum();
    let others = figures.writes.info + figures.writes.fail - met.min(figures.writes.info + figures.writes.fail);
    let found = format!("{met} writes; {others} ended otherwise without acknowledgement");
    ending.expect(format!("a client is told `{TEXT}`"), met > 0, found);
}

/// At `all` with both time-outs at a second the coordinator's own one comes first, always.
fn timeouts(ending: &mut Ending, material: &Material) {
    /// The machine may be busy; what cannot be is an answer before the time-out.
    const ABOUT: std::ops::Range<u64> = 950_000_000..3_000_000_000;
    let failed: Vec<&Operation> = material
        .operations
        .iter()
        .filter(|operation| operation.f == Function::Write && operation.completion != Completion::Ok)
        .collect();
    let said: BTreeSet<&str> = failed.iter().filter_map(|write| write.error.as_deref()).collect();
    let said: Vec<&str> = said.into_iter().collect();
    let found = format!("{} not acknowledged: {}", failed.len(), said.join("; "));
    ending.expect(
        "every write that is not acknowledged ends in `timeout`",
        said.iter().all(|text| *text == "timeout"),
        found,
    );
    let took = |write: &&Operation| write.completed.map(|completed| completed - write.invoked);
    let odd = failed.iter().filter_map(took).filter(|nanos| !ABOUT.contains(nanos)).count();
    ending.expect("after about a second", odd == 0, format!("{odd} of {} took another time", failed.len()));
}

fn shards(ending: &mut Ending, settings: &Settings, figures: &Figures) {
    let Some(timed) = figures.timed.filter(|timed| timed.acked_missing.n > 0) else { return };
    debug_assert_eq!(settings.workload, Workload::Shards);
    match settings.profile {
        Profile::V0_10 => {
            let (some, none) = (timed.acked_missing, timed.acked_nowhere);
            ending.expect(
                "some acknowledged writes are missing on an owner: the drop race",
                some.k > 0,
                some.to_string(),
            );
            if settings.nodes == 3 {
                // The coordinator is an owner itself.
                ending.expect("none of them is missing everywhere", none.k == 0, none.to_string());
            }
        }
        Profile::V1_8 => {
            let some = timed.acked_missing;
            ending.expect("no acknowledged write is missing on an owner", some.k == 0, some.to_string());
        }
    }
}

fn finals(material: &Material) -> String {
    let number = |id: Option<u64>| id.map_or_else(|| "nothing".to_owned(), |id| format!("write {id}"));
    let owner = |owner: &crate::figures::Owner| format!("{} has {}", owner.node, number(owner.id));
    material.replicas.register.iter().map(owner).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::experiment::{Order, Target};
    use crate::figures::{Ends, ErrorCount, Replicas};

    fn made(experiment: Experiment, profile: Profile, nodes: usize) -> (Settings, Material) {
        let order = Order { nodes: Some(nodes), profile: Some(profile), ..Order::of_test(Target::Simulation, &[]) };
        let run = Run {
            experiment: experiment.name().into(),
            seed: 1,
            profile: profile.to_string(),
            nodes: (1..=nodes).map(|number| format!("node{number}")).collect(),
            seconds: 30.0,
            level: "any".into(),
            set: Vec::new(),
            cuts: true,
            first_writes: 0,
            load: [None, None],
            processors: None,
            stalled: None,
            optimized: true,
            notes: Vec::new(),
        };
        let material = Material::new(run, &[], &[], Replicas::default()).unwrap();
        (Settings::of(experiment, &order).unwrap(), material)
    }

    #[test]
    fn only_what_was_run_on_a_real_cluster_binds() {
        let binds = |experiment, profile, nodes| {
            let (settings, material) = made(experiment, profile, nodes);
            binds(&settings, &material)
        };
        let any = Experiment::RegisterPartitionAny;
        assert!(binds(any, Profile::V0_10, 3) && binds(any, Profile::V0_10, 5) && binds(any, Profile::V1_8, 5));
        assert!(!binds(any, Profile::V0_10, 4) && !binds(any, Profile::V1_8, 3));
        assert!(binds(Experiment::ShardsLongCut, Profile::V0_10, 3));
        assert!(!binds(Experiment::ShardsLongCut, Profile::V1_8, 5));
        let (settings, mut material) = made(any, Profile::V0_10, 3);
        material.run.set.push(("cut".into(), "1s".into()));
        assert!(!super::binds(&settings, &material));
    }

    #[test]
    fn what_is_said_of_a_run_that_binds_nothing_is_what_is_missing() {
        let any = Experiment::RegisterPartitionAny;
        assert!(why_none(any).contains("(20 s or more;"), "{}", why_none(any));
        let long = why_none(Experiment::ShardsLongCut);
        assert!(long.contains("no real cluster") && !long.contains("1.8"), "{long}");
        let length = |seconds: f64| {
            let (settings, mut material) = made(any, Profile::V0_10, 3);
            material.run.seconds = seconds;
            binds(&settings, &material)
        };
        assert!(length(20.0) && !length(19.9));
    }

    /// What did not hold of a healthy register.
    fn broken(experiment: Experiment, material: &Material) -> Vec<String> {
        let (settings, _) = made(experiment, Profile::V0_10, 3);
        let figures = Figures::of(std::slice::from_ref(material));
        let mut ending = Ending::default();
        add(&mut ending, experiment, &settings, material, &figures, None);
        ending.expectations.into_iter().filter(|one| !one.held).map(|one| one.what).collect()
    }

    fn healthy(level: &str, writes: Vec<Operation>, held: [u64; 3]) -> Material {
        let (_, mut material) = made(Experiment::RegisterHealthyAll, Profile::V0_10, 3);
        material.run.level = level.into();
        material.operations = writes;
        let owner = |(place, id): (usize, u64)| crate::figures::Owner {
            node: format!("node{}", place + 1),
            value: Some(0),
            id: Some(id),
        };
        let register = held.into_iter().enumerate().map(owner).collect();
        material.replicas = Replicas { drained_after: Some(0.1), register, told: true, ..Replicas::default() };
        material
    }

    #[test]
    fn owners_differ_by_what_was_written_at_once_alone() {
        use Experiment::{RegisterHealthyAll as All, RegisterHealthyAny as Any};
        let one_by_one = || {
            vec![
                Operation::write_of_test(1, [0, 10], Completion::Ok),
                Operation::write_of_test(2, [15, 25], Completion::Ok),
            ]
        };
        let at_once = || {
            vec![
                Operation::write_of_test(1, [0, 10], Completion::Ok),
                Operation::write_of_test(2, [5, 15], Completion::Ok),
            ]
        };
        let broken = |experiment, level, writes, held| broken(experiment, &healthy(level, writes, held)).len();
        assert_eq!(broken(All, "all", one_by_one(), [2, 2, 2]), 0);
        assert_eq!(broken(All, "all", one_by_one(), [2, 1, 2]), 1, "all owners had the first before the second began");
        assert_eq!(broken(All, "all", one_by_one(), [1, 1, 1]), 1, "equal, and the last one lost");
        assert_eq!(broken(All, "all", at_once(), [2, 1, 2]), 0);
        assert_eq!(
            broken(Any, "any", one_by_one(), [2, 1, 2]),
            0,
            "the first may have come to an owner after its answer"
        );
        let apart = vec![
            Operation::write_of_test(1, [0, 10], Completion::Ok),
            Operation::write_of_test(2, [30, 40], Completion::Ok),
        ];
        assert_eq!(broken(Any, "any", apart, [2, 1, 2]), 1);
    }

    #[test]
    fn a_machine_that_stood_still_excuses_a_few_time_outs_and_nothing_else() {
        let held = |stalled: f64, error: &str, acknowledged: u64| {
            let late =
                Operation { error: Some(error.into()), ..Operation::write_of_test(99, [15, 1_015], Completion::Info) };
            let others = (1..=acknowledged).map(|id| Operation::write_of_test(id, [0, 10], Completion::Ok));
            let mut material = healthy("all", others.chain([late]).collect(), [1, 1, 1]);
            material.run.stalled = Some(stalled);
            broken(Experiment::RegisterHealthyAll, &material).is_empty()
        };
        assert!(held(0.5, "timeout", 9));
        assert!(!held(0.5, "timeout", 8));
        assert!(!held(0.5, "partial write", 9));
        assert!(!held(0.1, "timeout", 9));
    }

    #[test]
    fn long_cuts_have_to_show_the_meta_service_s_answer() {
        let held = |text: &str| {
            let (settings, material) = made(Experiment::ShardsLongCut, Profile::V0_10, 3);
            let error = ErrorCount { error: text.into(), class: String::new(), n: 2, ms: None };
            let writes = Ends { ok: 5, info: 3, fail: 0 };
            let figures = Figures { errors: vec![error], writes, ..Figures::default() };
            let mut ending = Ending::default();
            add(&mut ending, Experiment::ShardsLongCut, &settings, &material, &figures, None);
            assert_eq!(ending.expectations.len(), 1);
            ending.holds()
        };
        assert!(held("meta service returned 503 Service Unavailable"));
        assert!(!held("timeout: the deadline of 20s passed without an answer"));
    }
}
