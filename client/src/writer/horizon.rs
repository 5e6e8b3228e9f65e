//! The time before which everything is settled. Pure.

use std::collections::BTreeMap;
use std::fmt;

/// The times of points, in nanoseconds since 1970, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Span {
    pub(crate) const fn at(time: i64) -> Self {
        Self { first: time, last: time }
    }

    pub(crate) fn join(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}

/// The times of a set of points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// `None` where no point has a time.
    pub(crate) span: Option<Span>,
    /// Points that take the server's time.
    pub(crate) untimed: usize,
}

impl Times {
    pub(crate) fn add(&mut self, time: Option<i64>) {
        match time {
            Some(time) => self.span = Some(self.span.map_or(Span::at(time), |span| span.join(Span::at(time)))),
            None => self.untimed += 1,
        }
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.span = match (self.span, other.span) {
            (Some(a), Some(b)) => Some(a.join(b)),
            (a, b) => a.or(b),
        };
        self.untimed += other.untimed;
    }
}

/// How far a writer's points are settled, at one moment.
///
/// What lies before [`SettledHorizon::before`] can be read as final, as far as this writer is concerned: every point it
/// was given with an earlier time was acknowledged at the level asked for, or refused for good (a point that
/// [`Overflow::DropOldest`](crate::Overflow::DropOldest) threw away unsent counts as refused: it is reported, and will never
/// arrive). It is worth what the acknowledgements are worth: see [`Ack::caveat`](crate::Ack::caveat).
///
/// # When it goes back
/// It rises by itself and never falls, except that a point is given with a time before it: then it goes back to that
/// point's time until the point is settled, and [`SettledHorizon::late`] counts it. A reader of final data should
/// therefore keep off by as much as its sources may be late.
///
/// # What stops it
/// A batch that ended otherwise ([`Outcome::Unknown`](crate::Outcome::Unknown), below the level, not stored) leaves a hole: nobody knows, or it is
/// known not to be there. The horizon stays at its first point until
/// [`BatchWriter::forget_holes`](crate::BatchWriter::forget_holes) says that the hole was dealt with. A point without
/// a time takes that of a server, which nobody knows before: while one is unsettled, there is no horizon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettledHorizon {
    /// Every point with an earlier time is settled; nanoseconds since 1970. `None` before the first point, while a point
    /// without a time is unsettled, and behind a hole with such points.
    pub before: Option<i64>,
    /// Points in batches that ended neither stored nor refused for good, since the holes were last forgotten.
    pub holes: u64,
    /// Points that were given with a time before the horizon of that moment.
    pub late: u64,
}

impl fmt::Display for SettledHorizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.before {
            Some(before) => write!(f, "settled before {before} ns"),
            None => f.write_str("not known to be settled"),
        }?;
        if self.holes > 0 {
            write!(f, ", held back by {} points of unknown fate", self.holes)?;
        }
        Ok(())
    }
}

/// Keeps the horizon.
#[derive(Debug, Default)]
pub(crate) struct Horizon {
    /// How many sets of unsettled points begin at each time.
    unsettled: BTreeMap<i64, usize>,
    /// Unsettled points without a time.
    untimed: usize,
    /// The latest time that was ever given.
    latest: Option<i64>,
    /// The earliest point whose fate is not known.
    hole: Option<i64>,
    untimed_holes: u64,
    holes: u64,
    late: u64,
}

impl Horizon {
    pub(crate) fn now(&self) -> SettledHorizon {
        SettledHorizon { before: self.before(), holes: self.holes, late: self.late }
    }

    fn before(&self) -> Option<i64> {
        if self.untimed > 0 || self.untimed_holes > 0 {
            return None;
        }
        let unsettled = self.unsettled.keys().next().copied();
        let held = unsettled.into_iter().chain(self.hole).min();
        // Settled up to and with the last one; what comes behind it is still to be given.
        held.or_else(|| self.latest.map(|latest| latest.saturating_add(1)))
    }

    /// Counts what is about to be given, and is late.
    pub(crate) fn note_late(&mut self, times: impl Iterator<Item = i64>) {
        let Some(before) = self.before() else { return };
        self.late += times.filter(|time| *time < before).count() as u64;
    }

    /// Whether points with such times are late, some of them at least.
    pub(crate) fn is_late(&self, times: Times) -> bool {
        times.span.is_some_and(|span| self.before().is_some_and(|before| span.first < before))
    }

    /// A set has more points than when it was given; tells whether the horizon may have changed.
    pub(crate) fn grow(&mut self, old: Times, new: Times) -> bool {
        if old.untimed == new.untimed && old.span.map(|span| span.first) == new.span.map(|span| span.first) {
            self.latest = self.latest.max(new.span.map(|span| span.last));
            return false;
        }
        self.take(old);
        self.give(new);
        true
    }

    /// Takes in points that are unsettled from now on.
    pub(crate) fn give(&mut self, times: Times) {
        self.untimed += times.untimed;
        if let Some(span) = times.span {
            *self.unsettled.entry(span.first).or_default() += 1;
            self.latest = self.latest.max(Some(span.last));
        }
    }

    /// Takes out points that were given as one set, because they are settled or given anew in other sets.
    pub(crate) fn take(&mut self, times: Times) {
        self.untimed = self.untimed.saturating_sub(times.untimed);
        if let Some(span) = times.span
            && let Some(count) = self.unsettled.get_mut(&span.first)
        {
            *count -= 1;
            if *count == 0 {
                self.unsettled.remove(&span.first);
            }
        }
    }

    /// Points, taken out before, of which it is not known that all are stored or refused for good.
    pub(crate) fn leave_hole(&mut self, times: Times, points: usize) {
        self.holes += points as u64;
        self.untimed_holes += times.untimed as u64;
        if let Some(span) = times.span {
            self.hole = Some(self.hole.map_or(span.first, |first| first.min(span.first)));
        }
    }

    pub(crate) fn forget_holes(&mut self) {
        self.hole = None;
        self.untimed_holes = 0;
        self.holes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn times(points: &[Option<i64>]) -> Times {
        let mut times = Times::default();
        points.iter().for_each(|time| times.add(*time));
        times
    }

    #[test]
    fn it_follows_the_oldest_unsettled_point() {
        let mut horizon = Horizon::default();
        assert_eq!(horizon.now().before, None);
        let (a, b) = (times(&[Some(10), Some(12)]), times(&[Some(20)]));
        horizon.give(a);
        horizon.give(b);
        assert_eq!(horizon.now().before, Some(10));
        horizon.take(a);
        assert_eq!(horizon.now().before, Some(20));
        horizon.take(b);
        assert_eq!(horizon.now().before, Some(21));
        horizon.note_late([5, 21, 20].into_iter());
        assert_eq!(horizon.now().late, 2);
        horizon.give(times(&[Some(5)]));
        assert_eq!(horizon.now().before, Some(5), "a late point takes it back");
    }

    #[test]
    fn holes_and_untimed_points_hold_it() {
        let mut horizon = Horizon::default();
        let (a, b, c) = (times(&[Some(10)]), times(&[Some(20)]), times(&[None]));
        [a, b, c].into_iter().for_each(|set| horizon.give(set));
        assert_eq!(horizon.now().before, None);
        horizon.take(c);
        horizon.take(a);
        horizon.leave_hole(a, 1);
        horizon.take(b);
        assert_eq!(horizon.now(), SettledHorizon { before: Some(10), holes: 1, late: 0 });
        horizon.forget_holes();
        assert_eq!(horizon.now().before, Some(21));
        horizon.give(c);
        horizon.take(c);
        horizon.leave_hole(c, 1);
        assert_eq!(horizon.now().before, None);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Give(Vec<Option<i64>>),
        /// Settles one of the unsettled sets, or leaves a hole.
        End(usize, bool),
        Forget,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let time = prop_oneof![20 => (0_i64..50).prop_map(Some), 1 => Just(None)];
        prop::collection::vec(
            prop_oneof![
                4 => prop::collection::vec(time, 1..4).prop_map(Step::Give),
                4 => (any::<usize>(), prop::bool::weighted(0.9)).prop_map(|(which, good)| Step::End(which, good)),
                1 => Just(Step::Forget),
            ],
            0..60,
        )
    }

    proptest! {
        /// Never ahead of an unsettled point or a hole; exactly there otherwise; and it falls only where a point is given
        /// before it.
        #[test]
        fn never_ahead_of_what_is_not_settled(steps in steps()) {
            let mut horizon = Horizon::default();
            let mut open: Vec<Vec<Option<i64>>> = Vec::new();
            let mut holes: Vec<Option<i64>> = Vec::new();
            let mut given: Vec<i64> = Vec::new();
            for step in steps {
                let before = horizon.now().before;
                let mut late = false;
                match step {
                    Step::Give(points) => {
                        late = points.iter().any(|time| time.is_none_or(|time| Some(time) < before));
                        horizon.note_late(points.iter().flatten().copied());
                        horizon.give(times(&points));
                        given.extend(points.iter().flatten());
                        open.push(points);
                    }
                    Step::End(which, good) if !open.is_empty() => {
                        let points = open.swap_remove(which % open.len());
                        horizon.take(times(&points));
                        if !good {
                            horizon.leave_hole(times(&points), points.len());
                            holes.extend(points);
                        }
                    }
                    Step::End(..) => {}
                    Step::Forget => {
                        horizon.forget_holes();
                        holes.clear();
                    }
                }
                let now = horizon.now().before;
                let unsettled: Vec<Option<i64>> = open.iter().flatten().chain(&holes).copied().collect();
                let wanted = if unsettled.contains(&None) {
                    None
                } else {
                    unsettled.iter().flatten().min().copied().or(given.iter().max().map(|last| last + 1))
                };
                prop_assert_eq!(now, wanted);
                if !late && let (Some(now), Some(before)) = (now, before) {
                    prop_assert!(now >= before);
                }
            }
        }
    }
}
