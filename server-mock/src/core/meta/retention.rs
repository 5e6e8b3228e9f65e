//! What the enforcement of retention policies has to do, on the meta nodes and on each data node.

use std::collections::BTreeSet;

use super::groups::REMEMBERED;
use super::{Command, Database, MetaData, RetentionPolicy, ShardGroup};
use crate::Profile;

impl MetaData {
    /// The shard groups whose points are all older than their policy keeps them at `now`, with where they are.
    pub fn expired_shard_groups(&self, now: i64) -> impl Iterator<Item = (&Database, &RetentionPolicy, &ShardGroup)> {
        self.databases.iter().flat_map(move |database| {
            database.retention_policies.iter().flat_map(move |policy| {
                let expired = policy.shard_groups.iter().filter(move |group| {
                    policy.duration != 0
                        && group.deleted_at.is_none()
                        && i128::from(group.end_time) + i128::from(policy.duration) < i128::from(now)
                });
                expired.map(move |group| (database, policy, group))
            })
        })
    }

    /// The commands that mark expired shard groups as deleted.
    #[must_use]
    pub fn expirations(&self, now: i64) -> Vec<Command> {
        let delete = |(database, policy, group): (&Database, &RetentionPolicy, &ShardGroup)| {
            let (database, policy) = (database.name.clone(), policy.name.clone());
            Command::DeleteShardGroup { database, policy, id: group.id, now }
        };
        self.expired_shard_groups(now).map(delete).collect()
    }

    /// The command that forgets shard groups, if any was deleted two weeks ago or earlier. 0.10 has none: its deleted
    /// groups are remembered for ever.
    #[must_use]
    pub fn pruning(&self, now: i64, profile: Profile) -> Option<Command> {
        match profile {
            Profile::V1_8 => {}
            Profile::V0_10 => return None,
        }
        let limit = now.saturating_sub(REMEMBERED);
        let due = self.groups().any(|group| group.deleted_at.is_some_and(|deleted| deleted <= limit));
        due.then_some(Command::PruneShardGroups { now })
    }

    /// Which of the shards that a data node holds are gone: those of deleted groups.
    ///
    /// In 1.8 also those that were made once and are in no group any more: their group was pruned, or their database
    /// dropped, while the node was down. Ids are never given out twice, and a shard that this copy of the metadata has
    /// not heard of yet has a higher one. In 0.10 `DROP DATABASE` leaves the data of the other nodes alone (cluster
    /// 0.10 facts § 6), and there is no pruning.
    #[must_use]
    pub fn gone_shards(&self, held: &[u64], profile: Profile) -> Vec<u64> {
        let shards = |deleted: bool| -> BTreeSet<u64> {
            let groups = self.groups().filter(move |group| group.deleted_at.is_some() == deleted);
            groups.flat_map(|group| &group.shards).map(|shard| shard.id).collect()
        };
        match profile {
            Profile::V1_8 => {
                let live = shards(false);
                held.iter().copied().filter(|id| *id <= self.max_shard_id && !live.contains(id)).collect()
            }
            Profile::V0_10 => {
                let deleted = shards(true);
                held.iter().copied().filter(|id| deleted.contains(id)).collect()
            }
        }
    }

    fn groups(&self) -> impl Iterator<Item = &ShardGroup> {
        let policies = self.databases.iter().flat_map(|database| &database.retention_policies);
        policies.flat_map(|policy| &policy.shard_groups)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{DataNode, RetentionPolicySpec};
    use super::*;

    const HOUR: i64 = 3_600_000_000_000;
    const DAY: i64 = 24 * HOUR;

    /// One policy of two hours with a group an hour, from midnight 1970; shards 1, 2 and 3.
    fn data(profile: Profile) -> MetaData {
        let node = DataNode { id: 1, http_addr: "h".to_owned(), tcp_addr: "t".to_owned() };
        let mut data = MetaData { data_nodes: vec![node], ..MetaData::default() };
        let spec = RetentionPolicySpec { duration: Some(2 * HOUR), ..RetentionPolicySpec::default() };
        let create = Command::CreateDatabase { name: "db".to_owned(), policy: Some(spec) };
        data.apply(1, 1, &create, profile).unwrap();
        let (database, policy, times) = ("db".to_owned(), String::new(), vec![0, HOUR, 2 * HOUR]);
        data.apply(2, 1, &Command::CreateShardGroups { database, policy, times }, profile).unwrap();
        data
    }

    fn carry_out(data: &mut MetaData, commands: impl IntoIterator<Item = Command>, profile: Profile) {
        for command in commands {
            data.apply(data.index + 1, 1, &command, profile).unwrap();
        }
    }

    #[test]
    fn groups_expire_after_their_policys_duration() {
        let mut data = data(Profile::V1_8);
        assert_eq!(data.expirations(3 * HOUR), []);
        assert_eq!(data.expirations(3 * HOUR + 1).len(), 1);
        assert_eq!(data.expirations(4 * HOUR + 1).len(), 2);
        data.databases[0].retention_policies[0].duration = 0;
        assert_eq!(data.expirations(i64::MAX), [], "kept for ever");
    }

    #[test]
    fn what_is_marked_is_gone_and_not_marked_again() {
        for profile in Profile::ALL {
            let mut data = data(profile);
            assert_eq!(data.gone_shards(&[1, 2, 3], profile), [0_u64; 0]);
            let due = data.expirations(4 * HOUR + 1);
            carry_out(&mut data, due, profile);
            assert_eq!(data.gone_shards(&[1, 2, 3], profile), [1, 2], "{profile}");
            assert_eq!(data.expirations(4 * HOUR + 1), []);
        }
    }

    #[test]
    fn a_deletion_by_two_nodes_is_dated_by_the_first() {
        let mut data = data(Profile::V1_8);
        for now in [4 * HOUR, 9 * HOUR] {
            let (database, policy) = ("db".to_owned(), String::new());
            carry_out(&mut data, [Command::DeleteShardGroup { database, policy, id: 1, now }], Profile::V1_8);
        }
        assert_eq!(data.groups().next().unwrap().deleted_at, Some(4 * HOUR));
    }

    #[test]
    fn only_1_8_prunes_and_misses_shards_that_left_without_a_trace() {
        for (profile, gone) in [(Profile::V1_8, vec![1, 2, 3]), (Profile::V0_10, vec![])] {
            let mut data = data(profile);
            let (marked, two_weeks) = (4 * HOUR + 1, 14 * DAY);
            let due = data.expirations(marked);
            carry_out(&mut data, due, profile);
            assert_eq!(data.pruning(marked + two_weeks - 1, profile), None);
            let pruning = data.pruning(marked + two_weeks, profile);
            assert_eq!(pruning.is_some(), profile == Profile::V1_8);
            carry_out(&mut data, pruning, profile);
            assert_eq!(data.gone_shards(&[1, 2, 3], profile), [1, 2], "{profile}");
            carry_out(&mut data, [Command::DropDatabase { name: "db".to_owned() }], profile);
            assert_eq!(data.gone_shards(&[1, 2, 3, 4], profile), gone, "{profile}: 4 is too new to be known");
        }
    }
}
