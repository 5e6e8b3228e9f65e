//! What the shards' indexes tell.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::{OneSeries, WholeMeasurement, meets};
use super::{row, text};
use crate::Profile;
use crate::query::QueryError;
use crate::query::ast::{
    Cardinality, CardinalityOf, Dimension, Expr, Listing, Measurement, ShowMeasurements, Statement, TagKeys,
};
use crate::query::result::Row;
use crate::query::select::split_time;
use crate::query::value::Value;
use crate::scan::{FieldType, ShardIndex};

/// The rows of a statement over the indexes of its [`IndexScope`](super::IndexScope); `None` for any other statement.
///
/// # Errors
/// [`QueryError`] when the condition compares tags other than for equality.
pub fn from_index(
    statement: &Statement,
    indexes: &[ShardIndex],
    profile: Profile,
    now: i64,
) -> Option<Result<Vec<Row>, QueryError>> {
    let index = Index::merge(indexes);
    Some(match statement {
        Statement::ShowMeasurements(show) => index.measurements(show),
        Statement::ShowSeries(listing) => match profile {
            Profile::V1_8 => index.series(listing, now),
            Profile::V0_10 => index.series_with_tags(listing, now),
        },
        Statement::ShowTagKeys(show) => index.tag_keys(&show.listing, show.keys.as_ref(), now),
        Statement::ShowTagValues { listing, keys } => match profile {
            Profile::V1_8 => index.tag_values(listing, keys, now),
            Profile::V0_10 => index.values_by_tag(listing, keys, now),
        },
        Statement::ShowFieldKeys(listing) => Ok(index.field_keys(listing, profile)),
        Statement::ShowCardinality(count) => index.cardinality(count, now),
        _ => return None,
    })
}

type Tags = Vec<(String, String)>;

/// The indexes of all shards in one.
#[derive(Debug, Default)]
struct Index<'a> {
    measurements: BTreeMap<&'a str, Known<'a>>,
}

/// What is known of a measurement.
#[derive(Debug, Default)]
struct Known<'a> {
    series: BTreeSet<&'a Tags>,
    fields: BTreeSet<(&'a str, FieldType)>,
}

/// A measurement with those of its series that meet a condition.
struct Matching<'i, 'a> {
    name: &'a str,
    known: &'i Known<'a>,
    series: Vec<&'a Tags>,
}

impl Known<'_> {
    fn is_field(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| *field == name)
    }
}

/// The condition without its times.
fn tag_condition(listing: &Listing, now: i64) -> Result<Option<Expr>, QueryError> {
    Ok(split_time(listing.condition.as_ref(), now)?.rest)
}

fn covers(sources: &[Measurement], name: &str) -> bool {
    sources.is_empty()
        || sources.iter().any(|source| match &source.pattern {
            Some(pattern) => pattern.is_match(name),
            None => source.name == name,
        })
}

/// `LIMIT` and `OFFSET`.
fn window<T>(all: Vec<T>, listing: &Listing) -> Vec<T> {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let limit = if listing.limit == 0 { usize::MAX } else { number(listing.limit) };
    all.into_iter().skip(number(listing.offset)).take(limit).collect()
}

/// One row, or none where there is nothing in it.
fn filled(name: &str, columns: &[&str], values: Vec<Vec<Value>>) -> Option<Row> {
    (!values.is_empty()).then(|| row(name, columns, values))
}

impl<'a> Index<'a> {
    fn merge(indexes: &'a [ShardIndex]) -> Self {
        let mut merged = Self::default();
        for index in indexes {
            for (measurement, tags) in &index.series {
                merged.measurements.entry(measurement).or_default().series.insert(tags);
            }
            for (measurement, field, kind) in &index.fields {
                merged.measurements.entry(measurement).or_default().fields.insert((field, *kind));
            }
        }
        merged
    }

    /// Measurements and those of their series that meet the condition; without any, a measurement is left out.
    fn matching(&self, listing: &Listing, now: i64) -> Result<Vec<Matching<'_, 'a>>, QueryError> {
        let condition = tag_condition(listing, now)?;
        let mut all = Vec::new();
        for (name, known) in &self.measurements {
            if !covers(&listing.sources, name) {
                continue;
            }
            let mut series = Vec::new();
            for tags in &known.series {
                let subject = OneSeries { measurement: name, tags, is_field: |field: &str| known.is_field(field) };
                let fits = match &condition {
                    Some(condition) => meets(condition, &subject)?,
                    None => true,
                };
                if fits {
                    series.push(*tags);
                }
            }
            if !series.is_empty() {
                all.push(Matching { name, known, series });
            }
        }
        Ok(all)
    }

    fn measurements(&self, show: &ShowMeasurements) -> Result<Vec<Row>, QueryError> {
        let with: &[Measurement] = show.with.as_slice();
        let mut names = Vec::new();
        for (name, known) in &self.measurements {
            let tags: Vec<(&str, &str)> =
                known.series.iter().flat_map(|tags| tags.iter()).map(|(key, value)| (&**key, &**value)).collect();
            let fits = match &show.listing.condition {
                Some(condition) => meets(condition, &WholeMeasurement { name, tags: &tags })?,
                None => true,
            };
            if fits && covers(with, name) && !known.series.is_empty() {
                names.push(vec![text(name)]);
            }
        }
        let mut names = window(names, &show.listing);
        let mut columns = vec!["name"];
        if !show.retention_policy.is_empty() {
            columns.extend(["database", "retention policy"]);
            names.iter_mut().for_each(|cells| cells.extend([&show.listing.database, &show.retention_policy].map(text)));
        }
        Ok(filled("measurements", &columns, names).into_iter().collect())
    }

    fn series(&self, listing: &Listing, now: i64) -> Result<Vec<Row>, QueryError> {
        let mut keys = Vec::new();
        for Matching { name, series, .. } in self.matching(listing, now)? {
            keys.extend(series.into_iter().map(|tags| vec![text(series_key(name, tags))]));
        }
        Ok(filled("", &["key"], window(keys, listing)).into_iter().collect())
    }

    /// The old form: one series a measurement, the tags in columns beside the key.
    fn series_with_tags(&self, listing: &Listing, now: i64) -> Result<Vec<Row>, QueryError> {
        let rows = self.matching(listing, now)?.into_iter().filter_map(|Matching { name, known, series }| {
            let keys: BTreeSet<&str> =
                known.series.iter().flat_map(|tags| tags.iter()).map(|(key, _)| &**key).collect();
            let columns: Vec<&str> = std::iter::once("_key").chain(keys.iter().copied()).collect();
            let lines = series.into_iter().map(|tags| {
                let find = |key: &&str| tags.iter().find(|(known, _)| known == key).map_or("", |(_, value)| value);
                std::iter::once(text(series_key(name, tags))).chain(keys.iter().map(|key| text(find(key)))).collect()
            });
            filled(name, &columns, window(lines.collect(), listing))
        });
        Ok(rows.collect())
    }

    fn tag_keys(&self, listing: &Listing, wanted: Option<&TagKeys>, now: i64) -> Result<Vec<Row>, QueryError> {
        let rows = self.matching(listing, now)?.into_iter().filter_map(|Matching { name, series, .. }| {
            let keys = series.iter().flat_map(|tags| tags.iter()).map(|(key, _)| &**key);
            let keys: BTreeSet<&str> = keys.filter(|key| wanted.is_none_or(|wanted| wanted.covers(key))).collect();
            let values = window(keys.into_iter().map(|key| vec![text(key)]).collect(), listing);
            filled(name, &["tagKey"], values)
        });
        Ok(rows.collect())
    }

    fn tag_values(&self, listing: &Listing, wanted: &TagKeys, now: i64) -> Result<Vec<Row>, QueryError> {
        let rows = self.matching(listing, now)?.into_iter().filter_map(|Matching { name, series, .. }| {
            let pairs = pairs(&series, wanted).into_iter().map(|(key, value)| vec![text(key), text(value)]);
            filled(name, &["key", "value"], window(pairs.collect(), listing))
        });
        Ok(rows.collect())
    }

    /// The old form: one series a key, whatever the measurement.
    fn values_by_tag(&self, listing: &Listing, wanted: &TagKeys, now: i64) -> Result<Vec<Row>, QueryError> {
        let matching = self.matching(listing, now)?;
        let mut by_key: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for Matching { series, .. } in &matching {
            for (key, value) in pairs(series, wanted) {
                by_key.entry(key).or_default().insert(value);
            }
        }
        let rows = by_key.into_iter().filter_map(|(key, values)| {
            let values = values.into_iter().map(|value| vec![text(value)]).collect();
            filled(&format!("{key}TagValues"), &[key], window(values, listing))
        });
        Ok(rows.collect())
    }

    fn field_keys(&self, listing: &Listing, profile: Profile) -> Vec<Row> {
        let known = self.measurements.iter().filter(|(name, _)| covers(&listing.sources, name));
        let rows = known.filter_map(|(name, known)| {
            let typed = known.fields.iter().map(|(field, kind)| vec![text(field), text(kind.name())]);
            match profile {
                Profile::V1_8 => filled(name, &["fieldKey", "fieldType"], window(typed.collect(), listing)),
                Profile::V0_10 => {
                    let fields: BTreeSet<&str> = known.fields.iter().map(|(field, _)| *field).collect();
                    let fields = fields.into_iter().map(|field| vec![text(field)]).collect();
                    filled(name, &["fieldKey"], window(fields, listing))
                }
            }
        });
        rows.collect()
    }

    fn cardinality(&self, count: &Cardinality, now: i64) -> Result<Vec<Row>, QueryError> {
        let listing = &count.listing;
        let plain = count.is_estimated();
        let matching = self.matching(listing, now)?;
        let total = |name: &str, n: usize| vec![row("", &[name], vec![vec![whole(n)]])];
        Ok(match &count.of {
            CardinalityOf::Series if plain => {
                total("cardinality estimation", matching.iter().map(|matching| matching.series.len()).sum())
            }
            CardinalityOf::Measurements if plain => total("cardinality estimation", matching.len()),
            CardinalityOf::Measurements if matching.is_empty() => Vec::new(),
            CardinalityOf::Measurements => {
                let values = window(vec![vec![whole(matching.len())]], listing);
                filled("", &["count"], values).into_iter().collect()
            }
            of => {
                let mut rows = Vec::new();
                for Matching { name, known, series } in matching {
                    for (tags, series) in grouped(series, &count.dimensions) {
                        let n = match of {
                            CardinalityOf::Series | CardinalityOf::Measurements => series.len(),
                            CardinalityOf::TagKeys => {
                                let keys = series.iter().flat_map(|tags| tags.iter()).map(|(key, _)| key);
                                keys.collect::<BTreeSet<_>>().len()
                            }
                            CardinalityOf::TagValues(keys) => {
                                let values = pairs(&series, keys).into_iter().map(|(_, value)| value);
                                values.collect::<BTreeSet<_>>().len()
                            }
                            CardinalityOf::FieldKeys => {
                                known.fields.iter().map(|(field, _)| field).collect::<BTreeSet<_>>().len()
                            }
                        };
                        let values = if n == 0 { Vec::new() } else { window(vec![vec![whole(n)]], listing) };
                        rows.extend(filled(name, &["count"], values).map(|row| Row { tags, ..row }));
                    }
                }
                rows
            }
        })
    }
}

fn whole(n: usize) -> Value {
    Value::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}

/// Keys and values of the wanted keys, each pair once.
fn pairs<'a>(series: &[&'a Tags], wanted: &TagKeys) -> BTreeSet<(&'a str, &'a str)> {
    let tags = series.iter().flat_map(|tags| tags.iter());
    tags.filter(|(key, _)| wanted.covers(key)).map(|(key, value)| (&**key, &**value)).collect()
}

/// Series by the values of the tags they are grouped by.
fn grouped<'a>(series: Vec<&'a Tags>, dimensions: &[Dimension]) -> BTreeMap<Tags, Vec<&'a Tags>> {
    let named = |tag: &str| {
        dimensions.iter().any(|dimension| match &dimension.expr {
            Expr::Var(var) => var.name == tag,
            Expr::Wildcard(_) => true,
            Expr::Regex(pattern) => pattern.is_match(tag),
            _ => false,
        })
    };
    let mut groups: BTreeMap<Tags, Vec<&Tags>> = BTreeMap::new();
    for tags in series {
        let key = tags.iter().filter(|(key, _)| named(key)).cloned().collect();
        groups.entry(key).or_default().push(tags);
    }
    groups
}

/// `measurement,tag=value` with what line protocol escapes escaped.
fn series_key(measurement: &str, tags: &Tags) -> String {
    let escape = |text: &str, special: &[char]| {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            if special.contains(&c) {
                out.push('\\');
            }
            out.push(c);
        }
        out
    };
    let mut key = escape(measurement, &[',', ' ']);
    for (name, value) in tags {
        key.push(',');
        key.push_str(&escape(name, &[',', '=', ' ']));
        key.push('=');
        key.push_str(&escape(value, &[',', '=', ' ']));
    }
    key
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::query::{Params, parse};

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    /// Two shards with a series in common.
    fn shards() -> Vec<ShardIndex> {
        let field = |m: &str, f: &str, t| (m.to_owned(), f.to_owned(), t);
        vec![
            ShardIndex {
                series: vec![
                    ("cpu".to_owned(), tags(&[("host", "a"), ("region", "x")])),
                    ("cpu".to_owned(), tags(&[("host", "b"), ("region", "x")])),
                ],
                fields: vec![field("cpu", "v", FieldType::Float)],
            },
            ShardIndex {
                series: vec![
                    ("cpu".to_owned(), tags(&[("host", "a"), ("region", "x")])),
                    ("cpu".to_owned(), tags(&[("host", "c")])),
                    ("mem".to_owned(), tags(&[("host", "a b")])),
                ],
                fields: vec![field("cpu", "i", FieldType::Integer), field("mem", "v", FieldType::Integer)],
            },
        ]
    }

    fn answer(query: &str) -> Result<Vec<String>, String> {
        answer_like(query, Profile::V1_8)
    }

    fn answer_like(query: &str, profile: Profile) -> Result<Vec<String>, String> {
        let statement = parse(query, &Params::default(), profile).unwrap().remove(0);
        let rows = from_index(&statement, &shards(), profile, 0).unwrap().map_err(|error| error.to_string())?;
        let shown = rows.into_iter().map(|row| {
            let cells = row.values.iter().map(|values| {
                let cells = values.iter().map(|value| match value {
                    Value::String(text) => text.to_string(),
                    other => format!("{other:?}"),
                });
                cells.collect::<Vec<_>>().join("/")
            });
            format!("{}:{}", row.name, cells.collect::<Vec<_>>().join(" "))
        });
        Ok(shown.collect())
    }

    #[test]
    fn listings_over_several_shards() {
        for (query, expected) in [
            ("SHOW MEASUREMENTS", vec!["measurements:cpu mem"]),
            ("SHOW MEASUREMENTS WITH MEASUREMENT =~ /^c/", vec!["measurements:cpu"]),
            ("SHOW MEASUREMENTS WHERE host = 'c'", vec!["measurements:cpu"]),
            ("SHOW MEASUREMENTS WHERE host != 'c'", vec!["measurements:mem"]),
            ("SHOW MEASUREMENTS LIMIT 1 OFFSET 1", vec!["measurements:mem"]),
            ("SHOW MEASUREMENTS OFFSET 9", vec![]),
            ("SHOW MEASUREMENTS ON db.rp LIMIT 1", vec!["measurements:cpu/db/rp"]),
            ("SHOW SERIES FROM cpu", vec![":cpu,host=a,region=x cpu,host=b,region=x cpu,host=c"]),
            ("SHOW SERIES WHERE region = ''", vec![":cpu,host=c mem,host=a\\ b"]),
            ("SHOW SERIES WHERE host != 'a' LIMIT 1", vec![":cpu,host=b,region=x"]),
            ("SHOW SERIES WHERE v = 7 AND host = 'c'", vec![":cpu,host=c"]),
            ("SHOW TAG KEYS", vec!["cpu:host region", "mem:host"]),
            ("SHOW TAG KEYS WHERE host = 'c'", vec!["cpu:host"]),
            ("SHOW TAG KEYS WITH KEY = region", vec!["cpu:region"]),
            ("SHOW TAG KEYS WITH KEY != region WHERE host = 'c'", vec!["cpu:host"]),
            ("SHOW TAG KEYS FROM cpu WITH KEY =~ /o/ OFFSET 1", vec!["cpu:region"]),
            ("SHOW TAG VALUES WITH KEY = host", vec!["cpu:host/a host/b host/c", "mem:host/a b"]),
            ("SHOW TAG VALUES FROM cpu WITH KEY IN (host, region) OFFSET 2", vec!["cpu:host/c region/x"]),
            ("SHOW TAG VALUES WITH KEY = nosuch", vec![]),
            ("SHOW FIELD KEYS", vec!["cpu:i/integer v/float", "mem:v/integer"]),
            ("SHOW SERIES CARDINALITY", vec![":Integer(4)"]),
            ("SHOW SERIES EXACT CARDINALITY", vec!["cpu:Integer(3)", "mem:Integer(1)"]),
            ("SHOW MEASUREMENT EXACT CARDINALITY", vec![":Integer(2)"]),
            ("SHOW TAG VALUES CARDINALITY WITH KEY = host", vec!["cpu:Integer(3)", "mem:Integer(1)"]),
            ("SHOW FIELD KEY CARDINALITY FROM cpu", vec!["cpu:Integer(2)"]),
        ] {
            assert_eq!(answer(query).unwrap(), expected, "{query}");
        }
    }

    #[test]
    fn the_old_forms() {
        for (query, expected) in [
            (
                "SHOW SERIES WHERE host != 'b'",
                vec!["cpu:cpu,host=a,region=x/a/x cpu,host=c/c/", "mem:mem,host=a\\ b/a b"],
            ),
            ("SHOW TAG VALUES WITH KEY = host", vec!["hostTagValues:a a b b c"]),
            ("SHOW FIELD KEYS FROM cpu", vec!["cpu:i v"]),
        ] {
            assert_eq!(answer_like(query, Profile::V0_10).unwrap(), expected, "{query}");
        }
    }

    #[test]
    fn conditions_are_on_equality_only() {
        for query in ["SHOW SERIES WHERE v > 1", "SHOW MEASUREMENTS WHERE host > 'a'"] {
            assert_eq!(answer(query).unwrap_err(), "invalid tag comparison operator");
        }
        assert_eq!(
            answer("SHOW MEASUREMENTS WHERE host = 1").unwrap_err(),
            "right side of '=' must be a tag value string"
        );
        assert_eq!(answer("SHOW SERIES WHERE host").unwrap_err(), "invalid condition expression: host");
    }
}
