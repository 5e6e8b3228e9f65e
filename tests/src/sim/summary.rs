//! What many schedules came to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::verdict::Played;

/// The counts of many schedules.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SimSummary {
    /// How many were played.
    pub schedules: u64,
    /// How many of them were against each profile.
    pub profiles: BTreeMap<String, u64>,
    /// How many threads played them, and for how long.
    pub threads: usize,
    /// See [`SimSummary::threads`].
    pub seconds: f64,
    /// Writes by class and outcome of what the client said.
    pub writes: BTreeMap<String, u64>,
    /// Points by class and outcome of their write, and where they stood in the end.
    pub points: BTreeMap<String, u64>,
    /// Requests that the writes took.
    pub requests: u64,
    /// What was injected and what happened inside the clusters, by name.
    pub events: BTreeMap<String, u64>,
    /// Claims of the servers that were false, by the name of the cause.
    pub server_lies: BTreeMap<String, u64>,
    /// Values acknowledged that an earlier request of the same client was written over, because it was carried out later: it
    /// had been sent again, given up, or held up between two nodes. Nobody lied, as nobody says that requests are carried
    /// out in order.
    pub reordered: u64,
    /// What was not judged, because nothing was claimed that could be held against the replicas, and what was held against
    /// queues alone.
    pub unjudged: BTreeMap<String, u64>,
    /// Claims of the client that were false.
    pub client_lies: u64,
    /// Things that nothing explains.
    pub unexplained: u64,
    /// The first schedules that failed, as short as they could be made.
    pub failures: Vec<Failure>,
    /// A number that two runs over the same seeds share.
    pub fingerprint: u64,
}

/// A schedule that failed.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What was wrong with it.
    pub found: Vec<String>,
    /// The shortest schedule that fails, and what is wrong with that.
    pub shortest: String,
    /// Every event of that schedule.
    pub trace: Vec<String>,
}

impl SimSummary {
    /// Schedules a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.schedules as f64 / self.seconds } else { 0.0 }
    }

    /// Whether no claim of the client was false and everything was explained.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.client_lies == 0 && self.unexplained == 0
    }

    /// Counts a schedule.
    pub(super) fn count(&mut self, played: &Played) {
        self.schedules += 1;
        *self.profiles.entry(played.schedule.profile.to_string()).or_default() += 1;
        for claim in &played.claims {
            *self.writes.entry(format!("{} / {}", claim.class_text(), claim.outcome)).or_default() += 1;
        }
        for ((class, outcome, stands), points) in &played.spread {
            *self.points.entry(format!("{class} / {outcome}: {stands}")).or_default() += points;
        }
        for (event, times) in &played.counts {
            *self.events.entry((*event).to_owned()).or_default() += times;
        }
        for (lie, times) in &played.server_lies {
            *self.server_lies.entry(lie.clone()).or_default() += times;
        }
        self.requests += played.requests;
        for (what, times) in &played.unjudged {
            *self.unjudged.entry((*what).to_owned()).or_default() += times;
        }
        self.reordered += played.reordered;
        self.client_lies += played.client_lies().count() as u64;
        self.unexplained += played.unexplained.len() as u64;
        // Whichever thread comes first.
        self.fingerprint = self.fingerprint.wrapping_add(played.fingerprint);
    }

    /// Adds the counts of another thread.
    pub(super) fn join(&mut self, other: Self) {
        let add = |into: &mut BTreeMap<String, u64>, from: BTreeMap<String, u64>| {
            from.into_iter().for_each(|(name, times)| *into.entry(name).or_default() += times);
        };
        self.schedules += other.schedules;
        self.requests += other.requests;
        self.client_lies += other.client_lies;
        self.unexplained += other.unexplained;
        self.fingerprint = self.fingerprint.wrapping_add(other.fingerprint);
        add(&mut self.profiles, other.profiles);
        add(&mut self.writes, other.writes);
        add(&mut self.points, other.points);
        add(&mut self.events, other.events);
        add(&mut self.server_lies, other.server_lies);
        add(&mut self.unjudged, other.unjudged);
        self.reordered += other.reordered;
        self.failures.extend(other.failures);
        self.failures.sort_by_key(|failure| failure.seed);
    }

    pub(super) fn took(&mut self, threads: usize, time: Duration) {
        self.threads = threads;
        self.seconds = time.as_secs_f64();
    }
}

impl fmt::Display for SimSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schedules, threads, seconds, client_lies, unexplained, .. } = self;
        writeln!(f, "{schedules} schedules in {seconds:.1} s on {threads} threads: {:.0} a second", self.rate())?;
        writeln!(f, "{client_lies} false claims of the client, {unexplained} things that nothing explains")?;
        writeln!(f, "{} reordered requests: values that an earlier request was written over", self.reordered)?;
        for (title, counts) in [
            ("schedules by profile", &self.profiles),
            ("writes by class and outcome", &self.writes),
            ("points by class and outcome of their write", &self.points),
            ("events in the clusters", &self.events),
            ("false claims of the servers, by cause", &self.server_lies),
            ("not judged, or held against queues alone", &self.unjudged),
        ] {
            writeln!(f, "{title}:")?;
            for (name, times) in counts {
                writeln!(f, "  {times:>10}  {name}")?;
            }
        }
        for failure in &self.failures {
            writeln!(f, "seed {}: {}", failure.seed, failure.found.join("; "))?;
            writeln!(f, "{}", failure.shortest)?;
        }
        Ok(())
    }
}
