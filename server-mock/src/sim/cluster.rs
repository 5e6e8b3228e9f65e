//! The simulated cluster: its state, and the loop that takes events off the heap.

use std::collections::BTreeMap;
use std::sync::Arc;

use fastrand::Rng;

use super::agenda::Agenda;
use super::client_side::{ClientEvent, Incoming};
use super::coordinator::Write;
use super::fault::SimFault;
use super::handoff::{Offered, Queue, QueueKey};
use super::links::Links;
use super::meta::MetaGroup;
use super::meta_call::{MetaCall, MetaWord};
use super::options::SimOptions;
use super::peer::{PeerCall, Pool};
use super::process::Process;
use super::record::Record;
use super::store::{AfterStore, Held, NodeDisk, ShardWrite};
use crate::core::meta::MetaData;
use crate::peer::PeerError;
use crate::store::{Engine, Limits, MemoryDisk, Options, Storage};
use crate::{Points, Profile};

pub(super) const MILLISECOND: u64 = 1_000_000;

/// Something that is going to happen.
#[derive(Debug)]
pub(super) enum Event {
    /// A client's connection is asked for.
    Connect { request: u64 },
    /// A client's request is here as a whole.
    Arrive { request: u64 },
    /// Something reaches a client.
    ToClient(ClientEvent),
    /// The time of a shard's write is up.
    PartTimeout { write: u64, part: usize },
    /// A disk is done with a shard write.
    Stored { node: usize, write: Arc<ShardWrite>, then: AfterStore },
    /// A disk is done with a hint.
    Hinted { node: usize, key: QueueKey, write: Arc<ShardWrite>, then: Offered },
    /// A shard write is here from another node.
    PeerArrive { call: u64, from: usize, node: usize, write: Arc<ShardWrite> },
    /// The other node's answer.
    PeerAnswer { call: u64, result: Result<(), String> },
    /// The exchange with another node failed.
    PeerFailed { call: u64, error: PeerError },
    /// The exchange took too long.
    PeerTimeout { call: u64 },
    /// The wait for a free connection took too long.
    PeerTurn { call: u64 },
    /// A queue is to be tried.
    Drain { node: usize, key: QueueKey },
    /// A command is here at a meta node.
    MetaAsk { call: u64, attempt: u32, server: usize },
    /// What a meta node said to a command.
    MetaAnswer { call: u64, attempt: u32, word: MetaWord },
    /// A connection to a meta node took too long.
    MetaDial { call: u64, attempt: u32 },
    /// The next attempt at a command.
    MetaRetry { call: u64 },
    /// A command is on the disks of a majority.
    Commit { term: u64, number: u64 },
    /// The lease of the leader ends, unless it has a majority.
    Lease { term: u64 },
    /// The meta nodes choose.
    Election { term: u64 },
    /// A data node hears of newer metadata.
    Cache { node: usize, data: Arc<MetaData> },
    /// What a data node of 0.10 goes by catches up with its copy.
    Sight { node: usize, data: Arc<MetaData> },
    /// A fault.
    Fault(SimFault),
    /// The end of a fault.
    FaultEnds(SimFault),
    /// The end of all faults.
    Heal,
    /// A process starts again.
    Restart { process: usize, life: u32 },
    /// A frozen process goes on.
    Resume { process: usize },
}

#[derive(Debug)]
pub(super) struct Due {
    /// The process that it happens in, and which of its lives.
    pub(super) at: Option<(usize, u32)>,
    pub(super) event: Event,
}

/// A data node.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) engine: Engine,
    /// Its copy of the metadata.
    pub(super) meta: Arc<MetaData>,
    /// What it goes by when a write comes for a shard that it does not have (0.10).
    pub(super) sight: Arc<MetaData>,
    pub(super) queues: BTreeMap<QueueKey, Queue>,
    pub(super) disk: NodeDisk,
    pub(super) clock_ahead: i64,
    pub(super) handoff_full: bool,
    pub(super) handoff_blocked: bool,
    pub(super) refuses_clients: bool,
    pub(super) clients_cut: bool,
    /// By the position of the other node.
    pub(super) pools: Vec<Pool>,
}

/// A simulated cluster; see the [module](crate::sim).
#[derive(Debug)]
pub struct SimCluster {
    pub(super) options: SimOptions,
    pub(super) rng: Rng,
    pub(super) now: u64,
    pub(super) agenda: Agenda<Due>,
    pub(super) nodes: Vec<Node>,
    /// Data nodes, then meta nodes.
    pub(super) processes: Vec<Process>,
    pub(super) links: Links,
    /// What waits in cut links, in order: from, to, life of the receiver, and what.
    pub(super) parked: Vec<(usize, usize, Due)>,
    pub(super) group: MetaGroup,
    pub(super) incoming: Incoming,
    pub(super) writes: BTreeMap<u64, Write>,
    pub(super) calls: BTreeMap<u64, PeerCall>,
    pub(super) meta_calls: BTreeMap<u64, MetaCall>,
    pub(super) next_id: u64,
    pub(super) held: Held,
    pub(super) out: Vec<ClientEvent>,
    pub(super) record: Record,
}

/// A point as a replica has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredPoint {
    /// `measurement[,tag=value…]` as in line protocol.
    pub key: Vec<u8>,
    /// Nanoseconds, Unix time.
    pub time: i64,
    /// `field=value` of one field.
    pub field: Vec<u8>,
}

impl SimCluster {
    /// A cluster that runs, with its database, as of time 0.
    #[must_use]
    pub fn new(options: SimOptions, seed: u64) -> Self {
        let group = MetaGroup::new(&options);
        let data = group.data();
        let nodes = (0..options.data_nodes).map(|_| Node::new(&options, &data)).collect();
        let processes = (0..options.data_nodes + options.meta_nodes).map(|_| Process::default()).collect();
        let record = Record { trace: options.trace.then(Vec::new), ..Record::default() };
        Self {
            rng: Rng::with_seed(seed),
            now: 0,
            agenda: Agenda::default(),
            nodes,
            processes,
            links: Links::default(),
            parked: Vec::new(),
            group,
            incoming: Incoming::default(),
            writes: BTreeMap::new(),
            calls: BTreeMap::new(),
            meta_calls: BTreeMap::new(),
            next_id: 0,
            held: Held::default(),
            out: Vec::new(),
            record,
            options,
        }
    }

    /// The time that was reached, in nanoseconds since the beginning.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.now
    }

    /// When the next thing happens; `None` when nothing does any more unless something is asked.
    #[must_use]
    pub fn next_time(&self) -> Option<u64> {
        self.agenda.next_time()
    }

    /// Lets everything happen up to a time, and gives what clients hear of it.
    pub fn advance(&mut self, to: u64) -> Vec<ClientEvent> {
        while let Some((time, due)) = self.agenda.take_due(to) {
            self.now = self.now.max(time);
            self.take(due);
        }
        self.now = self.now.max(to);
        std::mem::take(&mut self.out)
    }

    /// Orders a fault for a time.
    pub fn order(&mut self, at: u64, fault: SimFault) {
        self.agenda.put(at.max(self.now), Due { at: None, event: Event::Fault(fault) });
    }

    /// Orders the end of a fault that [lasts](SimFault::lasts) for a time. Where several of the same kind strike the same
    /// node, the first end is that of all; links stay cut until the last cut of them ends.
    pub fn order_end(&mut self, at: u64, fault: SimFault) {
        self.agenda.put(at.max(self.now), Due { at: None, event: Event::FaultEnds(fault) });
    }

    /// Orders the end of all faults for a time; processes that are down start again.
    pub fn order_heal(&mut self, at: u64) {
        self.agenda.put(at.max(self.now), Due { at: None, event: Event::Heal });
    }

    /// Whether nothing is under way and nothing waits, but for queues that never empty because their head is refused.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.writes.is_empty()
            && self.calls.is_empty()
            && self.parked.is_empty()
            && self.processes.iter().all(|process| process.is_live() && process.backlog.is_empty())
            && self.nodes.iter().flat_map(|node| node.queues.values()).all(Queue::is_settled)
    }

    /// Ends the run: what waits in poisoned queues is written down.
    pub fn finish(&mut self) {
        self.record_poisoned();
    }

    /// What a data node holds, by its position: one entry for each field of each point, in order.
    #[must_use]
    pub fn replica(&self, node: usize) -> Vec<StoredPoint> {
        let engine = &self.nodes[node].engine;
        let shards = engine.shards().into_iter();
        let points = shards.flat_map(|shard| engine.points(shard, crate::core::anti_entropy::Span::ALL));
        let mut all: Vec<StoredPoint> = points
            .flat_map(|points: Points| {
                let stored = |point: crate::Point<'_>| StoredPoint {
                    key: point.key.to_vec(),
                    time: point.time,
                    field: point.fields.to_vec(),
                };
                points.iter().map(stored).collect::<Vec<_>>()
            })
            .collect();
        all.sort_unstable();
        all
    }

    /// The data nodes, by position, that own the shard of a series at a time; none where it has no shard group.
    #[must_use]
    pub fn owners(&self, key: &[u8], time: i64) -> Vec<usize> {
        let data = self.group.data();
        let Some(policy) = data.retention_policy(&self.options.database, "") else { return Vec::new() };
        let Some(group) = policy.shard_group_at(time) else { return Vec::new() };
        let position = crate::core::shard_map::shard_position(key, group.shards.len());
        let owners = group.shards.get(position).map(|shard| shard.owners.as_slice()).unwrap_or_default();
        owners.iter().filter_map(|owner| self.position(*owner)).collect()
    }

    /// The id that a data node has in the metadata, by its position.
    #[must_use]
    pub fn node_id(&self, node: usize) -> u64 {
        self.group.node_id(node)
    }

    /// What happened inside.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    pub(super) fn position(&self, id: u64) -> Option<usize> {
        (0..self.nodes.len()).find(|node| self.group.node_id(*node) == id)
    }

    pub(super) fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// A time between two, both in microseconds, as nanoseconds.
    pub(super) fn between(&mut self, least: u64, most: u64) -> u64 {
        self.rng.u64(least..=most) * 1_000
    }

    /// Has something happen in a process, unless that ends before.
    pub(super) fn within(&mut self, process: usize, delay: u64, event: Event) {
        let life = self.processes[process].life;
        self.agenda.put(self.now.saturating_add(delay), Due { at: Some((process, life)), event });
    }

    /// Has something happen outside of all processes.
    pub(super) fn later(&mut self, delay: u64, event: Event) {
        self.agenda.put(self.now.saturating_add(delay), Due { at: None, event });
    }

    /// Sends something from one process to another; a cut link keeps it until it is healed.
    pub(super) fn send(&mut self, from: usize, to: usize, event: Event) {
        let due = Due { at: Some((to, self.processes[to].life)), event };
        if self.links.is_cut(from, to) {
            self.parked.push((from, to, due));
            return;
        }
        let delay = self.between(100, 400) + self.links.extra(from, to);
        self.agenda.put(self.now + delay, due);
    }

    fn take(&mut self, due: Due) {
        let Due { at, event } = due;
        if let Some((process, life)) = at {
            let there = &mut self.processes[process];
            if there.down || there.life != life {
                return self.undeliverable(event);
            }
            if there.paused {
                there.backlog.push((Some(life), event));
                return;
            }
        }
        self.happen(event);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Connect { request } => self.connected(request),
            Event::Arrive { request } => self.arrived(request),
            Event::ToClient(event) => self.tell_client(event),
            Event::PartTimeout { write, part } => self.part_timed_out(write, part),
            Event::Stored { node, write, then } => self.stored(node, &write, then),
            Event::Hinted { node, key, write, then } => self.hinted(node, key, &write, then),
            Event::PeerArrive { call, from, node, write } => self.peer_arrived(call, from, node, write),
            Event::PeerAnswer { call, result } => self.peer_answered(call, result),
            Event::PeerFailed { call, error } => self.peer_failed(call, error),
            Event::PeerTimeout { call } => self.peer_timed_out(call),
            Event::PeerTurn { call } => self.no_free_connection(call),
            Event::Drain { node, key } => self.drain(node, key),
            Event::MetaAsk { call, attempt, server } => self.meta_asked(call, attempt, server),
            Event::MetaAnswer { call, attempt, word } => self.meta_answered(call, attempt, word),
            Event::MetaDial { call, attempt } => self.meta_dial_timed_out(call, attempt),
            Event::MetaRetry { call } => self.ask_meta(call),
            Event::Commit { term, number } => self.committed(term, number),
            Event::Lease { term } => self.lease_ended(term),
            Event::Election { term } => self.elect(term),
            Event::Cache { node, data } => self.heard(node, data),
            Event::Sight { node, data } => self.saw(node, data),
            Event::Fault(fault) => self.strike(fault),
            Event::FaultEnds(fault) => self.end_fault(&fault),
            Event::Heal => self.heal(),
            Event::Restart { process, life } => self.restart(process, life),
            Event::Resume { process } => self.resume(process),
        }
    }

    /// What was meant for a process that is gone: connections to it are reset, and what it remembered is lost.
    fn undeliverable(&mut self, event: Event) {
        match event {
            Event::Connect { request } => self.refuse(request),
            Event::Arrive { request } => self.lose(request),
            Event::PeerArrive { call, from, node, .. } => {
                self.reset_call(call, from, node);
            }
            Event::MetaAsk { call, attempt, server } => self.meta_refused(call, attempt, server),
            Event::ToClient(_)
            | Event::PartTimeout { .. }
            | Event::Stored { .. }
            | Event::Hinted { .. }
            | Event::PeerAnswer { .. }
            | Event::PeerFailed { .. }
            | Event::PeerTimeout { .. }
            | Event::PeerTurn { .. }
            | Event::Drain { .. }
            | Event::MetaAnswer { .. }
            | Event::MetaDial { .. }
            | Event::MetaRetry { .. }
            | Event::Commit { .. }
            | Event::Lease { .. }
            | Event::Election { .. }
            | Event::Cache { .. }
            | Event::Sight { .. }
            | Event::Fault(_)
            | Event::FaultEnds(_)
            | Event::Heal
            | Event::Restart { .. }
            | Event::Resume { .. } => {}
        }
    }
}

impl Node {
    fn new(options: &SimOptions, data: &Arc<MetaData>) -> Self {
        let limit = options.node.cache_max_memory_size;
        let limits = Limits { cache_max_memory_size: (limit > 0).then_some(limit), ..Limits::default() };
        let settings = Options { profile: options.profile, limits, ..Options::default() };
        let engine = Engine::open(Storage::Memory(MemoryDisk::new()), settings);
        Self {
            engine: engine.expect("a journal in memory that holds nothing can be read"),
            meta: data.clone(),
            sight: data.clone(),
            queues: BTreeMap::new(),
            disk: NodeDisk::default(),
            clock_ahead: 0,
            handoff_full: false,
            handoff_blocked: false,
            refuses_clients: false,
            clients_cut: false,
            pools: (0..options.data_nodes).map(|_| Pool::default()).collect(),
        }
    }
}

impl SimCluster {
    pub(super) fn profile(&self) -> Profile {
        self.options.profile
    }
}
