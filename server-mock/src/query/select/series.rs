//! Points of series as rows, put together from what the shards sent.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::SourceRows;
use crate::query::ast::{FieldKind, VarRef};
use crate::query::value::{Kind, Value};
use crate::scan::{self, SeriesBlock, Values};

/// The fields and tags that a name can mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Schema {
    pub(super) fields: BTreeMap<String, Kind>,
    pub(super) tags: BTreeSet<String>,
    /// Columns of a sub-query of which nothing is known.
    pub(super) unknown: BTreeSet<String>,
    /// Columns that a sub-query adds by itself: known by name, but no part of `*`.
    pub(super) hidden: BTreeMap<String, Kind>,
}

impl Schema {
    pub(super) fn add_field(&mut self, name: &str, kind: Kind) {
        let known = self.fields.entry(name.to_owned()).or_insert(kind);
        *known = kind.min(*known);
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (name, kind) in &other.fields {
            self.add_field(name, *kind);
        }
        self.tags.extend(other.tags.iter().cloned());
        self.unknown.extend(other.unknown.iter().cloned());
        self.hidden.extend(other.hidden.iter().map(|(name, kind)| (name.clone(), *kind)));
    }
}

/// Keys and values, sorted by key.
pub(super) type Tags = Vec<(String, String)>;

/// Rows of one series, earliest first.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) name: Arc<str>,
    pub(super) tags: Tags,
    pub(super) times: Vec<i64>,
    pub(super) columns: Vec<Column>,
    /// What names mean for this measurement.
    pub(super) schema: Arc<Schema>,
    /// Made by a sub-query: every row counts, even one of nothing.
    pub(super) computed: bool,
}

/// The values of one field, as many as there are times.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) values: Vec<Value>,
}

impl Series {
    /// The tag's value; empty for a tag that is not there, as in groups and conditions.
    pub(super) fn tag(&self, key: &str) -> &str {
        self.tags.iter().find(|(known, _)| known == key).map_or("", |(_, value)| value)
    }

    /// The value of a name in a row. `absent_tag` is what a tag that is not there has.
    pub(super) fn value(&self, row: usize, var: &VarRef, absent_tag: &Value) -> Value {
        match self.locate(var) {
            Place::Nowhere => Value::Null,
            place @ Place::Column(..) => self.at(&place, row),
            Place::Tag(Value::Null) => absent_tag.clone(),
            Place::Tag(value) => value,
        }
    }

    /// The value at a place in a row.
    pub(super) fn at(&self, place: &Place, row: usize) -> Value {
        match place {
            Place::Nowhere => Value::Null,
            Place::Tag(value) => value.clone(),
            Place::Column(column, None) => self.columns[*column].values[row].clone(),
            Place::Column(column, Some(kind)) => self.columns[*column].values[row].cast(*kind),
        }
    }

    /// Where the values of a name are.
    pub(super) fn locate(&self, var: &VarRef) -> Place {
        let column = self.columns.iter().position(|column| column.name == var.name);
        let tag = || {
            let tag = self.tags.iter().find(|(key, _)| *key == var.name);
            Place::Tag(tag.map_or(Value::Null, |(_, value)| Value::from(value.as_str())))
        };
        match (var.kind, column) {
            // A sub-query may have selected a tag.
            (Some(FieldKind::Tag), Some(column)) if self.computed => Place::Column(column, None),
            (Some(FieldKind::Tag), _) => tag(),
            (kind, Some(column)) => Place::Column(column, kind.and_then(field_kind)),
            (Some(_), None) => Place::Nowhere,
            (None, None) if self.schema.fields.contains_key(&var.name) => Place::Nowhere,
            (None, None) => tag(),
        }
    }
}

/// Where the values of a name are in a series.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In a column, to be taken as this type.
    Column(usize, Option<Kind>),
    /// The same for all rows; nothing for a tag that is not there.
    Tag(Value),
    /// A field without values.
    Nowhere,
}

impl Place {
    /// The same place, its values as each shard has them if they are shown as stored.
    pub(super) fn shown(self, as_stored: bool) -> Self {
        match self {
            Self::Column(column, _) if as_stored => Self::Column(column, None),
            other => other,
        }
    }
}

/// The type that `name::kind` asks for; `None` where any will do.
pub(super) fn field_kind(kind: FieldKind) -> Option<Kind> {
    match kind {
        FieldKind::Float => Some(Kind::Float),
        FieldKind::Integer => Some(Kind::Integer),
        FieldKind::Unsigned => Some(Kind::Unsigned),
        FieldKind::String => Some(Kind::String),
        FieldKind::Boolean => Some(Kind::Boolean),
        FieldKind::Tag => Some(Kind::Tag),
        FieldKind::AnyField => None,
    }
}

/// The series of one source, in the order of their measurements and tags.
pub(super) fn assemble(rows: &SourceRows) -> (Schema, Vec<Series>) {
    let schemas = schemas(rows);
    let mut pieces: BTreeMap<(&str, &Tags), Vec<&SeriesBlock>> = BTreeMap::new();
    for block in &rows.blocks {
        pieces.entry((&block.measurement, &block.tags)).or_default().push(block);
    }
    let series = pieces.into_iter().map(|((measurement, tags), blocks)| {
        let schema = Arc::clone(&schemas[measurement]);
        let columns = join_columns(&blocks, &schema);
        align(Arc::from(measurement), tags.to_vec(), columns, schema)
    });
    let series = series.collect();
    let mut all = Schema::default();
    for schema in schemas.values() {
        all.add(schema);
    }
    (all, series)
}

fn schemas(rows: &SourceRows) -> HashMap<String, Arc<Schema>> {
    let mut schemas: HashMap<String, Schema> = HashMap::new();
    for index in &rows.indexes {
        for (measurement, field, kind) in &index.fields {
            schemas.entry(measurement.clone()).or_default().add_field(field, Kind::from(*kind));
        }
        for (measurement, tags) in &index.series {
            let schema = schemas.entry(measurement.clone()).or_default();
            for (key, _) in tags {
                if !schema.tags.contains(key) {
                    schema.tags.insert(key.clone());
                }
            }
        }
    }
    for block in &rows.blocks {
        let schema = schemas.entry(block.measurement.clone()).or_default();
        for column in &block.columns {
            schema.add_field(&column.field, values_kind(&column.values));
        }
        for (key, _) in &block.tags {
            if !schema.tags.contains(key) {
                schema.tags.insert(key.clone());
            }
        }
    }
    schemas.into_iter().map(|(name, schema)| (name, Arc::new(schema))).collect()
}

fn values_kind(values: &Values) -> Kind {
    match values {
        Values::Float(_) => Kind::Float,
        Values::Integer(_) => Kind::Integer,
        Values::Boolean(_) => Kind::Boolean,
        Values::String(_) => Kind::String,
    }
}

/// One field's points, earliest first, each time once.
struct Joined<'a> {
    name: &'a str,
    times: Vec<i64>,
    values: Vec<Value>,
}

/// Joins what several shards hold of each field.
///
/// A field may have another type in another shard. Values stay what they are: which of them a statement shows depends on the
/// type that it asks for, and that is the measurement's unless it names one ([`Series::at`]).
fn join_columns<'a>(blocks: &[&'a SeriesBlock], schema: &Schema) -> Vec<Joined<'a>> {
    let mut fields: BTreeMap<&str, Vec<&scan::Column>> = BTreeMap::new();
    for block in blocks {
        for column in &block.columns {
            fields.entry(&column.field).or_default().push(column);
        }
    }
    let joined = fields.into_iter().map(|(name, mut columns)| {
        columns.sort_by_key(|column| column.times.first().copied());
        let kind = schema.fields[name];
        let mut points: Vec<(i64, Value)> = Vec::with_capacity(columns.iter().map(|column| column.times.len()).sum());
        let mut ordered = true;
        for column in columns {
            ordered &= points.last().zip(column.times.first()).is_none_or(|(last, first)| last.0 < *first);
            points.extend(column.times.iter().copied().zip(values_of(&column.values)));
        }
        if !ordered {
            // Shard groups overlap after a change of their duration; each point is in one of them, but a copy may
            // linger: the first of the measurement's type stays.
            points.sort_by_key(|(time, value)| (*time, value.cast(kind).is_null()));
            points.dedup_by_key(|(time, _)| *time);
        }
        let (times, values) = points.into_iter().unzip();
        Joined { name, times, values }
    });
    joined.collect()
}

fn values_of(values: &Values) -> Box<dyn Iterator<Item = Value> + '_> {
    match values {
        Values::Float(values) => Box::new(values.iter().map(|value| Value::Float(*value))),
        Values::Integer(values) => Box::new(values.iter().map(|value| Value::Integer(*value))),
        Values::Boolean(values) => Box::new(values.iter().map(|value| Value::Boolean(*value))),
        Values::String(values) => Box::new(values.iter().map(|value| Value::from(value.as_str()))),
    }
}

/// Makes rows of columns that have times of their own.
fn align(name: Arc<str>, tags: Tags, joined: Vec<Joined<'_>>, schema: Arc<Schema>) -> Series {
    let same = joined.windows(2).all(|pair| pair[0].times == pair[1].times);
    let times = if same {
        joined.first().map(|column| column.times.clone()).unwrap_or_default()
    } else {
        let mut times: Vec<i64> = joined.iter().flat_map(|column| &column.times).copied().collect();
        times.sort_unstable();
        times.dedup();
        times
    };
    let columns = joined.into_iter().map(|column| {
        if column.times.len() == times.len() {
            return Column { name: column.name.to_owned(), values: column.values };
        }
        let mut points = column.times.into_iter().zip(column.values).peekable();
        let cells =
            times.iter().map(|time| points.next_if(|(at, _)| at == time).map_or(Value::Null, |(_, value)| value));
        Column { name: column.name.to_owned(), values: cells.collect() }
    });
    let columns = columns.collect();
    Series { name, tags, times, columns, schema, computed: false }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn block(times: Vec<i64>, values: Values) -> SeriesBlock {
        let columns = vec![scan::Column { field: "v".to_owned(), times, values }];
        SeriesBlock { measurement: "m".to_owned(), tags: vec![("t".to_owned(), "x".to_owned())], columns }
    }

    #[test]
    fn shards_of_one_series_are_joined_by_time_and_type() {
        let rows = SourceRows {
            blocks: vec![
                block(vec![10, 20], Values::Float(vec![1.5, 2.5])),
                block(vec![1, 2], Values::Integer(vec![7, 8])),
                block(vec![5], Values::String(vec!["text".to_owned()])),
            ],
            indexes: Vec::new(),
        };
        let (schema, series) = assemble(&rows);
        assert_eq!(schema.fields["v"], Kind::Float);
        let [one] = series.as_slice() else { panic!("one series") };
        assert_eq!(one.times, [1, 2, 5, 10, 20]);
        let shown = |kind| {
            let var = VarRef { name: "v".to_owned(), kind };
            (0..one.times.len()).map(|row| one.value(row, &var, &Value::Null)).collect::<Vec<_>>()
        };
        let floats = |text| [Value::Float(7.0), Value::Float(8.0), text, Value::Float(1.5), Value::Float(2.5)];
        assert_eq!(shown(Some(FieldKind::Float)), floats(Value::Null));
        let text = Value::from("text");
        assert_eq!(shown(Some(FieldKind::String)), [Value::Null, Value::Null, text, Value::Null, Value::Null]);
        assert_eq!(one.tag("t"), "x");
    }
}
