//! All faults in force in a cluster. No I/O: both kinds of cluster keep one, and tell their nodes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::live::{FaultState, NodeFaults};
use super::reply::ReplyRule;
use super::{Disk, Fault, FaultError, suggest};
use crate::cluster::Role;
use crate::net::{LinkFault, LinkState, Port};

/// A node that faults may be ordered for.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) role: Role,
}

impl Member {
    fn is_data(&self) -> bool {
        matches!(self.role, Role::Data | Role::Both)
    }

    pub(crate) fn is_meta(&self) -> bool {
        matches!(self.role, Role::Meta | Role::Both)
    }
}

/// All faults in force in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Board {
    /// The sides of the partition; empty when there is none.
    pub(crate) partition: Vec<Vec<String>>,
    /// By the node that sends, then by the one that receives.
    links: BTreeMap<String, BTreeMap<String, LinkFault>>,
    nodes: BTreeMap<String, NodeFaults>,
    /// Of the next reply rule, so that a node can tell a new rule from one that it has begun to count. Goes on over
    /// heals: a node that slept through one must not take a later rule for an earlier one.
    next_reply: u64,
}

impl Board {
    /// Adds a fault.
    ///
    /// # Errors
    /// [`FaultError`] when this cluster cannot have it; then nothing has changed.
    pub(crate) fn add(&mut self, fault: &Fault, members: &[Member]) -> Result<(), FaultError> {
        match fault {
            Fault::Partition { sides } => {
                if sides.len() < 2 {
                    return Err(FaultError::OneSide);
                }
                let mut seen = BTreeSet::new();
                for name in sides.iter().flatten() {
                    find(name, members)?;
                    if !seen.insert(name) {
                        return Err(FaultError::TwoSides(name.clone()));
                    }
                }
                self.partition.clone_from(sides);
            }
            Fault::Link { from, to, both_ways, fault } => {
                find(from, members)?;
                find(to, members)?;
                if from == to {
                    return Err(FaultError::SameNode(from.clone()));
                }
                if fault.is_none() {
                    return Err(FaultError::NoFault("a whole link".to_owned()));
                }
                self.add_link(from, to, fault);
                if *both_ways {
                    self.add_link(to, from, fault);
                }
            }
            Fault::Disk { node, disk, state } => {
                match disk {
                    Disk::Shards => data(node, members, "shards")?,
                    Disk::Handoff => data(node, members, "hinted handoff")?,
                    Disk::Raft => meta(node, members, "Raft log")?,
                }
                if state.is_none() {
                    return Err(FaultError::NoFault("a disk in order".to_owned()));
                }
                let disks = &mut self.node(node).disks;
                let before = disks.get(disk).copied().unwrap_or_default();
                disks.insert(*disk, before.and(*state));
            }
            Fault::Clock { node, skew } => {
                find(node, members)?;
                if skew.is_none() {
                    return Err(FaultError::NoFault("a clock that is right".to_owned()));
                }
                self.node(node).clock = *skew;
            }
            Fault::Reply { node, fault } => {
                data(node, members, "public API")?;
                fault.check()?;
                let id = self.next_reply;
                self.next_reply += 1;
                self.node(node).replies.push(ReplyRule { id, fault: fault.clone() });
            }
            Fault::RefuseHttp { node } => {
                data(node, members, "public API")?;
                self.node(node).refuse_http = true;
            }
            Fault::HandoffFull { node } => {
                data(node, members, "hinted handoff")?;
                self.node(node).handoff_full = true;
            }
            Fault::MetaDown { node } => {
                meta(node, members, "meta part")?;
                self.node(node).meta_down = true;
            }
        }
        Ok(())
    }

    /// Ends every fault.
    pub(crate) fn clear(&mut self) {
        *self = Self { next_reply: self.next_reply, ..Self::default() };
    }

    /// Forgets a node that left the cluster, so that a later one of its name begins without faults. A partition that it
    /// leaves with one side is over.
    pub(crate) fn forget(&mut self, name: &str) {
        self.nodes.remove(name);
        self.links.remove(name);
        for to in self.links.values_mut() {
            to.remove(name);
        }
        for side in &mut self.partition {
            side.retain(|node| node != name);
        }
        self.partition.retain(|side| !side.is_empty());
        if self.partition.len() < 2 {
            self.partition.clear();
        }
    }

    /// One node's share.
    pub(crate) fn of(&self, name: &str) -> FaultState {
        let node = self.nodes.get(name).cloned().unwrap_or_default();
        let on_a_side = self.partition.iter().any(|side| side.iter().any(|node| node == name));
        let others = self.partition.iter().filter(|side| on_a_side && !side.iter().any(|node| node == name));
        let mut refused = BTreeSet::new();
        if node.refuse_http {
            refused.insert(Port::Http);
        }
        if node.meta_down {
            refused.extend([Port::Meta, Port::Raft]);
        }
        let from = self.links.iter().filter_map(|(from, to)| Some((from.clone(), *to.get(name)?)));
        let links = LinkState {
            cut: others.flatten().cloned().collect(),
            frozen: false,
            to: self.links.get(name).cloned().unwrap_or_default(),
            from: from.collect(),
            refused,
        };
        FaultState { links, node }
    }

    /// Takes over what a node tells of its replies: how often they still apply.
    pub(crate) fn keep_replies(&mut self, name: &str, left: &[ReplyRule]) {
        if let Some(node) = self.nodes.get_mut(name) {
            node.replies = left.to_vec();
        }
    }

    /// Everything in force, the partition first, then by node.
    pub(crate) fn list(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !self.partition.is_empty() {
            faults.push(Fault::Partition { sides: self.partition.clone() });
        }
        for (from, ways) in &self.links {
            for (to, fault) in ways {
                let back = self.links.get(to).and_then(|ways| ways.get(from));
                let both_ways = back == Some(fault);
                // A link that is equally bad both ways is one fault.
                if !both_ways || from < to {
                    faults.push(Fault::Link { from: from.clone(), to: to.clone(), both_ways, fault: *fault });
                }
            }
        }
        for (node, wrong) in &self.nodes {
            faults.extend(wrong.list(node));
        }
        faults
    }

    fn add_link(&mut self, from: &str, to: &str, fault: &LinkFault) {
        let link = self.links.entry(from.to_owned()).or_default().entry(to.to_owned()).or_default();
        *link = link.and(fault);
    }

    fn node(&mut self, name: &str) -> &mut NodeFaults {
        self.nodes.entry(name.to_owned()).or_default()
    }
}

/// Finds a node by its name.
///
/// # Errors
/// [`FaultError::UnknownNode`].
pub(crate) fn find<'a>(name: &str, members: &'a [Member]) -> Result<&'a Member, FaultError> {
    members.iter().find(|member| member.name == name).ok_or_else(|| {
        let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        let suggested = suggest(name, names.iter().copied());
        FaultError::UnknownNode { name: name.to_owned(), known: names.join(", "), suggested }
    })
}

fn data(name: &str, members: &[Member], what: &'static str) -> Result<(), FaultError> {
    has(find(name, members)?.is_data(), name, what)
}

fn meta(name: &str, members: &[Member], what: &'static str) -> Result<(), FaultError> {
    has(find(name, members)?.is_meta(), name, what)
}

fn has(it: bool, name: &str, what: &'static str) -> Result<(), FaultError> {
    if it { Ok(()) } else { Err(FaultError::Lacks { name: name.to_owned(), what }) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::super::{CannedReply, ClockSkew, DiskState, ReplyFault};
    use super::*;

    fn members() -> Vec<Member> {
        let member = |name: &str, role| Member { name: name.to_owned(), role };
        vec![member("meta1", Role::Meta), member("data1", Role::Data), member("data2", Role::Data)]
    }

    fn link(fault: LinkFault, both_ways: bool) -> Fault {
        Fault::Link { from: "data1".into(), to: "data2".into(), both_ways, fault }
    }

    fn delay(millis: u64) -> LinkFault {
        LinkFault::new().delay(Duration::from_millis(millis))
    }

    #[test]
    fn both_ends_of_a_link_are_told_and_faults_add_up() {
        let mut board = Board::default();
        board.add(&link(delay(20), true), &members()).unwrap();
        board.add(&link(LinkFault::new().cut(), false), &members()).unwrap();
        let there = delay(20).cut();
        assert_eq!(board.of("data1").links.to["data2"], there);
        assert_eq!(board.of("data2").links.from["data1"], there);
        assert_eq!(board.of("data1").links.from["data2"], delay(20));
        assert_eq!(board.of("data2").links.to["data1"], delay(20));
        assert_eq!(board.of("meta1"), FaultState::default());
        assert_eq!(board.list().len(), 2, "the two ways differ now");
    }

    #[test]
    fn impossible_orders_say_why_and_change_nothing() {
        let mut board = Board::default();
        let reply = ReplyFault::canned(CannedReply::new(503));
        for (fault, text) in [
            (Fault::RefuseHttp { node: "dta1".into() }, "did you mean data1?"),
            (Fault::Link { from: "data1".into(), to: "data1".into(), both_ways: true, fault: delay(1) }, "to itself"),
            (link(LinkFault::new(), true), "nothing to do"),
            (Fault::Disk { node: "meta1".into(), disk: Disk::Shards, state: DiskState::full() }, "meta1 has no shards"),
            (Fault::Disk { node: "data1".into(), disk: Disk::Raft, state: DiskState::full() }, "data1 has no Raft log"),
            (Fault::Disk { node: "data1".into(), disk: Disk::Shards, state: DiskState::default() }, "nothing to do"),
            (Fault::Clock { node: "data1".into(), skew: ClockSkew::default() }, "nothing to do"),
            (Fault::Reply { node: "meta1".into(), fault: reply }, "meta1 has no public API"),
            (Fault::HandoffFull { node: "meta1".into() }, "meta1 has no hinted handoff"),
            (Fault::MetaDown { node: "data1".into() }, "data1 has no meta part"),
            (Fault::Partition { sides: vec![vec!["data1".into()]] }, "at least two sides"),
            (Fault::Partition { sides: vec![vec!["data1".into()], vec!["data1".into()]] }, "two sides of"),
        ] {
            let error = board.add(&fault, &members()).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
            assert_eq!(board, Board::default());
        }
    }

    #[test]
    fn a_node_that_leaves_takes_its_faults_along() {
        let mut board = Board::default();
        let sides = |sides: &[&[&str]]| {
            sides.iter().map(|side| side.iter().map(|name| (*name).to_owned()).collect()).collect::<Vec<Vec<String>>>()
        };
        let clock = Fault::Clock { node: "data1".into(), skew: "+1h".parse().unwrap() };
        board.add(&Fault::RefuseHttp { node: "data2".into() }, &members()).unwrap();
        board.add(&link(delay(20), true), &members()).unwrap();
        board.add(&clock, &members()).unwrap();
        board.add(&Fault::Partition { sides: sides(&[&["data1", "data2"], &["meta1"]]) }, &members()).unwrap();
        board.forget("data2");
        assert_eq!(board.list(), [Fault::Partition { sides: sides(&[&["data1"], &["meta1"]]) }, clock.clone()]);
        board.forget("meta1");
        assert_eq!(board.list(), [clock], "one side alone is no partition");
    }

    #[test]
    fn a_heal_ends_all_but_never_reuses_the_number_of_a_reply() {
        let mut board = Board::default();
        let reply = Fault::Reply { node: "data1".into(), fault: ReplyFault::canned(CannedReply::new(503)).times(2) };
        board.add(&reply, &members()).unwrap();
        board.add(&Fault::MetaDown { node: "meta1".into() }, &members()).unwrap();
        board.add(&Fault::RefuseHttp { node: "data1".into() }, &members()).unwrap();
        let first = board.of("data1").node.replies[0].id;
        assert_eq!(board.of("meta1").links.refused, [Port::Meta, Port::Raft].into());
        assert_eq!(board.list().len(), 3);
        board.clear();
        assert!(board.list().is_empty());
        assert_eq!(board.of("data1"), FaultState::default());
        board.add(&reply, &members()).unwrap();
        assert_ne!(board.of("data1").node.replies[0].id, first);
    }
}
