//! The faults of one node, in effect.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Clock, ClockSkew, Disk, DiskState, Fault, Replies, ReplyRule};
use crate::net::{LinkState, Network};
use crate::store::DiskFault;

/// Everything that is wrong with one node at one moment: what its admin listener takes and tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FaultState {
    pub(crate) links: LinkState,
    pub(crate) node: NodeFaults,
}

impl fmt::Display for FaultState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LinkState { cut, frozen: _, to, from, refused: _ } = &self.links;
        let mut parts: Vec<String> = cut.iter().map(|node| format!("cut off from {node}")).collect();
        parts.extend(to.iter().map(|(node, fault)| format!("to {node}: {fault}")));
        parts.extend(from.iter().map(|(node, fault)| format!("from {node}: {fault}")));
        parts.extend(self.node.list("").iter().map(Fault::to_string));
        f.write_str(if parts.is_empty() { "none" } else { "" })?;
        f.write_str(&parts.join("; "))
    }
}

/// What is wrong with a node itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NodeFaults {
    pub(super) disks: BTreeMap<Disk, DiskState>,
    pub(super) clock: ClockSkew,
    pub(crate) replies: Vec<ReplyRule>,
    pub(super) refuse_http: bool,
    pub(super) handoff_full: bool,
    pub(super) handoff_blocked: bool,
    pub(super) meta_down: bool,
}

impl NodeFaults {
    /// The same as single faults of the node of this name.
    pub(super) fn list(&self, node: &str) -> Vec<Fault> {
        let node = || node.to_owned();
        let mut faults: Vec<Fault> =
            self.disks.iter().map(|(disk, state)| Fault::Disk { node: node(), disk: *disk, state: *state }).collect();
        if !self.clock.is_none() {
            faults.push(Fault::Clock { node: node(), skew: self.clock });
        }
        faults.extend(self.replies.iter().map(|rule| Fault::Reply { node: node(), fault: rule.fault.clone() }));
        if self.refuse_http {
            faults.push(Fault::RefuseHttp { node: node() });
        }
        if self.handoff_full {
            faults.push(Fault::HandoffFull { node: node() });
        }
        if self.handoff_blocked {
            faults.push(Fault::HandoffBlocked { node: node() });
        }
        if self.meta_down {
            faults.push(Fault::MetaDown { node: node() });
        }
        faults
    }
}

/// Puts the faults of one node into effect. Clones are the same node's; it may outlive the node and serve the next one
/// of its name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    network: Network,
    clock: Clock,
    replies: Replies,
    parts: Mutex<Parts>,
}

#[derive(Debug, Default)]
struct Parts {
    state: NodeFaults,
    disks: BTreeMap<Disk, DiskFault>,
    handoff_full: Option<Arc<AtomicBool>>,
    handoff_blocked: Option<Arc<AtomicBool>>,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The node's links.
    pub(crate) fn network(&self) -> &Network {
        &self.shared.network
    }

    /// What the node takes for the time of day.
    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// What the public API answers instead of the node.
    pub(crate) fn replies(&self) -> &Replies {
        &self.shared.replies
    }

    /// Says which switches make the hinted handoff queues play full and blocked ones.
    pub(crate) fn attach_handoff(&self, full: &Arc<AtomicBool>, blocked: &Arc<AtomicBool>) {
        let mut parts = self.parts();
        full.store(parts.state.handoff_full, Ordering::Relaxed);
        blocked.store(parts.state.handoff_blocked, Ordering::Relaxed);
        parts.handoff_full = Some(full.clone());
        parts.handoff_blocked = Some(blocked.clone());
    }

    /// Says which disk the faults of a part apply to, and applies those there are.
    pub(crate) fn attach(&self, disk: Disk, fault: &DiskFault) {
        let mut parts = self.parts();
        parts.state.disks.get(&disk).copied().unwrap_or_default().apply(fault);
        parts.disks.insert(disk, fault.clone());
    }

    /// Replaces all faults. Replies that were counted down before go on from where they are.
    pub(crate) fn set(&self, state: FaultState) {
        let mut parts = self.parts();
        for (disk, fault) in &parts.disks {
            state.node.disks.get(disk).copied().unwrap_or_default().apply(fault);
        }
        self.shared.clock.set_skew(state.node.clock);
        self.shared.replies.set(&state.node.replies);
        if let Some(switch) = &parts.handoff_full {
            switch.store(state.node.handoff_full, Ordering::Relaxed);
        }
        if let Some(switch) = &parts.handoff_blocked {
            switch.store(state.node.handoff_blocked, Ordering::Relaxed);
        }
        self.shared.network.set_faults(state.links);
        parts.state = state.node;
    }

    /// What is in effect, replies with the times that they have left.
    pub(crate) fn state(&self) -> FaultState {
        let mut node = self.parts().state.clone();
        node.replies = self.shared.replies.left();
        FaultState { links: self.shared.network.faults(), node }
    }

    fn parts(&self) -> std::sync::MutexGuard<'_, Parts> {
        self.shared.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
