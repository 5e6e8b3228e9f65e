//! What a server should count for a file: points by measurement, stretch of time and field, in bounded memory.
//!
//! Two lines of one series and time are one point, so that points have to be told apart to be counted. Each point is
//! remembered by a hash, stretch by stretch; when memory is short, the stretch that was not touched for longest is
//! forgotten and only its counts are kept. An input in the order of time never comes back to it, and its counts stay exact
//! whatever its size; for one that does come back, the true number is only known to lie between two bounds.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

use influx_client::RawLine;

use crate::check::{AsIs, point_hash, series_hash};
use crate::times;

/// How many stretches of time, over all measurements, are told apart.
const WINDOWS: usize = 1 << 20;

/// What is expected of a server.
#[derive(Debug)]
pub(crate) struct Expected {
    /// Length of a stretch in nanoseconds.
    width: i64,
    /// Bytes that may be spent on telling points apart.
    limit: usize,
    spent: usize,
    measurements: Vec<Measurement>,
    by_name: Vec<HashMap<Box<str>, u32>>,
    windows: BTreeMap<(u32, i64), Window>,
    /// The stretches whose points are remembered, by when they were last touched.
    order: BTreeMap<u64, (u32, i64)>,
    /// Ascending with each change from one stretch to another.
    clock: u64,
    last: Option<(u32, i64)>,
    /// Lines whose series and time were there before, as far as that is known.
    pub(crate) duplicates: u64,
}

/// A measurement of the file.
#[derive(Debug, Default)]
pub(crate) struct Measurement {
    /// The number of where it belongs.
    pub(crate) target: u32,
    pub(crate) name: Box<str>,
    pub(crate) fields: Vec<Box<str>>,
    by_field: HashMap<Box<str>, u32>,
    /// The sets of fields that points have.
    sets: Vec<Box<[u32]>>,
    by_set: HashMap<Box<[u32]>, u32>,
    /// First and last time.
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// One stretch of time of one measurement.
#[derive(Debug, Default)]
struct Window {
    /// The fields of each point, by the hash of its series and time; `None` once forgotten.
    points: Option<HashMap<u64, u32, BuildHasherDefault<AsIs>>>,
    distinct: u64,
    /// Points by field.
    counts: Vec<u64>,
    /// Points of which it is not known whether they were there before.
    doubtful: u64,
    doubtful_counts: Vec<u64>,
    touched: u64,
}

/// A number that is at least `low` and at most `high`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Between {
    pub(crate) low: u64,
    pub(crate) high: u64,
}

/// What is expected of one stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) start: i64,
    pub(crate) points: Between,
    /// In the order of the measurement's fields; missing ones are zero.
    pub(crate) fields: Vec<Between>,
}

/// Why a line was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// A name is no UTF-8, in which questions are asked.
    Name,
    /// There are too many stretches of time.
    TooManyWindows,
}

/// Bytes that a table of this capacity takes: an entry, and a byte of its own for each.
fn bytes_of(capacity: usize) -> usize {
    capacity * 8 / 7 * (size_of::<(u64, u32)>() + 1)
}

impl Expected {
    /// Stretches of `width` nanoseconds, with about `limit` bytes to tell points apart.
    pub(crate) fn new(width: i64, limit: usize) -> Self {
        Self {
            width,
            limit,
            spent: 0,
            measurements: Vec::new(),
            by_name: Vec::new(),
            windows: BTreeMap::new(),
            order: BTreeMap::new(),
            clock: 0,
            last: None,
            duplicates: 0,
        }
    }

    /// Takes in a line with this time.
    pub(crate) fn take(&mut self, target: u32, line: &RawLine<'_>, time: i64) -> Result<(), NotTaken> {
        let name = line.measurement();
        let name = std::str::from_utf8(&name).map_err(|_| NotTaken::Name)?;
        if self.by_name.len() <= target as usize {
            self.by_name.resize_with(target as usize + 1, HashMap::new);
        }
        let by_name = &mut self.by_name[target as usize];
        let index = match by_name.get(name) {
            Some(index) => *index,
            None => {
                let index = self.measurements.len() as u32;
                let new = Measurement { target, name: name.into(), first: time, last: time, ..Measurement::default() };
                self.measurements.push(new);
                by_name.insert(name.into(), index);
                index
            }
        };
        let measurement = &mut self.measurements[index as usize];
        let set = measurement.set_of(line)?;
        measurement.first = measurement.first.min(time);
        measurement.last = measurement.last.max(time);

        let full = self.windows.len() >= WINDOWS;
        let key = (index, times::window_start(time, self.width));
        let window = match self.windows.entry(key) {
            std::collections::btree_map::Entry::Vacant(_) if full => return Err(NotTaken::TooManyWindows),
            entry => entry.or_insert_with(|| Window { points: Some(HashMap::default()), ..Window::default() }),
        };
        let Some(points) = &mut window.points else {
            window.doubtful += 1;
            add(&mut window.doubtful_counts, &measurement.sets[set as usize]);
            return Ok(());
        };
        if self.last != Some(key) {
            self.last = Some(key);
            self.clock += 1;
            self.order.remove(&window.touched);
            window.touched = self.clock;
            self.order.insert(self.clock, key);
        }
        let before = bytes_of(points.capacity());
        match points.entry(point_hash(series_hash(target, line), time)) {
            Entry::Vacant(entry) => {
                entry.insert(set);
                window.distinct += 1;
                add(&mut window.counts, &measurement.sets[set as usize]);
            }
            Entry::Occupied(mut entry) => {
                self.duplicates += 1;
                let (new, joined) = measurement.join(*entry.get(), set);
                entry.insert(joined);
                add(&mut window.counts, &new);
            }
        }
        self.spent = self.spent - before + bytes_of(points.capacity());
        while self.spent > self.limit && self.forget_oldest() {}
        Ok(())
    }

    /// Forgets the points of the stretch that was not touched for longest; false if there is none.
    fn forget_oldest(&mut self) -> bool {
        let Some((_, oldest)) = self.order.pop_first() else { return false };
        if let Some(points) = self.windows.get_mut(&oldest).and_then(|window| window.points.take()) {
            self.spent -= bytes_of(points.capacity());
        }
        true
    }

    /// The measurements in the order of the file.
    pub(crate) fn measurements(&self) -> &[Measurement] {
        &self.measurements
    }

    /// The stretches of a measurement, by ascending time.
    pub(crate) fn stretches(&self, measurement: usize) -> impl Iterator<Item = Stretch> {
        let index = measurement as u32;
        let fields = self.measurements[measurement].fields.len();
        self.windows.range((index, i64::MIN)..=(index, i64::MAX)).map(move |((_, start), window)| {
            let between = |certain: u64, doubtful: u64| Between { low: certain, high: certain + doubtful };
            let count = |counts: &[u64], field: usize| counts.get(field).copied().unwrap_or_default();
            Stretch {
                start: *start,
                points: between(window.distinct, window.doubtful),
                fields: (0..fields)
                    .map(|field| between(count(&window.counts, field), count(&window.doubtful_counts, field)))
                    .collect(),
            }
        })
    }

    /// How many different points there are, at least and at most.
    pub(crate) fn points(&self) -> Between {
        let windows = self.windows.values();
        let (low, doubtful) =
            windows.fold((0, 0), |(low, doubtful), window| (low + window.distinct, doubtful + window.doubtful));
        Between { low, high: low + doubtful }
    }
}

fn add(counts: &mut Vec<u64>, fields: &[u32]) {
    for &field in fields {
        let field = field as usize;
        if counts.len() <= field {
            counts.resize(field + 1, 0);
        }
        counts[field] += 1;
    }
}

impl Measurement {
    /// The number of the set of a line's fields.
    fn set_of(&mut self, line: &RawLine<'_>) -> Result<u32, NotTaken> {
        let mut set = Vec::new();
        for field in line.fields() {
            let key = std::str::from_utf8(&field.key).map_err(|_| NotTaken::Name)?;
            set.push(match self.by_field.get(key) {
                Some(index) => *index,
                None => {
                    let index = self.fields.len() as u32;
                    self.fields.push(key.into());
                    self.by_field.insert(key.into(), index);
                    index
                }
            });
        }
        set.sort_unstable();
        set.dedup();
        Ok(self.number(set))
    }

    fn number(&mut self, set: Vec<u32>) -> u32 {
        if let Some(number) = self.by_set.get(set.as_slice()) {
            return *number;
        }
        let number = self.sets.len() as u32;
        self.sets.push(set.clone().into());
        self.by_set.insert(set.into(), number);
        number
    }

    /// The fields of the second set that the first one lacks, and the number of both together.
    fn join(&mut self, one: u32, other: u32) -> (Vec<u32>, u32) {
        let have = &self.sets[one as usize];
        let new: Vec<u32> =
            self.sets[other as usize].iter().copied().filter(|field| have.binary_search(field).is_err()).collect();
        if new.is_empty() {
            return (new, one);
        }
        let mut both: Vec<u32> = have.iter().copied().chain(new.iter().copied()).collect();
        both.sort_unstable();
        (new, self.number(both))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const WIDTH: i64 = 100;

    fn expected(limit: usize, lines: &[&str]) -> Expected {
        let mut expected = Expected::new(WIDTH, limit);
        for line in lines {
            let line = RawLine::parse(line.as_bytes()).unwrap();
            expected.take(0, &line, line.timestamp().unwrap()).unwrap();
        }
        expected
    }

    fn exact(count: u64) -> Between {
        Between { low: count, high: count }
    }

    #[test]
    fn points_are_counted_by_field_and_stretch() {
        let it = expected(1 << 20, &["m,t=a v=1,w=1 5", "m,t=b v=1 5", "m,t=a v=1 105", "n v=1 5"]);
        assert_eq!(it.measurements().iter().map(|m| &*m.name).collect::<Vec<_>>(), ["m", "n"]);
        let stretches: Vec<Stretch> = it.stretches(0).collect();
        assert_eq!(stretches.len(), 2);
        assert_eq!((stretches[0].points, &stretches[0].fields[..]), (exact(2), &[exact(2), exact(1)][..]));
        assert_eq!((stretches[1].points, &stretches[1].fields[..]), (exact(1), &[exact(1), exact(0)][..]));
        assert_eq!(stretches[1].start - stretches[0].start, WIDTH);
        assert_eq!((it.points(), it.duplicates), (exact(4), 0));
    }

    #[test]
    fn lines_of_one_series_and_time_are_one_point_with_the_fields_of_all() {
        let it = expected(1 << 20, &["m,a=1,b=2 v=1 5", "m,b=2,a=1 w=1 5", "m,a=1,b=2 v=2,w=2 5", "m,a=1 v=1 5"]);
        let stretch = it.stretches(0).next().unwrap();
        assert_eq!((stretch.points, &stretch.fields[..]), (exact(2), &[exact(2), exact(1)][..]));
        assert_eq!(it.duplicates, 2);
    }

    #[test]
    fn an_input_in_the_order_of_time_is_counted_exactly_in_little_memory() {
        let mut it = Expected::new(WIDTH, 10_000);
        for time in 0..20_000 {
            for value in 0..2 {
                let line = format!("m v={value} {time}");
                it.take(0, &RawLine::parse(line.as_bytes()).unwrap(), time).unwrap();
            }
            assert!(it.spent <= 10_000, "{}", it.spent);
        }
        assert_eq!((it.points(), it.duplicates), (exact(20_000), 20_000));
    }

    #[test]
    fn what_comes_back_to_a_forgotten_stretch_is_between_bounds() {
        let mut it = Expected::new(WIDTH, 10_000);
        let mut take = |time: i64| it.take(0, &RawLine::parse(b"m v=1").unwrap(), time).unwrap();
        (0..20_000).for_each(&mut take);
        // One that was there, and one that was not: who knows.
        take(0);
        take(-1);
        take(0);
        let points = it.points();
        assert_eq!(points, Between { low: 20_001, high: 20_003 });
        let first = it.stretches(0).find(|stretch| stretch.points.low < stretch.points.high).unwrap();
        assert_eq!(first.fields[0].high - first.fields[0].low, 2);
    }
}
