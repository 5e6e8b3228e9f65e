//! From the points of a request to what each shard gets, step by step. Pure: the metadata come in.

use super::mapping::{self, Mapping, TooManyGroups};
use crate::core::consistency::ShardWriteError;
use crate::core::meta::{Command, MetaData};
use crate::{Points, Profile};

/// Why a request was not acknowledged. `Display` gives the wire text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WriteError {
    /// The database has no such retention policy.
    #[error("retention policy not found: {0}")]
    RetentionPolicyNotFound(String),
    /// The meta nodes did not make a shard group: nothing was written.
    #[error("{0}")]
    Meta(String),
    /// The points need more new shard groups than one request may make: nothing was written, and no group made.
    #[error(transparent)]
    TooManyGroups(#[from] TooManyGroups),
    /// There is no shard group although the meta nodes were asked for one.
    #[error("nil shard group")]
    NoShardGroup,
    /// A shard did not reach the level; other shards of the request may have.
    #[error("{0}")]
    Shard(ShardWriteError),
    /// Points that were left out for their age; the others reached the level.
    #[error("partial write: points beyond retention policy dropped={0}")]
    TooOld(usize),
}

/// What a coordinator does next with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Have the meta nodes carry this out, wait until this node's own copy shows it, and ask again.
    MakeGroups(Command),
    /// Write these parts.
    Write(Mapping),
}

/// The way of one request until its points are written.
///
/// Shard groups are made before any point is written, so a failure there leaves nothing behind.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    profile: Profile,
    /// The time of day: nanoseconds, Unix time.
    now: i64,
    /// New shard groups that one request may make; 0 for no limit.
    max_groups: usize,
    /// The oldest time that a group is made for, by the policy as it was first seen.
    oldest: Option<Option<i64>>,
    /// How many groups the policy had when the meta nodes were asked.
    asked_at: Option<usize>,
}

impl Plan {
    pub(crate) fn new(profile: Profile, now: i64, max_groups: usize) -> Self {
        Self { profile, now, max_groups, oldest: None, asked_at: None }
    }

    /// The next step by the metadata as this node knows them now; an empty `policy` is the default one.
    ///
    /// # Errors
    /// [`WriteError`] when nothing is to be written.
    pub(crate) fn step(
        &mut self,
        meta: &MetaData,
        database: &str,
        policy: &str,
        points: &Points,
    ) -> Result<Step, WriteError> {
        let found = meta.retention_policy(database, policy);
        let found = found.ok_or_else(|| WriteError::RetentionPolicyNotFound(policy.to_owned()))?;
        if self.asked_at == Some(found.shard_groups.len()) {
            return Err(WriteError::NoShardGroup);
        }
        let first = || mapping::oldest_accepted(self.profile, found, self.now);
        let oldest = *self.oldest.get_or_insert_with(first);
        // A group shrunk by its neighbours may leave a part of its window to another one.
        let missing = mapping::missing_groups(self.profile, points, found, oldest, self.max_groups)?;
        if !missing.is_empty() {
            self.asked_at = Some(found.shard_groups.len());
            // The real servers ask for one after the other. One command for all says the same: they are there before any
            // point is written, and a failure means that nothing was.
            return Ok(Step::MakeGroups(Command::CreateShardGroups {
                database: database.to_owned(),
                policy: found.name.clone(),
                times: missing,
            }));
        }
        let mapping = mapping::map(self.profile, points, found, oldest);
        if mapping.unmapped > 0 { Err(WriteError::NoShardGroup) } else { Ok(Step::Write(mapping)) }
    }
}

/// What a request comes to when all its shards were written.
///
/// # Errors
/// [`WriteError::TooOld`] where points were left out for their age.
pub(crate) fn after_all_shards(too_old: usize) -> Result<(), WriteError> {
    if too_old > 0 { Err(WriteError::TooOld(too_old)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Point;
    use crate::core::meta::DataNode;

    fn meta(nodes: u64) -> MetaData {
        let node = |id| DataNode { id, http_addr: format!("h{id}"), tcp_addr: format!("t{id}") };
        let mut meta = MetaData { data_nodes: (1..=nodes).map(node).collect(), ..MetaData::default() };
        let create = Command::CreateDatabase { name: "db".to_owned(), policy: None };
        meta.apply(1, 1, &create, Profile::V1_8).unwrap();
        meta
    }

    #[test]
    fn groups_are_made_before_anything_is_written() {
        let mut meta = meta(3);
        let points: Points = [Point { key: b"m", fields: b"v=1", time: 7 }].into_iter().collect();
        let mut plan = Plan::new(Profile::V1_8, 0, 0);
        let Step::MakeGroups(command) = plan.step(&meta, "db", "", &points).unwrap() else { panic!("no group yet") };
        meta.apply(2, 1, &command, Profile::V1_8).unwrap();
        let Step::Write(mapping) = plan.step(&meta, "db", "", &points).unwrap() else { panic!("the group is there") };
        assert_eq!(mapping.parts.len(), 1);
        assert_eq!(mapping.parts[0].owners.len(), 3);
    }

    #[test]
    fn a_group_that_was_asked_for_in_vain_is_an_error() {
        let meta = meta(0);
        let points: Points = [Point { key: b"m", fields: b"v=1", time: 7 }].into_iter().collect();
        let mut plan = Plan::new(Profile::V1_8, 0, 0);
        assert!(matches!(plan.step(&meta, "db", "", &points), Ok(Step::MakeGroups(_))));
        assert_eq!(plan.step(&meta, "db", "", &points), Err(WriteError::NoShardGroup));
        let unknown = Plan::new(Profile::V1_8, 0, 0).step(&meta, "db", "rp", &points);
        assert_eq!(unknown, Err(WriteError::RetentionPolicyNotFound("rp".to_owned())));
    }
}
