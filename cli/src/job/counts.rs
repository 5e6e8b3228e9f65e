//! What became of every point that was read, in counts that add up.

use influx_client::{Class, Outcome, Tally};
use serde::Serialize;

use crate::settings::grouped;

/// Points by what is known of them. Each point that was read is in exactly one of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// Points found in the input.
    pub(crate) read: u64,
    /// Acknowledged at the level asked for.
    pub(crate) accepted: u64,
    /// Acknowledged by fewer replicas than the level asks, for at least one shard of their batch.
    pub(crate) below_level: u64,
    /// Queued in hinted handoff; they will arrive.
    pub(crate) deferred: u64,
    /// Refused for good.
    pub(crate) rejected: u64,
    /// May be stored or not, now or later.
    pub(crate) unknown: u64,
    /// Sent or tried, and known to be stored nowhere.
    pub(crate) not_stored: u64,
    /// Read, but never sent.
    pub(crate) unsent: u64,
}

impl Counts {
    /// Takes in what became of one batch.
    pub(crate) fn add(&mut self, tally: &Tally) {
        self.accepted += tally.stored as u64;
        self.below_level += tally.below_level as u64;
        self.deferred += tally.deferred as u64;
        self.rejected += tally.refused as u64;
        self.unknown += tally.unknown as u64;
        self.not_stored += tally.not_stored as u64;
    }

    /// Everything but `read`.
    pub(crate) fn settled(&self) -> u64 {
        let Self { read: _, accepted, below_level, deferred, rejected, unknown, not_stored, unsent } = *self;
        accepted + below_level + deferred + rejected + unknown + not_stored + unsent
    }

    /// The counts as one equation, without the parts that are zero.
    pub(crate) fn equation(&self) -> String {
        let Self { read, accepted, below_level, deferred, rejected, unknown, not_stored, unsent } = *self;
        let parts = [
            (below_level, "below level"),
            (deferred, "deferred"),
            (rejected, "rejected"),
            (unknown, "unknown"),
            (not_stored, "not stored"),
            (unsent, "unsent"),
        ];
        let mut text = format!("{} read = {} accepted", grouped(read), grouped(accepted));
        for (count, name) in parts.into_iter().filter(|(count, _)| *count > 0) {
            text.push_str(&format!(" + {} {name}", grouped(count)));
        }
        text
    }
}

/// The one class of several: what a script has to attend to first.
///
/// Set-up before trouble on the way, trouble before data; points refused for different reasons are `rejected`, unless they
/// were more than the run puts up with.
pub(crate) fn joined(one: Class, other: Class) -> Class {
    if one == other {
        one
    } else if one.is_about_data() && other.is_about_data() && [one, other].contains(&Class::TooManyRejected) {
        // It ended the run; why the points were refused is in the counts and the rejects.
        Class::TooManyRejected
    } else if one.is_about_data() && other.is_about_data() {
        Class::Rejected
    } else if rank(one) >= rank(other) {
        one
    } else {
        other
    }
}

/// What can be said of several batches at once. Unlike the attempts of one batch, they do not settle one another.
pub(crate) fn joined_outcome(one: Outcome, other: Outcome) -> Outcome {
    use Outcome::{BelowLevel, Deferred, NotStored, PartlyStored, Stored, Unknown};
    match (one, other) {
        (a, b) if a == b => a,
        (Stored, PartlyStored) | (PartlyStored, Stored) => PartlyStored,
        (Stored | PartlyStored, doubt @ (BelowLevel | Deferred | Unknown))
        | (doubt @ (BelowLevel | Deferred | Unknown), Stored | PartlyStored) => doubt,
        // Here yes and there no: of the whole nothing stronger is true. The counts tell more.
        (
            NotStored | Unknown | BelowLevel | Deferred | Stored | PartlyStored,
            NotStored | Unknown | BelowLevel | Deferred | Stored | PartlyStored,
        ) => Unknown,
    }
}

/// How much a class matters among others. No wildcard: a new class must be given its place here.
fn rank(class: Class) -> u8 {
    match class {
        Class::Ok => 0,
        Class::Rejected
        | Class::Malformed
        | Class::TypeConflict
        | Class::OutsideRetention
        | Class::Limit
        | Class::TooManyRejected => 1,
        // Nothing is to be done about what is on its way, and little about what handoff completes.
        Class::Deferred => 2,
        Class::BelowLevel => 3,
        Class::Unreachable => 4,
        Class::MetaUnavailable => 5,
        Class::Overloaded => 6,
        Class::NoReplica => 7,
        // The widest doubt of all.
        Class::Timeout => 8,
        Class::Journal => 9,
        Class::LocalIo => 10,
        Class::Refused => 11,
        Class::NotFound => 12,
        Class::Auth => 13,
    }
}

/// Whether a class ends the run: what follows would meet the same, and the points are better left unsent.
pub(crate) fn ends_the_run(class: Class) -> bool {
    match class {
        Class::Unreachable | Class::Auth | Class::NotFound | Class::Refused | Class::LocalIo | Class::Journal => true,
        Class::Ok
        | Class::Timeout
        | Class::BelowLevel
        | Class::Overloaded
        | Class::NoReplica
        | Class::MetaUnavailable
        | Class::Deferred
        | Class::Rejected
        | Class::Malformed
        | Class::TypeConflict
        | Class::OutsideRetention
        | Class::Limit
        | Class::TooManyRejected => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_several_classes() {
        let order = [
            Class::Auth,
            Class::Timeout,
            Class::NoReplica,
            Class::Overloaded,
            Class::MetaUnavailable,
            Class::Unreachable,
            Class::BelowLevel,
            Class::Deferred,
            Class::Malformed,
            Class::Ok,
        ];
        for (at, more) in order.iter().enumerate() {
            for less in &order[at..] {
                assert_eq!(joined(*more, *less), *more);
                assert_eq!(joined(*less, *more), *more);
            }
        }
    }

    #[test]
    fn setup_beats_transport_beats_data() {
        for &one in Class::ALL {
            for &other in Class::ALL {
                let tens = |class: Class| match class.exit_code() / 10 {
                    2 => 3,
                    1 => 2,
                    3 => 1,
                    _ => 0,
                };
                assert_eq!(tens(joined(one, other)), tens(one).max(tens(other)), "{one} and {other}");
                assert_eq!(joined(one, other), joined(other, one));
            }
        }
        assert_eq!(joined(Class::Malformed, Class::TypeConflict), Class::Rejected);
        assert_eq!(joined(Class::Malformed, Class::TooManyRejected), Class::TooManyRejected);
    }

    #[test]
    fn no_claim_about_several_batches_is_stronger_than_each() {
        use Outcome::{BelowLevel, NotStored, PartlyStored, Stored, Unknown};
        assert_eq!(joined_outcome(Stored, NotStored), Unknown);
        assert_eq!(joined_outcome(Stored, PartlyStored), PartlyStored);
        assert_eq!(joined_outcome(Stored, BelowLevel), BelowLevel);
        assert_eq!(joined_outcome(NotStored, BelowLevel), Unknown);
        for one in Outcome::ALL {
            for other in Outcome::ALL {
                let joined = joined_outcome(one, other);
                assert_eq!(joined, joined_outcome(other, one));
                if one != other {
                    assert!(joined != Stored && joined != NotStored, "{one} and {other}");
                }
            }
        }
    }

    #[test]
    fn the_equation_leaves_out_what_is_zero() {
        let counts = Counts { read: 11_681, accepted: 11_680, rejected: 1, ..Counts::default() };
        assert_eq!(counts.equation(), "11,681 read = 11,680 accepted + 1 rejected");
        assert_eq!(counts.settled(), counts.read);
    }
}
