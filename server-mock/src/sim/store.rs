//! Disks: shard writes are done after a while, all or nothing, and what was not done when a process ended is lost.

use std::collections::HashMap;
use std::sync::Arc;

use futures::FutureExt;

use super::cluster::{Event, SimCluster};
use super::record::{CauseKind, SimCause};
use crate::core::owner_write::{UnknownShard, unknown_shard};
use crate::store::StoreError;
use crate::{LossKind, Points, Profile};

/// A part of a write on its way to a replica.
#[derive(Debug)]
pub(super) struct ShardWrite {
    pub(super) shard: u64,
    pub(super) points: Points,
    /// The request that it came with; those of later writes have higher numbers.
    pub(super) request: u64,
    /// Whether it waited in a queue.
    pub(super) hint: bool,
}

impl ShardWrite {
    pub(super) fn keys(&self) -> Vec<Box<[u8]>> {
        self.points.iter().map(|point| point.key.into()).collect()
    }
}

/// Whom to tell that a disk is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum AfterStore {
    /// The coordinator itself.
    Own { write: u64, part: usize, owner: usize },
    /// Another node.
    Peer { call: u64, from: usize },
}

/// The faults of a data node's disk.
#[derive(Debug, Default)]
pub(super) struct NodeDisk {
    pub(super) shards_full: bool,
    pub(super) handoff_full: bool,
    /// Nanoseconds that each write takes longer.
    pub(super) shards_slow: u64,
    pub(super) handoff_slow: u64,
}

/// Which data nodes have and which refused which points, by the key of the point.
#[derive(Debug, Default)]
pub(super) struct Held(HashMap<Box<[u8]>, Fate>);

#[derive(Debug, Default)]
struct Fate {
    /// Which data nodes have carried out which requests.
    done: Vec<(usize, u64)>,
    /// For which data nodes some queue took which requests.
    queued: Vec<(usize, u64)>,
    /// Bits of positions of data nodes.
    refused: u32,
}

impl Held {
    /// Whether a data node has the point from this request.
    pub(super) fn has(&self, key: &[u8], request: u64, node: usize) -> bool {
        self.0.get(key).is_some_and(|fate| fate.done.contains(&(node, request)))
    }

    /// A queue for a data node took a write.
    pub(super) fn queue_took(&mut self, node: usize, write: &ShardWrite) {
        for point in write.points.iter() {
            let fate = self.0.entry(point.key.into()).or_default();
            if !fate.queued.contains(&(node, write.request)) {
                fate.queued.push((node, write.request));
            }
        }
    }

    /// The data nodes that something was done for in one of these requests.
    fn nodes(&self, key: &[u8], requests: &[u64], what: impl Fn(&Fate) -> &[(usize, u64)]) -> Vec<usize> {
        let done = self.0.get(key).map(what).unwrap_or_default();
        let mut nodes: Vec<usize> =
            done.iter().filter(|(_, request)| requests.contains(request)).map(|(node, _)| *node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }
}

impl SimCluster {
    /// How long a disk takes for shards.
    fn shard_time(&mut self, node: usize) -> u64 {
        self.between(80, 900) + self.nodes[node].disk.shards_slow
    }

    /// Writes to a node's own store.
    pub(super) fn store_here(&mut self, node: usize, write: Arc<ShardWrite>, then: AfterStore) {
        let delay = self.shard_time(node);
        self.within(node, delay, Event::Stored { node, write, then });
    }

    /// A write of another node is here.
    pub(super) fn peer_arrived(&mut self, call: u64, from: usize, node: usize, write: Arc<ShardWrite>) {
        let there = &self.nodes[node];
        if !there.engine.has_shard(write.shard) {
            let named = self.nodes[from].meta.live_shard(write.shard).is_some();
            let heard_of = match self.profile() {
                Profile::V1_8 => None,
                Profile::V0_10 => self.options.node.ack_dropped_shard.then(|| there.sight.shard(write.shard).is_some()),
            };
            match unknown_shard(named, heard_of) {
                UnknownShard::Make => {}
                UnknownShard::Drop => {
                    self.cause(LossKind::UnknownShard, node, node, write.request, write.keys());
                    let answer = Event::PeerAnswer { call, result: Ok(()) };
                    return self.send(node, from, answer);
                }
            }
        }
        let delay = self.shard_time(node);
        self.within(node, delay, Event::Stored { node, write, then: AfterStore::Peer { call, from } });
    }

    /// A disk is done: only now is anything kept.
    pub(super) fn stored(&mut self, node: usize, write: &Arc<ShardWrite>, then: AfterStore) {
        let result = self.keep(node, write);
        self.record.mark([6, node as u64, write.request, u64::from(result.is_ok())]);
        self.record.tell(self.now, || {
            let how = if write.hint { "a hint of" } else { "a write of" };
            let came_to = result.as_ref().err().map_or_else(|| "stored".to_owned(), ToString::to_string);
            format!("data{}: {how} #{} to shard {}: {came_to}", node + 1, write.request, write.shard)
        });
        match then {
            AfterStore::Own { write: id, part, owner } => {
                if let Err(error) = &result
                    && !error.is_permanent()
                {
                    self.cause(LossKind::LocalFailure, node, node, write.request, write.keys());
                }
                self.own_stored(id, part, owner, result.map_err(|error| error.to_string()));
            }
            AfterStore::Peer { call, from } => {
                let result = result.map_err(|error| error.to_string());
                self.send(node, from, Event::PeerAnswer { call, result });
            }
        }
    }

    fn keep(&mut self, node: usize, write: &Arc<ShardWrite>) -> Result<(), StoreError> {
        let there = &self.nodes[node];
        if there.disk.shards_full {
            return Err(StoreError::DiskFull);
        }
        if !there.engine.has_shard(write.shard) {
            let policy = self.group.policy_name();
            there.engine.ensure_shard(write.shard, &self.options.database, policy);
        }
        // A journal in memory answers at once.
        let result = there.engine.write(write.shard, &write.points).now_or_never().unwrap_or(Err(StoreError::Closed));
        match &result {
            Ok(()) => self.took(node, write, None),
            Err(StoreError::PartialWrite(partial)) if partial.rest_stored() => {
                let kept = self.nodes[node].engine.admissible(write.shard, &write.points);
                let refused = without(&write.points, &kept);
                self.took(node, write, Some(&kept));
                self.turned_down(node, write, refused);
            }
            Err(error) if error.is_permanent() => self.turned_down(node, write, write.keys()),
            Err(_) => {}
        }
        result
    }

    /// A replica has points now.
    fn took(&mut self, node: usize, write: &ShardWrite, kept: Option<&Points>) {
        let mut disputed = Vec::new();
        let mut older = Vec::new();
        for point in kept.unwrap_or(&write.points).iter() {
            let fate = self.held.0.entry(point.key.into()).or_default();
            if fate.refused & !(1 << node) != 0 {
                disputed.push(point.key.into());
            }
            if fate.done.iter().any(|(at, request)| *at == node && write.request < *request) {
                older.push(point.key.into());
            }
            if !fate.done.contains(&(node, write.request)) {
                fate.done.push((node, write.request));
            }
        }
        if !disputed.is_empty() {
            self.cause(CauseKind::RefusedYetTaken, node, node, write.request, disputed);
        }
        if !older.is_empty() {
            let kind = if write.hint { CauseKind::StaleHint } else { CauseKind::LateRequest };
            self.cause(kind, node, node, write.request, older);
        }
    }

    /// A replica refused points for good.
    fn turned_down(&mut self, node: usize, write: &ShardWrite, keys: Vec<Box<[u8]>>) {
        let mut elsewhere: Vec<(usize, Box<[u8]>)> = Vec::new();
        for key in &keys {
            let fate = self.held.0.entry(key.clone()).or_default();
            fate.refused |= 1 << node;
            let mut others: Vec<usize> = fate.done.iter().map(|(at, _)| *at).filter(|at| *at != node).collect();
            others.sort_unstable();
            others.dedup();
            elsewhere.extend(others.into_iter().map(|at| (at, key.clone())));
        }
        for (at, key) in elsewhere {
            self.cause(CauseKind::RefusedYetTaken, at, at, write.request, vec![key]);
        }
        let kind = match (write.hint, self.profile()) {
            (true, Profile::V1_8) => LossKind::HintRefused,
            (true, Profile::V0_10) => return,
            (false, Profile::V1_8 | Profile::V0_10) => LossKind::Refused,
        };
        self.cause(kind, node, node, write.request, keys);
    }

    /// The data nodes, by position, that have ever carried out one of these requests for the point of this key. It costs far
    /// less than to read their replicas.
    #[must_use]
    pub fn carried_out(&self, key: &[u8], requests: &[u64]) -> Vec<usize> {
        self.held.nodes(key, requests, |fate| &fate.done)
    }

    /// The data nodes, by position, for which a queue has ever taken the point of this key from one of these requests.
    #[must_use]
    pub fn queued_for(&self, key: &[u8], requests: &[u64]) -> Vec<usize> {
        self.held.nodes(key, requests, |fate| &fate.queued)
    }

    pub(super) fn cause(
        &mut self,
        kind: impl Into<CauseKind>,
        node: usize,
        replica: usize,
        request: u64,
        keys: Vec<Box<[u8]>>,
    ) {
        let (kind, time) = (kind.into(), self.now);
        self.record.mark([7, kind.number(), node as u64, replica as u64]);
        self.record.count(kind.id());
        self.record.tell(time, || {
            let keys: Vec<_> = keys.iter().map(|key| String::from_utf8_lossy(key)).collect();
            format!("data{}: {kind} for data{}: {}", node + 1, replica + 1, keys.join(" "))
        });
        self.record.causes.push(SimCause { kind, time, node, replica, request, keys });
    }
}

/// Keys of the points of `whole` that `kept` lacks.
pub(super) fn without(whole: &Points, kept: &Points) -> Vec<Box<[u8]>> {
    let lacks = |point: &crate::Point<'_>| !kept.iter().any(|other| (other.key, other.time) == (point.key, point.time));
    whole.iter().filter(lacks).map(|point| point.key.into()).collect()
}
