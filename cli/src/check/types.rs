//! The measurements of an input, their fields, and the first type of each field, in bounded memory.

use std::collections::HashMap;

use influx_client::{FieldType, RawLine};

/// Where something was first seen: index of the input and line number.
pub(crate) type Seen = (usize, u64);

/// Most names that are remembered; a tidy input has hundreds.
const NAMES: usize = 100_000;
/// Most bytes of all names together.
const NAME_BYTES: usize = 16 << 20;

/// What is known of the measurements.
#[derive(Debug, Default)]
pub(crate) struct Measurements {
    /// By the number of where they belong, and by name.
    by_target: Vec<HashMap<Box<[u8]>, Measurement>>,
    names: usize,
    bytes: usize,
    /// Points of measurements that there was no room to remember.
    pub(crate) beyond: u64,
    /// Fields of points whose type could not be compared for the same reason.
    pub(crate) unchecked: u64,
}

/// What is known of one of them.
#[derive(Debug, Default)]
pub(crate) struct Measurement {
    pub(crate) points: u64,
    /// First and last time in nanoseconds, of those that have one.
    pub(crate) span: Option<(i64, i64)>,
    pub(crate) fields: HashMap<Box<[u8]>, (FieldType, Seen)>,
}

/// A field that comes with a second type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) measurement: String,
    pub(crate) field: String,
    pub(crate) have: FieldType,
    pub(crate) got: FieldType,
    /// Where the first type was seen.
    pub(crate) first: Seen,
}

impl Measurements {
    /// Takes a line in. A line with a field of another type than before is not taken, as a server would refuse it.
    pub(crate) fn take(
        &mut self,
        target: u32,
        line: &RawLine<'_>,
        time: Option<i64>,
        at: Seen,
    ) -> Result<(), Conflict> {
        let name = line.measurement();
        let target = target as usize;
        if self.by_target.len() <= target {
            self.by_target.resize_with(target + 1, HashMap::new);
        }
        let by_name = &mut self.by_target[target];
        if !by_name.contains_key(&*name) {
            if !room(&mut self.names, &mut self.bytes, name.len()) {
                self.beyond += 1;
                self.unchecked += line.fields().count() as u64;
                return Ok(());
            }
            by_name.insert(name.clone().into(), Measurement::default());
        }
        let measurement = by_name.get_mut(&*name).expect("it was there or was just put there");
        let conflict = line.fields().find_map(|field| {
            let &(have, first) = measurement.fields.get(&*field.key)?;
            (have != field.field_type).then(|| Conflict {
                measurement: String::from_utf8_lossy(&name).into_owned(),
                field: String::from_utf8_lossy(&field.key).into_owned(),
                have,
                got: field.field_type,
                first,
            })
        });
        if let Some(conflict) = conflict {
            return Err(conflict);
        }
        for field in line.fields() {
            if measurement.fields.contains_key(&*field.key) {
                continue;
            }
            if room(&mut self.names, &mut self.bytes, field.key.len()) {
                measurement.fields.insert(field.key.into(), (field.field_type, at));
            } else {
                self.unchecked += 1;
            }
        }
        measurement.points += 1;
        if let Some(time) = time {
            measurement.span =
                Some(measurement.span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
        }
        Ok(())
    }

    /// All that are remembered, those with most points first.
    pub(crate) fn list(&self) -> Vec<(u32, &[u8], &Measurement)> {
        let all = self.by_target.iter().enumerate().flat_map(|(target, by_name)| {
            by_name.iter().map(move |(name, measurement)| (target as u32, &**name, measurement))
        });
        let mut list: Vec<_> = all.filter(|(.., measurement)| measurement.points > 0).collect();
        list.sort_by_key(|(target, name, measurement)| (std::cmp::Reverse(measurement.points), *target, *name));
        list
    }
}

/// Books room for a name, if there is any.
fn room(names: &mut usize, bytes: &mut usize, length: usize) -> bool {
    let fits = *names < NAMES && *bytes + length <= NAME_BYTES;
    if fits {
        *names += 1;
        *bytes += length;
    }
    fits
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn take(measurements: &mut Measurements, text: &str, line: u64) -> Result<(), Conflict> {
        let raw = RawLine::parse(text.as_bytes()).unwrap();
        measurements.take(0, &raw, raw.timestamp(), (0, line))
    }

    #[test]
    fn a_second_type_is_refused_and_the_first_named() {
        let mut measurements = Measurements::default();
        take(&mut measurements, "m a=1,b=1i 5", 1).unwrap();
        take(&mut measurements, "other a=\"x\" 5", 2).unwrap();
        let conflict = take(&mut measurements, "m c=1,a=1i 6", 3).unwrap_err();
        assert_eq!((conflict.field.as_str(), conflict.first), ("a", (0, 1)));
        assert_eq!((conflict.have, conflict.got), (FieldType::Float, FieldType::Integer));
        take(&mut measurements, "m c=t 4", 4).unwrap();
        let list = measurements.list();
        assert_eq!((list[0].1, list[0].2.points, list[0].2.span), (&b"m"[..], 2, Some((4, 5))));
    }

    #[test]
    fn names_beyond_the_limit_are_counted_and_not_kept() {
        let mut measurements = Measurements::default();
        for n in 0..NAMES {
            take(&mut measurements, &format!("m{n} v=1 1"), 1).unwrap();
        }
        assert!(measurements.beyond > 0 && measurements.unchecked >= measurements.beyond);
        let kept: u64 = measurements.list().iter().map(|(.., it)| it.points).sum();
        assert_eq!(kept + measurements.beyond, NAMES as u64);
        assert!(measurements.list().len() <= NAMES);
    }
}
