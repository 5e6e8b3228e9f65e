//! The points that are gathered, and how they are cut into batches by series. Pure.

use std::sync::Arc;
use std::time::Duration;

use super::fate::Tracker;
use super::horizon::Times;
use super::lane_of::lane_of;
use crate::line::{lines, time_of};
use crate::{Batch, MissingTime, PointError, PointErrorKind, Precision};

/// What a point counts towards the memory beside its bytes: where its line starts, and its lane.
pub(super) const POINT_OVERHEAD: usize = 2 * size_of::<usize>();
/// What a batch counts beside its points.
pub(super) const BATCH_OVERHEAD: usize = 1024;
/// What a tracked call counts.
pub(super) const TRACK_OVERHEAD: usize = 128;

/// Points in the order they were given, until they are cut into batches.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) id: u64,
    pub(super) batch: Batch,
    /// When its first point came.
    pub(super) since: Duration,
    /// What it counts towards the memory.
    pub(super) charge: usize,
    pub(super) times: Times,
    /// The lane of each point.
    lane_of: Vec<u8>,
    /// The set of these lanes.
    pub(super) lanes: u64,
    tracked: Vec<Mark>,
    /// The last record of the spool that is in it.
    pub(super) last_record: Option<u64>,
    /// Whether an earlier writer left points of it in the spool.
    pub(super) is_left_over: bool,
}

/// Points of one tracked call.
#[derive(Debug)]
struct Mark {
    first: usize,
    end: usize,
    tracker: Tracker,
}

/// A batch on its way.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) window: u64,
    pub(super) batch: Arc<Batch>,
    pub(super) charge: usize,
    pub(super) times: Times,
    pub(super) trackers: Vec<Tracker>,
    /// Whether an earlier writer left points of it in the spool, and may have sent them.
    pub(super) is_left_over: bool,
}

/// How large a request may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) points: usize,
    pub(super) bytes: usize,
}

impl Size {
    pub(super) fn is_full(self, batch: &Batch) -> bool {
        batch.points() >= self.points || batch.bytes() >= self.bytes
    }

    fn takes(self, batch: &Batch, line: usize) -> bool {
        batch.is_empty() || (batch.points() < self.points && batch.bytes() + line <= self.bytes)
    }
}

impl Window {
    pub(super) fn new(id: u64, batch: Batch) -> Self {
        Self {
            id,
            batch,
            since: Duration::ZERO,
            charge: 0,
            times: Times::default(),
            lane_of: Vec::new(),
            lanes: 0,
            tracked: Vec::new(),
            last_record: None,
            is_left_over: false,
        }
    }

    /// Takes the rows of another batch of the same precision over.
    pub(super) fn take_rows(&mut self, rows: &Batch, times: Times, lanes: usize, tracker: Option<Tracker>) {
        let first = self.batch.points();
        for line in 0..rows.points() {
            let line = rows.lines(line..line + 1);
            self.batch.push_row(line, rows.is_idempotent() || time_of(line).is_some());
            let lane = lane_of(line, lanes);
            self.lane_of.push(lane);
            self.lanes |= 1 << lane;
        }
        self.times.join(times);
        if let Some(tracker) = tracker {
            self.tracked.push(Mark { first, end: self.batch.points(), tracker });
        }
    }

    /// All points as one batch, whatever its size and lanes.
    pub(super) fn into_unit(self) -> Unit {
        let trackers = self.tracked.into_iter().map(|mark| mark.tracker).collect();
        let Self { id: window, charge, times, is_left_over, .. } = self;
        Unit { window, batch: Arc::new(self.batch), charge, times, trackers, is_left_over }
    }

    /// Cuts the points into batches, each with the set of its lanes; points of one lane stay in order, and in one
    /// batch as far as `size` allows.
    ///
    /// With `whole`, everything goes as one batch if that is not too large.
    pub(super) fn cut(self, lanes: usize, size: Size, whole: bool) -> Vec<(u64, Unit)> {
        let fits = self.batch.points() <= size.points && self.batch.bytes() <= size.bytes;
        if fits && (whole || self.lanes.count_ones() == 1) {
            return vec![(self.lanes, self.into_unit())];
        }
        self.cut_by_lane(lanes, size)
    }

    fn cut_by_lane(self, lanes: usize, size: Size) -> Vec<(u64, Unit)> {
        let precision = self.batch.precision();
        let mut bytes = vec![0; lanes];
        for (line, lane) in self.lane_of.iter().enumerate() {
            bytes[usize::from(*lane)] += self.batch.lines(line..line + 1).len();
        }
        let fresh = |lane: u8| {
            let room = bytes[usize::from(lane)].min(size.bytes);
            (lane, Batch::with_capacity(precision, room), Times::default())
        };
        let mut parts: Vec<(u8, Batch, Times)> = Vec::new();
        // The part of each lane that still takes points.
        let mut open: Vec<Option<usize>> = vec![None; lanes];
        let mut part_of = Vec::with_capacity(if self.tracked.is_empty() { 0 } else { self.lane_of.len() });
        for (index, lane) in self.lane_of.iter().enumerate() {
            let line = self.batch.lines(index..index + 1);
            let slot = &mut open[usize::from(*lane)];
            let at = match *slot {
                Some(at) if size.takes(&parts[at].1, line.len()) => at,
                Some(_) | None => {
                    parts.push(fresh(*lane));
                    parts.len() - 1
                }
            };
            *slot = Some(at);
            let time = time_of(line);
            parts[at].1.push_row(line, time.is_some());
            parts[at].2.add(time.map(|units| in_nanoseconds(units, precision)));
            if !self.tracked.is_empty() {
                part_of.push(at);
            }
        }
        let mut trackers: Vec<Vec<Tracker>> = parts.iter().map(|_| Vec::new()).collect();
        for mut mark in self.tracked {
            let mut of_mark = part_of[mark.first..mark.end].to_vec();
            of_mark.sort_unstable();
            let mut runs = of_mark.chunk_by(PartialEq::eq).map(|run| (run[0], run.len())).collect::<Vec<_>>();
            let last = runs.pop();
            for (part, points) in runs {
                trackers[part].push(mark.tracker.part(points));
            }
            if let Some((last, _)) = last {
                trackers[last].push(mark.tracker);
            }
        }
        let count = parts.len();
        let mut left = self.charge;
        let units = parts.into_iter().zip(trackers).enumerate().map(|(at, ((lane, batch, times), trackers))| {
            let own = batch.bytes() + POINT_OVERHEAD * batch.points();
            // What no part counts by itself goes with the last one.
            let charge = if at + 1 == count { left } else { own.min(left) };
            left -= charge;
            let (window, is_left_over) = (self.id, self.is_left_over);
            (1 << lane, Unit { window, batch: Arc::new(batch), charge, times, trackers, is_left_over })
        });
        units.collect()
    }
}

/// The times of a batch's points, in nanoseconds.
pub(super) fn times_of(batch: &Batch) -> Times {
    let mut times = Times::default();
    for line in 0..batch.points() {
        times.add(nanoseconds_at(batch, line));
    }
    times
}

/// The time of a batch's point, in nanoseconds.
pub(super) fn nanoseconds_at(batch: &Batch, line: usize) -> Option<i64> {
    time_of(batch.lines(line..line + 1)).map(|units| in_nanoseconds(units, batch.precision()))
}

/// Adds lines that a batch has encoded, all in one record of the spool.
pub(super) fn stage_lines(payload: &[u8], to: &mut Batch) -> Result<(), PointError> {
    lines(payload).try_for_each(|line| push_again(line, to))
}

/// Adds the rows of one batch to another one, which checks their names and types with those it knows.
pub(super) fn copy_checked(rows: &Batch, to: &mut Batch) -> Result<(), PointError> {
    to.missing_time(MissingTime::ServerClock);
    (0..rows.points()).try_for_each(|line| push_again(rows.line(line), to))
}

fn push_again(line: &[u8], to: &mut Batch) -> Result<(), PointError> {
    match to.push_line(line) {
        Ok(()) => Ok(()),
        Err(error) => match error.kind() {
            // The reader of lines is stricter than their writer in places; the writer has seen to what it refuses.
            PointErrorKind::Line(_) => to.push_unchecked_line(line),
            _ => Err(error),
        },
    }
}

/// A time that a server stores fits in 64 bits of nanoseconds; one that it refuses is not before the first or behind the
/// last.
fn in_nanoseconds(units: i64, precision: Precision) -> i64 {
    units.saturating_mul(precision.nanoseconds())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::fate::{DeliveryError, tracked};
    use super::*;
    use crate::Tally;
    use proptest::prelude::*;

    fn window(points: &[(u8, i64)], lanes: usize) -> Window {
        let mut rows = Batch::default();
        for (host, time) in points {
            rows.point("m").tag("host", &host.to_string()).field("f", 1.0).at(*time).unwrap();
        }
        let mut window = Window::new(0, Batch::default());
        window.take_rows(&rows, times_of(&rows), lanes, None);
        window.charge = BATCH_OVERHEAD + rows.bytes() + POINT_OVERHEAD * rows.points();
        window
    }

    fn host_of(line: &[u8]) -> u8 {
        let text = std::str::from_utf8(line).unwrap();
        text.split(['=', ' ']).nth(1).unwrap().parse().unwrap()
    }

    proptest! {
        /// Every point is in one batch, within the size; batches of a series are in the order of its points; the memory and
        /// the times add up.
        #[test]
        fn cutting_loses_nothing_and_keeps_the_order(
            points in prop::collection::vec((0_u8..6, -50_i64..50), 1..60),
            lanes in 1_usize..6, most in 1_usize..20, bytes in 20_usize..200, whole: bool,
        ) {
            let window = window(&points, lanes);
            let (charge, times) = (window.charge, window.times);
            let size = Size { points: most, bytes };
            let units = window.cut(lanes, size, whole);
            prop_assert_eq!(units.iter().map(|(_, unit)| unit.charge).sum::<usize>(), charge);
            let mut joined = Times::default();
            let mut found = Vec::new();
            for (set, unit) in &units {
                let batch = &unit.batch;
                prop_assert!(batch.points() <= most && (batch.bytes() <= bytes || batch.points() == 1));
                prop_assert_eq!(unit.times, times_of(batch));
                prop_assert!(batch.is_idempotent());
                joined.join(unit.times);
                let mut lanes_found = 0;
                for line in 0..batch.points() {
                    lanes_found |= 1_u64 << lane_of(batch.line(line), lanes);
                    found.push((host_of(batch.line(line)), time_of(batch.line(line)).unwrap()));
                }
                prop_assert_eq!(*set, lanes_found);
            }
            prop_assert_eq!(joined, times);
            for host in 0..6 {
                let of = |all: &[(u8, i64)]| all.iter().filter(|p| p.0 == host).map(|p| p.1).collect::<Vec<_>>();
                prop_assert_eq!(of(&found), of(&points));
            }
            prop_assert_eq!(found.len(), points.len());
        }
    }

    /// And each stands for as many points of the call as it has, whichever of them is told alone.
    #[test]
    fn a_tracked_call_hangs_on_every_batch_with_a_point_of_it() {
        use futures::FutureExt as _;
        for told in 0..4 {
            let mut rows = Batch::default();
            for host in 0..20 {
                rows.point("m").tag("host", &host.to_string()).field("f", 1.0).at(1).unwrap();
            }
            let mut window = Window::new(0, Batch::default());
            let (tracker, mut delivered) = tracked(20);
            window.take_rows(&rows, times_of(&rows), 4, Some(tracker));
            let mut units = window.cut(4, Size { points: 100, bytes: 1 << 20 }, false);
            assert_eq!(units.len(), 4);
            assert!(units.iter().all(|(_, unit)| unit.trackers.len() == 1));
            let mut unit = units.remove(told).1;
            let lost = units.iter().map(|(_, unit)| unit.batch.points()).sum();
            drop(units);
            assert!((&mut delivered).now_or_never().is_none());
            let points = Tally { not_stored: unit.batch.points(), ..Tally::default() };
            unit.trackers.pop().unwrap().tell(&Err(DeliveryError::Dropped), points);
            let fate = delivered.now_or_never().unwrap();
            let Err(DeliveryError::Several(all)) = fate else { panic!("{fate:?}") };
            assert_eq!(all.points, Tally { unknown: lost, ..points });
        }
    }
}
