//! Nodes join, move and leave.

use std::collections::BTreeMap;

use super::{Applied, CommandError, DataNode, MetaData, MetaNode, ShardGroup};
use crate::Profile;

impl MetaData {
    pub(super) fn bootstrap(&mut self, cluster_id: u64, meta_nodes: &[MetaNode], data_nodes: &[DataNode]) -> Applied {
        if self.cluster_id != 0 {
            return Applied::Unchanged;
        }
        self.cluster_id = cluster_id;
        self.meta_nodes = meta_nodes.to_vec();
        self.meta_nodes.sort_by_key(|node| node.id);
        self.data_nodes = data_nodes.to_vec();
        self.data_nodes.sort_by_key(|node| node.id);
        let ids = meta_nodes.iter().map(|node| node.id).chain(data_nodes.iter().map(|node| node.id));
        self.max_node_id = ids.max().unwrap_or(0);
        Applied::Changed
    }

    pub(super) fn create_meta_node(&mut self, http_addr: &str, tcp_addr: &str) -> Applied {
        if let Some(node) = self.meta_nodes.iter().find(|node| node.tcp_addr == tcp_addr) {
            return Applied::Node(node.id);
        }
        self.max_node_id += 1;
        let id = self.max_node_id;
        self.meta_nodes.push(MetaNode { id, http_addr: http_addr.to_owned(), tcp_addr: tcp_addr.to_owned() });
        Applied::Node(id)
    }

    pub(super) fn remove_meta_node(&mut self, id: u64) -> Result<Applied, CommandError> {
        let position = self.meta_nodes.iter().position(|node| node.id == id).ok_or(CommandError::NodeNotFound)?;
        if self.meta_nodes.len() == 1 {
            return Err(CommandError::LastMetaNode);
        }
        self.meta_nodes.remove(position);
        Ok(Applied::Changed)
    }

    pub(super) fn create_data_node(&mut self, http_addr: &str, tcp_addr: &str) -> Applied {
        if let Some(node) = self.data_nodes.iter().find(|node| node.tcp_addr == tcp_addr) {
            return Applied::Node(node.id);
        }
        self.max_node_id += 1;
        let id = self.max_node_id;
        self.data_nodes.push(DataNode { id, http_addr: http_addr.to_owned(), tcp_addr: tcp_addr.to_owned() });
        Applied::Node(id)
    }

    pub(super) fn update_meta_node(
        &mut self,
        id: u64,
        http_addr: &str,
        tcp_addr: &str,
    ) -> Result<Applied, CommandError> {
        let node = self.meta_nodes.iter_mut().find(|node| node.id == id).ok_or(CommandError::NodeNotFound)?;
        let updated = MetaNode { id, http_addr: http_addr.to_owned(), tcp_addr: tcp_addr.to_owned() };
        if *node == updated {
            return Ok(Applied::Unchanged);
        }
        *node = updated;
        Ok(Applied::Changed)
    }

    pub(super) fn update_data_node(
        &mut self,
        id: u64,
        http_addr: &str,
        tcp_addr: &str,
    ) -> Result<Applied, CommandError> {
        let node = self.data_nodes.iter_mut().find(|node| node.id == id).ok_or(CommandError::NodeNotFound)?;
        let updated = DataNode { id, http_addr: http_addr.to_owned(), tcp_addr: tcp_addr.to_owned() };
        if *node == updated {
            return Ok(Applied::Unchanged);
        }
        *node = updated;
        Ok(Applied::Changed)
    }

    pub(super) fn remove_data_node(&mut self, id: u64, now: i64, profile: Profile) -> Result<Applied, CommandError> {
        let position = self.data_nodes.iter().position(|node| node.id == id).ok_or(CommandError::NodeNotFound)?;
        self.data_nodes.remove(position);
        for group in self.groups_mut() {
            match profile {
                Profile::V1_8 => group.disown_and_reassign(id, now),
                // Shards may be left without an owner; writes there then answer a bare "write failed".
                Profile::V0_10 => group.disown(id),
            }
        }
        Ok(Applied::Changed)
    }
}

impl ShardGroup {
    fn disown(&mut self, id: u64) {
        for shard in &mut self.shards {
            shard.owners.retain(|owner| *owner != id);
        }
    }

    /// Takes a node out of all owners. A shard left without any is given to the node that owns the fewest shards of
    /// the group; a group whose shards are all left so is deleted.
    fn disown_and_reassign(&mut self, id: u64, now: i64) {
        if !self.shards.iter().any(|shard| shard.owners.contains(&id)) {
            return;
        }
        self.disown(id);
        let mut owned: BTreeMap<u64, usize> = BTreeMap::new();
        for owner in self.shards.iter().flat_map(|shard| &shard.owners) {
            *owned.entry(*owner).or_default() += 1;
        }
        for shard in self.shards.iter_mut().filter(|shard| shard.owners.is_empty()) {
            let fewest = owned.iter().min_by_key(|(_, shards)| **shards).map(|(owner, _)| *owner);
            let Some(owner) = fewest else {
                self.deleted_at = self.deleted_at.or(Some(now));
                return;
            };
            shard.owners.push(owner);
            *owned.entry(owner).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Shard;
    use super::*;

    fn group(owners: &[&[u64]]) -> ShardGroup {
        let shards = owners.iter().zip(1..).map(|(owners, id)| Shard { id, owners: owners.to_vec() }).collect();
        ShardGroup { id: 1, start_time: 0, end_time: 10, deleted_at: None, truncated_at: None, shards }
    }

    fn owners(group: &ShardGroup) -> Vec<Vec<u64>> {
        group.shards.iter().map(|shard| shard.owners.clone()).collect()
    }

    #[test]
    fn meta_and_data_nodes_share_one_counter() {
        let mut data = MetaData::default();
        let meta: Vec<_> =
            (1..=3).map(|id| MetaNode { id, http_addr: format!("h{id}"), tcp_addr: format!("t{id}") }).collect();
        assert_eq!(data.bootstrap(7, &meta, &[]), Applied::Changed);
        assert_eq!(data.create_data_node("a", "b"), Applied::Node(4));
        assert_eq!(data.create_data_node("a", "b"), Applied::Node(4), "the same node again");
        assert_eq!(data.create_meta_node("c", "d"), Applied::Node(5));
        assert_eq!(data.bootstrap(8, &[], &[]), Applied::Unchanged);
        assert_eq!(data.cluster_id, 7);
    }

    #[test]
    fn shards_of_a_node_that_leaves() {
        let mut one = group(&[&[4], &[5], &[6]]);
        one.disown_and_reassign(5, 99);
        assert_eq!(owners(&one), [vec![4], vec![4], vec![6]]);
        let mut sole = group(&[&[5]]);
        sole.disown_and_reassign(5, 99);
        assert_eq!((owners(&sole), sole.deleted_at), (vec![vec![]], Some(99)));
        let mut three = group(&[&[5, 6, 4]]);
        three.disown_and_reassign(5, 99);
        assert_eq!((owners(&three), three.deleted_at), (vec![vec![6, 4]], None));
    }

    #[test]
    fn an_unknown_node_cannot_leave_or_move() {
        let mut data = MetaData::default();
        assert_eq!(data.remove_data_node(1, 0, Profile::V1_8).unwrap_err().to_string(), "node not found");
        assert_eq!(data.update_data_node(1, "", "").unwrap_err(), CommandError::NodeNotFound);
    }
}
