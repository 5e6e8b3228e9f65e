//! Reaching the owners of shards: this node's own store, or another node.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::sight::Sight;
use super::statements::{RunningQueries, RunningQuery, deletion};
use crate::anti_entropy;
use crate::core::owner_write::{UnknownShard, unknown_shard};
use crate::hinted_handoff::Deliver;
use crate::loss::{self, LossKind};
use crate::meta::MetaClient;
use crate::peer::{Answer, PeerError, PeerTimeouts, Peers, Request};
use crate::scan::{Scan, SeriesBlock, ShardIndex};
use crate::stats::Stats;
use crate::store::{Engine, StoreError};
use crate::{Options, Points, Profile};

/// The data nodes of the cluster as this node reaches them.
#[derive(Debug)]
pub(crate) struct Owners {
    pub(crate) node: u64,
    pub(crate) profile: Profile,
    pub(crate) meta: MetaClient,
    pub(crate) engine: Engine,
    pub(crate) peers: Peers,
    /// Present where a write to a shard not heard of is acknowledged and dropped.
    pub(crate) sight: Option<Sight>,
    pub(crate) stats: Stats,
    /// What clients of this node have it run.
    pub(crate) running: RunningQueries,
    /// For writes.
    pub(crate) timeouts: PeerTimeouts,
    /// For reads.
    pub(crate) read_timeouts: PeerTimeouts,
}

/// A read in profile 1.8 waits for a hung node for ever (`shard-reader-timeout` 0); a day is that for a test cluster.
const FOR_EVER: Duration = Duration::from_secs(86_400);
/// How long a read in profile 0.10 waits.
const SHARD_MAPPER_TIMEOUT: Duration = Duration::from_secs(5);
/// A read in profile 0.10 sets no limit to connecting (cluster 0.10 facts, § 6): what ends it is the operating system,
/// which gives up after its seventh packet without an answer, each waited for twice as long as the one before.
const SYSTEM_DIAL_TIMEOUT: Duration = Duration::from_secs(127);

/// What a reply may take longer than the coordinator waits, so that the coordinator's own `timeout` comes first as it
/// did on the real cluster in all cases.
const SLACK: Duration = Duration::from_millis(50);

impl Owners {
    /// The time limits that follow from a node's options.
    pub(crate) fn timeouts(profile: Profile, options: &Options) -> PeerTimeouts {
        let (dial, exchange) = match profile {
            Profile::V1_8 => (options.dial_timeout, options.write_timeout),
            // One limit for both: of the writes that began in a partition at `all` next to none got through, although the
            // second attempt to connect comes a second after the first (study figures § 2.2).
            Profile::V0_10 => (options.shard_writer_timeout, options.shard_writer_timeout),
        };
        PeerTimeouts { dial, exchange: exchange + SLACK }
    }

    /// Likewise for reads.
    pub(crate) fn read_timeouts(profile: Profile, options: &Options) -> PeerTimeouts {
        match profile {
            Profile::V1_8 => PeerTimeouts { dial: options.dial_timeout, exchange: FOR_EVER },
            Profile::V0_10 => PeerTimeouts { dial: SYSTEM_DIAL_TIMEOUT, exchange: SHARD_MAPPER_TIMEOUT },
        }
    }

    /// Writes to a shard of this node, counted.
    async fn store(&self, shard: u64, points: &Points) -> Result<(), StoreError> {
        let result = self.engine.write(shard, points).await;
        match &result {
            // Will be tried again.
            Err(StoreError::ShardNotFound) => {}
            result => self.stats.shard(shard).count_write(points.len(), result.is_ok()),
        }
        // Without the others of the batch, where they were stored.
        let others = match &result {
            Err(StoreError::PartialWrite(partial)) if partial.rest_stored() => self.engine.admissible(shard, points),
            _ => Points::new(),
        };
        if result.as_ref().is_err_and(StoreError::is_permanent) {
            loss::tell(LossKind::Refused, self.node, shard, loss::without(points, &others));
        }
        result
    }

    /// Writes to this node's own store, making the shard if need be.
    pub(crate) async fn write_here(&self, shard: u64, points: &Points) -> Result<(), StoreError> {
        match self.store(shard, points).await {
            Err(StoreError::ShardNotFound) => {
                let meta = self.meta.snapshot();
                let Some((database, policy, _, _)) = meta.live_shard(shard) else {
                    return Err(StoreError::ShardNotFound);
                };
                self.engine.ensure_shard(shard, &database.name, &policy.name);
                self.store(shard, points).await
            }
            result => result,
        }
    }

    /// Writes to another node. `points` are in their binary form.
    pub(crate) async fn write_there(&self, node: u64, shard: u64, points: Bytes) -> Result<(), PeerError> {
        let (database, retention_policy) = match self.meta.snapshot().live_shard(shard) {
            Some((database, policy, _, _)) => (database.name.clone(), policy.name.clone()),
            // Dropped meanwhile: the receiver decides, as it would have.
            None => Default::default(),
        };
        self.ask(node, &Request::Write { shard, database, retention_policy, points }).await.map(|_| ())
    }

    /// Reads points of a shard and what is in it, here or there.
    pub(crate) async fn read(
        &self,
        node: u64,
        shard: u64,
        scan: &Scan,
    ) -> Result<(Vec<SeriesBlock>, ShardIndex), PeerError> {
        match self.run(node, Request::Read { shard, scan: scan.clone() }).await? {
            Answer::Rows(blocks, index) => Ok((blocks, index)),
            other => Err(PeerError::Protocol(format!("{other:?}"))),
        }
    }

    /// What is in a shard, here or there.
    pub(crate) async fn index(&self, node: u64, shard: u64) -> Result<ShardIndex, PeerError> {
        match self.run(node, Request::Index { shard }).await? {
            Answer::Index(index) => Ok(index),
            other => Err(PeerError::Protocol(format!("{other:?}"))),
        }
    }

    /// What is in those of these shards that a node has, here or there.
    pub(crate) async fn indexes(&self, node: u64, shards: Vec<u64>) -> Result<ShardIndex, PeerError> {
        match self.run(node, Request::Indexes { shards }).await? {
            Answer::Index(index) => Ok(index),
            other => Err(PeerError::Protocol(format!("{other:?}"))),
        }
    }

    /// What a node is running, here or there.
    pub(crate) async fn queries(&self, node: u64) -> Result<Vec<RunningQuery>, PeerError> {
        match self.run(node, Request::Queries).await? {
            Answer::Queries(queries) => Ok(queries),
            other => Err(PeerError::Protocol(format!("{other:?}"))),
        }
    }

    /// Has a data node do something: this one by itself, another one by a request.
    pub(crate) async fn run(&self, node: u64, request: Request) -> Result<Answer, PeerError> {
        if node != self.node {
            return self.ask(node, &request).await;
        }
        match self.answer(request).await {
            Answer::Refused(text) => Err(PeerError::Refused(text)),
            answer => Ok(answer),
        }
    }

    /// Sends a request to a data node by its id.
    async fn ask(&self, node: u64, request: &Request) -> Result<Answer, PeerError> {
        let meta = self.meta.snapshot();
        let address = &meta.data_node(node).ok_or(PeerError::UnknownNode)?.tcp_addr;
        let timeouts = match request {
            Request::Write { .. } => self.timeouts,
            Request::Scan { .. }
            | Request::Index { .. }
            | Request::Read { .. }
            | Request::Delete { .. }
            | Request::DropShard { .. }
            | Request::DropData { .. }
            | Request::Indexes { .. }
            | Request::Queries
            | Request::KillQuery { .. }
            | Request::DropMeasurement { .. }
            | Request::AntiEntropy(_) => self.read_timeouts,
        };
        self.peers.ask(address, request, timeouts).await
    }

    /// Does what another node asks of this one.
    pub(crate) async fn answer(&self, request: Request) -> Answer {
        let refused = |error: StoreError| Answer::Refused(error.to_string());
        match request {
            Request::Write { shard, database, retention_policy, points } => {
                let taken = self.take(shard, &database, &retention_policy, &points).await;
                self.stats.cluster.count_shard_write(taken.is_ok());
                match taken {
                    Ok(()) => Answer::Done,
                    Err(text) => Answer::Refused(text),
                }
            }
            Request::Scan { shard, scan } => match self.engine.scan(shard, &scan) {
                Ok(blocks) => Answer::Blocks(blocks),
                // Owned, but nothing was written to it yet.
                Err(StoreError::ShardNotFound) => Answer::Blocks(Vec::new()),
                Err(error) => refused(error),
            },
            Request::Index { shard } => match self.engine.index(shard) {
                Ok(index) => Answer::Index(index),
                Err(StoreError::ShardNotFound) => Answer::Index(ShardIndex::default()),
                Err(error) => refused(error),
            },
            Request::Read { shard, scan } => {
                self.stats.cluster.count_read(self.profile);
                deletion::read(&self.engine, shard, &scan)
            }
            Request::Delete { database, statement, now } => {
                deletion::delete(&self.engine, &database, &statement, self.profile, now).await
            }
            Request::DropShard { shard } => self.engine.drop_shard(shard).await.map_or_else(refused, |()| Answer::Done),
            Request::DropData { database, retention_policy } => {
                let dropped = deletion::drop_data(&self.engine, &database, retention_policy.as_deref()).await;
                dropped.map_or_else(refused, |()| Answer::Done)
            }
            Request::Indexes { shards } => {
                let engine = self.engine.clone();
                let index = tokio::task::spawn_blocking(move || deletion::indexes_of(&engine, &shards)).await;
                index.unwrap_or(Err(StoreError::Closed)).map_or_else(refused, Answer::Index)
            }
            Request::Queries => Answer::Queries(self.running.list()),
            Request::KillQuery { id } => match self.running.kill(id) {
                Ok(()) => Answer::Done,
                Err(error) => Answer::Refused(error.to_string()),
            },
            Request::DropMeasurement { database, measurement } => {
                self.engine.drop_measurement(&database, &measurement).await.map_or_else(refused, |()| Answer::Done)
            }
            Request::AntiEntropy(question) => {
                let engine = self.engine.clone();
                let answer = tokio::task::spawn_blocking(move || anti_entropy::answer(&engine, question)).await;
                answer.unwrap_or(Err(StoreError::Closed)).map_or_else(refused, Answer::AntiEntropy)
            }
        }
    }

    /// Takes a shard write of another node.
    async fn take(&self, shard: u64, database: &str, policy: &str, points: &[u8]) -> Result<(), String> {
        let points = Points::decode(points).map_err(|error| error.to_string())?;
        self.stats.cluster.write_shard_points_req.add_len(points.len());
        match self.store(shard, &points).await {
            Err(StoreError::ShardNotFound) => {}
            result => return result.map_err(|error| error.to_string()),
        }
        let heard_of = self.sight.as_ref().map(|sight| sight.knows(shard));
        match unknown_shard(!database.is_empty(), heard_of) {
            UnknownShard::Drop => {
                tracing::warn!("drop write request: shard={shard}. shard group does not exist or was deleted");
                let kind = if database.is_empty() { LossKind::DeletedShard } else { LossKind::UnknownShard };
                loss::tell(kind, self.node, shard, points.iter());
                return Ok(());
            }
            UnknownShard::Make => {}
        }
        self.engine.ensure_shard(shard, database, policy);
        self.store(shard, &points).await.map_err(|error| error.to_string())
    }
}

/// Delivers queued writes.
#[derive(Debug)]
pub(crate) struct Delivery(pub(crate) Arc<Owners>);

impl Deliver for Delivery {
    async fn deliver(&self, node: u64, shard: u64, points: &Points) -> Result<(), String> {
        let mut bytes = Vec::new();
        points.encode_into(&mut bytes);
        self.0.write_there(node, shard, bytes.into()).await.map_err(|error| error.to_string())
    }

    fn is_member(&self, node: u64) -> bool {
        self.0.meta.snapshot().data_node(node).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the two limits of a read each profile has one: 1.8 on connecting, 0.10 on the answer.
    #[test]
    fn reads_wait() {
        let limits = |profile| Owners::read_timeouts(profile, &Options::new(profile));
        let new = limits(Profile::V1_8);
        assert_eq!((new.dial, new.exchange), (Duration::from_secs(1), FOR_EVER));
        let old = limits(Profile::V0_10);
        assert_eq!((old.dial, old.exchange), (SYSTEM_DIAL_TIMEOUT, Duration::from_secs(5)));
    }
}
