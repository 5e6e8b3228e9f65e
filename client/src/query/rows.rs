//! Rows as types of the caller.

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::Value;

use super::answer::{QueryResponse, ResultSeries};
use super::error::{QueryError, QueryErrorKind};
use crate::Timestamp;

impl QueryResponse {
    /// Every row of every statement, read as `T`.
    ///
    /// A `T` with named fields takes columns and the tags that the rows are grouped by, by their names; where a column has
    /// the name of a tag, the column counts. Columns that `T` does not have are passed over, unless `T` says
    /// `#[serde(deny_unknown_fields)]`. A tuple takes the columns in their order. `null`, a column that is not there, and
    /// a tag that the series does not have are `None`.
    ///
    /// Integers and times are read from their digits, never through a float. With
    /// [`Query::rows`](crate::Query::rows) times come in nanoseconds, which a [`Timestamp`] or an `i64` takes.
    ///
    /// # Errors
    /// The error of the first statement that failed or was truncated, or [`QueryErrorKind::Row`].
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, QueryError> {
        if let Some(error) = self.first_error() {
            return Err(error);
        }
        let mut rows = Vec::new();
        for series in self.series() {
            for values in &series.values {
                let row = read_row(series, values, rows.len());
                rows.push(row.map_err(|kind| QueryError::new(kind, Some(self.endpoint.clone()), None))?);
            }
        }
        Ok(rows)
    }
}

/// Reads one row; `index` is its place in the answer.
pub(super) fn read_row<T: DeserializeOwned>(
    series: &ResultSeries,
    values: &[Value],
    index: usize,
) -> Result<T, QueryErrorKind> {
    T::deserialize(RowReader { series, values })
        .map_err(|error| QueryErrorKind::Row { index, reason: error.to_string().into() })
}

struct RowReader<'a> {
    series: &'a ResultSeries,
    values: &'a [Value],
}

impl<'de> Deserializer<'de> for RowReader<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let Self { series, values } = self;
        let tags = series.tags.iter().filter(|(key, _)| !series.columns.contains(key));
        let tags = tags.map(|(key, value)| (key.as_str(), Cell::Tag(value)));
        let columns = series.columns.iter().map(String::as_str).zip(values.iter().map(Cell::Value));
        visitor.visit_map(MapDeserializer::new(tags.chain(columns)))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_seq(SeqDeserializer::new(self.values.iter()))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Self::Error> {
        if len != self.values.len() {
            let text = format!("{} columns for a tuple of {len}", self.values.len());
            return Err(serde::de::Error::custom(text));
        }
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct map
        struct enum identifier ignored_any
    }
}

/// What stands in a row under a name.
#[derive(Clone, Copy)]
enum Cell<'a> {
    /// Servers write a tag that a series does not have as an empty text, which no tag can be.
    Tag(&'a str),
    Value(&'a Value),
}

impl<'de> IntoDeserializer<'de, serde_json::Error> for Cell<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Each kind of value is asked of the cell's own reader.
macro_rules! delegate {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self {
                Self::Tag(text) => StrDeserializer::new(text).$method(visitor),
                Self::Value(value) => value.$method(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Cell<'de> {
    type Error = serde_json::Error;

    delegate! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit
        deserialize_seq deserialize_map deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Tag("") => visitor.visit_none(),
            Self::Tag(_) => visitor.visit_some(self),
            Self::Value(value) => value.deserialize_option(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Self::Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self {
            Self::Tag(text) => StrDeserializer::new(text).deserialize_enum(name, variants, visitor),
            Self::Value(value) => value.deserialize_enum(name, variants, visitor),
        }
    }
}

/// Reads an integer as nanoseconds since 1970, which is how [`Query::rows`](crate::Query::rows) asks for times. A float or a
/// text is refused: neither is an exact time.
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::Nanoseconds)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Cpu {
        time: Timestamp,
        host: Option<String>,
        usage: Option<f64>,
        count: i64,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Level {
        High,
    }

    fn series(tags: &[(&str, &str)], columns: &[&str]) -> ResultSeries {
        ResultSeries {
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            ..ResultSeries::default()
        }
    }

    fn row<T: DeserializeOwned>(series: &ResultSeries, values: &Value) -> Result<T, QueryErrorKind> {
        read_row(series, values.as_array().unwrap(), 4)
    }

    #[test]
    fn columns_and_tags_are_read_by_name_and_exactly() {
        let columns = series(&[("host", "a"), ("dc", "x")], &["time", "count", "usage", "other"]);
        let read: Cpu = row(&columns, &json!([i64::MAX - 1, -9_007_199_254_740_993_i64, 2, "x"])).unwrap();
        let expected = Cpu {
            time: Timestamp::Nanoseconds(i64::MAX - 1),
            host: Some("a".into()),
            usage: Some(2.0),
            count: -9_007_199_254_740_993,
        };
        assert_eq!(read, expected);
        let columns = series(&[("host", "")], &["time", "count", "usage"]);
        let read: Cpu = row(&columns, &json!([1, 2, null])).unwrap();
        assert_eq!((read.host, read.usage), (None, None));
        let without = series(&[], &["time", "count"]);
        assert_eq!(row::<Cpu>(&without, &json!([1, 2])).unwrap().usage, None);
    }

    #[test]
    fn a_column_counts_before_a_tag_of_its_name() {
        let both = series(&[("host", "tag")], &["time", "count", "host"]);
        assert_eq!(row::<Cpu>(&both, &json!([1, 2, "column"])).unwrap().host.as_deref(), Some("column"));
    }

    #[test]
    fn what_does_not_fit_is_an_error_that_names_the_row() {
        let columns = series(&[], &["time", "count"]);
        for values in [json!([1, 1.5]), json!([1, "x"]), json!(["2020-01-01T00:00:00Z", 1]), json!([1.5e18, 1])] {
            let error = row::<Cpu>(&columns, &values).unwrap_err();
            assert!(matches!(error, QueryErrorKind::Row { index: 4, .. }), "{error:?}");
        }
        assert!(row::<Cpu>(&series(&[], &["time"]), &json!([1])).is_err(), "a field that is not optional");
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Strict {
            #[allow(dead_code)]
            time: i64,
        }
        assert!(row::<Strict>(&columns, &json!([1, 2])).is_err());
        assert!(row::<Strict>(&series(&[], &["time"]), &json!([1])).is_ok());
    }

    #[test]
    fn tuples_take_the_columns_in_order() {
        let columns = series(&[("host", "a")], &["time", "v"]);
        assert_eq!(row::<(i64, Option<bool>)>(&columns, &json!([1, true])).unwrap(), (1, Some(true)));
        assert!(row::<(i64,)>(&columns, &json!([1, true])).is_err());
    }

    #[test]
    fn enums_and_maps_are_read() {
        #[derive(Debug, Deserialize, PartialEq)]
        struct Row {
            level: Level,
            other: Level,
        }
        let columns = series(&[("level", "high")], &["other"]);
        assert_eq!(row::<Row>(&columns, &json!(["high"])).unwrap(), Row { level: Level::High, other: Level::High });
        let map: std::collections::BTreeMap<String, Value> = row(&columns, &json!([7])).unwrap();
        assert_eq!(map, [("level".into(), json!("high")), ("other".into(), json!(7))].into());
    }
}
