//! Writing a request's points at a consistency level.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::mapping::ShardPart;
use super::owners::{Delivery, Owners};
use super::plan::{Plan, Step, WriteError, after_all_shards};
use super::under_way::UnderWay;
use crate::core::consistency::{Collector, Level, OwnerAnswer, ShardWriteError};
use crate::core::handoff::is_retryable;
use crate::core::owner_write::{AfterSend, Way, after_offer, after_send, way};
use crate::core::slice_race::{SliceRace, as_sent};
use crate::hinted_handoff::Handoff;
use crate::loss::{self, LossKind};
use crate::{Point, Points};

/// Writes points on behalf of clients.
#[derive(Clone, Debug)]
pub(crate) struct Coordinator {
    pub(crate) owners: Arc<Owners>,
    pub(crate) handoff: Arc<Handoff<Delivery>>,
    pub(crate) write_timeout: Duration,
    pub(crate) allow_out_of_order: bool,
    /// New shard groups that one request may make; 0 for no limit.
    pub(crate) max_shard_groups: usize,
    pub(crate) slice_race: SliceRace,
    pub(crate) under_way: UnderWay,
}

impl Coordinator {
    /// Writes all points; `now` is the time of day (nanoseconds, Unix time), an empty `policy` the default one.
    ///
    /// Shard groups are made before any point is written, so a failure there leaves nothing behind. Then all shards are
    /// written at once, and the first failure among them is the answer while the others go on.
    ///
    /// # Cancellation
    /// Once the points are being written, dropping the future stops nothing: what was begun is finished.
    pub(crate) async fn write(
        &self,
        database: &str,
        policy: &str,
        level: Level,
        points: Points,
        now: i64,
    ) -> Result<(), WriteError> {
        self.owners.stats.write.req.inc();
        self.owners.stats.write.point_req.add_len(points.len());
        let meta = &self.owners.meta;
        let mut plan = Plan::new(self.owners.profile, now, self.max_shard_groups);
        let mapping = loop {
            let snapshot = meta.snapshot();
            match plan.step(&snapshot, database, policy, &points)? {
                Step::Write(mapping) => break mapping,
                Step::MakeGroups(command) => {
                    meta.execute(command).await.map_err(|error| WriteError::Meta(error.to_string()))?;
                    if let Some(sight) = &self.owners.sight {
                        sight.reaches(meta.snapshot().index).await;
                    }
                }
            }
        };
        self.owners.stats.write.dropped.add_len(mapping.too_old);
        self.write_parts(mapping.parts, level).await.map_err(WriteError::Shard)?;
        after_all_shards(mapping.too_old)
    }

    async fn write_parts(&self, parts: Vec<ShardPart>, level: Level) -> Result<(), ShardWriteError> {
        let (report, mut reports) = mpsc::channel(parts.len().max(1));
        for part in parts {
            let (this, report) = (self.clone(), report.clone());
            tokio::spawn(async move {
                let result = this.write_part(part, level).await;
                this.owners.stats.write.count_outcome(result.as_ref().copied());
                // Nobody listens any more once another shard's failure was answered.
                let _ = report.send(result).await;
            });
        }
        drop(report);
        while let Some(result) = reports.recv().await {
            result?;
        }
        Ok(())
    }

    /// Writes to all owners of a shard, whatever the level, and answers as soon as it is decided.
    async fn write_part(&self, part: ShardPart, level: Level) -> Result<(), ShardWriteError> {
        let mut collector = Collector::new(level, part.owners.len());
        let (answer, mut answers) = mpsc::channel(part.owners.len().max(1));
        // Begins before the owners' own time limits, so that it also ends before them.
        let timeout = tokio::time::sleep(self.write_timeout);
        tokio::pin!(timeout);
        let mut bytes = Vec::new();
        part.points.encode_into(&mut bytes);
        let (bytes, points) = (Bytes::from(bytes), Arc::new(part.points));
        let raced = self.raced(part.shard, &part.owners, &points);
        for owner in part.owners {
            let (this, answer) = (self.clone(), answer.clone());
            let (bytes, points) = match &raced {
                Some((victim, bytes, points)) if *victim == owner => (bytes.clone(), points.clone()),
                _ => (bytes.clone(), points.clone()),
            };
            let under_way = self.under_way.one();
            tokio::spawn(async move {
                let (result, queued) = this.write_owner(owner, part.shard, bytes, &points, level).await;
                drop(under_way);
                // Nobody listens any more once the level was met or the time is up.
                let _ = answer.send((result, queued.then_some(owner))).await;
            });
        }
        drop(answer);
        let mut queued_for = Vec::new();
        loop {
            tokio::select! {
                answer = answers.recv() => match answer {
                    Some((answer, queued)) => {
                        queued_for.extend(queued);
                        if let Some(decision) = collector.record(answer) {
                            self.tell_of_contradiction(part.shard, &points, &decision, &queued_for);
                            return decision;
                        }
                    }
                    None => return Err(collector.verdict()),
                },
                () = &mut timeout => return Err(ShardWriteError::Timeout),
            }
        }
    }

    /// What is refused for what it is may be in a queue all the same, and its owner may know no better than to take it.
    /// The others of the batch were not refused, in a queue or out of it.
    fn tell_of_contradiction(
        &self,
        shard: u64,
        points: &Points,
        decision: &Result<(), ShardWriteError>,
        queued_for: &[u64],
    ) {
        if let Err(ShardWriteError::Failed(why)) = decision
            && !is_retryable(self.owners.profile, why)
            && !queued_for.is_empty()
        {
            let refused = named_as_refused(points, &self.owners.engine.admissible(shard, points));
            for owner in queued_for {
                loss::tell(LossKind::RefusedYetQueued, *owner, shard, refused.iter().copied());
            }
        }
    }

    /// The other owner that gets another batch than the client sent, and that batch, where the race is to be played.
    fn raced(&self, shard: u64, owners: &[u64], points: &Points) -> Option<(u64, Bytes, Arc<Points>)> {
        let node = self.owners.node;
        if self.slice_race == SliceRace::Off || !owners.contains(&node) {
            return None;
        }
        let victim = owners.iter().copied().find(|owner| *owner != node)?;
        let kept = self.owners.engine.admissible(shard, points);
        let sent = as_sent(self.slice_race, points, &kept, fastrand::u64(..))?;
        let (good, bad): (Vec<_>, Vec<_>) =
            loss::without(points, &sent).into_iter().partition(|point| kept.iter().any(|kept| kept == *point));
        loss::tell(LossKind::GoodPointLost, victim, shard, good);
        loss::tell(LossKind::ConflictDropped, victim, shard, bad);
        let mut bytes = Vec::new();
        sent.encode_into(&mut bytes);
        Some((victim, bytes.into(), Arc::new(sent)))
    }

    /// An owner's answer, and whether the points are in the queue for it.
    async fn write_owner(
        &self,
        owner: u64,
        shard: u64,
        bytes: Bytes,
        points: &Points,
        level: Level,
    ) -> (OwnerAnswer, bool) {
        let owners = &self.owners;
        let counted = &owners.stats.write;
        if owner != owners.node {
            counted.point_req_remote.add_len(points.len());
        }
        let queue_is_empty = || self.handoff.is_empty(owner, shard);
        let failure = match way(owners.profile, owner == owners.node, queue_is_empty, self.allow_out_of_order) {
            Way::Here => {
                counted.point_req_local.add_len(points.len());
                return match owners.write_here(shard, points).await {
                    Ok(()) => (OwnerAnswer::Acknowledged, false),
                    Err(error) => {
                        if !error.is_permanent() {
                            loss::tell(LossKind::LocalFailure, owner, shard, points.iter());
                        }
                        (OwnerAnswer::Failed(error.to_string()), false)
                    }
                };
            }
            Way::Queue => None,
            Way::Send => {
                let sent = owners.write_there(owner, shard, bytes).await;
                match after_send(owners.profile, sent.err().map(|error| error.to_string())) {
                    AfterSend::Answer(answer) => return (answer, false),
                    AfterSend::Offer(failure) => Some(failure),
                }
            }
        };
        counted.point_req_hh.add_len(points.len());
        let queued = self.handoff.append(owner, shard, points.clone()).await;
        let is_queued = queued.is_ok();
        (after_offer(level, failure, queued), is_queued)
    }
}

/// The points of a refused batch that are refused for what they are, `admissible` being those that this node would keep.
/// Where it would keep them all, only another owner knows which are meant, and says so in its own log: it may be any.
fn named_as_refused<'p>(points: &'p Points, admissible: &Points) -> Vec<Point<'p>> {
    let refused = loss::without(points, admissible);
    if refused.is_empty() { points.iter().collect() } else { refused }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_admissible_is_named_as_refused() {
        let batch = |times: &[i64]| -> Points {
            times.iter().map(|time| Point { key: b"m", fields: b"v=1", time: *time }).collect()
        };
        let named = |admissible: &[i64]| {
            let whole = batch(&[1, 2, 3]);
            named_as_refused(&whole, &batch(admissible)).iter().map(|point| point.time).collect::<Vec<_>>()
        };
        assert_eq!(named(&[1, 3]), [2]);
        assert_eq!(named(&[]), [1, 2, 3]);
        assert_eq!(named(&[1, 2, 3]), [1, 2, 3], "somebody else refused some of them");
    }
}
