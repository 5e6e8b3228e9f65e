//! The handle of a writer.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::closed::Closed;
use super::core::{Core, Left, Limits};
use super::driver::{Ending, Shared, Target, run};
use super::error::StartError;
use super::fate::DeliveryError;
use super::feed::Feed;
use super::flush::FlushError;
use super::horizon::SettledHorizon;
use super::report::Reports;
use super::totals::WriterTotals;
use super::trace;
use crate::{Client, Spool};

/// Gathers points into batches and sends them in the background.
///
/// ```no_run
/// use std::time::Duration;
/// use influx_client::{Client, ConsistencyLevel};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder().endpoint("http://localhost:8086").database("metrics").build()?;
/// let writer = client.batch_writer().consistency(ConsistencyLevel::Quorum).start()?;
/// for usage in [0.5, 0.75] {
///     // Waits only where memory is full.
///     writer.push_with(|batch| batch.point("cpu").tag("host", "a").field("usage", usage).now()).await?;
/// }
/// writer.push_line(b"cpu,host=b usage=0.25").await?;
/// writer.flush().await?; // all three are stored, or this tells what failed
/// let closed = writer.close(Duration::from_secs(10)).await;
/// assert!(closed.unsent.is_empty());
/// # Ok(())
/// # }
/// ```
///
/// Handles are cheap to clone and may be used from any thread. Points are encoded on the caller's thread, straight behind
/// the others, under a short lock.
///
/// # When points are sent
/// What is gathered goes when it makes a full request (`max_points`, `max_bytes`) and nothing is under way, when
/// its first point has waited for `linger` and a lane is free, when it would fill all lanes, on a flush, and when
/// memory is short. While requests are under way, more is gathered, which makes larger requests just when a server
/// is slow.
///
/// # Order
/// Points of one series arrive in the order they were pushed in, so that of two values for one time the later stays. To
/// this end every series has its lane, by a hash of its key, and a lane has one batch under way: what comes
/// behind a batch that is sent again waits for it, if it has a lane in common with it, and goes on if not. One thing no
/// client can rule out: a batch that ended in [`Outcome::Unknown`](crate::Outcome::Unknown) may still be carried out by the cluster after a
/// later one.
///
/// # Failures
/// The batch that fails is told of in its [`Report`](crate::Report), with its points, to its [`Delivered`](crate::Delivered)s, and by the next
/// [`BatchWriter::flush`]. No other batch is stopped or tainted by it, and the writer goes on.
///
/// # Dropping
/// A point that was accepted does not depend on the future or handle that brought it. When the last handle is dropped
/// without [`BatchWriter::close`] while points are pending, a warning says so (with the feature `tracing`) and [`WriterTotals::abandoned`] is set, which [`HorizonWatch::totals`] still shows; the
/// points are still sent and settled in the background for as long as the runtime lives. Only a runtime that ends takes
/// them along.
#[derive(Clone)]
pub struct BatchWriter(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    limits: Limits,
}

impl BatchWriter {
    pub(super) fn start(
        runtime: &Handle,
        client: Client,
        target: Target,
        limits: Limits,
        spool: Option<Spool>,
    ) -> Result<Self, StartError> {
        let mut core = Core::new(limits);
        let shared = match spool {
            None => Arc::new(Shared::new(core, None)),
            Some(spool) => {
                let times = spool.times.in_nanoseconds(limits.precision);
                core.recovered(spool.recovery().points, times, spool.log.next());
                let feed = Arc::new(Feed::new(&spool.log));
                let shared = Arc::new(Shared::new(core, Some(Arc::clone(&feed))));
                let thread = super::feed::start(spool.log, feed, Arc::clone(&shared));
                thread.map_err(|error| StartError::Thread(Arc::new(error)))?;
                shared
            }
        };
        runtime.spawn(run(Ending::of(Arc::clone(&shared)), client, target));
        Ok(Self(Arc::new(Inner { shared, limits })))
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Sends what is gathered and waits until all points that were pushed before are settled.
    ///
    /// # Errors
    /// [`FlushError`]: what failed among the points pushed since the last flush. What an earlier flush told is not told
    /// again; of flushes that overlap, both may tell of a failure.
    ///
    /// # Cancellation
    /// Dropping the future gives up waiting; the points are sent all the same, and the next flush tells what failed.
    pub async fn flush(&self) -> Result<(), FlushError> {
        let shared = &self.0.shared;
        if let Some(feed) = &shared.feed {
            return self.flush_spool(feed).await;
        }
        let flush = Flushing { shared, id: shared.core().begin_flush() };
        shared.work.notify_one();
        loop {
            let settled = shared.settled.notified();
            let mut settled = std::pin::pin!(settled);
            settled.as_mut().enable();
            if let Some(result) = { shared.core().end_flush(flush.id) } {
                return result;
            }
            settled.await;
        }
    }

    /// Waits until everything that is in the spool by now is settled.
    async fn flush_spool(&self, feed: &Feed) -> Result<(), FlushError> {
        let shared = &self.0.shared;
        let until = feed.next();
        let flush = Flushing { shared, id: shared.core().begin_long_flush() };
        loop {
            let settled = shared.settled.notified();
            let mut settled = std::pin::pin!(settled);
            settled.as_mut().enable();
            let ended = {
                let mut core = shared.core();
                let is_settled = feed.is_settled(until);
                if is_settled || core.is_abandoned() || feed.has_failed() {
                    Some(core.end_long_flush(flush.id, is_settled))
                } else {
                    // What has come from the spool meanwhile goes at once.
                    core.seal();
                    None
                }
            };
            if let Some(result) = ended {
                return result;
            }
            shared.work.notify_one();
            // The spool's own steps are not announced, so it is looked at again before long.
            let _ = tokio::time::timeout(Duration::from_millis(20), settled).await;
        }
    }

    /// Accepts no more points, waits until all are settled, `limit` at most, and hands back what is not.
    ///
    /// It closes all handles of the writer. What is under way when the time runs out is given up: its points may be stored.
    ///
    /// # Cancellation
    /// Dropping the future leaves the writer closed; what is pending is sent in the background, and a second call
    /// waits for it.
    pub async fn close(&self, limit: Duration) -> Closed {
        let shared = &self.0.shared;
        shared.core().close();
        shared.work.notify_one();
        shared.room.notify_one();
        let mut ended = shared.ended.subscribe();
        if tokio::time::timeout(limit, ended.wait_for(|ended| *ended)).await.is_err() {
            shared.stops.store(true, Ordering::SeqCst);
            shared.work.notify_one();
            // The task looks at it before anything else; if its runtime is gone, so is the task.
            let _ = ended.wait_for(|ended| *ended).await;
        }
        let spooled = shared.feed.is_some();
        let (left, totals) = {
            let mut core = shared.core();
            let left = match spooled {
                true => core.abandon(DeliveryError::Spooled, DeliveryError::Spooled),
                false => core.abandon(DeliveryError::Interrupted, DeliveryError::Unsent),
            };
            shared.publish(&core);
            (left, core.totals())
        };
        shared.announce();
        match &shared.feed {
            None => Closed::new(totals, left, 0, shared.core().take_untold()),
            Some(feed) => {
                // The next writer can have the spool when this returns.
                let _ = feed.ended.subscribe().wait_for(|ended| *ended).await;
                Closed::new(totals, Left::default(), totals.pending, shared.core().take_untold())
            }
        }
    }

    /// What becomes of each batch from now on. It keeps 1,024 reports, and a quarter of the writer's memory of failed
    /// points.
    #[must_use]
    pub fn reports(&self) -> Reports {
        self.0.shared.core().readers.subscribe(1024, self.0.limits.memory / 4)
    }

    /// How far the points are settled.
    #[must_use]
    pub fn settled_horizon(&self) -> SettledHorizon {
        self.0.shared.core().horizon()
    }

    /// Follows the horizon. It does not keep the writer open.
    #[must_use]
    pub fn watch_horizon(&self) -> HorizonWatch {
        HorizonWatch(self.0.shared.progress.subscribe())
    }

    /// Lets the horizon go on past points of unknown fate: call it after they were sent again, read back or given up.
    pub fn forget_holes(&self) {
        let shared = &self.0.shared;
        let mut core = shared.core();
        core.forget_holes();
        shared.publish(&core);
    }

    /// What the writer has done so far, in numbers.
    #[must_use]
    pub fn totals(&self) -> WriterTotals {
        self.0.shared.core().totals()
    }
}

impl fmt::Debug for BatchWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchWriter").field("totals", &self.totals()).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let mut core = self.shared.core();
        if core.is_closing() {
            return;
        }
        core.close();
        let totals = core.totals();
        if totals.pending > 0 {
            core.note_abandoned();
            self.shared.publish(&core);
            trace::dropped_unclosed(totals.pending);
        }
        drop(core);
        self.shared.work.notify_one();
    }
}

/// A flush under way; dropped, it is given up.
struct Flushing<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Flushing<'_> {
    fn drop(&mut self) {
        self.shared.core().cancel_flush(self.id);
    }
}

/// Follows the [`SettledHorizon`] of a writer; see [`BatchWriter::watch_horizon`].
#[derive(Clone, Debug)]
pub struct HorizonWatch(watch::Receiver<(SettledHorizon, WriterTotals)>);

impl HorizonWatch {
    /// The horizon as it stands.
    #[must_use]
    pub fn current(&mut self) -> SettledHorizon {
        self.0.borrow_and_update().0
    }

    /// The writer's numbers when something was last settled; also after the writer has ended.
    #[must_use]
    pub fn totals(&self) -> WriterTotals {
        self.0.borrow().1
    }

    /// Waits until it is another one than was last seen; `None` once the writer has ended.
    ///
    /// # Cancellation
    /// Cancel safe: a change is seen by the next call.
    pub async fn changed(&mut self) -> Option<SettledHorizon> {
        self.0.changed().await.ok()?;
        Some(self.current())
    }
}
