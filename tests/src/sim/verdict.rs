//! What a schedule came to, and who lied.

use std::collections::BTreeMap;

use influx_client::Outcome;
use influx_server_mock::sim::CauseKind;

use super::SimSettings;
use super::evidence::{causes, ends, replicas, spread};
use super::play::{Ended, play};
use super::rewrites::wrong_values;
use super::schedule::{LineKind, Schedule};
use crate::truth::{Claim, FalseClaim, Liar, PointEnd, Promise, judge};

/// A schedule that was played, and judged.
#[derive(Clone, Debug)]
pub struct Played {
    /// What was played.
    pub schedule: Schedule,
    /// What the client said of each write, in the order of the schedule.
    pub claims: Vec<Claim>,
    /// Claims that do not hold, whoever's fault it is.
    pub false_claims: Vec<FalseClaim>,
    /// Things that neither the client's claims nor the servers' own records explain.
    pub unexplained: Vec<String>,
    /// How often what happened inside the cluster: faults by kind, and what servers did by name.
    pub counts: BTreeMap<&'static str, u64>,
    /// Where the points of the writes stand in the end, by class and outcome of the write.
    pub spread: BTreeMap<(String, String, &'static str), u64>,
    /// The servers' lies by name, each false claim of theirs once a name.
    pub server_lies: BTreeMap<String, u64>,
    /// Two runs share it only if the same happened in both, at the same times.
    pub fingerprint: u64,
    /// Every event in words with its time in nanoseconds, if they were asked for.
    pub trace: Vec<(u64, String)>,
}

impl Played {
    /// Whether a client lied, or something happened that nothing explains.
    #[must_use]
    pub fn fails(&self) -> bool {
        !self.unexplained.is_empty() || self.client_lies().next().is_some()
    }

    /// The claims that are false and the client's own fault.
    pub fn client_lies(&self) -> impl Iterator<Item = &FalseClaim> {
        self.false_claims.iter().filter(|claim| claim.liar == Liar::Client)
    }

    /// What is wrong, one line each.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let lies = self.client_lies().map(|lie| {
            let line = lie.line.map(|line| format!(" line {line}")).unwrap_or_default();
            let words = self.claims.iter().find(|claim| claim.batch == lie.batch);
            let said = words.map(|claim| format!("{} {} {}", claim.class, claim.outcome, claim.words));
            format!("batch {}{line}: {} is false: {} ({})", lie.batch, lie.promise, lie.found, said.unwrap_or_default())
        });
        lies.chain(self.unexplained.iter().cloned()).collect()
    }
}

/// Plays the schedule of a seed and judges it. With `trace`, every event is told in words.
///
/// The same seed comes to the same end, event for event. Must not be called within a runtime.
#[must_use]
pub fn run_seed(seed: u64, settings: &SimSettings, trace: bool) -> Played {
    play_and_judge(Schedule::of(seed, settings), settings, trace)
}

pub(super) fn play_and_judge(schedule: Schedule, settings: &SimSettings, trace: bool) -> Played {
    let ended = play(&schedule, settings, trace);
    judged(schedule, settings, ended)
}

fn judged(schedule: Schedule, settings: &SimSettings, ended: Ended) -> Played {
    let Ended { claims, cluster, drained } = ended;
    let replicas = replicas(&cluster, &schedule, settings);
    let causes = causes(&cluster, &schedule);
    let mut false_claims = Vec::new();
    let mut spread_of = BTreeMap::new();
    for (write, claim) in claims.iter().enumerate() {
        let ends = if is_rewrite(&schedule, write) {
            as_claimed(claim)
        } else {
            let ends = ends(&cluster, &schedule, write, &replicas);
            for (stands, points) in spread(&ends) {
                let key = (claim.class.to_string(), claim.outcome.to_string(), stands);
                *spread_of.entry(key).or_default() += points;
            }
            ends
        };
        false_claims.extend(judge(claim, &ends, &causes));
    }
    let mut server_lies: BTreeMap<String, u64> = BTreeMap::new();
    for wrong in wrong_values(&schedule, &claims, &cluster, &replicas) {
        let Some(cause) = wrong.cause else {
            let (batch, found) = (wrong.batch, wrong.found);
            false_claims.push(FalseClaim {
                batch,
                line: Some(0),
                promise: Promise::AsWritten,
                liar: Liar::Client,
                found,
            });
            continue;
        };
        *server_lies.entry(cause.id().to_owned()).or_default() += 1;
    }
    for claim in &false_claims {
        if let Liar::Server(lies) = &claim.liar {
            lies.iter().for_each(|lie| *server_lies.entry(lie.id().to_owned()).or_default() += 1);
        }
    }
    let mut unexplained = unexplained(&cluster);
    if !drained {
        unexplained.push("the queues did not empty although all had healed".to_owned());
    }
    let record = cluster.record();
    Played {
        claims,
        false_claims,
        unexplained,
        counts: record.counts().clone(),
        spread: spread_of,
        server_lies,
        fingerprint: record.fingerprint(),
        trace: record.trace().to_vec(),
        schedule,
    }
}

fn is_rewrite(schedule: &Schedule, write: usize) -> bool {
    schedule.writes[write].lines.iter().any(|line| line.kind == LineKind::Rewrite)
}

/// Ends that bear out whatever is said of places: what is left to judge are counts and requests.
fn as_claimed(claim: &Claim) -> Vec<PointEnd> {
    let there = PointEnd { owners: vec![1], copies: [(1, Default::default())].into() };
    let gone = PointEnd { owners: vec![1], ..PointEnd::default() };
    let absent = claim.outcome == Outcome::NotStored || claim.tally.refused > 0 || claim.tally.not_stored > 0;
    vec![if absent { gone } else { there }; claim.points]
}

/// Acknowledgements for which fewer owners had a point than the level asks, and no record says why.
fn unexplained(cluster: &influx_server_mock::sim::SimCluster) -> Vec<String> {
    let record = cluster.record();
    let explained = |key: &[u8]| {
        let kinds = [CauseKind::AnyRefusedBehindQueue, CauseKind::LateRequest, CauseKind::StaleHint];
        record
            .causes()
            .iter()
            .any(|cause| !kinds.contains(&cause.kind) && cause.keys.iter().any(|named| &**named == key))
    };
    let short = record.shortfalls().iter().filter(|short| !short.hint_counts && !explained(&short.key));
    short
        .map(|short| {
            let key = String::from_utf8_lossy(&short.key);
            format!(
                "request #{} was acknowledged when {} of {} owners had {key}",
                short.request, short.had, short.required
            )
        })
        .collect()
}
