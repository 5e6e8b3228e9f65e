//! The meta nodes, as a log that they agree on: a leader, a majority, and commands that are committed or in doubt.

use std::sync::Arc;

use super::cluster::{Event, MILLISECOND, SimCluster};
use super::meta_call::MetaWord;
use super::options::SimOptions;
use crate::Profile;
use crate::coordinator::{NEXT_MESSAGE, beside_leader};
use crate::core::meta::{Command, DataNode, MetaData, MetaNode, RetentionPolicySpec};
use crate::meta::{LEADERSHIP_LOST, MetaError};

/// How long a leader goes on without a majority.
const LEASE: u64 = 500 * MILLISECOND;

/// The meta nodes as a whole.
#[derive(Debug)]
pub(super) struct MetaGroup {
    data: Arc<MetaData>,
    profile: Profile,
    first_process: usize,
    /// The position of the leader among the meta nodes.
    leader: Option<usize>,
    term: u64,
    /// Commands that the leader has and that are not committed.
    pending: Vec<Pending>,
    /// Commands of a leader that lost its place: the next one has them, or not.
    doubtful: Vec<Command>,
    electing: bool,
}

#[derive(Debug)]
struct Pending {
    number: u64,
    command: Command,
    call: u64,
    attempt: u32,
    /// The data node that asked.
    asker: usize,
}

impl MetaGroup {
    pub(super) fn new(options: &SimOptions) -> Self {
        let profile = options.profile;
        let (data_count, meta_count) = (options.data_nodes as u64, options.meta_nodes as u64);
        let meta_nodes = (1..=meta_count).map(|id| MetaNode {
            id,
            http_addr: format!("meta{id}:8091"),
            tcp_addr: format!("meta{id}:8089"),
        });
        let data_nodes = (1..=data_count).map(|number| DataNode {
            id: meta_count + number,
            http_addr: format!("data{number}:8086"),
            tcp_addr: format!("data{number}:8088"),
        });
        let bootstrap =
            Command::Bootstrap { cluster_id: 1, meta_nodes: meta_nodes.collect(), data_nodes: data_nodes.collect() };
        let policy = RetentionPolicySpec {
            name: Some("kept".to_owned()),
            duration: Some(i64::try_from(options.retention.as_nanos()).unwrap_or(i64::MAX)),
            shard_group_duration: None,
            replica_n: Some(options.replication),
        };
        let create = Command::CreateDatabase { name: options.database.clone(), policy: Some(policy) };
        let mut data = MetaData::default();
        for (index, command) in (1..).zip([bootstrap, create]) {
            let applied = data.apply(index, 1, &command, profile);
            applied.expect("metadata that are empty take a cluster, and a cluster its first database");
        }
        Self {
            data: Arc::new(data),
            profile,
            first_process: options.data_nodes,
            leader: Some(0),
            term: 1,
            pending: Vec::new(),
            doubtful: Vec::new(),
            electing: false,
        }
    }

    pub(super) fn data(&self) -> Arc<MetaData> {
        self.data.clone()
    }

    pub(super) fn policy_name(&self) -> &'static str {
        "kept"
    }

    pub(super) fn node_id(&self, node: usize) -> u64 {
        self.data.data_nodes.get(node).map_or(0, |node| node.id)
    }

    pub(super) fn tcp_address(&self, node: usize) -> String {
        self.data.data_nodes.get(node).map(|node| node.tcp_addr.clone()).unwrap_or_default()
    }

    pub(super) fn http_address(&self, server: usize) -> String {
        self.data.meta_nodes.get(server).map(|node| node.http_addr.clone()).unwrap_or_default()
    }

    pub(super) fn leader(&self) -> Option<usize> {
        self.leader
    }

    pub(super) fn process(&self, server: usize) -> usize {
        self.first_process + server
    }
}

impl SimCluster {
    /// Whether a meta node reaches a majority, itself included.
    fn has_majority(&self, server: usize) -> bool {
        let count = self.options.meta_nodes;
        let own = self.group.process(server);
        let reached = (0..count).filter(|other| {
            let other = self.group.process(*other);
            let linked = other == own || !(self.links.is_cut(own, other) || self.links.is_cut(other, own));
            self.processes[other].is_live() && linked
        });
        self.processes[own].is_live() && reached.count() > count / 2
    }

    /// The leader takes a command.
    pub(super) fn lead(&mut self, call: u64, attempt: u32, asker: usize, command: Command) {
        let number = self.id();
        self.group.pending.push(Pending { number, command, call, attempt, asker });
        let delay = self.between(1_000, 9_000);
        let term = self.group.term;
        self.later(delay, Event::Commit { term, number });
    }

    /// A majority should have a command by now.
    pub(super) fn committed(&mut self, term: u64, number: u64) {
        let Some(leader) = self.group.leader.filter(|_| term == self.group.term) else { return };
        if !self.has_majority(leader) {
            // It stays where it is until the leader loses its place, or has a majority again.
            return self.later(50 * MILLISECOND, Event::Commit { term, number });
        }
        let Some(at) = self.group.pending.iter().position(|pending| pending.number == number) else { return };
        let Pending { command, call, attempt, asker, .. } = self.group.pending.remove(at);
        let word = self.apply(&command);
        let from = self.group.process(leader);
        self.send(from, asker, Event::MetaAnswer { call, attempt, word });
        self.spread();
    }

    fn apply(&mut self, command: &Command) -> MetaWord {
        let group = &mut self.group;
        let mut data = MetaData::clone(&group.data);
        let index = data.index + 1;
        let applied = data.apply(index, group.term, command, group.profile);
        group.data = Arc::new(data);
        self.record.count("meta command");
        self.record.tell(self.now, || format!("meta: {} at index {index}", command.kind()));
        match applied {
            Ok(_) => MetaWord::Applied(index),
            Err(refused) => MetaWord::Failed(MetaError::Refused(refused)),
        }
    }

    /// Every data node hears of the metadata from a meta node that it reaches.
    pub(super) fn spread(&mut self) {
        let Some(leader) = self.group.leader else { return };
        for node in 0..self.nodes.len() {
            let open = |server: &usize| {
                let process = self.group.process(*server);
                let (way, from) = (self.links.is_cut(process, node), self.group.process(leader));
                !way && !self.links.is_cut(from, process) && self.processes[process].is_live()
            };
            let servers = std::iter::once(leader).chain(0..self.options.meta_nodes);
            if let Some(server) = servers.into_iter().find(open) {
                let data = self.group.data();
                let process = self.group.process(server);
                let delay = match self.profile() {
                    Profile::V1_8 => self.between(300, 30_000),
                    Profile::V0_10 => self.between(300, 3_000),
                };
                let extra = self.links.extra(process, node);
                self.within(node, delay + extra, Event::Cache { node, data });
            }
        }
    }

    /// A data node hears of newer metadata.
    pub(super) fn heard(&mut self, node: usize, data: Arc<MetaData>) {
        if data.index <= self.nodes[node].meta.index {
            return;
        }
        let id = self.node_id(node);
        self.nodes[node].meta = data.clone();
        match self.profile() {
            Profile::V1_8 => self.nodes[node].sight = data,
            Profile::V0_10 if beside_leader(&data, id) => self.nodes[node].sight = data,
            Profile::V0_10 => {
                let milliseconds = self.rng.u64(NEXT_MESSAGE);
                self.within(node, milliseconds * MILLISECOND, Event::Sight { node, data });
            }
        }
        self.metadata_reached(node);
    }

    pub(super) fn saw(&mut self, node: usize, data: Arc<MetaData>) {
        if data.index > self.nodes[node].sight.index {
            self.nodes[node].sight = data;
            self.metadata_reached(node);
        }
    }

    /// Something changed in who reaches whom.
    pub(super) fn look_after_leader(&mut self) {
        let term = self.group.term;
        match self.group.leader {
            Some(leader) if self.has_majority(leader) => {}
            Some(_) => self.later(LEASE, Event::Lease { term }),
            None => self.call_election(),
        }
    }

    pub(super) fn lease_ended(&mut self, term: u64) {
        let Some(leader) = self.group.leader.filter(|_| term == self.group.term) else { return };
        if !self.has_majority(leader) {
            self.step_down();
        }
    }

    /// The leader loses its place: what it had not committed is in doubt. Whether there was one.
    pub(super) fn step_down(&mut self) -> bool {
        let Some(leader) = self.group.leader.take() else { return false };
        self.record.count("leader lost");
        self.record.tell(self.now, || format!("meta{} leads no more", leader + 1));
        let from = self.group.process(leader);
        for pending in std::mem::take(&mut self.group.pending) {
            if self.rng.bool() {
                self.group.doubtful.push(pending.command);
            }
            let word = MetaWord::Failed(MetaError::Failed(LEADERSHIP_LOST.to_owned()));
            let (call, attempt) = (pending.call, pending.attempt);
            if self.processes[from].down {
                self.meta_refused_later(call, attempt, leader);
            } else {
                self.send(from, pending.asker, Event::MetaAnswer { call, attempt, word });
            }
        }
        self.call_election();
        true
    }

    fn call_election(&mut self) {
        if !std::mem::replace(&mut self.group.electing, true) {
            let delay = self.between(1_000_000, 2_000_000);
            let term = self.group.term;
            self.later(delay, Event::Election { term });
        }
    }

    pub(super) fn elect(&mut self, _term: u64) {
        self.group.electing = false;
        if self.group.leader.is_some() {
            return;
        }
        let able: Vec<usize> = (0..self.options.meta_nodes).filter(|server| self.has_majority(*server)).collect();
        if able.is_empty() {
            // Whoever comes back calls for another one.
            return;
        }
        let leader = able[self.rng.usize(0..able.len())];
        self.group.leader = Some(leader);
        self.group.term += 1;
        self.record.tell(self.now, || format!("meta{} leads", leader + 1));
        for command in std::mem::take(&mut self.group.doubtful) {
            self.apply(&command);
        }
        self.spread();
    }
}
