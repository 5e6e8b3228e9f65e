//! Which shard each point of a request goes to. Pure: the metadata and the time of day come in.

use std::collections::BTreeMap;

use crate::core::meta::{RetentionPolicy, ShardGroup, truncate};
use crate::core::shard_map::shard_position;
use crate::{Points, Profile};

/// The part of a request that goes to one shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShardPart {
    pub(crate) shard: u64,
    pub(crate) owners: Vec<u64>,
    pub(crate) points: Points,
}

/// A request, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// By shard id.
    pub(crate) parts: Vec<ShardPart>,
    /// Points older than the retention policy keeps.
    pub(crate) too_old: usize,
    /// Points for which there is no shard group.
    pub(crate) unmapped: usize,
}

/// The oldest time (nanoseconds, Unix time) that a policy takes at this moment, if it has a limit.
///
/// Profile 0.10 makes shard groups for points of any age.
pub(crate) fn oldest_accepted(profile: Profile, policy: &RetentionPolicy, now: i64) -> Option<i64> {
    match profile {
        Profile::V1_8 if policy.duration > 0 => Some(now.saturating_sub(policy.duration)),
        Profile::V1_8 | Profile::V0_10 => None,
    }
}

/// Times of points, one for each shard group that has to be made, in the order of time.
pub(crate) fn missing_groups(points: &Points, policy: &RetentionPolicy, oldest: Option<i64>) -> Vec<i64> {
    // One entry a window is enough; a policy's windows are as long as its shard groups, unless that changed meanwhile.
    let mut windows = BTreeMap::new();
    let mut last: Option<&ShardGroup> = None;
    for point in points.iter() {
        if oldest.is_some_and(|oldest| point.time < oldest) || last.is_some_and(|group| group.takes(point.time)) {
            continue;
        }
        match policy.shard_group_at(point.time) {
            Some(group) => last = Some(group),
            None => {
                let window = truncate(point.time, policy.shard_group_duration);
                windows.entry(window).or_insert(point.time);
            }
        }
    }
    windows.into_values().collect()
}

/// Sorts the points by shard.
pub(crate) fn map(points: &Points, policy: &RetentionPolicy, oldest: Option<i64>) -> Mapping {
    let mut mapping = Mapping::default();
    let mut parts: BTreeMap<u64, ShardPart> = BTreeMap::new();
    let mut last: Option<&ShardGroup> = None;
    for point in points.iter() {
        if oldest.is_some_and(|oldest| point.time < oldest) {
            mapping.too_old += 1;
            continue;
        }
        let group = last.filter(|group| group.takes(point.time)).or_else(|| policy.shard_group_at(point.time));
        let shard = group.and_then(|group| group.shards.get(shard_position(point.key, group.shards.len())));
        let Some(shard) = shard else {
            mapping.unmapped += 1;
            continue;
        };
        last = group;
        let part = parts.entry(shard.id).or_insert_with(|| ShardPart {
            shard: shard.id,
            owners: shard.owners.clone(),
            points: Points::new(),
        });
        part.points.push(point);
    }
    mapping.parts = parts.into_values().collect();
    mapping
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;
    use crate::core::meta::Shard;

    fn policy(groups: &[(i64, i64, usize)]) -> RetentionPolicy {
        let mut next = 0;
        let shard_groups = groups
            .iter()
            .map(|(start, end, shards)| ShardGroup {
                id: 0,
                start_time: *start,
                end_time: *end,
                deleted_at: None,
                truncated_at: None,
                shards: (0..*shards)
                    .map(|_| {
                        next += 1;
                        Shard { id: next, owners: vec![next] }
                    })
                    .collect(),
            })
            .collect();
        RetentionPolicy { name: "rp".into(), duration: 50, shard_group_duration: 100, replica_n: 1, shard_groups }
    }

    fn points(all: &[(&str, i64)]) -> Points {
        all.iter().map(|(key, time)| Point { key: key.as_bytes(), fields: b"v=1", time: *time }).collect()
    }

    #[test]
    fn one_group_is_asked_for_each_window() {
        let points = points(&[("m", 5), ("m", 250), ("m", 110), ("m", 120), ("m", -1), ("m", 299)]);
        // A time outside any group is asked for, the first of each window.
        assert_eq!(missing_groups(&points, &policy(&[(0, 100, 1)]), None), [-1, 110, 250]);
        assert_eq!(missing_groups(&points, &policy(&[(0, 100, 1)]), Some(200)), [250]);
    }

    #[test]
    fn series_keep_together_and_old_points_fall_out() {
        let all: Vec<(String, i64)> = (0..40).map(|n| (format!("m,k={}", n % 4), n)).collect();
        let all: Vec<(&str, i64)> = all.iter().map(|(key, time)| (key.as_str(), *time)).collect();
        let mapping = map(&points(&all), &policy(&[(0, 100, 3)]), Some(4));
        assert_eq!(mapping.too_old, 4);
        assert_eq!(mapping.parts.iter().map(|part| part.points.len()).sum::<usize>(), 36);
        for part in &mapping.parts {
            for point in part.points.iter() {
                let elsewhere = mapping.parts.iter().filter(|other| other.points.iter().any(|p| p.key == point.key));
                assert_eq!(elsewhere.count(), 1);
            }
        }
    }

    #[test]
    fn points_without_a_group_are_counted() {
        assert_eq!(map(&points(&[("m", 500)]), &policy(&[(0, 100, 1)]), None).unmapped, 1);
        assert_eq!(map(&points(&[("m", 50)]), &policy(&[(0, 100, 0)]), None).unmapped, 1);
    }

    #[test]
    fn only_profile_1_8_refuses_old_points() {
        let policy = policy(&[]);
        assert_eq!(oldest_accepted(Profile::V1_8, &policy, 1_000), Some(950));
        assert_eq!(oldest_accepted(Profile::V0_10, &policy, 1_000), None);
    }
}
