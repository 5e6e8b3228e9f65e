//! The task that sends what a writer has gathered: the clock, the network, and nothing that decides.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::core::Core;
use super::fate::{DeliveryError, Fate};
use super::horizon::SettledHorizon;
use crate::{Batch, Client, ConsistencyLevel};

/// Where batches go.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    pub(super) database: Option<Box<str>>,
    pub(super) retention_policy: Option<Box<str>>,
    pub(super) level: Option<ConsistencyLevel>,
    pub(super) deadline: Option<Duration>,
    pub(super) shard_group: Option<Duration>,
}

/// What the handles of a writer and its task share.
#[derive(Debug)]
pub(super) struct Shared {
    core: Mutex<Core>,
    pub(super) begun: Instant,
    /// Something is there to be cut or sent, or the clock is to be set.
    pub(super) work: Notify,
    /// Memory was freed.
    pub(super) room: Notify,
    /// A batch was settled.
    pub(super) settled: Notify,
    /// The task has ended.
    pub(super) ended: watch::Sender<bool>,
    pub(super) horizon: watch::Sender<SettledHorizon>,
    /// The task is to end at once.
    pub(super) stops: AtomicBool,
    /// Callers that wait for room. The first of them tries again when there is some, the others stand behind it.
    pub(super) waiting: AtomicUsize,
    pub(super) turn: tokio::sync::Mutex<()>,
}

impl Shared {
    pub(super) fn new(core: Core) -> Self {
        Self {
            core: Mutex::new(core),
            begun: Instant::now(),
            work: Notify::new(),
            room: Notify::new(),
            settled: Notify::new(),
            ended: watch::Sender::new(false),
            horizon: watch::Sender::new(SettledHorizon::default()),
            stops: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            turn: tokio::sync::Mutex::new(()),
        }
    }

    pub(super) fn core(&self) -> MutexGuard<'_, Core> {
        // A closure of a caller may panic, but only between whole steps of the state.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the horizon of a state that was just changed.
    pub(super) fn publish(&self, core: &Core) {
        let now = core.horizon();
        self.horizon.send_if_modified(|known| {
            let changed = *known != now;
            *known = now;
            changed
        });
    }

    /// Tells everybody who may wait for it that something was settled.
    pub(super) fn announce(&self) {
        self.room.notify_one();
        self.settled.notify_waiters();
    }
}

/// Ends the writer's state when the task ends, however it does, even if it never began.
pub(super) struct Ending(Arc<Shared>);

impl Ending {
    pub(super) const fn of(shared: Arc<Shared>) -> Self {
        Self(shared)
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let shared = &self.0;
        if !shared.stops.load(Ordering::SeqCst) {
            let mut core = shared.core();
            let left = core.abandon(DeliveryError::Lost, DeliveryError::Lost);
            shared.publish(&core);
            let batches = left.unsent.len() + left.interrupted.len();
            if batches > 0 {
                tracing::warn!(batches, "the runtime of a batch writer ended before its batches were settled");
            }
        }
        shared.ended.send_replace(true);
        shared.announce();
    }
}

/// Sends until the writer is closed and everything is settled, or until it is told to stop.
pub(super) async fn run(ending: Ending, client: Client, target: Target) {
    let shared = &ending.0;
    let mut writes = FuturesUnordered::new();
    loop {
        if shared.stops.load(Ordering::SeqCst) {
            return;
        }
        let work = shared.work.notified();
        cut_what_is_due(shared);
        while let Some((id, batch)) = { shared.core().start() } {
            writes.push(send(&client, &target, id, batch));
        }
        let next = {
            let core = shared.core();
            if core.is_finished() {
                return;
            }
            core.next_tick()
        };
        let tick = async {
            match next {
                Some(at) => tokio::time::sleep_until(shared.begun + at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some((id, fate)) = writes.next(), if !writes.is_empty() => settle(shared, id, &fate),
            () = work => {}
            () = tick => {}
        }
    }
}

fn cut_what_is_due(shared: &Shared) {
    loop {
        let (window, whole, (lanes, size)) = {
            let mut core = shared.core();
            core.tick(shared.begun.elapsed());
            let Some((window, whole)) = core.take_sealed() else { return };
            (window, whole, core.cut())
        };
        // Thousands of lines are hashed and copied: nobody waits for the lock meanwhile.
        let units = window.cut(lanes, size, whole);
        shared.core().place(units);
    }
}

fn settle(shared: &Shared, id: u64, fate: &Fate) {
    {
        let mut core = shared.core();
        core.settle(id, fate);
        shared.publish(&core);
    }
    shared.announce();
}

async fn send(client: &Client, target: &Target, id: u64, batch: Arc<Batch>) -> (u64, Fate) {
    let mut write = client.write(&batch);
    if let Some(database) = &target.database {
        write = write.database(database.clone());
    }
    if let Some(retention_policy) = &target.retention_policy {
        write = write.retention_policy(retention_policy.clone());
    }
    if let Some(level) = target.level {
        write = write.consistency(level);
    }
    if let Some(deadline) = target.deadline {
        write = write.deadline(deadline);
    }
    if let Some(duration) = target.shard_group {
        write = write.per_shard_group(duration);
    }
    let fate = match write.await {
        Ok(ack) => Ok(Arc::new(ack)),
        Err(error) => {
            tracing::debug!(points = batch.points(), class = %error.class(), outcome = %error.outcome(), "a batch failed");
            Err(DeliveryError::Write(Arc::new(error)))
        }
    };
    (id, fate)
}
