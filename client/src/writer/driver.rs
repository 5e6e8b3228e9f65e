//! The task that sends what a writer has gathered: the clock, the network, and nothing that decides.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::core::{Core, Started};
use super::doubt::Doubt;
use super::fate::{DeliveryError, Fate};
use super::feed::Feed;
use super::horizon::SettledHorizon;
use super::totals::WriterTotals;
use super::trace;
use crate::{Ack, Batch, Client, ConsistencyLevel, WriteError};

/// How long to wait after a batch from the spool failed, at first; and at most, however often it does. The attempts within a
/// write have their own, shorter waits.
const KEEP_TRYING: Duration = Duration::from_millis(100);
const KEEP_TRYING_MOST: Duration = Duration::from_secs(15);

/// Where batches go.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    pub(super) database: Option<Box<str>>,
    pub(super) retention_policy: Option<Box<str>>,
    pub(super) level: Option<ConsistencyLevel>,
    pub(super) deadline: Option<Duration>,
    pub(super) shard_group: Option<Duration>,
    /// Whether batches are tried again until they are settled, as those of a spool are.
    pub(super) keeps_trying: bool,
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
    /// How far everything is settled, and the numbers at that moment.
    pub(super) progress: watch::Sender<(SettledHorizon, WriterTotals)>,
    /// The task is to end at once.
    pub(super) stops: AtomicBool,
    /// Callers that wait for room. The first of them tries again when there is some, the others stand behind it.
    pub(super) waiting: AtomicUsize,
    pub(super) turn: tokio::sync::Mutex<()>,
    pub(super) feed: Option<Arc<Feed>>,
}

impl Shared {
    pub(super) fn new(core: Core, feed: Option<Arc<Feed>>) -> Self {
        Self {
            core: Mutex::new(core),
            begun: Instant::now(),
            work: Notify::new(),
            room: Notify::new(),
            settled: Notify::new(),
            ended: watch::Sender::new(false),
            progress: watch::Sender::new(Default::default()),
            stops: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            turn: tokio::sync::Mutex::new(()),
            feed,
        }
    }

    pub(super) fn core(&self) -> MutexGuard<'_, Core> {
        // A closure of a caller may panic, but only between whole steps of the state.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the horizon and the numbers of a state that was just changed; a new horizon wakes its followers.
    pub(super) fn publish(&self, core: &Core) {
        let (now, totals) = (core.horizon(), core.totals());
        self.progress.send_if_modified(|(known, numbers)| {
            let changed = *known != now;
            (*known, *numbers) = (now, totals);
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
            let fate = if shared.feed.is_some() { DeliveryError::Spooled } else { DeliveryError::Lost };
            let left = core.abandon(fate.clone(), fate);
            shared.publish(&core);
            let batches = left.unsent.len() + left.interrupted.len();
            if batches > 0 {
                trace::runtime_ended(batches);
            }
        }
        if let Some(feed) = &shared.feed {
            feed.end();
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
        while let Some(started) = { shared.core().start() } {
            writes.push(send(&client, &target, started));
        }
        let next = {
            let core = shared.core();
            if core.is_finished() && shared.feed.as_ref().is_none_or(|feed| feed.is_drained()) {
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
            // No branch starves another, as each only leads to the next round; and the same events give the same requests.
            biased;
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
        let _ = core.take_news();
        shared.publish(&core);
        if let Some(feed) = &shared.feed {
            feed.settled(core.take_settled_record().map(|record| record + 1));
        }
    }
    shared.announce();
}

async fn send(client: &Client, target: &Target, started: Started) -> (u64, Fate) {
    let Started { id, batch, is_left_over } = started;
    let mut failures = 0;
    let mut doubt = is_left_over.then(Doubt::of_an_earlier_writer);
    let fate = loop {
        let error = match write(client, target, &batch).await {
            Ok(ack) => break Ok(Arc::new(ack)),
            Err(error) => error,
        };
        if !target.keeps_trying || !is_worth_another_try(&error, &batch) {
            let error = match &doubt {
                Some(doubt) => doubt.settle(error, batch.is_idempotent()),
                None => error,
            };
            trace::batch_failed(&batch, &error);
            break Err(DeliveryError::Write(Arc::new(error)));
        }
        let wait = KEEP_TRYING.saturating_mul(1 << failures.min(20_u32)).min(KEEP_TRYING_MOST);
        let wait = wait.mul_f64(0.5 + fastrand::f64() / 2.0);
        failures += 1;
        trace::batch_stays(&batch, &error, failures, wait);
        doubt = Doubt::after(doubt, error);
        tokio::time::sleep(wait).await;
    };
    (id, fate)
}

/// Whether some points of a batch from the spool are neither stored nor refused for good, and may still be.
fn is_worth_another_try(error: &WriteError, batch: &Batch) -> bool {
    // What a hinted handoff queue has taken arrives without us, and sending it again makes the queue longer.
    let tally = error.tally();
    tally.stored + tally.refused + tally.deferred < batch.points()
}

async fn write(client: &Client, target: &Target, batch: &Batch) -> Result<Ack, WriteError> {
    let mut write = client.write(batch);
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
    if target.keeps_trying {
        // A search that was cut short would begin again with the next try, for ever.
        write = write.extra_requests(u32::MAX);
    }
    write.await
}
