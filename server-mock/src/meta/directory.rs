//! Where the members of the Raft group are.

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
}

impl Directory {
    pub(super) fn new(configured: Vec<MetaMember>, published: watch::Receiver<Published>) -> Self {
        Self { configured, published }
    }

    pub(super) fn find(&self, id: u64) -> Option<MetaMember> {
        let configured = self.configured.iter().find(|member| member.id == id).cloned();
        configured.or_else(|| self.recorded().into_iter().find(|member| member.id == id))
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

    fn recorded(&self) -> Vec<MetaMember> {
        let data = self.published.borrow().data.clone();
        let member = |node: &crate::core::meta::MetaNode| MetaMember {
            id: node.id,
            http_addr: node.http_addr.clone(),
            tcp_addr: node.tcp_addr.clone(),
        };
        data.meta_nodes.iter().map(member).collect()
    }
}
