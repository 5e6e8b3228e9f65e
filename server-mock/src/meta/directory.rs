//! Where the members of the Raft group are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::config::MetaMember;
use super::raft::Published;

/// Finds members by id: those of the configuration, and those that joined since, from the metadata.
///
/// The configuration comes first, so that a restarted cluster may listen elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    configured: Vec<MetaMember>,
    published: watch::Receiver<Published>,
    /// Everyone who was ever recorded: one that leaves is still to be told so, and its vote may be needed for that.
    seen: Arc<Mutex<BTreeMap<u64, MetaMember>>>,
}

impl Directory {
    pub(super) fn new(configured: Vec<MetaMember>, published: watch::Receiver<Published>) -> Self {
        Self { configured, published, seen: Arc::default() }
    }

    pub(super) fn find(&self, id: u64) -> Option<MetaMember> {
        let configured = self.configured.iter().find(|member| member.id == id).cloned();
        configured.or_else(|| {
            // Those of this moment are seen, too.
            self.recorded();
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
        })
    }

    /// All members as far as this node knows: those of the metadata, or of the configuration before there are any.
    pub(super) fn members(&self) -> Vec<MetaMember> {
        let recorded = self.recorded();
        if recorded.is_empty() {
            return self.configured.clone();
        }
        let located = |member: MetaMember| self.find(member.id).unwrap_or(member);
        recorded.into_iter().map(located).collect()
    }

    /// Who is recorded now; nobody before the cluster is made.
    pub(super) fn recorded(&self) -> Vec<MetaMember> {
        let data = self.published.borrow().data.clone();
        let member = |node: &crate::core::meta::MetaNode| MetaMember {
            id: node.id,
            http_addr: node.http_addr.clone(),
            tcp_addr: node.tcp_addr.clone(),
        };
        let members: Vec<MetaMember> = data.meta_nodes.iter().map(member).collect();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(members.iter().map(|member| (member.id, member.clone())));
        members
    }
}
