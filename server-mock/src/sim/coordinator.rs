//! The node that a client asked: from a request to the writes of its shards, and back to one answer.

use std::sync::Arc;

use super::client_side::{SimRequest, request_id};
use super::cluster::{Event, SimCluster};
use super::handoff::{Offered, QueueKey};
use super::peer::CallFor;
use super::record::{CauseKind, Shortfall};
use super::store::{AfterStore, ShardWrite, without};
use crate::auth::Caller;
use crate::coordinator::{Plan, ShardPart, Step, WriteError, after_all_shards};
use crate::core::consistency::{Collector, Level, OwnerAnswer, ShardWriteError};
use crate::core::owner_write::{AfterSend, Way, after_offer, after_send, way};
use crate::core::slice_race::{SliceRace, as_sent};
use crate::http::rules::{self, Lines, Refusal};
use crate::{LossKind, Points, Profile};

/// A request that a node carries out.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) request: u64,
    pub(super) node: usize,
    database: String,
    policy: String,
    level: Level,
    bad_lines: Option<String>,
    plan: Plan,
    points: Points,
    too_old: usize,
    pub(super) parts: Vec<Part>,
    /// Shards that are not decided.
    open: usize,
    answered: bool,
}

/// The part of a request for one shard.
#[derive(Debug)]
pub(super) struct Part {
    collector: Collector,
    /// What each owner was sent, and whether it was heard.
    pub(super) owners: Vec<Sent>,
    decided: bool,
}

#[derive(Debug)]
pub(super) struct Sent {
    /// Position.
    pub(super) node: usize,
    pub(super) write: Arc<ShardWrite>,
    pub(super) heard: bool,
    queued_behind: bool,
    /// Whether a queue has it.
    pub(super) queued: bool,
}

impl SimCluster {
    fn time_of_day(&self, node: usize) -> i64 {
        let passed = i64::try_from(self.now).unwrap_or(i64::MAX);
        self.options.epoch.saturating_add(passed).saturating_add(self.nodes[node].clock_ahead)
    }

    /// A write is here as a whole.
    pub(super) fn begin_write(&mut self, request: u64, node: usize, ask: SimRequest) {
        match self.checked(request, node, ask) {
            Ok(Some(write)) => {
                let id = self.id();
                self.writes.insert(id, write);
                self.go_on(id);
            }
            Ok(None) => self.reply(request, node, Ok(())),
            Err(refusal) => self.reply(request, node, Err(refusal)),
        }
    }

    fn checked(&mut self, request: u64, node: usize, ask: SimRequest) -> Result<Option<Write>, Refusal> {
        let profile = self.profile();
        let precision = rules::precision(profile, &ask.precision)?;
        let now = self.time_of_day(node);
        let meta = &self.nodes[node].meta;
        let check = || rules::check_database(profile, meta, &Caller::Anyone, &ask.database);
        if profile == Profile::V1_8 {
            check()?;
        }
        let lines = rules::read_lines(profile, &ask.body, precision, &ask.consistency, now, check)?;
        let Lines::Points { points, level, bad_lines } = lines else { return Ok(None) };
        Ok(Some(Write {
            request,
            node,
            database: ask.database,
            policy: ask.retention_policy,
            level,
            bad_lines,
            plan: Plan::new(profile, now, self.options.node.max_shard_groups_per_request),
            points,
            too_old: 0,
            parts: Vec::new(),
            open: 0,
            answered: false,
        }))
    }

    /// The next step before the points are written.
    pub(super) fn go_on(&mut self, id: u64) {
        let Some(write) = self.writes.get_mut(&id) else { return };
        let meta = self.nodes[write.node].meta.clone();
        match write.plan.step(&meta, &write.database, &write.policy, &write.points) {
            Ok(Step::MakeGroups(command)) => {
                let node = write.node;
                self.execute(node, id, command);
            }
            Ok(Step::Write(mapping)) => {
                write.too_old = mapping.too_old;
                self.write_parts(id, mapping.parts);
            }
            Err(error) => self.settle(id, Err(error)),
        }
    }

    /// The meta nodes did not carry out what the write needs.
    pub(super) fn meta_failed(&mut self, id: u64, text: String) {
        self.settle(id, Err(WriteError::Meta(text)));
    }

    fn write_parts(&mut self, id: u64, parts: Vec<ShardPart>) {
        let Some(write) = self.writes.get_mut(&id) else { return };
        write.open = parts.len();
        let (node, level, request) = (write.node, write.level, write.request);
        let limit = nanoseconds(self.options.node.write_timeout);
        for (number, part) in parts.into_iter().enumerate() {
            let part = self.part(node, level, request, part);
            let owners: Vec<(usize, Arc<ShardWrite>)> =
                part.owners.iter().map(|sent| (sent.node, sent.write.clone())).collect();
            let Some(write) = self.writes.get_mut(&id) else { return };
            write.parts.push(part);
            self.within(node, limit, Event::PartTimeout { write: id, part: number });
            for (position, (owner, shard_write)) in owners.iter().enumerate() {
                self.write_owner(id, number, position, node, *owner, shard_write);
            }
            if owners.is_empty() {
                self.decide(id, number, Err(ShardWriteError::FailedSilently));
            }
        }
        if self.writes.get(&id).is_some_and(|write| write.parts.is_empty()) {
            self.settle_all(id);
        }
    }

    fn part(&mut self, node: usize, level: Level, request: u64, part: ShardPart) -> Part {
        let raced = self.raced(node, request, &part);
        let write = |points| Arc::new(ShardWrite { shard: part.shard, points, request, hint: false });
        let victim = raced.map(|(victim, points)| (victim, write(points)));
        let whole = write(part.points.clone());
        let collector = Collector::new(level, part.owners.len());
        let mut owners = Vec::with_capacity(part.owners.len());
        for owner in &part.owners {
            let Some(position) = self.position(*owner) else { continue };
            let write = match &victim {
                Some((victim, write)) if *victim == position => write.clone(),
                Some(_) | None => whole.clone(),
            };
            owners.push(Sent { node: position, write, heard: false, queued_behind: false, queued: false });
        }
        Part { collector, owners, decided: false }
    }

    /// The other owner that gets another batch than the client sent, and that batch, where the race is to be played.
    fn raced(&mut self, node: usize, request: u64, part: &ShardPart) -> Option<(usize, Points)> {
        let race = self.options.node.shared_slice_race;
        let own = self.node_id(node);
        if race == SliceRace::Off || self.profile() != Profile::V1_8 || !part.owners.contains(&own) {
            return None;
        }
        let victim = part.owners.iter().copied().find(|owner| *owner != own)?;
        let victim = self.position(victim)?;
        let kept = self.nodes[node].engine.admissible(part.shard, &part.points);
        let chance = self.rng.u64(..);
        let sent = as_sent(race, &part.points, &kept, chance)?;
        let bad = without(&part.points, &kept);
        let lost = without(&part.points, &sent);
        let (dropped, good): (Vec<_>, Vec<_>) = lost.into_iter().partition(|key| bad.contains(key));
        if !dropped.is_empty() {
            self.cause(LossKind::ConflictDropped, node, victim, request, dropped);
        }
        if !good.is_empty() {
            self.cause(LossKind::GoodPointLost, node, victim, request, good);
        }
        Some((victim, sent))
    }

    fn write_owner(&mut self, id: u64, part: usize, owner: usize, node: usize, to: usize, write: &Arc<ShardWrite>) {
        let key = self.queue_key(to, write.shard);
        let queue_is_empty = || self.queue_is_empty(node, key);
        let out_of_order = self.options.node.allow_out_of_order_writes;
        match way(self.profile(), to == node, queue_is_empty, out_of_order) {
            Way::Here => self.store_here(node, write.clone(), AfterStore::Own { write: id, part, owner }),
            Way::Queue => {
                if let Some(sent) = self.sent(id, part, owner) {
                    sent.queued_behind = true;
                }
                self.offer(node, key, write.clone(), Offered { write: id, part, owner, failure: None });
            }
            Way::Send => self.call(node, to, write.clone(), CallFor::Part { write: id, part, owner }),
        }
    }

    pub(super) fn sent(&mut self, id: u64, part: usize, owner: usize) -> Option<&mut Sent> {
        self.writes.get_mut(&id)?.parts.get_mut(part)?.owners.get_mut(owner)
    }

    /// The coordinator's own store is done.
    pub(super) fn own_stored(&mut self, id: u64, part: usize, owner: usize, result: Result<(), String>) {
        let answer = match result {
            Ok(()) => OwnerAnswer::Acknowledged,
            Err(text) => OwnerAnswer::Failed(text),
        };
        self.owner_answered(id, part, owner, answer);
    }

    /// An exchange with another owner is over.
    pub(super) fn sent_to_owner(&mut self, id: u64, part: usize, owner: usize, failure: Option<String>) {
        match after_send(self.profile(), failure) {
            AfterSend::Answer(answer) => self.owner_answered(id, part, owner, answer),
            AfterSend::Offer(failure) => {
                let Some(write) = self.writes.get(&id) else { return };
                let node = write.node;
                let Some(sent) = self.sent(id, part, owner) else { return };
                let (to, shard_write) = (sent.node, sent.write.clone());
                let key: QueueKey = self.queue_key(to, shard_write.shard);
                self.offer(node, key, shard_write, Offered { write: id, part, owner, failure: Some(failure) });
            }
        }
    }

    /// A queue took the write, or did not.
    pub(super) fn offered(&mut self, then: Offered, queued: Result<(), crate::core::handoff::HandoffError>) {
        let Some(level) = self.writes.get(&then.write).map(|write| write.level) else { return };
        let answer = after_offer(level, then.failure, queued);
        self.owner_answered(then.write, then.part, then.owner, answer);
    }

    fn owner_answered(&mut self, id: u64, part: usize, owner: usize, answer: OwnerAnswer) {
        let Some(sent) = self.sent(id, part, owner) else { return };
        sent.heard = true;
        let Some(write) = self.writes.get_mut(&id) else { return };
        let one = &mut write.parts[part];
        let decision = if one.decided { None } else { one.collector.record(answer) };
        match decision {
            Some(decision) => self.decide(id, part, decision),
            None => self.forget_finished(id),
        }
    }

    pub(super) fn part_timed_out(&mut self, id: u64, part: usize) {
        let open = |write: &Write| write.parts.get(part).is_some_and(|part| !part.decided);
        if self.writes.get(&id).is_some_and(open) {
            self.decide(id, part, Err(ShardWriteError::Timeout));
        }
    }

    fn decide(&mut self, id: u64, part: usize, decision: Result<(), ShardWriteError>) {
        let Some(write) = self.writes.get_mut(&id) else { return };
        write.parts[part].decided = true;
        write.open -= 1;
        let (level, open) = (write.level, write.open);
        match decision {
            Ok(()) if open == 0 => self.settle_all(id),
            Ok(()) => {}
            Err(error) => {
                if level == Level::Any && error == ShardWriteError::FailedSilently {
                    self.refused_behind_queue(id, part);
                }
                self.settle(id, Err(WriteError::Shard(error)));
            }
        }
        self.forget_finished(id);
    }

    fn refused_behind_queue(&mut self, id: u64, part: usize) {
        let Some(write) = self.writes.get(&id) else { return };
        let (node, request) = (write.node, write.request);
        let behind = write.parts[part].owners.iter().filter(|sent| sent.queued_behind);
        let behind: Vec<_> = behind.map(|sent| (sent.node, sent.write.keys())).collect();
        for (replica, keys) in behind {
            self.cause(CauseKind::AnyRefusedBehindQueue, node, replica, request, keys);
        }
    }

    fn settle_all(&mut self, id: u64) {
        let Some(write) = self.writes.get(&id) else { return };
        if !write.answered {
            let too_old = write.too_old;
            self.settle(id, after_all_shards(too_old));
        }
    }

    /// The request is answered; what was begun goes on.
    fn settle(&mut self, id: u64, written: Result<(), WriteError>) {
        let profile = self.profile();
        let Some(write) = self.writes.get_mut(&id) else { return };
        if std::mem::replace(&mut write.answered, true) {
            return;
        }
        let (request, node) = (write.request, write.node);
        let acknowledged = written.is_ok();
        let result = rules::after_write(profile, written, write.bad_lines.take());
        if acknowledged {
            self.compare_with_level(id);
        }
        self.reply(request, node, result);
        self.forget_finished(id);
    }

    /// Whether each point is on as many owners as the acknowledgement says.
    fn compare_with_level(&mut self, id: u64) {
        let Some(write) = self.writes.get(&id) else { return };
        let mut shortfalls = Vec::new();
        for part in &write.parts {
            let required = write.level.required(part.owners.len());
            let Some(longest) = part.owners.iter().map(|sent| &sent.write).max_by_key(|sent| sent.points.len()) else {
                continue;
            };
            for point in longest.points.iter() {
                let lacks = |sent: &&Sent| !self.held.has(point.key, write.request, sent.node);
                let (count, lacking) = (part.owners.len(), || part.owners.iter().filter(lacks));
                let had = count - lacking().count();
                if had < required {
                    shortfalls.push(Shortfall {
                        request: write.request,
                        time: self.now,
                        key: point.key.into(),
                        required,
                        had,
                        queued: lacking().filter(|sent| sent.queued).count(),
                        missing: lacking().map(|sent| sent.node).collect(),
                        hint_counts: write.level == Level::Any,
                    });
                }
            }
        }
        self.record.shortfalls.extend(shortfalls);
    }

    fn reply(&mut self, request: u64, node: usize, result: Result<(), Refusal>) {
        let answered = rules::answer(self.profile(), result, request_id(request));
        self.answer(request, node, answered);
    }

    /// Forgets a write of which nothing is under way any more.
    fn forget_finished(&mut self, id: u64) {
        let all_heard = |part: &Part| part.owners.iter().all(|sent| sent.heard);
        if self.writes.get(&id).is_some_and(|write| write.answered && write.parts.iter().all(all_heard)) {
            self.writes.remove(&id);
        }
    }

    /// A coordinator ended: what it had not brought to an owner, or queued, never gets there by itself.
    pub(super) fn writes_died(&mut self, node: usize) {
        let of_node = |(id, write): (&u64, &Write)| (write.node == node).then_some(*id);
        let dead: Vec<u64> = self.writes.iter().filter_map(of_node).collect();
        for id in dead {
            let Some(write) = self.writes.remove(&id) else { continue };
            for sent in write.parts.iter().flat_map(|part| &part.owners).filter(|sent| !sent.heard) {
                self.cause(CauseKind::CoordinatorDied, node, sent.node, sent.write.request, sent.write.keys());
            }
        }
    }
}

pub(super) fn nanoseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 4)
}
