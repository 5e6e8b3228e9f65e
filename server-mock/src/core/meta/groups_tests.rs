#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::super::{DataNode, MAX_TIME, MIN_TIME, RetentionPolicySpec};
use super::*;

const SECOND: i64 = 1_000_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;

fn cluster(nodes: u64, replica_n: u32, group: i64, profile: Profile) -> MetaData {
    let data_nodes =
        (4..4 + nodes).map(|id| DataNode { id, http_addr: format!("h{id}"), tcp_addr: format!("t{id}") }).collect();
    let mut data = MetaData { data_nodes, ..MetaData::default() };
    let policy = RetentionPolicySpec {
        name: Some("rp".to_owned()),
        duration: Some(0),
        shard_group_duration: Some(group),
        replica_n: Some(replica_n),
    };
    data.apply(1, 1, &Command::CreateDatabase { name: "db".to_owned(), policy: Some(policy) }, profile).unwrap();
    data
}

fn create(time: i64) -> Command {
    Command::CreateShardGroup { database: "db".to_owned(), policy: String::new(), time }
}

fn groups(data: &MetaData) -> &[ShardGroup] {
    &data.retention_policy("db", "").unwrap().shard_groups
}

fn windows(data: &MetaData) -> Vec<(i64, i64)> {
    groups(data).iter().map(|group| (group.start_time, group.end_time)).collect()
}

/// Captured case week-boundaries.
#[test]
fn weekly_groups_as_captured() {
    for profile in Profile::ALL {
        let mut data = cluster(3, 3, 0, profile);
        let times = [1_455_494_400 * SECOND, 1_455_494_400 * SECOND - 1, 1_456_099_200 * SECOND - 1, 0, -1];
        for (index, time) in (2..).zip(times.into_iter().chain([-1_456_000_000 * SECOND])) {
            let made = data.apply(index, 1, &create(time), profile).unwrap();
            let group = data.retention_policy("db", "").unwrap().shard_group_at(time).unwrap();
            assert_eq!(made, Applied::ShardGroup(group.id));
        }
        let starts: Vec<_> = windows(&data).iter().map(|(start, _)| start / SECOND).collect();
        assert_eq!(starts, [-1_456_012_800, -259_200, 1_454_889_600, 1_455_494_400], "{profile}");
        assert!(windows(&data).iter().all(|(start, end)| end - start == 7 * DAY));
    }
}

/// The owners rotate with the index of the command applied before.
#[test]
fn owners_rotate() {
    for (profile, replica_n, before, owners) in [
        (Profile::V1_8, 1, 3, vec![vec![4], vec![5], vec![6]]),
        (Profile::V1_8, 1, 5, vec![vec![6], vec![4], vec![5]]),
        (Profile::V1_8, 2, 4, vec![vec![5, 6], vec![4, 5], vec![6, 4]]),
        (Profile::V1_8, 3, 5, vec![vec![6, 4, 5]]),
        (Profile::V0_10, 2, 4, vec![vec![5, 6]]),
        (Profile::V0_10, 1, 4, vec![vec![5], vec![6], vec![4]]),
    ] {
        let mut data = cluster(3, replica_n, 0, profile);
        data.index = before;
        data.apply(before + 7, 1, &create(0), profile).unwrap();
        let made: Vec<_> = groups(&data)[0].shards.iter().map(|shard| shard.owners.clone()).collect();
        assert_eq!(made, owners, "{profile}, RF{replica_n}, index {before}");
    }
}

#[test]
fn ids_count_up_over_groups() {
    let mut data = cluster(3, 1, 0, Profile::V1_8);
    data.apply(2, 1, &create(0), Profile::V1_8).unwrap();
    data.apply(3, 1, &create(7 * DAY), Profile::V1_8).unwrap();
    let ids: Vec<Vec<_>> =
        groups(&data).iter().map(|group| group.shards.iter().map(|shard| shard.id).collect()).collect();
    assert_eq!(ids, [vec![1, 2, 3], vec![4, 5, 6]]);
    assert_eq!((data.max_shard_group_id, data.max_shard_id), (2, 6));
    assert_eq!(data.apply(4, 1, &create(1), Profile::V1_8), Ok(Applied::ShardGroup(1)));
}

#[test]
fn without_data_nodes_there_is_no_group() {
    let mut data = cluster(0, 1, 0, Profile::V1_8);
    assert_eq!(data.apply(2, 1, &create(0), Profile::V1_8), Ok(Applied::Unchanged));
    assert_eq!(groups(&data), []);
    let nowhere = Command::CreateShardGroup { database: "no".to_owned(), policy: String::new(), time: 0 };
    assert_eq!(data.apply(3, 1, &nowhere, Profile::V1_8).unwrap_err().to_string(), "database not found: no");
}

#[test]
fn altered_durations_overlap_in_0_10_only() {
    for (profile, day_before) in [(Profile::V1_8, (9 * HOUR, 10 * HOUR)), (Profile::V0_10, (0, DAY))] {
        let mut data = cluster(3, 3, 0, profile);
        let alter = |data: &mut MetaData, group| {
            data.databases[0].retention_policies[0].shard_group_duration = group;
        };
        alter(&mut data, HOUR);
        data.apply(2, 1, &create(8 * HOUR), profile).unwrap();
        data.apply(3, 1, &create(10 * HOUR), profile).unwrap();
        alter(&mut data, DAY);
        data.apply(4, 1, &create(9 * HOUR + 5), profile).unwrap();
        let made = groups(&data).iter().find(|group| group.id == 3).unwrap();
        assert_eq!((made.start_time, made.end_time), day_before, "{profile}");
    }
}

#[test]
fn a_truncation_sends_later_points_elsewhere() {
    let mut data = cluster(3, 3, HOUR, Profile::V1_8);
    for (index, time) in [(2, 0), (3, HOUR), (4, 5 * HOUR)] {
        data.apply(index, 1, &create(time), Profile::V1_8).unwrap();
    }
    let at = HOUR + HOUR / 2;
    data.apply(5, 1, &Command::TruncateShardGroups { at }, Profile::V1_8).unwrap();
    let closed: Vec<_> = groups(&data).iter().map(|group| group.truncated_at).collect();
    assert_eq!(closed, [None, Some(at), Some(5 * HOUR)]);
    data.apply(6, 1, &create(at + 1), Profile::V1_8).unwrap();
    let next = data.retention_policy("db", "").unwrap().shard_group_at(at).unwrap();
    assert_eq!((next.start_time, next.end_time), (at, 2 * HOUR));
    let again = Command::TruncateShardGroups { at: 100 * DAY };
    assert_eq!(data.apply(7, 1, &again, Profile::V1_8), Ok(Applied::Unchanged));
}

#[test]
fn deleted_groups_are_remembered_for_two_weeks() {
    let mut data = cluster(3, 3, 0, Profile::V1_8);
    data.apply(2, 1, &create(0), Profile::V1_8).unwrap();
    let delete = |id| Command::DeleteShardGroup { database: "db".to_owned(), policy: "rp".to_owned(), id, now: DAY };
    let unknown = data.apply(3, 1, &delete(9), Profile::V1_8).unwrap_err();
    assert_eq!(unknown.to_string(), "shard group not found");
    data.apply(4, 1, &delete(1), Profile::V1_8).unwrap();
    assert_eq!(data.retention_policy("db", "").unwrap().shard_group_at(0), None);
    assert!(data.shard(1).is_some());
    let prune = |now| Command::PruneShardGroups { now };
    assert_eq!(data.apply(5, 1, &prune(15 * DAY - 1), Profile::V1_8), Ok(Applied::Unchanged));
    assert_eq!(data.apply(6, 1, &prune(15 * DAY), Profile::V1_8), Ok(Applied::Changed));
    assert!(data.shard(1).is_none());
    assert_eq!(data.apply(7, 1, &create(0), Profile::V1_8), Ok(Applied::ShardGroup(2)), "ids are not used twice");
}

#[test]
fn a_group_goes_with_its_last_shard() {
    let mut data = cluster(3, 1, 0, Profile::V1_8);
    data.apply(2, 1, &create(0), Profile::V1_8).unwrap();
    for (id, deleted) in [(1, None), (2, None), (3, Some(9))] {
        data.apply(2 + id, 1, &Command::DropShard { id, now: 9 }, Profile::V1_8).unwrap();
        assert_eq!(groups(&data)[0].deleted_at, deleted, "after shard {id}");
    }
    assert_eq!(data.apply(9, 1, &Command::DropShard { id: 1, now: 9 }, Profile::V1_8), Ok(Applied::Unchanged));
}

#[test]
fn the_next_group_is_made_ahead_of_time() {
    let mut data = cluster(3, 3, HOUR, Profile::V1_8);
    let ahead = HOUR / 2;
    assert_eq!(data.precreations(0, ahead, Profile::V1_8), [], "a policy without groups needs none");
    data.apply(2, 1, &create(0), Profile::V1_8).unwrap();
    assert_eq!(data.precreations(HOUR / 2, ahead, Profile::V1_8), [], "not yet");
    let due = data.precreations(HOUR / 2 + 1, ahead, Profile::V1_8);
    assert_eq!(due.len(), 1);
    assert_eq!(data.precreations(HOUR, ahead, Profile::V1_8), [], "that one has ended: nobody writes there");
    data.apply(3, 1, &due[0], Profile::V1_8).unwrap();
    assert_eq!(windows(&data), [(0, HOUR), (HOUR, 2 * HOUR)]);
    assert_eq!(data.precreations(HOUR / 2 + 1, ahead, Profile::V1_8), [], "done");
}

#[test]
fn only_the_first_database_is_precreated_in_0_10() {
    for (profile, due) in [(Profile::V1_8, 2), (Profile::V0_10, 1)] {
        let mut data = cluster(3, 3, 0, profile);
        data.apply(2, 1, &create(0), profile).unwrap();
        let mut second = data.databases[0].clone();
        second.name = "second".to_owned();
        data.databases.push(second);
        let end = groups(&data)[0].end_time;
        assert_eq!(data.precreations(end - 1, HOUR, profile).len(), due, "{profile}");
    }
}

proptest! {
    /// Whatever is written in whatever order, under changing lengths: 1.8 groups hold the time asked for and do not
    /// overlap, and they stay sorted.
    #[test]
    fn groups_do_not_overlap(steps in proptest::collection::vec(
        (prop_oneof![-20 * DAY..20 * DAY, Just(MIN_TIME), Just(MAX_TIME), any::<i64>()], 0_usize..4, any::<bool>()), 1..40,
    )) {
        let profile = Profile::V1_8;
        let mut data = cluster(3, 2, 0, profile);
        for (index, (time, length, truncation)) in (2..).zip(steps) {
            let time = time.clamp(MIN_TIME, MAX_TIME);
            data.databases[0].retention_policies[0].shard_group_duration = [HOUR, DAY, 7 * DAY, 5 * HOUR][length];
            if truncation {
                data.apply(index, 1, &Command::TruncateShardGroups { at: time }, profile).unwrap();
            } else {
                data.apply(index, 1, &create(time), profile).unwrap();
                let policy = data.retention_policy("db", "").unwrap();
                prop_assert!(policy.shard_group_at(time).is_some());
            }
            let mut live: Vec<_> = groups(&data)
                .iter()
                .map(|group| (group.start_time, group.truncated_at.unwrap_or(group.end_time)))
                .filter(|(start, end)| start < end)
                .collect();
            prop_assert!(groups(&data).is_sorted_by_key(|group| group.start_time));
            live.sort_unstable();
            prop_assert!(live.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{live:?}");
        }
    }
}
