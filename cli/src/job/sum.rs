//! What the batches of a run come to.

use std::collections::BTreeMap;
use std::time::Duration;

use influx_client::{Advice, Class, Outcome};

use super::counts::{Counts, joined, joined_outcome};
use super::verdict::Verdict;
use crate::failure::Exit;
use crate::journal::Points;

/// How a run came out, so far or as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Sum {
    /// The class that a script has to attend to first.
    pub(crate) class: Class,
    /// What to do about that class.
    pub(crate) advice: Advice,
    outcome: Option<Outcome>,
    pub(crate) counts: Counts,
    /// Batches by the class of each.
    pub(crate) batches: BTreeMap<Class, u64>,
    pub(crate) attempts: u64,
    /// Bytes of line protocol taken by the transport, resends included.
    pub(crate) bytes_sent: u64,
    /// Bytes taken from the inputs, before decompression.
    pub(crate) bytes_read: u64,
    pub(crate) elapsed: Duration,
    /// Most requests under way at one time.
    pub(crate) peak_in_flight: u64,
    /// Every input was read to its end.
    pub(crate) complete: bool,
    /// Refused points alone are no failure.
    pub(crate) allow_rejected: bool,
    /// The signal that ended the run.
    pub(crate) signal: Option<u8>,
    /// What earlier runs of the same job have settled.
    pub(crate) earlier: Option<Points>,
    /// The command that sends what is left.
    pub(crate) resume: Option<String>,
}

impl Sum {
    /// Nothing so far; `allow_rejected`: refused points alone are going to be no failure.
    pub(crate) fn new(allow_rejected: bool) -> Self {
        Self {
            allow_rejected,
            class: Class::Ok,
            advice: Advice::Nothing,
            outcome: None,
            counts: Counts::default(),
            batches: BTreeMap::new(),
            attempts: 0,
            bytes_sent: 0,
            bytes_read: 0,
            elapsed: Duration::ZERO,
            peak_in_flight: 0,
            complete: false,
            signal: None,
            earlier: None,
            resume: None,
        }
    }

    /// Takes in the verdict on a batch.
    pub(crate) fn add(&mut self, verdict: &Verdict) {
        self.counts.add(&verdict.tally);
        *self.batches.entry(verdict.class).or_default() += 1;
        self.attempts += verdict.attempts as u64;
        self.bytes_sent += verdict.sent;
        if !verdict.excused {
            self.note(verdict.class, verdict.advice);
        }
        self.note_outcome(verdict.outcome);
    }

    /// Takes in a point that was refused before sending.
    pub(crate) fn keep_back(&mut self, class: Class) {
        self.counts.rejected += 1;
        self.note(class, class.advice());
        self.note_outcome(Outcome::PartlyStored);
    }

    /// Takes in points that were read and will not be sent.
    pub(crate) fn leave_unsent(&mut self, points: u64) {
        self.counts.unsent += points;
        if points > 0 {
            self.note_outcome(Outcome::NotStored);
        }
    }

    /// Takes in a class that came without a batch.
    pub(crate) fn note(&mut self, class: Class, advice: Advice) {
        let joined = joined(self.class, class);
        if joined != self.class {
            self.advice = if joined == class { advice } else { joined.advice() };
            self.class = joined;
        }
    }

    fn note_outcome(&mut self, outcome: Outcome) {
        self.outcome = Some(self.outcome.map_or(outcome, |known| joined_outcome(known, outcome)));
    }

    /// What is known of all points together; that nothing was read is no failure to store it.
    pub(crate) fn outcome(&self) -> Outcome {
        match self.outcome {
            // Nothing but refused points: none of them is stored.
            Some(Outcome::PartlyStored) if self.counts.rejected == self.counts.read => Outcome::NotStored,
            Some(outcome) => outcome,
            None => Outcome::Stored,
        }
    }

    /// The exit code: a signal's, else the class's.
    pub(crate) fn exit(&self) -> Exit {
        match self.signal {
            Some(signal) => Exit::by_signal(signal),
            None if self.allow_rejected && self.class.is_about_data() && self.class != Class::TooManyRejected => {
                Exit::OK
            }
            None => Exit::of(self.class),
        }
    }

    /// Points accepted in a second.
    pub(crate) fn rate(&self) -> u64 {
        (self.counts.accepted as f64 / self.elapsed.as_secs_f64().max(1e-6)) as u64
    }
}
