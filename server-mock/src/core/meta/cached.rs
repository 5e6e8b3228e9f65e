//! What a data node answers from its cached copy, without asking the meta nodes.

use super::policy::check_duration;
use super::{Applied, Command, CommandError, MetaData, RetentionPolicySpec};
use crate::Profile;

impl MetaData {
    /// The answer to a command as far as this copy gives one; nothing when the meta nodes have to be asked.
    ///
    /// So databases and shard groups that exist can be asked for while no meta node lives (captured cases
    /// meta-quorum-lost and ddl). In 0.10 it also spares some refusals the ten seconds of retries.
    #[must_use]
    pub fn answer(&self, command: &Command, profile: Profile) -> Option<Result<Applied, CommandError>> {
        match command {
            Command::CreateDatabase { name, policy } => self.answer_create_database(name, policy.as_ref(), profile),
            Command::CreateRetentionPolicy { database, policy, .. } => {
                self.answer_create_policy(database, policy, profile)
            }
            Command::UpdateRetentionPolicy { duration, .. } => check_duration(*duration).err().map(Err),
            Command::DropDatabase { name } => match (self.database(name), profile) {
                (None, Profile::V0_10) => Some(Err(CommandError::DatabaseNotFound(name.clone()))),
                (Some(_), Profile::V0_10) | (_, Profile::V1_8) => None,
            },
            Command::CreateShardGroup { database, policy, time } => {
                let group = self.retention_policy(database, policy)?.shard_group_at(*time)?;
                Some(Ok(Applied::ShardGroup(group.id)))
            }
            Command::CreateShardGroups { database, policy, times } => {
                let policy = self.retention_policy(database, policy)?;
                let known = times.iter().all(|time| policy.shard_group_at(*time).is_some());
                known.then_some(Ok(Applied::Unchanged))
            }
            Command::Bootstrap { .. }
            | Command::CreateMetaNode { .. }
            | Command::RemoveMetaNode { .. }
            | Command::CreateDataNode { .. }
            | Command::RemoveDataNode { .. }
            | Command::UpdateDataNode { .. }
            | Command::UpdateMetaNode { .. }
            | Command::DropRetentionPolicy { .. }
            | Command::SetDefaultRetentionPolicy { .. }
            | Command::DeleteShardGroup { .. }
            | Command::DropShard { .. }
            | Command::TruncateShardGroups { .. }
            | Command::PruneShardGroups { .. }
            | Command::CreateUser { .. }
            | Command::DropUser { .. }
            | Command::UpdateUser { .. }
            | Command::SetPrivilege { .. }
            | Command::CreateContinuousQuery(_)
            | Command::DropContinuousQuery { .. }
            | Command::CreateSubscription(_)
            | Command::DropSubscription { .. }
            | Command::SetAdmin { .. } => None,
        }
    }

    fn answer_create_database(
        &self,
        name: &str,
        spec: Option<&RetentionPolicySpec>,
        profile: Profile,
    ) -> Option<Result<Applied, CommandError>> {
        if let Some(Err(refused)) = spec.map(|spec| check_duration(spec.duration)) {
            return Some(Err(refused));
        }
        let database = self.database(name)?;
        let Some(spec) = spec else {
            return Some(Ok(Applied::Unchanged));
        };
        if database.retention_policies.is_empty() {
            return None;
        }
        Some(database.agrees_with(spec, profile).map(|()| Applied::Unchanged))
    }

    fn answer_create_policy(
        &self,
        database: &str,
        spec: &RetentionPolicySpec,
        profile: Profile,
    ) -> Option<Result<Applied, CommandError>> {
        if let Err(refused) = check_duration(spec.duration) {
            return Some(Err(refused));
        }
        match profile {
            Profile::V1_8 => None,
            // Success whatever the definition: the old one stays (captured case ddl-rp).
            Profile::V0_10 => {
                let name = spec.name.as_deref().unwrap_or_else(|| super::policy::default_name(profile));
                self.database(database)?.retention_policies.iter().find(|policy| policy.name == name)?;
                Some(Ok(Applied::Unchanged))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::DataNode;
    use super::*;

    const DAY: i64 = 24 * 3_600_000_000_000;

    fn spec(name: &str, duration: i64, replica_n: u32) -> RetentionPolicySpec {
        RetentionPolicySpec {
            name: Some(name.to_owned()),
            duration: Some(duration),
            shard_group_duration: None,
            replica_n: Some(replica_n),
        }
    }

    fn create(name: &str, policy: Option<RetentionPolicySpec>) -> Command {
        Command::CreateDatabase { name: name.to_owned(), policy }
    }

    fn data(profile: Profile) -> MetaData {
        let node = DataNode { id: 1, http_addr: "h".to_owned(), tcp_addr: "t".to_owned() };
        let mut data = MetaData { data_nodes: vec![node], ..MetaData::default() };
        data.apply(1, 1, &create("db", Some(spec("rp", 30 * DAY, 1))), profile).unwrap();
        data
    }

    #[test]
    fn what_exists_needs_no_meta_node() {
        for profile in Profile::ALL {
            let data = data(profile);
            let answer = |command: &Command| data.answer(command, profile);
            assert_eq!(answer(&create("db", None)), Some(Ok(Applied::Unchanged)));
            assert_eq!(answer(&create("db", Some(spec("rp", 30 * DAY, 1)))), Some(Ok(Applied::Unchanged)));
            let conflict = Some(Err(CommandError::RetentionPolicyConflict));
            assert_eq!(answer(&create("db", Some(spec("rp", 60 * DAY, 1)))), conflict);
            assert_eq!(answer(&create("db", Some(spec("other", 30 * DAY, 1)))), conflict);
            assert_eq!(answer(&create("new", None)), None);
            assert_eq!(answer(&create("new", Some(spec("rp", 1, 1)))), Some(Err(CommandError::DurationTooLow)));
        }
    }

    #[test]
    fn a_shard_group_in_the_cache_is_the_answer() {
        let mut data = data(Profile::V1_8);
        let group = Command::CreateShardGroup { database: "db".to_owned(), policy: String::new(), time: 5 };
        assert_eq!(data.answer(&group, Profile::V1_8), None);
        let made = data.apply(2, 1, &group, Profile::V1_8);
        assert_eq!(data.answer(&group, Profile::V1_8), Some(made));
    }

    #[test]
    fn only_0_10_forgives_another_definition_of_a_policy() {
        let again =
            Command::CreateRetentionPolicy { database: "db".to_owned(), policy: spec("rp", DAY, 2), default: false };
        assert_eq!(data(Profile::V0_10).answer(&again, Profile::V0_10), Some(Ok(Applied::Unchanged)));
        assert_eq!(data(Profile::V1_8).answer(&again, Profile::V1_8), None);
        let refused = data(Profile::V1_8).apply(3, 1, &again, Profile::V1_8).unwrap_err();
        assert_eq!(refused.to_string(), "retention policy already exists");
    }

    #[test]
    fn only_0_10_minds_a_missing_database_at_drop() {
        let drop = Command::DropDatabase { name: "nope".to_owned() };
        let refused = data(Profile::V0_10).answer(&drop, Profile::V0_10).unwrap().unwrap_err();
        assert_eq!(refused.to_string(), "database not found: nope");
        assert_eq!(data(Profile::V1_8).answer(&drop, Profile::V1_8), None);
        assert_eq!(data(Profile::V1_8).apply(3, 1, &drop, Profile::V1_8), Ok(Applied::Unchanged));
    }
}
