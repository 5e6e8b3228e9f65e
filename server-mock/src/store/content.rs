//! What one shard holds, in memory.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::column::{Column, TypeMismatch};
use super::columns::SeriesColumns;
use super::record::{Change, Columns, Record, SavedColumn};
use super::schema::{NewField, Schema};
use super::{StoreError, digest};
use crate::core::anti_entropy::{Digests, Span};
use crate::line::{RawFields, lossy, measurement_of, split_key, write_field};
use crate::scan::{self, FieldType, Measurements, Scan, SeriesBlock, ShardIndex};
use crate::{Point, Points};

/// The columns and field types of one shard. Changes only through [`apply`](Self::apply) and its like, so that
/// the same records always make the same content.
#[derive(Debug, Default)]
pub(super) struct Content {
    schema: Schema,
    /// Where the series of a key (as in line protocol) is in `series`.
    positions: HashMap<Box<[u8]>, usize>,
    series: Vec<Series>,
    points: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Series {
    /// As in line protocol.
    key: Box<[u8]>,
    measurement: String,
    /// Unescaped, in the order of the key.
    tags: Vec<(String, String)>,
    columns: SeriesColumns,
}

/// How much a shard holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShardStats {
    /// The database that the shard belongs to.
    pub database: String,
    /// Its retention policy.
    pub retention_policy: String,
    /// Series with at least one value.
    pub series: u64,
    /// Points accepted since the shard was made, each time they were written.
    pub points: u64,
    /// Values kept.
    pub values: u64,
    /// Bytes of the values with their times.
    pub bytes: u64,
}

impl Content {
    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Bytes of the values.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.series.iter().map(|series| &*series.key)
    }

    /// Does what a record of the journal says.
    pub(super) fn replay(&mut self, record: Record) -> Result<(), StoreError> {
        match record {
            Record::Points(points) => self.apply(&points),
            Record::Columns(columns) => self.restore(columns),
            Record::Change(change) => {
                self.change(change);
                Ok(())
            }
        }
    }

    /// Stores points, which must have been admitted.
    pub(super) fn apply(&mut self, points: &Points) -> Result<(), StoreError> {
        for point in points.iter() {
            self.apply_point(point).map_err(|TypeMismatch| {
                let series = lossy(point.key);
                StoreError::Damaged(format!("a point of series {series} has a field of another type than before"))
            })?;
        }
        Ok(())
    }

    /// Takes back values that were saved.
    fn restore(&mut self, saved: Columns) -> Result<(), StoreError> {
        self.points += saved.points;
        for column in saved.columns {
            let SavedColumn { key, field, times, values } = column;
            if times.len() != values.len() {
                return Err(StoreError::Damaged("a column has not as many values as times".to_owned()));
            }
            let mismatch = |_: TypeMismatch| {
                StoreError::Damaged(format!("a column of series {} has another type than before", lossy(&key)))
            };
            let series = self.series_of(&key);
            let column = series.columns.of(&field, 0, || Column::new(values.field_type()));
            let mut grown = 0;
            for (position, time) in times.into_iter().enumerate() {
                grown += column.insert(time, values.at(position)).map_err(mismatch)?;
            }
            self.bytes = self.bytes.saturating_add_signed(grown);
            let measurement = measurement_of(&key).into();
            self.schema.define(NewField { measurement, field, field_type: values.field_type() });
        }
        Ok(())
    }

    /// Field types first, then all values, in pieces of about so many bytes: what [`restore`](Self::restore) and
    /// [`change`](Self::change) make the same content of.
    pub(super) fn save(&self, piece: usize) -> (Vec<NewField>, Vec<Columns>) {
        let define = |(measurement, field, field_type): (&[u8], &[u8], FieldType)| NewField {
            measurement: measurement.into(),
            field: field.into(),
            field_type,
        };
        let mut pieces = vec![Columns { points: self.points, columns: Vec::new() }];
        let mut room = piece;
        for (key, field, column) in self.columns() {
            let (times, values) = column.range(i64::MIN, i64::MAX);
            let size = key.len() + field.len() + usize::try_from(column.size()).unwrap_or(usize::MAX);
            if room < size && room < piece {
                pieces.push(Columns::default());
                room = piece;
            }
            room = room.saturating_sub(size);
            let saved = SavedColumn { key: key.into(), field: field.into(), times, values };
            pieces.last_mut().expect("there is one from the beginning").columns.push(saved);
        }
        (self.schema.iter().map(define).collect(), pieces)
    }

    fn series_of(&mut self, key: &[u8]) -> &mut Series {
        let position = match self.positions.get(key) {
            Some(position) => *position,
            None => {
                self.positions.insert(key.into(), self.series.len());
                self.series.push(Series::of(key));
                self.series.len() - 1
            }
        };
        &mut self.series[position]
    }

    fn apply_point(&mut self, point: Point<'_>) -> Result<(), TypeMismatch> {
        self.points += 1;
        let position = match self.positions.get(point.key) {
            Some(position) => *position,
            None => {
                self.positions.insert(point.key.into(), self.series.len());
                self.series.push(Series::of(point.key));
                self.series.len() - 1
            }
        };
        let series = &mut self.series[position];
        for (position, field) in RawFields::new(point.fields).filter_map(Result::ok).enumerate() {
            let Some(value) = field.read() else { continue };
            let name = field.unescaped_name();
            // Points of a series tend to name their fields in one order.
            let column = series.columns.of(&name, position, || {
                let field_type = value.field_type();
                let measurement = measurement_of(point.key);
                let new = NewField { measurement: (*measurement).into(), field: (*name).into(), field_type };
                self.schema.define(new);
                Column::new(field_type)
            });
            let grown = column.insert(point.time, value)?;
            self.bytes = self.bytes.saturating_add_signed(grown);
        }
        Ok(())
    }

    /// Does a change that brings no points.
    pub(super) fn change(&mut self, change: Change) {
        match change {
            Change::Define(fields) => fields.into_iter().for_each(|field| self.schema.define(field)),
            Change::DropMeasurement(measurement) => {
                self.schema.forget(&measurement);
                self.series.retain(|series| series.measurement != measurement);
                self.recount();
            }
            Change::Delete { keys, min, max } => {
                for key in keys {
                    if let Some(position) = self.positions.get(&key) {
                        self.series[*position].columns.delete(min, max);
                    }
                }
                self.series.retain(|series| !series.columns.is_empty());
                self.recount();
            }
        }
    }

    /// Sets right what hangs on the list of series after some were taken out.
    fn recount(&mut self) {
        self.positions.clear();
        self.positions.extend(self.series.iter().enumerate().map(|(position, series)| (series.key.clone(), position)));
        self.bytes = self.columns().map(|(_, _, column)| column.size()).sum();
    }

    /// The keys of the series that a selection picks by measurement and tags (unescaped).
    pub(super) fn select(&self, selection: impl Fn(&str, &[(String, String)]) -> bool) -> Vec<Box<[u8]>> {
        let picked = self.series.iter().filter(|series| selection(&series.measurement, &series.tags));
        let mut keys: Vec<_> = picked.map(|series| series.key.clone()).collect();
        keys.sort_unstable();
        keys
    }

    /// Whether the measurement has a series or a field type.
    pub(super) fn knows(&self, measurement: &str) -> bool {
        self.schema.iter().any(|(known, ..)| lossy(known) == measurement)
            || self.series.iter().any(|series| series.measurement == measurement)
    }

    /// What a query asks for, sorted by measurement and tags.
    pub(super) fn scan(&self, scan: &Scan) -> Result<Vec<SeriesBlock>, StoreError> {
        let pattern = match &scan.measurements {
            Measurements::Matching(pattern) => {
                Some(regex::Regex::new(pattern).map_err(|error| StoreError::BadPattern(error.to_string()))?)
            }
            Measurements::All | Measurements::Named(_) => None,
        };
        let wanted = |measurement: &str| match &scan.measurements {
            Measurements::All => true,
            Measurements::Named(name) => measurement == name,
            Measurements::Matching(_) => pattern.as_ref().is_some_and(|pattern| pattern.is_match(measurement)),
        };
        let fields = scan.fields.as_ref().map(|fields| fields.iter().map(String::as_str).collect());
        let mut blocks: Vec<_> = self
            .series
            .iter()
            .filter(|series| wanted(&series.measurement))
            .filter_map(|series| series.block(scan, fields.as_ref()))
            .collect();
        blocks.sort_by(|left, right| (&left.measurement, &left.tags).cmp(&(&right.measurement, &right.tags)));
        Ok(blocks)
    }

    /// Series and field types.
    pub(super) fn index(&self) -> ShardIndex {
        let mut series: Vec<_> =
            self.series.iter().map(|series| (series.measurement.clone(), series.tags.clone())).collect();
        series.sort_unstable();
        let text = |(measurement, field, field_type): (&[u8], &[u8], FieldType)| {
            (lossy(measurement).into_owned(), lossy(field).into_owned(), field_type)
        };
        let mut fields: Vec<_> = self.schema.iter().map(text).collect();
        fields.sort_unstable();
        ShardIndex { series, fields }
    }

    pub(super) fn stats(&self) -> ShardStats {
        ShardStats {
            series: self.series.len() as u64,
            points: self.points,
            values: self.columns().map(|(_, _, column)| column.len() as u64).sum(),
            bytes: self.bytes,
            ..ShardStats::default()
        }
    }

    /// One number for all values.
    pub(super) fn digest(&self) -> u64 {
        self.columns().fold(digest::EMPTY, |sum, (key, field, column)| {
            let (times, values) = column.range(i64::MIN, i64::MAX);
            digest::each(digest::seed(key, field), &times, &values).fold(sum, |sum, (_, one)| sum.wrapping_add(one))
        })
    }

    /// One number for the values of each block of time that has any within the spans: start of the block, digest, in
    /// order.
    pub(super) fn digests(&self, block: i64, spans: &[Span]) -> Digests {
        let mut blocks: BTreeMap<i64, u64> = BTreeMap::new();
        for (key, field, column) in self.columns() {
            let seed = digest::seed(key, field);
            for span in spans {
                let (times, values) = column.range(span.min, span.max);
                for (time, one) in digest::each(seed, &times, &values) {
                    // Blocks at the lower end of time may start before what can be told.
                    let start = time.saturating_sub(time.rem_euclid(block));
                    let sum = blocks.entry(start).or_insert(digest::EMPTY);
                    *sum = sum.wrapping_add(one);
                }
            }
        }
        blocks.into_iter().collect()
    }

    /// The values of a span of time as points of one field each.
    pub(super) fn points(&self, span: Span) -> Points {
        let mut points = Points::new();
        let mut fields = Vec::new();
        for (key, field, column) in self.columns() {
            let (times, values) = column.range(span.min, span.max);
            for (position, time) in times.into_iter().enumerate() {
                fields.clear();
                write_field(&mut fields, field, &values.at(position));
                points.push(Point { key, fields: &fields, time });
            }
        }
        points
    }

    fn columns(&self) -> impl Iterator<Item = (&[u8], &[u8], &Column)> {
        self.series.iter().flat_map(|series| series.columns.iter().map(|(field, column)| (&*series.key, field, column)))
    }
}

impl Series {
    fn of(key: &[u8]) -> Self {
        let (measurement, tags) = split_key(key);
        Self {
            key: key.into(),
            measurement: measurement.into_owned(),
            tags: tags.map(|(key, value)| (key.into_owned(), value.into_owned())).collect(),
            columns: SeriesColumns::default(),
        }
    }

    fn block(&self, scan: &Scan, fields: Option<&HashSet<&str>>) -> Option<SeriesBlock> {
        let mut columns: Vec<_> = self
            .columns
            .iter()
            .filter_map(|(name, column)| {
                let field = lossy(name);
                if fields.is_some_and(|wanted| !wanted.contains(&*field)) {
                    return None;
                }
                let (times, values) = column.range(scan.min_time, scan.max_time);
                (!times.is_empty()).then(|| scan::Column { field: field.into_owned(), times, values })
            })
            .collect();
        columns.sort_by(|left, right| left.field.cmp(&right.field));
        (!columns.is_empty()).then(|| SeriesBlock {
            measurement: self.measurement.clone(),
            tags: self.tags.clone(),
            columns,
        })
    }
}
