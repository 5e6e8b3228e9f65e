//! Who ought to have a point that nobody has: the owners of its shard, by the table of shards.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use influx_client::{Client, Shard};

use super::PointId;
use super::load::{MEASUREMENT, TAG};
use crate::experiment::LabError;
use crate::scenario::position;

/// A shard as the table shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    id: u64,
    from: SystemTime,
    /// Not included.
    to: SystemTime,
    owners: Vec<u64>,
}

/// The shards of a database.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners {
    /// By shard group, each in the order of their ids.
    groups: BTreeMap<u64, Vec<Place>>,
}

impl Owners {
    /// Asks the first node that answers.
    ///
    /// # Errors
    /// None does.
    pub(super) async fn ask(urls: &[String], database: &str) -> Result<Self, LabError> {
        let target = |error: &dyn std::fmt::Display| LabError::Target(format!("the table of shards: {error}"));
        let client = Client::builder().endpoints(urls.iter().cloned()).no_proxy().build();
        let client = client.map_err(|error| target(&error))?;
        let shards = client.show().shards().await.map_err(|error| target(&error))?;
        Ok(Self::of(shards.iter().filter(|shard| shard.database == database)))
    }

    fn of<'s>(shards: impl Iterator<Item = &'s Shard>) -> Self {
        Self::among(shards.map(|shard| {
            let owners = shard.owners.clone();
            (shard.shard_group, Place { id: shard.id, from: shard.start, to: shard.end, owners })
        }))
    }

    fn among(places: impl Iterator<Item = (u64, Place)>) -> Self {
        let mut groups: BTreeMap<u64, Vec<Place>> = BTreeMap::new();
        places.for_each(|(group, place)| groups.entry(group).or_default().push(place));
        groups.values_mut().for_each(|shards| shards.sort_by_key(|shard| shard.id));
        Self { groups }
    }

    /// The owners of a point (its time in nanoseconds since 1970); none if no shard group has its time, or several have.
    pub(super) fn of_point(&self, (batch, line): PointId, time: i64) -> Vec<u64> {
        let Ok(time) = u64::try_from(time) else { return Vec::new() };
        let time = UNIX_EPOCH + Duration::from_nanos(time);
        let mut there =
            self.groups.values().filter(|group| group.iter().all(|shard| shard.from <= time && time < shard.to));
        let (Some(group), None) = (there.next(), there.next()) else { return Vec::new() };
        group[position(&format!("{MEASUREMENT},{TAG}={batch}-{line}"), group.len())].owners.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_point_that_nobody_has_has_owners_all_the_same() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let place = |id, from, owners: &[u64]| Place { id, from: at(from), to: at(from + 10), owners: owners.to_vec() };
        let owners = Owners::among(
            [(7, place(2, 10, &[4, 5, 6])), (7, place(1, 10, &[1, 2, 3])), (8, place(3, 20, &[2, 3, 4]))].into_iter(),
        );
        let second = 1_000_000_000;
        assert_eq!(owners.of_point((1, 1), 20 * second), [2, 3, 4]);
        assert!(owners.of_point((1, 1), 30 * second).is_empty() && owners.of_point((1, 1), -1).is_empty());
        let both: BTreeSet<Vec<u64>> = (0..50).map(|batch| owners.of_point((batch, 0), 20 * second - 1)).collect();
        assert_eq!(both, [vec![1, 2, 3], vec![4, 5, 6]].into());
    }
}
