//! The task that compares and repairs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use tokio::task::AbortHandle;

use super::question::{Question, Reply};
use super::status::{Divergent, SharedStatus, Status};
use crate::coordinator::Owners;
use crate::core::anti_entropy::{Ask, Comparison, Digests, Others, Progress, Span, Step, Union, root};
use crate::peer::{Answer, PeerError, Request};
use crate::store::StoreError;
use crate::{Options, Points};

/// Points that are taken over in one write, so that no other write waits long.
const BATCH: usize = 1_000;
/// An interval of zero must not become a busy loop.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// A node's anti-entropy; ends when dropped.
#[derive(Debug)]
pub(crate) struct AntiEntropy {
    status: Arc<SharedStatus>,
    task: AbortHandle,
}

impl Drop for AntiEntropy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Why a comparison was left for the next check.
#[derive(Debug, thiserror::Error)]
enum Postponed {
    #[error("the shard takes writes")]
    Busy,
    #[error("the other owner did not answer: {0}")]
    Peer(#[from] PeerError),
    #[error("this node's shard: {0}")]
    Store(#[from] StoreError),
    #[error("{0} values differ, and another owner did not answer")]
    Undecided(usize),
    #[error("the other owner's points: {0}")]
    Points(#[from] crate::PointsError),
}

impl AntiEntropy {
    /// Begins to compare. Must be called within a tokio runtime.
    pub(crate) fn start(owners: Arc<Owners>, options: &Options) -> Self {
        let status = Arc::new(SharedStatus::default());
        let pause = options.anti_entropy_check_interval.max(SHORTEST_PAUSE);
        let worker = Worker {
            owners,
            status: status.clone(),
            idle: pause / 2,
            shards_at_once: options.anti_entropy_max_sync.max(1),
            blocks_a_check: options.anti_entropy_max_fetch,
            progress: Mutex::default(),
        };
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                worker.check().await;
            }
        });
        Self { status, task: task.abort_handle() }
    }

    /// How far it has come.
    pub(crate) fn status(&self) -> Status {
        self.status.change().clone()
    }
}

#[derive(Debug)]
struct Worker {
    owners: Arc<Owners>,
    status: Arc<SharedStatus>,
    idle: Duration,
    shards_at_once: usize,
    blocks_a_check: usize,
    /// By shard and other owner.
    progress: Mutex<BTreeMap<(u64, u64), Progress>>,
}

/// A shard that this node owns with others.
struct Shared {
    shard: u64,
    database: String,
    policy: String,
    others: Vec<u64>,
}

impl Worker {
    async fn check(&self) {
        let shards = self.shared_shards();
        self.forget_all_but(&shards);
        let compare = |shard: Shared| async move {
            for node in &shard.others {
                self.status.change().comparisons += 1;
                if let Err(why) = self.compare(&shard, *node).await {
                    tracing::debug!(shard = shard.shard, node, %why, "a comparison was postponed");
                    self.status.change().postponed += 1;
                }
            }
        };
        futures::stream::iter(shards).for_each_concurrent(self.shards_at_once, compare).await;
        self.status.change().checks += 1;
    }

    fn shared_shards(&self) -> Vec<Shared> {
        let meta = self.owners.meta.snapshot();
        let node = self.owners.node;
        let mut shards = Vec::new();
        for database in &meta.databases {
            for policy in &database.retention_policies {
                let groups = policy.shard_groups.iter().filter(|group| group.deleted_at.is_none());
                for shard in groups.flat_map(|group| &group.shards).filter(|shard| shard.owners.contains(&node)) {
                    let others: Vec<u64> = shard.owners.iter().copied().filter(|owner| *owner != node).collect();
                    if !others.is_empty() {
                        let (database, policy) = (database.name.clone(), policy.name.clone());
                        shards.push(Shared { shard: shard.id, database, policy, others });
                    }
                }
            }
        }
        shards
    }

    fn forget_all_but(&self, shards: &[Shared]) {
        let keep: std::collections::BTreeSet<u64> = shards.iter().map(|shard| shard.shard).collect();
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).retain(|(shard, _), _| keep.contains(shard));
        self.status.change().divergent.retain(|divergent| keep.contains(&divergent.shard));
    }

    /// Compares a shard with one other owner and takes over what differs.
    async fn compare(&self, shared: &Shared, node: u64) -> Result<(), Postponed> {
        let shard = shared.shard;
        let (mut comparison, mut ask) = Comparison::begin();
        let mut roots = None;
        let differ = loop {
            let ours = self.ours(shard, ask.clone()).await?;
            let theirs = self.theirs(shard, node, ask).await?;
            let (our_root, their_root) = *roots.get_or_insert((root(&ours), root(&theirs)));
            if self.progress_of(shard, node).is_settled(our_root, their_root) {
                return Ok(());
            }
            match comparison.answered(&ours, &theirs) {
                Step::Ask(next) => ask = next,
                Step::Differ(spans) => break spans,
                Step::Equal => {
                    self.status.change().equal += 1;
                    self.divergent(shard, node, std::iter::empty(), true);
                    return Ok(());
                }
            }
        };
        let Some((_, their_root)) = roots else { return Ok(()) };
        let mut progress = self.progress_of(shard, node);
        let first_part = progress.is_at_start();
        let spans = progress.take(&differ, self.blocks_a_check);
        self.owners.engine.ensure_shard(shard, &shared.database, &shared.policy);
        let mut divergent = Vec::new();
        let mut undecided = 0;
        for span in &spans {
            let union = self.union(shared, node, *span).await?;
            undecided += union.undecided;
            divergent.extend(union.divergent);
            let mut status_points = 0;
            let all: Vec<_> = union.points.iter().collect();
            for batch in all.chunks(BATCH) {
                let batch: Points = batch.iter().copied().collect();
                match self.owners.engine.repair(shard, &batch).await {
                    // Points that the shard refuses stay where they are; the comparison is settled without them.
                    Ok(()) | Err(StoreError::PartialWrite(_)) => {}
                    Err(error) => return Err(error.into()),
                }
                status_points += batch.len() as u64;
            }
            let mut status = self.status.change();
            status.blocks += 1;
            status.points += status_points;
        }
        if !spans.is_empty() {
            tracing::info!(shard, node, blocks = spans.len(), of = differ.len(), "took over what differed");
        }
        self.divergent(shard, node, divergent.into_iter(), first_part);
        if undecided > 0 {
            // As if it had not been made: the next one begins where this one did.
            return Err(Postponed::Undecided(undecided));
        }
        let (_, first) = Comparison::begin();
        let our_root = root(&self.ours(shard, first).await?);
        progress.stored(our_root, their_root);
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).insert((shard, node), progress);
        Ok(())
    }

    /// What this owner takes over within a span. The other owners are asked only where values differ.
    async fn union(&self, shared: &Shared, node: u64, span: Span) -> Result<Union, Postponed> {
        let shard = shared.shard;
        let theirs = Arc::new(Points::decode(&self.points(shard, node, span).await?)?);
        let engine = self.owners.engine.clone();
        let fetched = theirs.clone();
        let missing = blocking(move || engine.union(shard, span, &fetched, Others::NotAsked)).await?;
        if missing.undecided == 0 {
            return Ok(missing);
        }
        let mut others = Vec::new();
        for other in shared.others.iter().filter(|other| **other != node) {
            match self.points(shard, *other, span).await {
                Ok(points) => others.push(Points::decode(&points)?),
                Err(_) => return Ok(missing),
            }
        }
        let engine = self.owners.engine.clone();
        Ok(blocking(move || engine.union(shard, span, &theirs, Others::All(&others))).await?)
    }

    fn progress_of(&self, shard: u64, node: u64) -> Progress {
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.get(&(shard, node)).cloned().unwrap_or_default()
    }

    /// Notes the fields of two types; `afresh` forgets those of earlier comparisons with this owner.
    fn divergent(
        &self,
        shard: u64,
        node: u64,
        fields: impl Iterator<Item = crate::core::anti_entropy::TypeDivergence>,
        afresh: bool,
    ) {
        let mut status = self.status.change();
        if afresh {
            status.divergent.retain(|known| (known.shard, known.node) != (shard, node));
        }
        for field in fields {
            let divergent = Divergent { shard, node, field };
            if !status.divergent.contains(&divergent) {
                tracing::warn!(?divergent, "a field has two types in two replicas: no repair can make them equal");
                status.divergent.insert(divergent);
            }
        }
    }

    async fn ours(&self, shard: u64, ask: Ask) -> Result<Digests, Postponed> {
        let engine = self.owners.engine.clone();
        match blocking(move || super::answer(&engine, Question::Digests { shard, ask })).await? {
            Reply::Digests { blocks, idle } if self.idle <= idle => Ok(blocks),
            Reply::Digests { .. } | Reply::Points(_) => Err(Postponed::Busy),
        }
    }

    async fn theirs(&self, shard: u64, node: u64, ask: Ask) -> Result<Digests, Postponed> {
        match self.ask(node, Question::Digests { shard, ask }).await? {
            Reply::Digests { blocks, idle } if self.idle <= idle => Ok(blocks),
            Reply::Digests { .. } => Err(Postponed::Busy),
            other @ Reply::Points(_) => Err(PeerError::Protocol(format!("{other:?}")).into()),
        }
    }

    async fn points(&self, shard: u64, node: u64, span: Span) -> Result<bytes::Bytes, Postponed> {
        match self.ask(node, Question::Points { shard, span }).await? {
            Reply::Points(points) => Ok(points),
            other @ Reply::Digests { .. } => Err(PeerError::Protocol(format!("{other:?}")).into()),
        }
    }

    async fn ask(&self, node: u64, question: Question) -> Result<Reply, PeerError> {
        match self.owners.run(node, Request::AntiEntropy(question)).await? {
            Answer::AntiEntropy(reply) => Ok(reply),
            other => Err(PeerError::Protocol(format!("{other:?}"))),
        }
    }
}

/// Work on a large shard, off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Closed))
}
