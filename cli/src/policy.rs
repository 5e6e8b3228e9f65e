//! When a batch is sent again.

use std::str::FromStr;
use std::time::Duration;

use influx_client::{Backoff, Class, Failed, Outcome, Retry, RetryPolicy};

use crate::settings;

/// How long a database that was created a moment ago may be unknown to the node asked: its copy of the metadata lags
/// behind, by some 30 ms on real clusters and by more on busy ones.
const FRESH: Duration = Duration::from_secs(5);
/// Between two questions about it.
const FRESH_PAUSE: Duration = Duration::from_millis(50);

/// How often a batch may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retries {
    /// At most so often.
    Times(u32),
    /// As often as the time allows.
    Unlimited,
}

impl FromStr for Retries {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "unlimited" => Ok(Self::Unlimited),
            text => text.parse().map(Self::Times).map_err(|_| "write a number, or unlimited".to_owned()),
        }
    }
}

/// The shortest and the longest pause between two tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pauses {
    base: Duration,
    cap: Duration,
}

impl FromStr for Pauses {
    type Err = String;

    /// `250ms..30s`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (base, cap) = text.split_once("..").ok_or("write the first and the longest pause: 250ms..30s")?;
        let pauses = Self { base: settings::some_duration(base)?, cap: settings::some_duration(cap)? };
        if pauses.base > pauses.cap { Err("the first pause is longer than the longest".to_owned()) } else { Ok(pauses) }
    }
}

/// Reads a class by its name or its exit code: one of those for which sending again can help.
pub(crate) fn retryable(text: &str) -> Result<Class, String> {
    let by_code = |code: u8| Class::ALL.iter().copied().find(|class| class.exit_code() == code);
    let class = match text.parse::<u8>() {
        Ok(code) => by_code(code).ok_or_else(|| format!("{code} is no exit code of a class"))?,
        Err(_) => text.parse::<Class>().map_err(|error| error.to_string())?,
    };
    // Do not remove: a new class must be given its place here.
    #[deny(clippy::wildcard_enum_match_arm)]
    match class {
        Class::Unreachable
        | Class::Timeout
        | Class::BelowLevel
        | Class::Overloaded
        | Class::NoReplica
        | Class::MetaUnavailable => Ok(class),
        Class::Deferred => Err("deferred (16) is never sent again: the points are queued and will arrive".to_owned()),
        Class::Ok
        | Class::Auth
        | Class::NotFound
        | Class::Refused
        | Class::LocalIo
        | Class::Journal
        | Class::Rejected
        | Class::Malformed
        | Class::TypeConflict
        | Class::OutsideRetention
        | Class::Limit
        | Class::TooManyRejected => {
            Err(format!("{} ({}) does not change by sending again", class.id(), class.exit_code()))
        }
    }
}

/// As many tries as the command line gives, and two exceptions that count as none.
///
/// An address that cannot be reached has taken no byte, so the next one is tried at once; and a node that has
/// not heard yet of the database which this run created is asked again.
#[derive(Clone, Debug)]
pub(crate) struct Tries {
    retries: Retries,
    /// No try begins later than this after the first; no limit if zero.
    budget: Duration,
    on: Vec<Class>,
    backoff: Backoff,
}

impl Tries {
    /// Classes that are sent again if nothing else is said: all for which it can help but `below-level`, which
    /// hinted handoff completes.
    pub(crate) const CLASSES: [Class; 5] =
        [Class::Unreachable, Class::Timeout, Class::Overloaded, Class::NoReplica, Class::MetaUnavailable];

    /// A first try, and more after these classes while number and time allow.
    pub(crate) fn new(retries: Retries, budget: Duration, on: Vec<Class>, pauses: Pauses) -> Self {
        let tries = match retries {
            Retries::Times(retries) => retries.saturating_add(1),
            Retries::Unlimited => u32::MAX,
        };
        // Who lists below-level wants it settled within the limits given.
        let backoff = Backoff::default().base(pauses.base).cap(pauses.cap).tries(tries).below_level_tries(tries);
        Self { retries, budget, on, backoff }
    }

    fn by_the_rules(&self, failed: &Failed<'_>, random: f64) -> Retry {
        if self.retries == Retries::Times(0) || !self.on.contains(&failed.verdict.class()) {
            return Retry::GiveUp;
        }
        let decision = self.backoff.decide(failed, random);
        let wait = match decision {
            Retry::GiveUp => return Retry::GiveUp,
            Retry::Same(wait) | Retry::Next(wait) | Retry::Lower { wait, .. } => wait,
        };
        let late = !self.budget.is_zero() && failed.elapsed + wait >= self.budget;
        if late { Retry::GiveUp } else { decision }
    }
}

impl RetryPolicy for Tries {
    fn decide(&self, failed: &Failed<'_>, random: f64) -> Retry {
        let nothing_stored = failed.known == Outcome::NotStored;
        // Do not remove: a new class must be given its place here.
        #[deny(clippy::wildcard_enum_match_arm)]
        match failed.verdict.class() {
            Class::Unreachable if nothing_stored && (failed.attempts as usize) < failed.endpoints => {
                Retry::Next(Duration::ZERO)
            }
            Class::NotFound if nothing_stored && failed.just_created && failed.elapsed < FRESH => {
                Retry::Same(FRESH_PAUSE)
            }
            Class::Unreachable
            | Class::Timeout
            | Class::BelowLevel
            | Class::Overloaded
            | Class::NoReplica
            | Class::MetaUnavailable
            | Class::Deferred
            | Class::Auth
            | Class::NotFound
            | Class::Refused
            | Class::Rejected
            | Class::Malformed
            | Class::TypeConflict
            | Class::OutsideRetention
            | Class::Limit => self.by_the_rules(failed, random),
            // No attempt ends like this.
            Class::Ok | Class::LocalIo | Class::Journal | Class::TooManyRejected => Retry::GiveUp,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use influx_client::{ConsistencyLevel, Context, NoReply, Reply, Verdict, classify, classify_no_reply};

    use super::*;

    fn tries(retries: Retries, budget: u64, on: &[Class]) -> Tries {
        Tries::new(retries, Duration::from_secs(budget), on.to_vec(), "250ms..30s".parse().unwrap())
    }

    fn once() -> Tries {
        tries(Retries::Times(0), 0, &Tries::CLASSES)
    }

    fn unreachable() -> Verdict {
        let lost = NoReply::Lost { reason: "refused".into() };
        classify_no_reply(&lost, 0, &Context::new(ConsistencyLevel::One, 1))
    }

    fn answered(status: u16, body: &str) -> Verdict {
        classify(&Reply::new(status, body.as_bytes()), &Context::new(ConsistencyLevel::All, 1))
    }

    #[test]
    fn every_address_is_tried_once_and_none_twice() {
        let verdict = unreachable();
        let mut failed = Failed::first(&verdict);
        failed.endpoints = 2;
        assert_eq!(once().decide(&failed, 0.5), Retry::Next(Duration::ZERO));
        failed.attempts = 2;
        assert_eq!(once().decide(&failed, 0.5), Retry::GiveUp);
    }

    #[test]
    fn a_batch_that_may_be_stored_is_sent_once() {
        for body in [r#"{"error":"timeout"}"#, r#"{"error":"partial write"}"#, r#"{"error":"write failed"}"#] {
            let verdict = answered(500, body);
            let mut failed = Failed::first(&verdict);
            failed.endpoints = 3;
            assert_eq!(once().decide(&failed, 0.5), Retry::GiveUp);
        }
    }

    #[test]
    fn only_the_classes_of_the_list_are_sent_again() {
        let below = answered(500, r#"{"error":"partial write"}"#);
        let timeout = answered(500, r#"{"error":"timeout"}"#);
        let more = tries(Retries::Times(9), 0, &Tries::CLASSES);
        assert_eq!(more.decide(&Failed::first(&below), 0.5), Retry::GiveUp);
        assert_ne!(more.decide(&Failed::first(&timeout), 0.5), Retry::GiveUp);
        let with_below = tries(Retries::Times(9), 0, &[Class::BelowLevel]);
        let mut failed = Failed::first(&below);
        (failed.attempts, failed.below_level) = (9, 9);
        assert_ne!(with_below.decide(&failed, 0.0), Retry::GiveUp);
        assert_eq!(with_below.decide(&Failed::first(&timeout), 0.5), Retry::GiveUp);
    }

    #[test]
    fn the_budget_ends_what_the_number_does_not() {
        let timeout = answered(500, r#"{"error":"timeout"}"#);
        let mut failed = Failed::first(&timeout);
        failed.attempts = 1_000;
        failed.remaining = Duration::from_secs(86_400);
        failed.elapsed = Duration::from_secs(200);
        let unlimited = tries(Retries::Unlimited, 300, &Tries::CLASSES);
        assert_ne!(unlimited.decide(&failed, 0.5), Retry::GiveUp);
        failed.elapsed = Duration::from_secs(290);
        assert_eq!(unlimited.decide(&failed, 0.5), Retry::GiveUp, "15 s more would be too late");
        assert_eq!(tries(Retries::Times(5), 300, &Tries::CLASSES).decide(&failed, 0.0), Retry::GiveUp);
    }

    #[test]
    fn an_unknown_database_is_asked_for_again_only_if_it_is_new() {
        let verdict = answered(404, r#"{"error":"database not found: \"x\""}"#);
        let mut failed = Failed::first(&verdict);
        assert_eq!(once().decide(&failed, 0.5), Retry::GiveUp);
        failed.just_created = true;
        assert_eq!(once().decide(&failed, 0.5), Retry::Same(FRESH_PAUSE));
        failed.elapsed = FRESH;
        assert_eq!(once().decide(&failed, 0.5), Retry::GiveUp);
    }

    #[test]
    fn settings_are_read_as_people_write_them() {
        assert_eq!("unlimited".parse(), Ok(Retries::Unlimited));
        assert_eq!("3".parse(), Ok(Retries::Times(3)));
        assert!("-1".parse::<Retries>().is_err());
        for wrong in ["", "1s", "30s..1s", "0..1s", "1..2"] {
            assert!(wrong.parse::<Pauses>().is_err(), "{wrong}");
        }
        assert_eq!(retryable("11"), Ok(Class::Timeout));
        assert_eq!(retryable("no-replica"), Ok(Class::NoReplica));
        for wrong in ["16", "deferred", "21", "malformed", "0", "99", "x", ""] {
            assert!(retryable(wrong).is_err(), "{wrong}");
        }
    }
}
