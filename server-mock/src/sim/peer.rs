//! Exchanges between data nodes.

use std::collections::VecDeque;
use std::sync::Arc;

use super::cluster::{Event, SimCluster};
use super::coordinator::nanoseconds;
use super::handoff::QueueKey;
use super::store::ShardWrite;
use crate::Profile;
use crate::coordinator::Owners;
use crate::peer::PeerError;

/// What an exchange is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallFor {
    /// A part of a client's write.
    Part { write: u64, part: usize, owner: usize },
    /// The head of a queue.
    Hint { key: QueueKey },
}

/// An exchange that a node waits for.
#[derive(Debug)]
pub(super) struct PeerCall {
    pub(super) from: usize,
    pub(super) to: usize,
    what: CallFor,
    write: Arc<ShardWrite>,
    /// Whether it waits for a connection to be free.
    waits: bool,
}

/// The shard writes of one node to another one.
#[derive(Debug, Default)]
pub(super) struct Pool {
    under_way: usize,
    waiting: VecDeque<u64>,
}

impl SimCluster {
    /// Sends a shard write to another node.
    pub(super) fn call(&mut self, from: usize, to: usize, write: Arc<ShardWrite>, what: CallFor) {
        let call = self.id();
        let limit = match self.profile() {
            Profile::V1_8 => usize::MAX,
            Profile::V0_10 => self.options.node.max_remote_write_connections.max(1),
        };
        let pool = &mut self.nodes[from].pools[to];
        let waits = pool.under_way >= limit;
        if waits {
            pool.waiting.push_back(call);
        } else {
            pool.under_way += 1;
        }
        self.calls.insert(call, PeerCall { from, to, what, write, waits });
        if waits {
            let patience = nanoseconds(Owners::timeouts(self.profile(), &self.options.node).exchange);
            self.within(from, patience, Event::PeerTurn { call });
        } else {
            self.dial(call);
        }
    }

    fn address(&self, node: usize) -> String {
        self.group.tcp_address(node)
    }

    fn dial(&mut self, call: u64) {
        let Some(PeerCall { from, to, write, .. }) = self.calls.get(&call) else { return };
        let (from, to, write) = (*from, *to, write.clone());
        let limits = Owners::timeouts(self.profile(), &self.options.node);
        let mut delay = 0;
        if !self.links.is_connected(from, to) {
            let failure = if self.links.is_cut(from, to) {
                Some((nanoseconds(limits.dial), "i/o timeout"))
            } else if self.processes[to].down {
                Some((self.between(100, 500), "connect: connection refused"))
            } else {
                None
            };
            if let Some((delay, why)) = failure {
                let text = format!("dial tcp {}: {why}", self.address(to));
                let error = match self.links.was_connected(from, to) {
                    true => PeerError::Dial(text),
                    false => PeerError::FirstDial(text),
                };
                return self.within(from, delay, Event::PeerFailed { call, error });
            }
            self.links.connect(from, to);
            delay = self.between(200, 800) + self.links.extra(from, to) + self.links.extra(to, from);
        }
        self.within(from, delay + nanoseconds(limits.exchange), Event::PeerTimeout { call });
        self.send(from, to, Event::PeerArrive { call, from, node: to, write });
    }

    /// The other node ended, or was started anew: its connections are reset.
    pub(super) fn reset_call(&mut self, call: u64, from: usize, to: usize) {
        self.links.disconnect(from, to);
        let error = if self.rng.bool() {
            PeerError::Receive("EOF".to_owned())
        } else {
            let part = match self.profile() {
                Profile::V1_8 => "size",
                Profile::V0_10 => "type",
            };
            let addresses = format!("write tcp {}->{}", self.address(from), self.address(to));
            PeerError::Send { part, why: format!("{addresses}: write: broken pipe") }
        };
        self.send(to, from, Event::PeerFailed { call, error });
    }

    /// A process ended: those who wait for it hear of it, and nobody waits in it.
    pub(super) fn calls_died(&mut self, process: usize) {
        let own = |(id, call): (&u64, &PeerCall)| (call.from == process).then_some(*id);
        let dead: Vec<u64> = self.calls.iter().filter_map(own).collect();
        for id in dead {
            self.calls.remove(&id);
        }
        let at = |(id, call): (&u64, &PeerCall)| (call.to == process && !call.waits).then_some((*id, call.from));
        let waiting: Vec<(u64, usize)> = self.calls.iter().filter_map(at).collect();
        for (id, from) in waiting {
            self.reset_call(id, from, process);
        }
        if let Some(node) = self.nodes.get_mut(process) {
            node.pools.iter_mut().for_each(|pool| *pool = Pool::default());
        }
    }

    pub(super) fn peer_answered(&mut self, call: u64, result: Result<(), String>) {
        let Some(PeerCall { write, .. }) = self.calls.get(&call) else { return };
        let shard = write.shard;
        let failure = result.err().map(|text| PeerError::WriteRefused { shard, text }.to_string());
        self.finish_call(call, failure);
    }

    pub(super) fn peer_failed(&mut self, call: u64, error: PeerError) {
        self.finish_call(call, Some(error.to_string()));
    }

    pub(super) fn peer_timed_out(&mut self, call: u64) {
        let Some(PeerCall { from, to, .. }) = self.calls.get(&call) else { return };
        let (from, to) = (*from, *to);
        self.links.disconnect(from, to);
        // The sender hangs up. What the network still carries may arrive all the same, or be thrown away with the
        // connection.
        if self.rng.bool() {
            let thrown = |due: &super::cluster::Due| matches!(&due.event, Event::PeerArrive { call: other, .. } if *other == call);
            self.parked.retain(|(_, _, due)| !thrown(due));
        }
        let why = format!("read tcp {}->{}: i/o timeout", self.address(from), self.address(to));
        self.finish_call(call, Some(PeerError::Receive(why).to_string()));
    }

    pub(super) fn no_free_connection(&mut self, call: u64) {
        if self.calls.get(&call).is_some_and(|call| call.waits) {
            self.finish_call(call, Some(PeerError::NoFreeConnection.to_string()));
        }
    }

    fn finish_call(&mut self, call: u64, failure: Option<String>) {
        let Some(PeerCall { from, to, what, waits, .. }) = self.calls.remove(&call) else { return };
        let pool = &mut self.nodes[from].pools[to];
        if waits {
            pool.waiting.retain(|other| *other != call);
        } else {
            pool.under_way = pool.under_way.saturating_sub(1);
            if let Some(next) = pool.waiting.pop_front() {
                pool.under_way += 1;
                if let Some(next) = self.calls.get_mut(&next) {
                    next.waits = false;
                }
                self.dial(next);
            }
        }
        match what {
            CallFor::Part { write, part, owner } => self.sent_to_owner(write, part, owner, failure),
            CallFor::Hint { key } => self.hint_delivered(from, key, failure),
        }
    }
}
