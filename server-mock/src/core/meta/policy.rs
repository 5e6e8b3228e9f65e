//! What the profiles fill in for a retention policy, and how many shards a group gets.

use super::{CommandError, RetentionPolicy, RetentionPolicySpec};
use crate::Profile;

const HOUR: i64 = 3_600_000_000_000;
const DAY: i64 = 24 * HOUR;
/// Shortest time that points may be kept.
const SHORTEST: i64 = HOUR;
const LONGEST_NAME: usize = 255;

/// The length of a shard group (nanoseconds) when it is not asked for, from how long points are kept (0: for ever).
#[must_use]
pub fn default_shard_group_duration(duration: i64) -> i64 {
    match duration {
        0 => 7 * DAY,
        d if d >= 180 * DAY => 7 * DAY,
        d if d >= 2 * DAY => DAY,
        _ => HOUR,
    }
}

/// How many shards a new group has.
///
/// 1.8 takes the smallest number such that all nodes own equally many; 0.10 divides and forgets the remainder.
/// With no nodes there are no shards.
#[must_use]
pub fn shard_count(profile: Profile, nodes: usize, replica_n: u32) -> usize {
    if nodes == 0 {
        return 0;
    }
    let replicas = copies(nodes, replica_n);
    match profile {
        Profile::V1_8 => (1..=nodes).find(|n| (n * replicas).is_multiple_of(nodes)).unwrap_or(nodes),
        Profile::V0_10 => nodes / replicas,
    }
}

/// Copies really made: at least one, at most one a node.
pub(super) fn copies(nodes: usize, replica_n: u32) -> usize {
    usize::try_from(replica_n).unwrap_or(usize::MAX).clamp(1, nodes.max(1))
}

/// Copies asked for by a policy that does not say.
fn default_replicas(nodes: usize) -> u32 {
    u32::try_from(nodes.clamp(1, 3)).expect("at most three")
}

pub(super) fn default_name(profile: Profile) -> &'static str {
    match profile {
        Profile::V1_8 => "autogen",
        Profile::V0_10 => "default",
    }
}

pub(super) fn check_name(profile: Profile, name: &str) -> Result<(), CommandError> {
    match profile {
        Profile::V1_8 if name.len() > LONGEST_NAME => Err(CommandError::NameTooLong),
        Profile::V1_8 | Profile::V0_10 => Ok(()),
    }
}

pub(super) fn check_duration(duration: Option<i64>) -> Result<(), CommandError> {
    match duration {
        Some(d) if d != 0 && d < SHORTEST => Err(CommandError::DurationTooLow),
        Some(_) | None => Ok(()),
    }
}

/// The shard group duration that a policy gets when `asked` of it (0: not asked).
pub(super) fn group_duration(profile: Profile, asked: i64, duration: i64) -> i64 {
    match (profile, asked) {
        (Profile::V0_10, _) | (Profile::V1_8, 0) => default_shard_group_duration(duration),
        (Profile::V1_8, asked) => asked.max(SHORTEST),
    }
}

/// Whether points would be gone before their shard group is full. Only 1.8 minds, where the two can be chosen apart.
pub(super) fn check_compatible(profile: Profile, duration: i64, group: i64) -> Result<(), CommandError> {
    match profile {
        Profile::V1_8 if 0 < duration && duration < group => Err(CommandError::IncompatibleDurations),
        Profile::V1_8 | Profile::V0_10 => Ok(()),
    }
}

impl RetentionPolicySpec {
    /// The policy that this asks for in a cluster with so many data nodes, without shard groups.
    pub(super) fn resolve(&self, profile: Profile, nodes: usize) -> Result<RetentionPolicy, CommandError> {
        check_duration(self.duration)?;
        let name = self.name.clone().unwrap_or_else(|| default_name(profile).to_owned());
        if name.is_empty() {
            return Err(CommandError::RetentionPolicyNameRequired);
        }
        check_name(profile, &name)?;
        let replica_n = self.replica_n.unwrap_or_else(|| default_replicas(nodes));
        if replica_n == 0 {
            return Err(CommandError::ReplicationFactorTooLow);
        }
        let duration = self.duration.unwrap_or(0);
        let shard_group_duration = group_duration(profile, self.shard_group_duration.unwrap_or(0), duration);
        check_compatible(profile, duration, shard_group_duration)?;
        Ok(RetentionPolicy { name, duration, shard_group_duration, replica_n, shard_groups: Vec::new() })
    }

    /// Whether an existing policy is what this asks for; what is absent matches anything.
    pub(super) fn matches(&self, profile: Profile, policy: &RetentionPolicy) -> bool {
        let group = group_duration(profile, self.shard_group_duration.unwrap_or(0), policy.duration);
        let group_asked = match profile {
            Profile::V1_8 => true,
            // Not comparable there: ALTER may have left another one, and it cannot be asked for.
            Profile::V0_10 => false,
        };
        self.duration.is_none_or(|duration| duration == policy.duration)
            && self.replica_n.is_none_or(|replica_n| replica_n == policy.replica_n)
            && (!group_asked || group == policy.shard_group_duration)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn groups_are_as_long_as_the_real_ones() {
        for (duration, group) in [
            (0, 168 * HOUR),
            (HOUR, HOUR),
            (48 * HOUR - 1, HOUR),
            (48 * HOUR, 24 * HOUR),
            (180 * DAY - 1, 24 * HOUR),
            (180 * DAY, 168 * HOUR),
        ] {
            assert_eq!(default_shard_group_duration(duration), group, "{duration}");
        }
    }

    #[test]
    fn shards_per_group() {
        // (nodes, REPLICATION, 1.8, 0.10)
        for (nodes, replica_n, v1_8, v0_10) in [
            (3, 1, 3, 3),
            (3, 2, 3, 1),
            (3, 3, 1, 1),
            (3, 5, 1, 1),
            (5, 1, 5, 5),
            (5, 2, 5, 2),
            (5, 3, 5, 1),
            (5, 5, 1, 1),
            (4, 2, 2, 2),
            (1, 1, 1, 1),
            (0, 1, 0, 0),
        ] {
            assert_eq!(shard_count(Profile::V1_8, nodes, replica_n), v1_8, "1.8, {nodes} nodes, RF{replica_n}");
            assert_eq!(shard_count(Profile::V0_10, nodes, replica_n), v0_10, "0.10, {nodes} nodes, RF{replica_n}");
        }
    }

    #[test]
    fn what_is_not_asked_for_is_filled_in() {
        let spec = RetentionPolicySpec::default();
        let policy = spec.resolve(Profile::V1_8, 3).unwrap();
        assert_eq!((policy.name.as_str(), policy.duration, policy.replica_n), ("autogen", 0, 3));
        assert_eq!(spec.resolve(Profile::V0_10, 5).unwrap().name, "default");
        assert_eq!(spec.resolve(Profile::V1_8, 2).unwrap().replica_n, 2);
    }

    #[test]
    fn shard_duration_is_honoured_by_1_8_only() {
        let spec = RetentionPolicySpec { shard_group_duration: Some(HOUR), ..RetentionPolicySpec::default() };
        assert_eq!(spec.resolve(Profile::V1_8, 3).unwrap().shard_group_duration, HOUR);
        assert_eq!(spec.resolve(Profile::V0_10, 3).unwrap().shard_group_duration, 168 * HOUR);
        let tiny = RetentionPolicySpec { shard_group_duration: Some(1), ..RetentionPolicySpec::default() };
        assert_eq!(tiny.resolve(Profile::V1_8, 3).unwrap().shard_group_duration, HOUR);
    }

    #[test]
    fn impossible_policies_are_refused() {
        let spec = |duration, group, replica_n| RetentionPolicySpec {
            name: Some("rp".to_owned()),
            duration: Some(duration),
            shard_group_duration: Some(group),
            replica_n: Some(replica_n),
        };
        let refused = |spec: RetentionPolicySpec| spec.resolve(Profile::V1_8, 3).unwrap_err().to_string();
        assert_eq!(refused(spec(1_000_000_000, 0, 1)), "retention policy duration must be at least 1h0m0s");
        assert_eq!(refused(spec(HOUR, DAY, 1)), "retention policy duration must be greater than the shard duration");
        assert_eq!(refused(spec(0, 0, 0)), "replication factor must be greater than 0");
    }
}
