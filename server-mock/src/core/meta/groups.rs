//! Shard groups are made, closed, deleted and forgotten.

use super::policy::{copies, shard_count};
use super::window::{around, shrink};
use super::{Applied, Command, CommandError, MetaData, RetentionPolicy, Shard, ShardGroup};
use crate::Profile;

/// How long (nanoseconds) a deleted group is remembered.
pub(super) const REMEMBERED: i64 = 14 * 24 * 3_600_000_000_000;

impl MetaData {
    pub(super) fn create_shard_group(
        &mut self,
        database: &str,
        policy: &str,
        time: i64,
        index: u64,
        profile: Profile,
    ) -> Result<Applied, CommandError> {
        let nodes: Vec<u64> = self.data_nodes.iter().map(|node| node.id).collect();
        let (group_id, shard_id) = (self.max_shard_group_id + 1, self.max_shard_id);
        let policy = self.policy_mut(database, policy)?;
        if let Some(group) = policy.shard_group_at(time) {
            return Ok(Applied::ShardGroup(group.id));
        }
        // Nobody could own a shard. The real servers answer with success and leave the writer without a group.
        if nodes.is_empty() {
            return Ok(Applied::Unchanged);
        }
        let (start_time, end_time) = policy.window_at(time, profile);
        let shards = assign_owners(&nodes, policy.replica_n, shard_id, index, profile);
        let made = shards.len() as u64;
        let group = ShardGroup { id: group_id, start_time, end_time, deleted_at: None, truncated_at: None, shards };
        policy.insert(group);
        self.max_shard_group_id = group_id;
        self.max_shard_id += made;
        Ok(Applied::ShardGroup(group_id))
    }

    pub(super) fn create_shard_groups(
        &mut self,
        database: &str,
        policy: &str,
        times: &[i64],
        profile: Profile,
    ) -> Result<Applied, CommandError> {
        let before = self.max_shard_group_id;
        for (index, time) in (self.index..).zip(times) {
            // Fails for the first time, when nothing has changed yet, or for none.
            self.create_shard_group(database, policy, *time, index, profile)?;
        }
        Ok(if self.max_shard_group_id == before { Applied::Unchanged } else { Applied::Changed })
    }

    pub(super) fn delete_shard_group(
        &mut self,
        database: &str,
        policy: &str,
        id: u64,
        now: i64,
    ) -> Result<Applied, CommandError> {
        let policy = self.policy_mut(database, policy)?;
        let group = policy.shard_groups.iter_mut().find(|group| group.id == id);
        let group = group.ok_or(CommandError::ShardGroupNotFound)?;
        // Every data node enforces the retention policies: the first to come decides, or the group would be remembered
        // longer with each.
        if group.deleted_at.is_some() {
            return Ok(Applied::Unchanged);
        }
        group.deleted_at = Some(now);
        Ok(Applied::Changed)
    }

    pub(super) fn drop_shard(&mut self, id: u64, now: i64) -> Applied {
        let group = self.groups_mut().find(|group| group.shards.iter().any(|shard| shard.id == id));
        let Some(group) = group else {
            return Applied::Unchanged;
        };
        group.shards.retain(|shard| shard.id != id);
        if group.shards.is_empty() {
            group.deleted_at = Some(now);
        }
        Applied::Changed
    }

    pub(super) fn truncate_shard_groups(&mut self, at: i64) -> Applied {
        let mut outcome = Applied::Unchanged;
        for group in self.groups_mut() {
            let closed_before = group.truncated_at.is_some_and(|closed| closed < at);
            if group.end_time <= at || group.deleted_at.is_some() || closed_before {
                continue;
            }
            // A group that lies wholly in the future is closed as a whole.
            group.truncated_at = Some(at.max(group.start_time));
            outcome = Applied::Changed;
        }
        outcome
    }

    pub(super) fn prune_shard_groups(&mut self, now: i64) -> Applied {
        let limit = now.saturating_sub(REMEMBERED);
        let mut outcome = Applied::Unchanged;
        for policy in self.databases.iter_mut().flat_map(|database| &mut database.retention_policies) {
            let before = policy.shard_groups.len();
            policy.shard_groups.retain(|group| group.deleted_at.is_none_or(|deleted| limit < deleted));
            if policy.shard_groups.len() < before {
                outcome = Applied::Changed;
            }
        }
        outcome
    }

    /// The commands that make the shard groups which will be needed within `ahead` nanoseconds from `now`: for each
    /// policy the one after its last group, if that one ends then and has not ended yet.
    ///
    /// 0.10 does so for the first database only (a defect of the real one, cluster 0.10 facts § 5).
    #[must_use]
    pub fn precreations(&self, now: i64, ahead: i64, profile: Profile) -> Vec<Command> {
        let reach = match profile {
            Profile::V1_8 => self.databases.len(),
            Profile::V0_10 => 1,
        };
        let policies = self
            .databases
            .iter()
            .take(reach)
            .flat_map(|database| database.retention_policies.iter().map(move |policy| (database, policy)));
        policies
            .filter_map(|(database, policy)| {
                let time = policy.next_group_needed(now, ahead)?;
                Some(Command::CreateShardGroup { database: database.name.clone(), policy: policy.name.clone(), time })
            })
            .collect()
    }

    pub(super) fn groups_mut(&mut self) -> impl Iterator<Item = &mut ShardGroup> {
        self.databases
            .iter_mut()
            .flat_map(|database| &mut database.retention_policies)
            .flat_map(|policy| &mut policy.shard_groups)
    }
}

impl RetentionPolicy {
    /// The window of the group to be made for `time`.
    fn window_at(&self, time: i64, profile: Profile) -> (i64, i64) {
        let window = around(time, self.shard_group_duration);
        match profile {
            // Groups of another length stay when the policy is altered, and must not be overlapped.
            Profile::V1_8 => {
                let live = self.shard_groups.iter().filter(|group| group.deleted_at.is_none());
                shrink(window, time, live.map(|group| (group.start_time, group.truncated_at.unwrap_or(group.end_time))))
            }
            Profile::V0_10 => window,
        }
    }

    fn insert(&mut self, group: ShardGroup) {
        let key = |group: &ShardGroup| (group.start_time, group.end_time);
        let at = self.shard_groups.partition_point(|other| key(other) <= key(&group));
        self.shard_groups.insert(at, group);
    }

    fn next_group_needed(&self, now: i64, ahead: i64) -> Option<i64> {
        let last = self.shard_groups.last()?;
        let due = last.deleted_at.is_none() && now < last.end_time && last.end_time < now.saturating_add(ahead);
        // The end is the first time that the group does not take.
        (due && self.shard_group_at(last.end_time).is_none()).then_some(last.end_time)
    }
}

/// The shards of a new group and their owners: round robin over the nodes, from where the Raft index points.
fn assign_owners(nodes: &[u64], replica_n: u32, last_shard: u64, index: u64, profile: Profile) -> Vec<Shard> {
    let replicas = copies(nodes.len(), replica_n);
    let first = usize::try_from(index % nodes.len() as u64).expect("a remainder of a division by a usize fits one");
    let mut owners = nodes.iter().copied().cycle().skip(first);
    (last_shard + 1..)
        .take(shard_count(profile, nodes.len(), replica_n))
        .map(|id| Shard { id, owners: owners.by_ref().take(replicas).collect() })
        .collect()
}

#[cfg(test)]
#[path = "groups_tests.rs"]
mod tests;
