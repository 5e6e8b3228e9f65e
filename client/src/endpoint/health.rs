//! Whether an endpoint works, judged by what came back from it. Pure: the time is an argument.

use std::time::{Duration, Instant};

use crate::ErrorKind;

/// How an endpoint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointState {
    /// It answered last time, or was never asked.
    Up,
    /// It failed last time; others are preferred until it answers again.
    Suspect,
    /// It failed several times in a row; it is asked only where no other is left.
    Down,
}

/// What one attempt says about an endpoint, whatever it says about the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It gave an answer of its own.
    Answered,
    /// It gave none.
    Failed,
}

impl Sign {
    /// Judges an attempt; `None` is an acknowledgement.
    pub(crate) const fn of(kind: Option<&ErrorKind>) -> Self {
        match kind {
            None => Self::Answered,
            Some(kind) => match kind {
                ErrorKind::Connect { .. }
                | ErrorKind::AttemptTimeout { .. }
                | ErrorKind::Disconnected { .. }
                | ErrorKind::DeadlineExceeded { .. } => Self::Failed,
                // 500 is the server's own word about its replicas; the others come from a gateway before a server
                // that does not answer.
                ErrorKind::ServerTimeout { status } => {
                    if *status == 500 {
                        Self::Answered
                    } else {
                        Self::Failed
                    }
                }
                // A coordinator that lacks replicas, meta nodes or room is not worse than any other one.
                ErrorKind::ConsistencyNotMet { .. }
                | ErrorKind::Overloaded { .. }
                | ErrorKind::NoReplica { .. }
                | ErrorKind::MetaUnavailable { .. }
                | ErrorKind::Deferred
                | ErrorKind::Unauthorized
                | ErrorKind::Forbidden { .. }
                | ErrorKind::DatabaseNotFound { .. }
                | ErrorKind::RetentionPolicyNotFound { .. }
                | ErrorKind::BadRequest { .. }
                | ErrorKind::UnexpectedResponse { .. }
                | ErrorKind::Rejected { .. }
                | ErrorKind::Invalid { .. }
                | ErrorKind::TooLarge { .. } => Self::Answered,
            },
        }
    }
}

/// What is remembered of an endpoint.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EndpointHealth {
    failures: u32,
    probe_at: Option<Instant>,
}

impl EndpointHealth {
    /// Failures in a row after which an endpoint counts as down.
    const DOWN_AFTER: u32 = 3;
    /// The time to the first probe of an endpoint that failed.
    const FIRST_PROBE: Duration = Duration::from_secs(1);
    /// The longest time between two probes.
    const LAST_PROBE: Duration = Duration::from_secs(30);

    /// How the endpoint stands.
    #[must_use]
    pub(crate) const fn state(&self) -> EndpointState {
        match self.failures {
            0 => EndpointState::Up,
            1..Self::DOWN_AFTER => EndpointState::Suspect,
            _ => EndpointState::Down,
        }
    }

    /// How many attempts failed in a row.
    #[must_use]
    pub(crate) const fn failures(&self) -> u32 {
        self.failures
    }

    /// Learns from an attempt or a probe.
    pub(crate) fn learn(&mut self, sign: Sign, now: Instant) {
        match sign {
            Sign::Answered => *self = Self::default(),
            Sign::Failed => {
                self.failures = self.failures.saturating_add(1);
                let doublings = self.failures.saturating_sub(Self::DOWN_AFTER).min(31);
                let wait = Self::FIRST_PROBE.saturating_mul(1 << doublings).min(Self::LAST_PROBE);
                self.probe_at = now.checked_add(wait);
            }
        }
    }

    /// Whether a probe is due; if so, none is due again before this one's result, or a while without one.
    pub(crate) fn take_probe(&mut self, now: Instant) -> bool {
        let due = self.probe_at.is_some_and(|at| at <= now);
        if due {
            self.probe_at = now.checked_add(Self::LAST_PROBE);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_bring_an_endpoint_down_and_one_answer_brings_it_back() {
        let now = Instant::now();
        let mut health = EndpointHealth::default();
        let mut seen = vec![health.state()];
        for _ in 0..3 {
            health.learn(Sign::Failed, now);
            seen.push(health.state());
        }
        use EndpointState::{Down, Suspect, Up};
        assert_eq!(seen, [Up, Suspect, Suspect, Down]);
        health.learn(Sign::Answered, now);
        assert_eq!((health.state(), health.failures()), (Up, 0));
    }

    #[test]
    fn probes_become_rarer_and_one_runs_at_a_time() {
        let start = Instant::now();
        let mut health = EndpointHealth::default();
        assert!(!health.take_probe(start), "what is up needs none");
        let mut now = start;
        let mut waits = Vec::new();
        for _ in 0..10 {
            health.learn(Sign::Failed, now);
            let mut wait = Duration::ZERO;
            while !health.take_probe(now + wait) {
                wait += Duration::from_millis(500);
            }
            assert!(!health.take_probe(now + wait), "one probe at a time");
            waits.push(wait.as_secs());
            now += wait;
        }
        assert_eq!(waits, [1, 1, 1, 2, 4, 8, 16, 30, 30, 30]);
    }
}
