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
    /// Nodes that are cut off from all others.
    isolated: BTreeSet<String>,
    /// What ends by itself, laid over the rest, so that its end leaves the rest as it was.
    timed: Vec<Timed>,
    /// Of the next reply rule, so that a node can tell a new rule from one that it has begun to count. Goes on over
    /// heals: a node that slept through one must not take a later rule for an earlier one.
    next_reply: u64,
}

/// A fault that ends by itself, as part of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Timed {
    order: u64,
    fault: Fault,
    /// The number of its reply rule, where it is one.
    reply: u64,
}

impl Board {
    /// Adds a fault.
    ///
    /// # Errors
    /// [`FaultError`] when this cluster cannot have it; then nothing has changed.
    pub(crate) fn add(&mut self, fault: &Fault, members: &[Member]) -> Result<(), FaultError> {
        check(fault, members)?;
        let reply = self.reply_number();
        self.apply(fault, reply);
        Ok(())
    }

    /// Adds a fault that ends with its order; what it adds to or replaces is in force again then.
    ///
    /// # Errors
    /// As [`Board::add`].
    pub(crate) fn add_timed(&mut self, order: u64, fault: &Fault, members: &[Member]) -> Result<(), FaultError> {
        check(fault, members)?;
        let reply = self.reply_number();
        self.timed.push(Timed { order, fault: fault.clone(), reply });
        Ok(())
    }

    /// Ends the faults of an order, and names those that there still were.
    pub(crate) fn end(&mut self, order: u64) -> Vec<Fault> {
        let (over, rest) = std::mem::take(&mut self.timed).into_iter().partition(|timed: &Timed| timed.order == order);
        self.timed = rest;
        over.into_iter().map(|timed: Timed| timed.fault).collect()
    }

    fn reply_number(&mut self) -> u64 {
        let number = self.next_reply;
        self.next_reply += 1;
        number
    }

    /// Puts a fault that was checked in force.
    fn apply(&mut self, fault: &Fault, reply: u64) {
        match fault {
            Fault::Partition { sides } => self.partition.clone_from(sides),
            Fault::Isolate { node } => {
                self.isolated.insert(node.clone());
            }
            Fault::Link { from, to, both_ways, fault } => {
                self.add_link(from, to, fault);
                if *both_ways {
                    self.add_link(to, from, fault);
                }
            }
            Fault::Disk { node, disk, state } => {
                let disks = &mut self.node(node).disks;
                let before = disks.get(disk).copied().unwrap_or_default();
                disks.insert(*disk, before.and(*state));
            }
            Fault::Clock { node, skew } => self.node(node).clock = *skew,
            Fault::Reply { node, fault } => self.node(node).replies.push(ReplyRule::new(reply, fault.clone())),
            Fault::RefuseHttp { node } => self.node(node).refuse_http = true,
            Fault::HandoffFull { node } => self.node(node).handoff_full = true,
            Fault::HandoffBlocked { node } => self.node(node).handoff_blocked = true,
            Fault::MetaDown { node } => self.node(node).meta_down = true,
        }
    }

    /// Everything in force at this moment, with what ends by itself laid over the rest.
    fn in_force(&self) -> Self {
        let mut all = self.clone();
        for timed in std::mem::take(&mut all.timed) {
            all.apply(&timed.fault, timed.reply);
        }
        all
    }

    /// Ends every fault.
    pub(crate) fn clear(&mut self) {
        *self = Self { next_reply: self.next_reply, ..Self::default() };
    }

    /// Forgets what is wrong with a node and its links: of one that is healed alone, or that left the cluster, so that a
    /// later one of its name begins without faults. A partition that it leaves with one side is over.
    pub(crate) fn forget(&mut self, name: &str) {
        self.isolated.remove(name);
        self.timed.retain_mut(|timed| match &mut timed.fault {
            Fault::Partition { sides } => {
                leave(sides, name);
                !sides.is_empty()
            }
            Fault::Link { from, to, .. } => from != name && to != name,
            other => other.node() != Some(name),
        });
        self.nodes.remove(name);
        self.links.remove(name);
        for to in self.links.values_mut() {
            to.remove(name);
        }
        leave(&mut self.partition, name);
    }

    /// One node's share; `everyone` are the names of all nodes.
    pub(crate) fn of<'a>(&self, name: &str, everyone: impl IntoIterator<Item = &'a str>) -> FaultState {
        if !self.timed.is_empty() {
            return self.in_force().of(name, everyone);
        }
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
        let mut cut: BTreeSet<String> = others.flatten().cloned().collect();
        if self.isolated.contains(name) {
            cut.extend(everyone.into_iter().filter(|other| *other != name).map(str::to_owned));
        } else {
            cut.extend(self.isolated.iter().cloned());
        }
        let links = LinkState {
            cut,
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
            let own: BTreeSet<u64> = node.replies.iter().map(|rule| rule.id).collect();
            node.replies = left.iter().filter(|rule| own.contains(&rule.id)).cloned().collect();
        }
        self.timed.retain_mut(|timed| match &mut timed.fault {
            Fault::Reply { node, fault } if node == name => match left.iter().find(|rule| rule.id == timed.reply) {
                Some(rule) => {
                    fault.clone_from(&rule.fault);
                    true
                }
                None => false,
            },
            _ => true,
        });
    }

    /// Whether replies of a node are counted.
    pub(crate) fn counts_replies(&self, name: &str) -> bool {
        self.in_force().nodes.get(name).is_some_and(|node| node.replies.iter().any(|rule| rule.fault.times.is_some()))
    }

    /// What ends by itself, by order.
    pub(crate) fn timed(&self) -> impl Iterator<Item = (u64, &Fault)> {
        self.timed.iter().map(|timed| (timed.order, &timed.fault))
    }

    /// Everything in force until it is healed, the partition first, then by node.
    pub(crate) fn list(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        faults.extend(self.isolated.iter().map(|node| Fault::Isolate { node: node.clone() }));
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

/// Takes a node off its side; one side alone is no partition.
fn leave(sides: &mut Vec<Vec<String>>, name: &str) {
    for side in &mut *sides {
        side.retain(|node| node != name);
    }
    sides.retain(|side| !side.is_empty());
    if sides.len() < 2 {
        sides.clear();
    }
}

/// Whether a cluster of these nodes can have the fault.
fn check(fault: &Fault, members: &[Member]) -> Result<(), FaultError> {
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
        }
        Fault::Isolate { node } => {
            find(node, members)?;
        }
        Fault::Link { from, to, fault, .. } => {
            find(from, members)?;
            find(to, members)?;
            if from == to {
                return Err(FaultError::SameNode(from.clone()));
            }
            if fault.is_none() {
                return Err(FaultError::NoFault("a whole link".to_owned()));
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
        }
        Fault::Clock { node, skew } => {
            find(node, members)?;
            if skew.is_none() {
                return Err(FaultError::NoFault("a clock that is right".to_owned()));
            }
        }
        Fault::Reply { node, fault } => {
            data(node, members, "public API")?;
            fault.check()?;
        }
        Fault::RefuseHttp { node } => data(node, members, "public API")?,
        Fault::HandoffFull { node } | Fault::HandoffBlocked { node } => data(node, members, "hinted handoff")?,
        Fault::MetaDown { node } => meta(node, members, "meta part")?,
    }
    Ok(())
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

    fn of(board: &Board, name: &str) -> FaultState {
        let members = members();
        board.of(name, members.iter().map(|member| member.name.as_str()))
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
        assert_eq!(of(&board, "data1").links.to["data2"], there);
        assert_eq!(of(&board, "data2").links.from["data1"], there);
        assert_eq!(of(&board, "data1").links.from["data2"], delay(20));
        assert_eq!(of(&board, "data2").links.to["data1"], delay(20));
        assert_eq!(of(&board, "meta1"), FaultState::default());
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
        let first = of(&board, "data1").node.replies[0].id;
        assert_eq!(of(&board, "meta1").links.refused, [Port::Meta, Port::Raft].into());
        assert_eq!(board.list().len(), 3);
        board.clear();
        assert!(board.list().is_empty());
        assert_eq!(of(&board, "data1"), FaultState::default());
        board.add(&reply, &members()).unwrap();
        assert_ne!(of(&board, "data1").node.replies[0].id, first);
    }

    #[test]
    fn what_ends_by_itself_leaves_the_rest_as_it_was() {
        let mut board = Board::default();
        let clock = |skew: &str| Fault::Clock { node: "data1".into(), skew: skew.parse().unwrap() };
        board.add(&clock("+2h"), &members()).unwrap();
        board.add(&link(delay(20), true), &members()).unwrap();
        let before = of(&board, "data1");
        board.add_timed(7, &clock("-30s"), &members()).unwrap();
        board.add_timed(7, &link(LinkFault::new().cut(), true), &members()).unwrap();
        board.add_timed(8, &Fault::HandoffBlocked { node: "data1".into() }, &members()).unwrap();
        let during = of(&board, "data1");
        assert_eq!((during.node.clock, during.links.to["data2"]), ("-30s".parse().unwrap(), delay(20).cut()));
        assert!(during.node.handoff_blocked);
        assert_eq!((board.list().len(), board.timed().count()), (2, 3));
        assert_eq!(board.end(7).len(), 2);
        assert_eq!(board.end(7), []);
        assert_eq!(board.end(8).len(), 1);
        assert_eq!(of(&board, "data1"), before);
        assert!(board.add_timed(9, &Fault::HandoffBlocked { node: "meta1".into() }, &members()).is_err());
    }

    #[test]
    fn a_node_that_is_isolated_and_all_others_know_it() {
        let mut board = Board::default();
        board.add(&Fault::Isolate { node: "data1".into() }, &members()).unwrap();
        assert_eq!(of(&board, "data1").links.cut, ["data2".to_owned(), "meta1".to_owned()].into());
        assert_eq!(of(&board, "meta1").links.cut, ["data1".to_owned()].into());
        board.forget("data1");
        assert_eq!(of(&board, "data1"), FaultState::default());
    }
}
