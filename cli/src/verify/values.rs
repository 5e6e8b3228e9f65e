//! The values of points, read back from every replica.

use influx_client::{HandoffState, PointResolution, ReplicaAnswer, Resolution, Whereabouts};

use super::compare::Verdict;

/// A line whose point was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Located {
    /// Index of its input.
    pub(crate) source: usize,
    pub(crate) line: u64,
    /// It is older than the retention policy keeps.
    pub(crate) expired: bool,
}

/// What was found, in points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Values {
    /// In the order of [`Whereabouts::ALL`].
    counts: [u64; 5],
    /// Of those that are nowhere: beyond the retention policy.
    pub(crate) expired: u64,
    /// Hints for replicas that miss points wait.
    pending: bool,
}

impl Values {
    /// Takes in what became of a batch; `tell` is shown each point that is not everywhere as it should be.
    pub(crate) fn add<E>(
        &mut self,
        lines: &[Located],
        resolution: &Resolution,
        mut tell: impl FnMut(usize, &PointResolution) -> Result<(), E>,
    ) -> Result<(), E> {
        self.pending |= resolution.handoff() == HandoffState::Pending;
        for (at, (line, point)) in lines.iter().zip(resolution.points()).enumerate() {
            self.count(point.whereabouts, line.expired);
            if point.whereabouts != Whereabouts::Everywhere {
                tell(at, point)?;
            }
        }
        Ok(())
    }

    fn count(&mut self, whereabouts: Whereabouts, expired: bool) {
        let at = Whereabouts::ALL.iter().position(|it| *it == whereabouts);
        self.counts[at.expect("all of them are listed")] += 1;
        if whereabouts == Whereabouts::Nowhere && expired {
            self.expired += 1;
        }
    }

    /// How many points are there.
    pub(crate) fn of(&self, whereabouts: Whereabouts) -> u64 {
        Whereabouts::ALL.iter().zip(self.counts).filter(|(it, _)| **it == whereabouts).map(|(_, count)| count).sum()
    }

    /// The verdict on counts and values together: what the counts say, unless they say that all is well.
    pub(crate) fn verdict(&self, counts: Verdict) -> Verdict {
        let lost = self.of(Whereabouts::Nowhere) - self.expired;
        if !matches!(counts, Verdict::Equal | Verdict::EqualOrMore) {
            counts
        } else if self.of(Whereabouts::Somewhere) > 0 || (lost > 0 && self.pending) {
            Verdict::Behind
        } else if lost > 0 {
            Verdict::Missing
        } else if self.of(Whereabouts::Unknown) > 0 {
            Verdict::Uncertain
        } else if self.of(Whereabouts::Overwritten) > 0 {
            Verdict::Differs
        } else if self.expired > 0 {
            Verdict::Expired
        } else {
            counts
        }
    }
}

/// How many replicas of a point have it as it was sent, and how many should.
pub(crate) fn copies(point: &PointResolution) -> (usize, usize) {
    let stored = point.replicas.iter().filter(|(_, answer)| *answer == ReplicaAnswer::Stored).count();
    (stored, point.replicas.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_a_say_only_where_counts_are_well() {
        use Whereabouts::{Everywhere, Nowhere, Overwritten, Somewhere, Unknown};
        let of = |all: &[(Whereabouts, bool)], counts| {
            let mut values = Values::default();
            all.iter().for_each(|(whereabouts, expired)| values.count(*whereabouts, *expired));
            values.verdict(counts)
        };
        assert_eq!(of(&[(Everywhere, false)], Verdict::Equal), Verdict::Equal);
        assert_eq!(of(&[(Everywhere, false)], Verdict::Missing), Verdict::Missing);
        assert_eq!(of(&[(Everywhere, false), (Overwritten, false)], Verdict::Equal), Verdict::Differs);
        assert_eq!(of(&[(Overwritten, false), (Unknown, false)], Verdict::Equal), Verdict::Uncertain);
        assert_eq!(of(&[(Nowhere, false), (Unknown, false)], Verdict::EqualOrMore), Verdict::Missing);
        assert_eq!(of(&[(Nowhere, true)], Verdict::Equal), Verdict::Expired);
        assert_eq!(of(&[(Somewhere, false), (Nowhere, false)], Verdict::Equal), Verdict::Behind);
    }
}
