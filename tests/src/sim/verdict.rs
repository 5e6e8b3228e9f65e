//! What a schedule came to, and who lied.

use std::collections::BTreeMap;

use influx_client::Outcome;

use super::SimSettings;
use super::at_level::{Shortfalls, shortfalls, told_too_early};
use super::evidence::{causes, ends, replicas, spread};
use super::play::{Ended, play};
use super::rewrites::{Why, wrong_values};
use super::schedule::Schedule;
use crate::truth::{Claim, FalseClaim, Liar, Promise, ServerLie, judge};

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
    /// How many requests the clients made for their writes.
    pub requests: u64,
    /// Values acknowledged that an earlier request of their client was written over, because it was carried out later.
    pub reordered: u64,
    /// What was not held against the replicas, because nothing was claimed that could be, or against queues alone as of the
    /// moment at which it was said: by what it is.
    pub unjudged: BTreeMap<&'static str, u64>,
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
            let said = words.map(|claim| format!("{} {} {}", claim.class_text(), claim.outcome, claim.words));
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
    let Ended { said, cluster, requests, drained } = ended;
    let replicas = replicas(&cluster, &schedule, settings);
    let causes = causes(&cluster, &schedule, &said);
    let mut false_claims = Vec::new();
    let mut spread_of = BTreeMap::new();
    let mut unjudged = BTreeMap::new();
    for (write, one) in said.iter().enumerate() {
        let ends = ends(&cluster, &schedule, write, one, &replicas);
        for (stands, points) in spread(&ends) {
            let key = (one.claim.class_text().to_owned(), one.claim.outcome.to_string(), stands);
            *spread_of.entry(key).or_default() += points;
        }
        if one.claim.dropped && one.claim.outcome == Outcome::Unknown {
            *unjudged.entry("writes whose callers dropped them").or_default() += 1;
        }
        if one.claim.exempt {
            *unjudged.entry("writes of which some points are refused, and which cannot be told").or_default() += 1;
        }
        if one.claim.below && !one.claim.exempt {
            *unjudged
                .entry("writes of which some points are below their level, and which cannot be told")
                .or_default() += 1;
        }
        let found = judge(&one.claim, &ends, &causes);
        let early = told_too_early(&schedule.writes[write], one, &ends, cluster.record().causes(), schedule.profile);
        // What is missing in the end was missing then too.
        let client = |lie: &FalseClaim| lie.promise == Promise::AtLevel && lie.liar == Liar::Client;
        let new = early.into_iter().filter(|lie| !found.iter().any(|other| other.line == lie.line && client(other)));
        false_claims.extend(new.collect::<Vec<_>>());
        false_claims.extend(found);
    }
    let mut server_lies: BTreeMap<String, u64> = BTreeMap::new();
    let mut reordered = 0;
    for wrong in wrong_values(&schedule, &said, &cluster, &replicas) {
        match wrong.why {
            Why::StaleHint => *server_lies.entry(ServerLie::StaleHint.id().to_owned()).or_default() += 1,
            Why::Reordered => reordered += 1,
            Why::Nothing => false_claims.push(FalseClaim {
                batch: wrong.batch,
                line: Some(0),
                promise: Promise::AsWritten,
                liar: Liar::Client,
                found: wrong.found,
            }),
        }
    }
    for claim in &false_claims {
        if let Liar::Server(lies) = &claim.liar {
            lies.iter().for_each(|lie| *server_lies.entry(lie.id().to_owned()).or_default() += 1);
        }
    }
    let Shortfalls { hinted, mut unexplained } = shortfalls(&cluster, schedule.profile);
    if !hinted.is_empty() {
        unjudged.insert("acknowledgements at any that had a point in queues alone", hinted.len() as u64);
    }
    if !drained {
        unexplained.push("the queues did not empty although all had healed".to_owned());
    }
    let claims = said.into_iter().map(|said| said.claim).collect();
    let record = cluster.record();
    Played {
        claims,
        false_claims,
        unexplained,
        counts: record.counts().clone(),
        spread: spread_of,
        server_lies,
        requests,
        reordered,
        unjudged,
        fingerprint: record.fingerprint(),
        trace: record.trace().to_vec(),
        schedule,
    }
}
