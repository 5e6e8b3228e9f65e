//! Which shard each point of a request goes to. Pure: the metadata and the time of day come in.

use std::collections::{BTreeMap, BTreeSet};

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
    /// Points that are left out because they are older than the retention policy keeps.
    pub(crate) too_old: usize,
    /// Points for which there is no shard group.
    pub(crate) unmapped: usize,
}

/// The oldest time (nanoseconds, Unix time) for which a policy makes a shard group at this moment, if it has a limit.
///
/// Profile 0.10 makes shard groups for points of any age.
pub(crate) fn oldest_accepted(profile: Profile, policy: &RetentionPolicy, now: i64) -> Option<i64> {
    match profile {
        Profile::V1_8 if policy.duration > 0 => Some(now.saturating_sub(policy.duration)),
        Profile::V1_8 | Profile::V0_10 => None,
    }
}

/// A request would need more new shard groups than one may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the points need more than {limit} new shard groups (max-shard-groups-per-request): send them in several requests"
)]
pub(crate) struct TooManyGroups {
    /// How many it may make.
    pub(crate) limit: usize,
}

/// The live shard groups of a policy, to be asked for each point of a request.
struct Groups<'a> {
    profile: Profile,
    window: i64,
    live: Vec<&'a ShardGroup>,
    /// Whether no two overlap, so that the group of a time can be found by halving. Overlaps are left by an altered
    /// policy in 0.10.
    disjoint: bool,
    last: Option<&'a ShardGroup>,
}

impl<'a> Groups<'a> {
    fn of(policy: &'a RetentionPolicy, profile: Profile) -> Self {
        let live: Vec<_> = policy.shard_groups.iter().filter(|group| group.deleted_at.is_none()).collect();
        let end = |group: &ShardGroup| group.truncated_at.unwrap_or(group.end_time);
        let disjoint = live.windows(2).all(|pair| end(pair[0]) <= pair[1].start_time);
        Self { profile, window: policy.shard_group_duration, live, disjoint, last: None }
    }

    /// The time that decides on the group of a point: 0.10 takes the start of its window for it (cluster 0.10
    /// facts § 3), so that after an altered duration a point may land in a group that does not span it.
    fn deciding_time(&self, time: i64) -> i64 {
        match self.profile {
            Profile::V1_8 => time,
            Profile::V0_10 => truncate(time, self.window),
        }
    }

    fn of_point(&mut self, time: i64) -> Option<&'a ShardGroup> {
        let time = self.deciding_time(time);
        if !self.disjoint {
            return self.live.iter().find(|group| group.takes(time)).copied();
        }
        if self.last.is_none_or(|group| !group.takes(time)) {
            let after = self.live.partition_point(|group| group.start_time <= time);
            // All before the last one of these have ended where it starts.
            self.last = self.live[..after].last().copied().filter(|group| group.takes(time));
        }
        self.last
    }
}

/// Times to ask shard groups for, one for each that has to be made, in the order of time.
///
/// # Errors
/// [`TooManyGroups`] when there are more than `limit`; 0 is no limit.
pub(crate) fn missing_groups(
    profile: Profile,
    points: &Points,
    policy: &RetentionPolicy,
    oldest: Option<i64>,
    limit: usize,
) -> Result<Vec<i64>, TooManyGroups> {
    // One entry a window is enough; a policy's windows are as long as its shard groups, unless that changed meanwhile.
    let mut windows = BTreeMap::new();
    let mut groups = Groups::of(policy, profile);
    for point in points.iter() {
        if oldest.is_some_and(|oldest| point.time < oldest) || groups.of_point(point.time).is_some() {
            continue;
        }
        let window = truncate(point.time, policy.shard_group_duration);
        windows.entry(window).or_insert(groups.deciding_time(point.time));
        if limit != 0 && windows.len() > limit {
            return Err(TooManyGroups { limit });
        }
    }
    Ok(windows.into_values().collect())
}

/// Sorts the points by shard.
///
/// A point older than `oldest` goes where it belongs if another point of the request, wherever it stands in it, needs
/// that shard group; it is left out otherwise. So 1.8 does: it looks for every point among the groups that the request
/// needs, and the old ones alone need none.
pub(crate) fn map(profile: Profile, points: &Points, policy: &RetentionPolicy, oldest: Option<i64>) -> Mapping {
    let mut mapping = Mapping::default();
    let mut parts: BTreeMap<u64, ShardPart> = BTreeMap::new();
    let mut groups = Groups::of(policy, profile);
    let is_old = |time| oldest.is_some_and(|oldest| time < oldest);
    let mut needed = BTreeSet::new();
    if points.iter().any(|point| is_old(point.time)) {
        let fresh = points.iter().filter(|point| !is_old(point.time));
        needed.extend(fresh.filter_map(|point| groups.of_point(point.time)).map(|group| group.id));
    }
    for point in points.iter() {
        let group = groups.of_point(point.time);
        if is_old(point.time) && group.is_none_or(|group| !needed.contains(&group.id)) {
            mapping.too_old += 1;
            continue;
        }
        let shard = group.and_then(|group| group.shards.get(shard_position(point.key, group.shards.len())));
        let Some(shard) = shard else {
            mapping.unmapped += 1;
            continue;
        };
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
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::Point;
    use crate::core::meta::Shard;

    fn policy(groups: &[(i64, i64, usize)]) -> RetentionPolicy {
        let mut next = 0;
        let shard_groups = groups
            .iter()
            .zip(1..)
            .map(|((start, end, shards), id)| ShardGroup {
                id,
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

    fn missing(profile: Profile, points: &Points, policy: &RetentionPolicy, oldest: Option<i64>) -> Vec<i64> {
        missing_groups(profile, points, policy, oldest, 0).unwrap()
    }

    #[test]
    fn one_group_is_asked_for_each_window() {
        let points = points(&[("m", 5), ("m", 250), ("m", 110), ("m", 120), ("m", -1), ("m", 299)]);
        // A time outside any group is asked for, the first of each window.
        assert_eq!(missing(Profile::V1_8, &points, &policy(&[(0, 100, 1)]), None), [-1, 110, 250]);
        assert_eq!(missing(Profile::V1_8, &points, &policy(&[(0, 100, 1)]), Some(200)), [250]);
    }

    #[test]
    fn the_number_of_new_groups_has_a_limit() {
        let points = points(&[("m", 50), ("m", 150), ("m", 250), ("m", 260)]);
        let at_most = |limit| missing_groups(Profile::V1_8, &points, &policy(&[(0, 100, 1)]), None, limit);
        assert_eq!(at_most(2).map(|times| times.len()), Ok(2));
        assert_eq!(at_most(1), Err(TooManyGroups { limit: 1 }));
    }

    /// After `ALTER RETENTION POLICY` made the windows longer, 0.10 looks where the window starts.
    #[test]
    fn the_start_of_the_window_decides_in_0_10() {
        let day = 24 * 3_600_000_000_000_i64;
        let hour = day / 24;
        let altered = |groups: &[(i64, i64, usize)]| RetentionPolicy { shard_group_duration: day, ..policy(groups) };
        let at_13 = points(&[("m", 13 * hour)]);
        let first_hour = altered(&[(0, hour, 1)]);
        assert_eq!(missing(Profile::V1_8, &at_13, &first_hour, None), [13 * hour]);
        assert_eq!(
            missing(Profile::V0_10, &at_13, &first_hour, None),
            [0_i64; 0],
            "the group of the first hour takes it"
        );
        assert_eq!(map(Profile::V0_10, &at_13, &first_hour, None).parts.len(), 1);
        let later_hour = altered(&[(13 * hour, 14 * hour, 1)]);
        assert_eq!(missing(Profile::V1_8, &at_13, &later_hour, None), [0_i64; 0]);
        assert_eq!(missing(Profile::V0_10, &at_13, &later_hour, None), [0], "a group for the day is asked for");
    }

    proptest! {
        /// Whatever the groups, the quick way finds what a walk through all of them finds.
        #[test]
        fn the_group_of_a_point_is_the_first_that_takes_it(
            mut groups in proptest::collection::vec((0_i64..100, 1_i64..40, any::<bool>(), 0_i64..50), 0..12),
            times in proptest::collection::vec(-10_i64..160, 1..40),
            overlaps in any::<bool>(),
        ) {
            groups.sort_unstable();
            let mut end = i64::MIN;
            let mut policy = policy(&[]);
            for (start, length, deleted, cut) in groups {
                let start = if overlaps || deleted { start } else { start.max(end) };
                let truncated_at = (cut < length).then_some(start + cut);
                let deleted_at = deleted.then_some(1);
                if !deleted {
                    end = start + length;
                }
                let shards = vec![Shard { id: 1, owners: vec![1] }];
                let group = ShardGroup { id: 0, start_time: start, end_time: start + length, deleted_at, truncated_at, shards };
                policy.shard_groups.push(group);
            }
            policy.shard_groups.sort_by_key(|group| (group.start_time, group.end_time));
            let mut lookup = Groups::of(&policy, Profile::V1_8);
            for time in times {
                let found = lookup.of_point(time).map(|group| group.start_time);
                prop_assert_eq!(found, policy.shard_group_at(time).map(|group| group.start_time), "at {}", time);
            }
        }
    }

    #[test]
    fn series_keep_together_and_old_points_fall_out() {
        let all: Vec<(String, i64)> = (0..40).map(|n| (format!("m,k={}", n % 4), n)).collect();
        let all: Vec<(&str, i64)> = all.iter().map(|(key, time)| (key.as_str(), *time)).collect();
        let groups = policy(&[(0, 4, 3), (4, 100, 3)]);
        let mapping = map(Profile::V1_8, &points(&all), &groups, Some(4));
        assert_eq!(mapping.too_old, 4, "the group is there, but nothing fresh needs it");
        assert_eq!(mapping.parts.iter().map(|part| part.points.len()).sum::<usize>(), 36);
        for part in &mapping.parts {
            for point in part.points.iter() {
                let elsewhere = mapping.parts.iter().filter(|other| other.points.iter().any(|p| p.key == point.key));
                assert_eq!(elsewhere.count(), 1);
            }
        }
    }

    /// What the server keeps of a request is asked for together, whatever the order of its points.
    #[test]
    fn an_old_point_is_kept_where_a_fresh_one_needs_its_group() {
        let groups = policy(&[(0, 100, 1), (100, 200, 1), (200, 300, 1)]);
        let kept = |times: &[i64]| {
            let all: Vec<_> = times.iter().map(|time| ("m", *time)).collect();
            let mapping = map(Profile::V1_8, &points(&all), &groups, Some(150));
            let times = |part: &ShardPart| part.points.iter().map(|point| point.time).collect::<Vec<_>>();
            (mapping.too_old, mapping.parts.iter().flat_map(times).collect::<Vec<_>>())
        };
        assert_eq!(kept(&[140, 160]), (0, vec![140, 160]), "they share a group");
        assert_eq!(kept(&[160, 140]), (0, vec![160, 140]));
        assert_eq!(kept(&[140, 250]), (1, vec![250]), "the fresh one has another group");
        assert_eq!(kept(&[140, 149]), (2, vec![]), "old ones alone need no group");
        assert_eq!(kept(&[99, 140, 150]), (1, vec![140, 150]), "only the old one of the earlier group falls out");
        assert_eq!(kept(&[-5, 250]), (1, vec![250]), "there is no group for it");
    }

    #[test]
    fn points_without_a_group_are_counted() {
        assert_eq!(map(Profile::V1_8, &points(&[("m", 500)]), &policy(&[(0, 100, 1)]), None).unmapped, 1);
        assert_eq!(map(Profile::V1_8, &points(&[("m", 50)]), &policy(&[(0, 100, 0)]), None).unmapped, 1);
    }

    #[test]
    fn only_profile_1_8_refuses_old_points() {
        let policy = policy(&[]);
        assert_eq!(oldest_accepted(Profile::V1_8, &policy, 1_000), Some(950));
        assert_eq!(oldest_accepted(Profile::V0_10, &policy, 1_000), None);
    }
}
