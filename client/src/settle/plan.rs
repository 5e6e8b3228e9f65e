//! Which statements read some points back. Pure.

use std::collections::{BTreeMap, HashMap};

use super::compare::{Cells, twin};
use super::rfc3339;
use super::wanted::{Wanted, WantedField};
use crate::query::{ident, literal};
use crate::{FieldType, QueryResponse};

/// Points that one statement is for, at most.
const POINTS: usize = 1000;
/// Fields that one statement names, at most.
const FIELDS: usize = 64;

/// One statement: the points of one measurement within a stretch of time, and some of their fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    /// Places in the list of points, by ascending time.
    pub(super) points: Vec<usize>,
    fields: Vec<(String, FieldType)>,
}

/// Values by the place of the point.
pub(super) type Found = HashMap<usize, Cells>;

/// Plans the statements that read points back. `casts` says whether the server knows types in them.
pub(super) fn plan(points: &[&Wanted], casts: bool) -> Vec<Read> {
    let mut by_measurement: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, point) in points.iter().enumerate() {
        by_measurement.entry(&point.measurement).or_default().push(place);
    }
    let mut reads = Vec::new();
    for mut places in by_measurement.into_values() {
        places.sort_by_key(|place| points[*place].time);
        for window in places.chunks(POINTS) {
            for fields in columns(points, window, casts) {
                reads.push(Read { points: window.to_vec(), fields });
            }
        }
    }
    reads
}

/// The fields of some points in sets of which none has a key twice: a key that stands there with two types is read with
/// each of them.
fn columns(points: &[&Wanted], window: &[usize], casts: bool) -> Vec<Vec<(String, FieldType)>> {
    let mut sets: Vec<BTreeMap<&str, FieldType>> = Vec::new();
    for field in window.iter().flat_map(|place| &points[*place].fields) {
        for of in asked_as(field, casts) {
            if sets.iter().any(|set| set.get(field.key.as_str()) == Some(&of)) {
                continue;
            }
            match sets.iter_mut().find(|set| set.len() < FIELDS && !set.contains_key(field.key.as_str())) {
                Some(set) => {
                    set.insert(&field.key, of);
                }
                None => sets.push([(field.key.as_str(), of)].into()),
            }
        }
    }
    sets.into_iter().map(|set| set.into_iter().map(|(key, of)| (key.to_owned(), of)).collect()).collect()
}

/// The types that a field is asked for as.
fn asked_as(field: &WantedField, casts: bool) -> impl Iterator<Item = FieldType> {
    let values = [Some(&field.value), field.replaced.as_ref()];
    let twins = values.map(|value| value.and_then(twin).filter(|of| casts && *of != field.field_type));
    let second = twins[0].or(twins[1]);
    [Some(field.field_type), second].into_iter().flatten()
}

impl Read {
    /// Whether it asks for a field of the point as what it is.
    pub(super) fn asks_of(&self, point: &Wanted) -> bool {
        let own = |(key, of): &(String, FieldType)| {
            point.fields.iter().any(|field| field.key == *key && field.field_type == *of)
        };
        self.fields.iter().any(own)
    }

    /// The statement. `casts` says whether the server knows types in it: with one, a shard where the field has another type
    /// cannot hide the values of the others.
    pub(super) fn statement(&self, points: &[&Wanted], retention_policy: &str, casts: bool) -> String {
        let field = |(key, of): &(String, FieldType)| {
            let of = match of {
                _ if !casts => "",
                FieldType::Float => "::float",
                FieldType::Integer => "::integer",
                FieldType::Unsigned => "::unsigned",
                FieldType::Boolean => "::boolean",
                FieldType::String => "::string",
            };
            format!("{}{of}", ident(key))
        };
        let fields: Vec<String> = self.fields.iter().map(field).collect();
        let (first, last) = (points[self.points[0]], points[self.points[self.points.len() - 1]]);
        format!(
            "SELECT {} FROM {}.{} WHERE time >= {} AND time <= {} GROUP BY *",
            fields.join(", "),
            ident(retention_policy),
            ident(&first.measurement),
            literal(&rfc3339::format(first.time)),
            literal(&rfc3339::format(last.time)),
        )
    }

    /// Two reads for half of the times each; `None` where there is but one time.
    pub(super) fn halves(&self, points: &[&Wanted]) -> Option<[Self; 2]> {
        let time = |at: usize| points[self.points[at]].time;
        let middle = time(self.points.len() / 2);
        // Points of one time stay together.
        let below = self.points.partition_point(|place| points[*place].time < middle);
        let cut = if below > 0 { below } else { self.points.partition_point(|place| points[*place].time <= middle) };
        let (one, other) = self.points.split_at(cut);
        let half = |points: &[usize]| Self { points: points.to_vec(), fields: self.fields.clone() };
        (!one.is_empty() && !other.is_empty()).then(|| [half(one), half(other)])
    }

    /// Takes the wanted values out of an answer; rows of other series and times are passed over. `Err` where a row is not
    /// one that this statement can have.
    pub(super) fn take(
        &self,
        points: &[&Wanted],
        response: &QueryResponse,
        casts: bool,
        found: &mut Found,
    ) -> Result<(), ()> {
        let mut wanted: HashMap<BTreeMap<&str, &str>, HashMap<i64, Vec<usize>>> = HashMap::new();
        for place in &self.points {
            let point = points[*place];
            let tags = point.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            wanted.entry(tags).or_default().entry(point.time).or_default().push(*place);
        }
        for series in response.series() {
            let time = series.column("time").ok_or(())?;
            // A tag that the series does not have is shown as an empty text.
            let tags = series.tags.iter().filter(|(_, value)| !value.is_empty());
            let tags: BTreeMap<&str, &str> = tags.map(|(key, value)| (key.as_str(), value.as_str())).collect();
            let Some(wanted) = wanted.get(&tags) else { continue };
            let columns: Vec<Option<usize>> = self.fields.iter().map(|(key, _)| series.column(key)).collect();
            for row in &series.values {
                let time = row[time].as_i64().ok_or(())?;
                for place in wanted.get(&time).into_iter().flatten() {
                    let cells = found.entry(*place).or_default();
                    for ((key, of), column) in self.fields.iter().zip(&columns) {
                        let Some(value) = column.map(|column| &row[column]).filter(|value| !value.is_null()) else {
                            continue;
                        };
                        // The same key may be read with another type, for another point.
                        let mut fields = points[*place].fields.iter().filter(|field| field.key == *key);
                        if fields.any(|field| asked_as(field, casts).any(|other| other == *of)) {
                            cells.entry(key.clone()).or_default().push((*of, value.clone()));
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Batch;
    use crate::settle::wanted::read;

    fn wanted(lines: &[&str]) -> Vec<Wanted> {
        let mut batch = Batch::default();
        batch.check_field_types(false);
        lines.iter().for_each(|line| batch.push_line(line.as_bytes()).unwrap());
        read(&batch).into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn statements_name_series_fields_and_times_exactly() {
        let points = wanted(&["m\\ 1,h=a f=1,g=\"x\" 2", "m\\ 1 f=2 1", "n b=t 5"]);
        let points: Vec<&Wanted> = points.iter().collect();
        let reads = plan(&points, true);
        let statements: Vec<String> = reads.iter().map(|read| read.statement(&points, "r\"p", true)).collect();
        let times =
            "WHERE time >= '1970-01-01T00:00:00.000000001Z' AND time <= '1970-01-01T00:00:00.000000002Z' GROUP BY *";
        assert_eq!(statements[0], format!(r#"SELECT "f"::float, "g"::string FROM "r\"p"."m 1" {times}"#));
        assert!(statements[1].starts_with(r#"SELECT "b"::boolean FROM "r\"p"."n" WHERE"#));
        assert!(reads[0].statement(&points, "rp", false).starts_with(r#"SELECT "f", "g" FROM"#));
    }

    #[test]
    fn a_key_of_two_types_is_read_twice() {
        let points = wanted(&["m f=1 1", "m f=\"x\" 2"]);
        let points: Vec<&Wanted> = points.iter().collect();
        let reads = plan(&points, true);
        assert_eq!(reads.len(), 2);
        assert!(reads[1].statement(&points, "rp", true).contains("\"f\"::string"));
    }

    #[test]
    fn integers_are_read_as_floats_too() {
        let points = wanted(&["m f=1i 1"]);
        let points: Vec<&Wanted> = points.iter().collect();
        let texts: Vec<_> = plan(&points, true).iter().map(|read| read.statement(&points, "rp", true)).collect();
        assert!(texts.len() == 2 && texts[0].contains("::integer") && texts[1].contains("::float"), "{texts:?}");
        assert_eq!(plan(&points, false).len(), 1);
    }

    #[test]
    fn many_points_and_fields_are_cut_and_halved() {
        let lines: Vec<String> = (0..2500).map(|n| format!("m f{}=1 {}", n % 100, n / 2)).collect();
        let points = wanted(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let points: Vec<&Wanted> = points.iter().collect();
        let reads = plan(&points, true);
        assert_eq!(reads.len(), 6, "three windows, with two sets of fields each");
        let mut halves = vec![reads[0].clone()];
        let mut single = 0;
        while let Some(read) = halves.pop() {
            match read.halves(&points) {
                Some(two) => {
                    assert_eq!(two[0].points.len() + two[1].points.len(), read.points.len());
                    halves.extend(two);
                }
                None => {
                    assert!(read.points.iter().all(|p| points[*p].time == points[read.points[0]].time));
                    single += 1;
                }
            }
        }
        assert_eq!(single, 500);
    }
}
