//! The limits on series and tag values of a database.

use std::collections::{HashMap, HashSet};

use super::error::{PartialWrite, Rejection};
use super::options::Limits;
use crate::IndexVersion;
use crate::line::split_key;

/// The series of one database and how many values its tags have. Counted only where a limit is set.
#[derive(Debug, Default)]
pub(super) struct Cardinality {
    series: HashSet<Box<[u8]>>,
    /// By measurement and tag key.
    values: HashMap<(String, String), HashSet<String>>,
}

impl Cardinality {
    /// Whether there is a limit to keep.
    pub(super) fn wanted(limits: &Limits) -> bool {
        limits.index_version == IndexVersion::Inmem
            && (limits.max_values_per_tag.is_some() || limits.max_series_per_database.is_some())
    }

    /// Counts a series in, whatever the limits say.
    pub(super) fn add(&mut self, key: &[u8]) {
        if !self.series.contains(key) {
            self.series.insert(key.into());
            let (measurement, tags) = split_key(key);
            for (tag, value) in tags {
                let values = self.values.entry((measurement.clone().into_owned(), tag.into_owned())).or_default();
                values.insert(value.into_owned());
            }
        }
    }

    /// Counts the series of a batch in, one key per point, or says which limit refuses them.
    ///
    /// As the real index does it: a batch is held against what was there before it, points of one new series count
    /// one by one, and the series within the limits are made even when others are not.
    pub(super) fn admit<'k>(
        &mut self,
        limits: &Limits,
        keys: impl Iterator<Item = &'k [u8]>,
    ) -> Result<(), PartialWrite> {
        let mut first = None;
        let mut dropped = 0;
        let mut good = Vec::new();
        for key in keys.filter(|key| !self.series.contains(*key)) {
            match limits.max_values_per_tag.and_then(|limit| self.value_too_many(key, limit)) {
                Some(rejection) => {
                    dropped += 1;
                    first.get_or_insert(rejection);
                }
                None => good.push(key),
            }
        }
        if let Some(limit) = limits.max_series_per_database
            && !good.is_empty()
            && self.series.len() + good.len() > limit
        {
            dropped += good.len();
            first = Some(Rejection::MaxSeriesPerDatabase { limit });
        } else {
            for key in good {
                self.add(key);
            }
        }
        first.map_or(Ok(()), |rejection| Err(PartialWrite { rejection, dropped }))
    }

    fn value_too_many(&self, key: &[u8], limit: usize) -> Option<Rejection> {
        let (measurement, mut tags) = split_key(key);
        tags.find_map(|(tag, value)| {
            let values = self.values.get(&(measurement.clone().into_owned(), tag.clone().into_owned()));
            let found = values.map_or(0, HashSet::len);
            let known = values.is_some_and(|values| values.contains(&*value));
            (!known && found >= limit).then(|| Rejection::MaxValuesPerTag {
                found,
                limit,
                measurement: measurement.clone().into_owned(),
                tag: tag.into_owned(),
                value: value.into_owned(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn admit(index: &mut Cardinality, limits: &Limits, keys: &[&str]) -> Result<(), String> {
        index.admit(limits, keys.iter().map(|key| key.as_bytes())).map_err(|error| error.to_string())
    }

    #[test]
    fn a_tag_at_its_limit_takes_no_new_value() {
        let limits = Limits { max_values_per_tag: Some(3), max_series_per_database: Some(6), ..Limits::default() };
        let mut index = Cardinality::default();
        admit(&mut index, &limits, &["m,k=0", "m,k=1", "m,k=2"]).unwrap();
        assert_eq!(
            admit(&mut index, &limits, &["m,k=0", "m,k=8one", "m,k=1"]).unwrap_err(),
            "partial write: max-values-per-tag limit exceeded (3/3): measurement=\"m\" tag=\"k\" value=\"8one\" \
             dropped=1"
        );
        admit(&mut index, &limits, &["m,k=2", "other,k=3"]).unwrap();
    }

    #[test]
    fn a_database_at_its_limit_takes_no_new_series() {
        let limits = Limits { max_series_per_database: Some(2), ..Limits::default() };
        let mut index = Cardinality::default();
        admit(&mut index, &limits, &["a", "b"]).unwrap();
        assert_eq!(
            admit(&mut index, &limits, &["a", "c", "d"]).unwrap_err(),
            "partial write: max-series-per-database limit exceeded: (2) dropped=2"
        );
        admit(&mut index, &limits, &["a", "b"]).unwrap();
    }

    #[test]
    fn only_the_index_in_memory_has_limits() {
        let limits = Limits { max_series_per_database: Some(2), ..Limits::default() };
        assert!(Cardinality::wanted(&limits));
        assert!(!Cardinality::wanted(&Limits { index_version: IndexVersion::Tsi1, ..limits }));
        assert!(!Cardinality::wanted(&Limits::default()));
    }
}
