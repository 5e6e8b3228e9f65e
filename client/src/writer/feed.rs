//! The way through the spool: points go to disk first, from there into the writer's state, in order, as it has room.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::{oneshot, watch};

use super::driver::Shared;
use super::fate::Tracker;
use super::horizon::Times;
use super::trace;
use super::window::times_of;
use crate::spool::Log;
use crate::{Batch, SpoolError};

/// What callers, the driver and the thread of the spool share.
#[derive(Debug)]
pub(super) struct Feed {
    state: Mutex<State>,
    wake: Condvar,
    limit: u64,
    /// The thread has ended, and the spool is free for another writer.
    pub(super) ended: watch::Sender<bool>,
}

#[derive(Debug)]
struct State {
    /// Points that are to be made durable.
    pending: Vec<Pending>,
    /// What their records take.
    pending_bytes: u64,
    /// What is on disk.
    bytes: u64,
    /// The number of the next record.
    next: u64,
    /// All records before this one are settled.
    settled: u64,
    /// Records that are on disk and not in the writer's state.
    backlog: bool,
    /// The writer's state may have room.
    room: bool,
    end: bool,
    failed: bool,
}

#[derive(Debug)]
struct Pending {
    rows: Box<Batch>,
    tracker: Option<Tracker>,
    done: oneshot::Sender<Result<(), SpoolError>>,
}

/// Why points cannot be put into the spool.
#[derive(Debug)]
pub(super) enum NotTaken {
    /// There is no room for these rows now.
    Full(Box<Batch>, Option<Tracker>),
    /// They never fit.
    TooLarge,
    /// The writer has ended.
    Ended,
}

impl Feed {
    /// Of a log whose records are all still to be sent.
    pub(super) fn new(log: &Log) -> Self {
        let state = State {
            pending: Vec::new(),
            pending_bytes: 0,
            bytes: log.bytes(),
            next: log.next(),
            settled: log.settled(),
            backlog: log.settled() < log.next(),
            room: true,
            end: false,
            failed: false,
        };
        Self { state: Mutex::new(state), wake: Condvar::new(), limit: log.limit(), ended: watch::Sender::new(false) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands points over to be made durable; the receiver tells when they are.
    pub(super) fn enqueue(
        &self,
        rows: Box<Batch>,
        tracker: Option<Tracker>,
    ) -> Result<oneshot::Receiver<Result<(), SpoolError>>, NotTaken> {
        let wanted = Log::record_bytes(rows.bytes());
        let mut state = self.state();
        if state.end {
            return Err(NotTaken::Ended);
        }
        // A part is for the headers of segments and the notes in them.
        let most = self.limit - self.limit / 8;
        if wanted > most {
            return Err(NotTaken::TooLarge);
        }
        if state.bytes + state.pending_bytes + wanted > most {
            return Err(NotTaken::Full(rows, tracker));
        }
        let (done, durable) = oneshot::channel();
        state.pending_bytes += wanted;
        state.pending.push(Pending { rows, tracker, done });
        drop(state);
        self.wake.notify_one();
        Ok(durable)
    }

    /// The number of the record that is next to become durable.
    pub(super) fn next(&self) -> u64 {
        self.state().next
    }

    /// Whether all records before `number` are settled.
    pub(super) fn is_settled(&self, number: u64) -> bool {
        self.state().settled >= number
    }

    /// Something was settled: there may be room, and all records before `settled` are done with.
    pub(super) fn settled(&self, settled: Option<u64>) {
        let mut state = self.state();
        state.settled = state.settled.max(settled.unwrap_or(0));
        state.room = true;
        drop(state);
        self.wake.notify_one();
    }

    /// Whether nothing is left that is not in the writer's state.
    pub(super) fn is_drained(&self) -> bool {
        let state = self.state();
        (state.pending.is_empty() && !state.backlog) || state.failed
    }

    /// Whether the spool cannot be read.
    pub(super) fn has_failed(&self) -> bool {
        self.state().failed
    }

    /// Ends the thread, once what is being written is durable.
    pub(super) fn end(&self) {
        self.state().end = true;
        self.wake.notify_one();
    }
}

/// Serves a feed until it ends; blocks.
pub(super) fn serve(log: Log, feed: &Feed, shared: &Shared) {
    // Dropped last, when the spool is free for another writer.
    let _serving = Serving(feed);
    let cursor = log.settled();
    let mut spooler = Spooler { log, cursor, read: None, trackers: BTreeMap::new(), feed, shared };
    while spooler.turn() {}
    // Sent again if it is not noted, which would be harmless.
    if let Err(error) = spooler.log.write_note() {
        trace::spool_failed("noting what is settled", &error);
    }
}

/// Tells that the thread has ended, however it did.
struct Serving<'a>(&'a Feed);

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.end = true;
        state.failed |= std::thread::panicking();
        // Whoever came too late is told by the end of the channel.
        state.pending.clear();
        drop(state);
        self.0.ended.send_replace(true);
    }
}

struct Spooler<'a> {
    log: Log,
    /// The next record for the writer's state.
    cursor: u64,
    /// That record, once it was read.
    read: Option<Vec<u8>>,
    /// Of records that are not in the writer's state yet.
    trackers: BTreeMap<u64, Tracker>,
    feed: &'a Feed,
    shared: &'a Shared,
}

impl Spooler<'_> {
    /// Waits for something to do and does it; tells whether to go on.
    fn turn(&mut self) -> bool {
        let (pending, settled, end) = {
            let mut state = self.feed.state();
            while state.pending.is_empty()
                && !(state.room && state.backlog)
                && state.settled <= self.log.settled()
                && !state.end
            {
                state = self.feed.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.room = false;
            (std::mem::take(&mut state.pending), state.settled, state.end)
        };
        if let Err(error) = self.log.settle(settled) {
            trace::spool_failed("removing what is settled", &error);
        }
        if !pending.is_empty() {
            self.make_durable(pending);
        }
        if !end {
            self.feed_state();
        }
        {
            let mut state = self.feed.state();
            state.bytes = self.log.bytes();
            state.next = self.log.next();
            state.backlog = self.cursor < self.log.next();
        }
        self.shared.room.notify_one();
        self.shared.work.notify_one();
        !end
    }

    fn make_durable(&mut self, pending: Vec<Pending>) {
        let payloads: Vec<&[u8]> = pending.iter().map(|push| push.rows.as_bytes()).collect();
        let bytes: u64 = payloads.iter().map(|payload| Log::record_bytes(payload.len())).sum();
        let appended = self.log.append(&payloads);
        {
            let mut state = self.feed.state();
            state.pending_bytes -= bytes;
            state.bytes = self.log.bytes();
            state.next = self.log.next();
            state.backlog |= appended.is_ok();
        }
        match appended {
            Ok(first) => {
                let mut core = self.shared.core();
                let mut durable = Vec::with_capacity(pending.len());
                for (number, Pending { rows, tracker, done }) in (first..).zip(pending) {
                    core.spooled(rows.points(), times_of(&rows));
                    self.trackers.extend(tracker.map(|tracker| (number, tracker)));
                    durable.push(done);
                }
                self.shared.publish(&core);
                drop(core);
                // A caller that no longer waits has left its points here all the same.
                durable.into_iter().for_each(|done| drop(done.send(Ok(()))));
            }
            Err(error) => {
                trace::spool_failed("making points durable, which were not accepted", &error);
                pending.into_iter().for_each(|push| drop(push.done.send(Err(error.clone()))));
            }
        }
    }

    /// Puts records into the writer's state, as many as it has room for.
    fn feed_state(&mut self) {
        while self.cursor < self.log.next() {
            let lines = match self.read.take() {
                Some(lines) => lines,
                None => match self.log.read(self.cursor) {
                    Ok(lines) => lines,
                    Err(error) => return self.fail(&error),
                },
            };
            let tracker = self.trackers.remove(&self.cursor);
            let mut core = self.shared.core();
            let fed = core.feed(&lines, self.cursor, tracker, self.shared.begun.elapsed());
            let wakes = core.wants_driver();
            if fed.is_ok() && self.cursor + 1 == self.log.next() {
                core.backlog_done();
            }
            self.shared.publish(&core);
            drop(core);
            if wakes {
                self.shared.work.notify_one();
            }
            match fed {
                Ok(()) => self.cursor += 1,
                Err(tracker) => {
                    self.trackers.extend(tracker.map(|tracker| (self.cursor, tracker)));
                    self.read = Some(lines);
                    return;
                }
            }
        }
    }

    /// What was durable cannot be read: nothing behind it is sent, or it would overtake.
    fn fail(&self, error: &SpoolError) {
        trace::spool_failed("reading points, which are not sent", error);
        let mut state = self.feed.state();
        state.failed = true;
        state.end = true;
    }
}

/// The times of points in units of a precision, before that is known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UnitTimes(Times);

impl UnitTimes {
    pub(crate) fn add(&mut self, time: Option<i64>) {
        self.0.add(time);
    }

    pub(super) fn in_nanoseconds(self, precision: crate::Precision) -> Times {
        let mut times = self.0;
        if let Some(span) = &mut times.span {
            span.first = span.first.saturating_mul(precision.nanoseconds());
            span.last = span.last.saturating_mul(precision.nanoseconds());
        }
        times
    }
}

/// Starts the thread of a spool.
pub(super) fn start(log: Log, feed: Arc<Feed>, shared: Arc<Shared>) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name("influx-spool".into());
    thread.spawn(move || serve(log, &feed, &shared)).map(drop)
}
