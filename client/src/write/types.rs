//! Cutting lines so that no request gives a field two types.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::piece::Lines;
use crate::{Batch, FieldType, RawLine};

type Text<'b> = Cow<'b, [u8]>;

/// The types that the lines of one request give to fields, by measurement and key.
#[derive(Default)]
struct Types<'b> {
    first: HashMap<(Text<'b>, Text<'b>), FieldType>,
    lines: Vec<usize>,
}

impl<'b> Types<'b> {
    fn takes(&self, line: &RawLine<'b>) -> bool {
        let measurement = line.measurement();
        line.fields().all(|field| {
            let known = self.first.get(&(measurement.clone(), field.key));
            known.is_none_or(|known| *known == field.field_type)
        })
    }

    fn add(&mut self, index: usize, line: &RawLine<'b>) {
        let measurement = line.measurement();
        for field in line.fields() {
            self.first.entry((measurement.clone(), field.key)).or_insert(field.field_type);
        }
        self.lines.push(index);
    }
}

/// A point's place: its measurement, its tags in order, its time.
type Point<'b> = (Text<'b>, Vec<(Text<'b>, Text<'b>)>, i64);

/// The place of a line's point; none where the server gives the time, since such points never meet.
fn point<'b>(line: &RawLine<'b>) -> Option<Point<'b>> {
    let mut tags: Vec<_> = line.tags().collect();
    tags.sort_unstable();
    Some((line.measurement(), tags, line.timestamp()?))
}

/// The lines apart, so that within a piece each field of a measurement has one type; mostly one piece.
///
/// Of two values for one series, field and time the later one counts. So a line behind one that was put off is put off as
/// well where both are of one point.
pub(super) fn by_type(batch: &Batch, lines: Lines) -> Vec<Lines> {
    let mut pieces = vec![Types::default()];
    let mut put_off: HashMap<Point<'_>, usize> = HashMap::new();
    for index in lines.iter() {
        // What is no line gives no field a type.
        let Ok(line) = RawLine::parse(batch.line(index)) else {
            pieces[0].lines.push(index);
            continue;
        };
        let earliest = match pieces.len() {
            1 => 0,
            _ => point(&line).and_then(|point| put_off.get(&point).copied()).unwrap_or(0),
        };
        let place = (earliest..pieces.len()).find(|at| pieces[*at].takes(&line)).unwrap_or(pieces.len());
        if place == pieces.len() {
            pieces.push(Types::default());
        }
        if place > 0 {
            put_off.extend(point(&line).map(|point| (point, place)));
        }
        pieces[place].add(index, &line);
    }
    if pieces.len() == 1 {
        return vec![lines];
    }
    pieces.into_iter().filter(|piece| !piece.lines.is_empty()).map(|piece| Lines::Some(piece.lines)).collect()
}

/// Lines that are sent before the suspects among them, and those that are sent after that: the suspects, and whatever stands
/// behind one and may be of the same point, since of two values for one series, field and time the later one counts.
pub(super) fn apart(batch: &Batch, lines: Vec<usize>, suspects: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let mut later: HashSet<Point<'_>> = HashSet::new();
    let mut begun = false;
    lines.into_iter().partition(|line| {
        let suspect = suspects.binary_search(line).is_ok();
        begun |= suspect;
        if !begun {
            return true;
        }
        // What is no line to this parser cannot be told from a suspect.
        let Some(point) = RawLine::parse(batch.line(*line)).ok().and_then(|line| point(&line)) else {
            return false;
        };
        let held_back = suspect || later.contains(&point);
        if held_back {
            later.insert(point);
        }
        !held_back
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn batch<L: AsRef<[u8]>>(lines: &[L]) -> Batch {
        let mut batch = Batch::default();
        batch.check_field_types(false);
        for line in lines {
            batch.push_unchecked_line(line.as_ref()).unwrap();
        }
        batch
    }

    fn cut<L: AsRef<[u8]>>(lines: &[L]) -> Vec<Vec<usize>> {
        let batch = batch(lines);
        by_type(&batch, Lines::Range(0..batch.points())).iter().map(|piece| piece.iter().collect()).collect()
    }

    #[test]
    fn a_second_type_gets_a_request_of_its_own() {
        assert_eq!(cut(&["m f=1 1", "m g=1i 2", "n f=1i 3"]), [vec![0, 1, 2]]);
        assert_eq!(cut(&["m f=1 1", "m f=1i 2", "m f=2 3", "m f=2i 4"]), [vec![0, 2], vec![1, 3]]);
        assert_eq!(cut(&["m f=1 1", "m f=1i 1", "m f=t 1", "m f=2i 1"]), [vec![0], vec![1], vec![2], vec![3]]);
        assert_eq!(cut(&["junk", "m f=1 1", "m f=1i 2"]), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn values_of_one_point_keep_their_order() {
        let lines = ["m,a=1,b=2 f=1 1", "m,a=1,b=2 f=1i,g=1 1", "m,b=2,a=1 g=2 1", "m,a=1 g=3 1"];
        assert_eq!(cut(&lines), [vec![0, 3], vec![1, 2]]);
    }

    #[test]
    fn a_part_of_a_batch_can_be_cut() {
        let batch = batch(&["m f=1 1", "m f=1i 2", "m f=2i 3"]);
        assert_eq!(by_type(&batch, Lines::Range(1..3)), [Lines::Range(1..3)]);
        assert_eq!(by_type(&batch, Lines::Some(vec![0, 2])), [Lines::Some(vec![0]), Lines::Some(vec![2])]);
    }

    #[test]
    fn what_stands_behind_a_suspect_of_the_same_point_waits_for_it() {
        let lines = ["m,h=1 f=1 1", "m,h=1 f=\"s\",g=1 1", "m,h=1 g=2 1", "m,h=1 g=3 2", "m,h=2 g=4 1", "junk"];
        let batch = batch(&lines);
        assert_eq!(apart(&batch, (0..6).collect(), &[1]), (vec![0, 3, 4], vec![1, 2, 5]));
        assert_eq!(apart(&batch, vec![0, 2, 3], &[]), (vec![0, 2, 3], vec![]));
    }

    fn line() -> impl Strategy<Value = String> {
        let field = (0..1, prop::sample::select(vec!["1", "1i", "t", "\"s\""]));
        let fields = prop::collection::btree_map(0..3, field, 1..3);
        (0..2, fields, 0..3).prop_map(|(measurement, fields, time)| {
            let fields: Vec<String> = fields.into_iter().map(|(key, (_, value))| format!("f{key}={value}")).collect();
            format!("m{measurement} {} {time}", fields.join(","))
        })
    }

    proptest! {
        /// Every line is in one piece; no piece has two types for a field; no point's lines change their order.
        #[test]
        fn pieces_are_of_one_type_and_in_order(lines in prop::collection::vec(line(), 1..40)) {
            let pieces = cut(&lines);
            let mut place = vec![None; lines.len()];
            for (at, piece) in pieces.iter().enumerate() {
                prop_assert!(piece.is_sorted());
                let mut types = HashMap::new();
                for index in piece {
                    prop_assert_eq!(place[*index].replace(at), None);
                    let line = RawLine::parse(lines[*index].as_bytes()).unwrap();
                    for field in line.fields() {
                        let key = (line.measurement(), field.key);
                        prop_assert_eq!(*types.entry(key).or_insert(field.field_type), field.field_type);
                    }
                }
            }
            let point = |index: usize| point(&RawLine::parse(lines[index].as_bytes()).unwrap());
            for (later, at) in place.iter().enumerate() {
                prop_assert!(at.is_some());
                for earlier in (0..later).filter(|earlier| point(*earlier) == point(later)) {
                    prop_assert!(place[earlier] <= *at, "{} before {}", lines[earlier], lines[later]);
                }
            }
        }
    }
}
