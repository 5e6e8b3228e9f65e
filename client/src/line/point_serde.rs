//! A point in other formats.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::owned_value::OwnedValue;
use super::point::{Point, PointBuilder};
use super::timestamp::Timestamp;

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let time = match self.time() {
            Some(Timestamp::Nanoseconds(nanoseconds)) => Some(nanoseconds),
            Some(Timestamp::Units(_) | Timestamp::System(_)) | None => None,
        };
        let mut point = serializer.serialize_struct("Point", 4)?;
        point.serialize_field("measurement", self.measurement())?;
        point.serialize_field("tags", &Entries(|| self.tags()))?;
        point.serialize_field("fields", &Entries(|| self.fields()))?;
        point.serialize_field("time", &time)?;
        point.end()
    }
}

/// What an iterator yields, as a map.
struct Entries<F>(F);

impl<K: Serialize, V: Serialize, I: Iterator<Item = (K, V)>, F: Fn() -> I> Serialize for Entries<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The length is told first, as some formats need it.
        let entries: Vec<_> = (self.0)().collect();
        serializer.collect_map(entries)
    }
}

#[derive(serde::Deserialize)]
#[serde(rename = "Point", deny_unknown_fields)]
struct Parts {
    measurement: String,
    #[serde(default)]
    tags: Pairs<String>,
    fields: Pairs<OwnedValue>,
    #[serde(default)]
    time: Option<i64>,
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Parts { measurement, tags, fields, time } = Parts::deserialize(deserializer)?;
        PointBuilder::from_parts(measurement, tags.0, fields.0, time).map_err(|error| D::Error::custom(error.kind()))
    }
}

/// The entries of a map in their order, those of one key included: they are for the point to refuse.
struct Pairs<V>(Vec<(String, V)>);

impl<V> Default for Pairs<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Collect<V> {
            type Value = Vec<(String, V)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }

        deserializer.deserialize_map(Collect(PhantomData)).map(Pairs)
    }
}
