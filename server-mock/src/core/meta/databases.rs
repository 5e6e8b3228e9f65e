//! Databases and their retention policies.

use super::policy::{check_compatible, check_duration, check_name, group_duration};
use super::{Applied, CommandError, Database, MetaData, RetentionPolicy, RetentionPolicySpec};
use crate::Profile;

impl MetaData {
    pub(super) fn create_database(
        &mut self,
        name: &str,
        spec: Option<&RetentionPolicySpec>,
        profile: Profile,
    ) -> Result<Applied, CommandError> {
        if name.is_empty() {
            return Err(CommandError::DatabaseNameRequired);
        }
        check_name(profile, name)?;
        if let Some(spec) = spec {
            check_duration(spec.duration)?;
        }
        let nodes = self.data_nodes.len();
        match (self.databases.iter_mut().find(|database| database.name == name), spec) {
            (Some(_), None) => Ok(Applied::Unchanged),
            (Some(database), Some(spec)) => {
                if !database.retention_policies.is_empty() {
                    return database.agrees_with(spec, profile).map(|()| Applied::Unchanged);
                }
                let policy = spec.resolve(profile, nodes)?;
                database.default_retention_policy.clone_from(&policy.name);
                database.retention_policies.push(policy);
                Ok(Applied::Changed)
            }
            (None, spec) => {
                let policy = spec.unwrap_or(&RetentionPolicySpec::default()).resolve(profile, nodes)?;
                self.databases.push(Database {
                    name: name.to_owned(),
                    default_retention_policy: policy.name.clone(),
                    retention_policies: vec![policy],
                });
                Ok(Applied::Changed)
            }
        }
    }

    pub(super) fn drop_database(&mut self, name: &str, profile: Profile) -> Result<Applied, CommandError> {
        let Some(position) = self.databases.iter().position(|database| database.name == name) else {
            return match profile {
                Profile::V1_8 => Ok(Applied::Unchanged),
                Profile::V0_10 => Err(CommandError::DatabaseNotFound(name.to_owned())),
            };
        };
        self.databases.remove(position);
        self.continuous_queries.retain(|query| query.database != name);
        self.subscriptions.retain(|subscription| subscription.database != name);
        for user in &mut self.users {
            user.privileges.retain(|(database, _)| database != name);
        }
        Ok(Applied::Changed)
    }

    pub(super) fn create_retention_policy(
        &mut self,
        database: &str,
        spec: &RetentionPolicySpec,
        default: bool,
        profile: Profile,
    ) -> Result<Applied, CommandError> {
        let policy = spec.resolve(profile, self.data_nodes.len())?;
        let database = self.database_mut(database)?;
        if let Some(existing) = database.retention_policies.iter().find(|existing| existing.name == policy.name) {
            let same = existing.duration == policy.duration
                && existing.replica_n == policy.replica_n
                && existing.shard_group_duration == policy.shard_group_duration;
            return match (same, default && database.default_retention_policy != policy.name) {
                (false, _) => Err(CommandError::RetentionPolicyExists),
                (true, true) => Err(CommandError::RetentionPolicyConflict),
                (true, false) => Ok(Applied::Unchanged),
            };
        }
        if default {
            database.default_retention_policy.clone_from(&policy.name);
        }
        database.retention_policies.push(policy);
        Ok(Applied::Changed)
    }

    /// The name of a default policy that is dropped stays: a write without `rp` is then told that it is not found.
    pub(super) fn drop_retention_policy(&mut self, database: &str, name: &str) -> Applied {
        self.subscriptions.retain(|known| known.database != database || known.retention_policy != name);
        let Ok(database) = self.database_mut(database) else {
            return Applied::Unchanged;
        };
        let before = database.retention_policies.len();
        database.retention_policies.retain(|policy| policy.name != name);
        if database.retention_policies.len() == before { Applied::Unchanged } else { Applied::Changed }
    }

    pub(super) fn set_default_policy(&mut self, database: &str, name: &str) -> Result<Applied, CommandError> {
        let database = self.database_mut(database)?;
        if !database.retention_policies.iter().any(|policy| policy.name == name) {
            return Err(CommandError::RetentionPolicyNotFound(name.to_owned()));
        }
        if database.default_retention_policy == name {
            return Ok(Applied::Unchanged);
        }
        name.clone_into(&mut database.default_retention_policy);
        Ok(Applied::Changed)
    }

    pub(super) fn database_mut(&mut self, name: &str) -> Result<&mut Database, CommandError> {
        let found = self.databases.iter_mut().find(|database| database.name == name);
        found.ok_or_else(|| CommandError::DatabaseNotFound(name.to_owned()))
    }

    /// The policy of that name; an empty name means the default one.
    pub(super) fn policy_mut(&mut self, database: &str, name: &str) -> Result<&mut RetentionPolicy, CommandError> {
        let database = self.database_mut(database)?;
        let name = if name.is_empty() { database.default_retention_policy.as_str() } else { name };
        let found = database.retention_policies.iter_mut().find(|policy| policy.name == name);
        found.ok_or_else(|| CommandError::RetentionPolicyNotFound(name.to_owned()))
    }
}

impl Database {
    /// Whether `CREATE DATABASE … WITH` this policy asks for what is already there.
    ///
    /// It must be the default one: the statement is not meant to add policies to a database.
    pub(super) fn agrees_with(&self, spec: &RetentionPolicySpec, profile: Profile) -> Result<(), CommandError> {
        let name = spec.name.as_deref().unwrap_or_else(|| super::policy::default_name(profile));
        let same = self.default_retention_policy == name
            && self.retention_policies.iter().any(|policy| policy.name == name && spec.matches(profile, policy));
        if same { Ok(()) } else { Err(CommandError::RetentionPolicyConflict) }
    }
}

impl RetentionPolicy {
    pub(super) fn update(
        &mut self,
        duration: Option<i64>,
        shard_group_duration: Option<i64>,
        replica_n: Option<u32>,
        profile: Profile,
    ) -> Result<(), CommandError> {
        check_duration(duration)?;
        if replica_n == Some(0) {
            return Err(CommandError::ReplicationFactorTooLow);
        }
        let kept = duration.unwrap_or(self.duration);
        let group = match (profile, shard_group_duration) {
            (Profile::V1_8, None) => self.shard_group_duration,
            (Profile::V1_8, Some(asked)) => group_duration(profile, asked, kept),
            (Profile::V0_10, _) => group_duration(profile, 0, kept),
        };
        check_compatible(profile, kept, group)?;
        self.duration = kept;
        self.shard_group_duration = group;
        self.replica_n = replica_n.unwrap_or(self.replica_n);
        Ok(())
    }
}

#[cfg(test)]
#[path = "databases_tests.rs"]
mod tests;
