//! Commands meet metadata.

use super::{Applied, Command, CommandError, MetaData};
use crate::Profile;

impl MetaData {
    /// Applies the command that Raft committed at `index` in `term`.
    ///
    /// The index moves on whether the command succeeds or is refused, as on the real servers; shard owners rotate
    /// with it. A refused command changes nothing else.
    ///
    /// # Errors
    /// [`CommandError`] says why the command was refused.
    pub fn apply(
        &mut self,
        index: u64,
        term: u64,
        command: &Command,
        profile: Profile,
    ) -> Result<Applied, CommandError> {
        let outcome = self.change(command, profile);
        self.index = index;
        self.term = term;
        outcome
    }

    fn change(&mut self, command: &Command, profile: Profile) -> Result<Applied, CommandError> {
        match command {
            Command::Bootstrap { cluster_id, meta_nodes, data_nodes } => {
                Ok(self.bootstrap(*cluster_id, meta_nodes, data_nodes))
            }
            Command::CreateMetaNode { http_addr, tcp_addr } => Ok(self.create_meta_node(http_addr, tcp_addr)),
            Command::RemoveMetaNode { id } => self.remove_meta_node(*id),
            Command::CreateDataNode { http_addr, tcp_addr } => Ok(self.create_data_node(http_addr, tcp_addr)),
            Command::RemoveDataNode { id, now } => self.remove_data_node(*id, *now, profile),
            Command::UpdateDataNode { id, http_addr, tcp_addr } => self.update_data_node(*id, http_addr, tcp_addr),
            Command::UpdateMetaNode { id, http_addr, tcp_addr } => self.update_meta_node(*id, http_addr, tcp_addr),
            Command::CreateDatabase { name, policy } => self.create_database(name, policy.as_ref(), profile),
            Command::DropDatabase { name } => self.drop_database(name, profile),
            Command::CreateRetentionPolicy { database, policy, default } => {
                self.create_retention_policy(database, policy, *default, profile)
            }
            Command::UpdateRetentionPolicy { database, name, duration, shard_group_duration, replica_n, default } => {
                let policy = self.policy_mut(database, name)?;
                policy.update(*duration, *shard_group_duration, *replica_n, profile)?;
                // An empty name means the one that already is the default.
                if *default && !name.is_empty() {
                    self.set_default_policy(database, name)?;
                }
                Ok(Applied::Changed)
            }
            Command::DropRetentionPolicy { database, name } => Ok(self.drop_retention_policy(database, name)),
            Command::SetDefaultRetentionPolicy { database, name } => self.set_default_policy(database, name),
            Command::CreateShardGroup { database, policy, time } => {
                self.create_shard_group(database, policy, *time, self.index, profile)
            }
            Command::CreateShardGroups { database, policy, times } => {
                self.create_shard_groups(database, policy, times, profile)
            }
            Command::DeleteShardGroup { database, policy, id, now } => {
                self.delete_shard_group(database, policy, *id, *now)
            }
            Command::DropShard { id, now } => Ok(self.drop_shard(*id, *now)),
            Command::TruncateShardGroups { at } => Ok(self.truncate_shard_groups(*at)),
            Command::PruneShardGroups { now } => Ok(self.prune_shard_groups(*now)),
            Command::CreateUser { name, hash, admin } => self.create_user(name, hash, *admin),
            Command::DropUser { name } => self.drop_user(name),
            Command::UpdateUser { name, hash } => self.update_user(name, hash),
            Command::SetPrivilege { user, database, privilege } => {
                self.set_privilege(user, database, *privilege, profile)
            }
            Command::CreateContinuousQuery(query) => self.create_continuous_query(query, profile),
            Command::DropContinuousQuery { database, name } => self.drop_continuous_query(database, name, profile),
            Command::CreateSubscription(subscription) => self.create_subscription(subscription, profile),
            Command::DropSubscription { database, retention_policy, name } => {
                self.drop_subscription(database, retention_policy, name)
            }
            Command::SetAdmin { user, admin } => self.set_admin(user, *admin),
        }
    }
}
