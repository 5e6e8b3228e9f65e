//! A thread that reads the inputs into packs, at most two ahead of the requests in flight.
//!
//! Reading blocks, and a pipe may block for ever: so it has a thread of its own, which ends with the process.
//! When nobody takes the packs that are full, reading stops: memory does not grow, and the writer of the pipe waits.

use std::io;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use influx_client::MissingTime;
use tokio::sync::Notify;

use super::dump::{Dump, Event, Placed};
use super::lines::{Line, Lines};
use super::pack::{Offer, Pack, Rules};
use super::source::Source;

/// What to read, and how to cut it.
#[derive(Clone, Debug)]
pub(crate) struct FeedOptions {
    pub(crate) sources: Vec<Source>,
    pub(crate) rules: Rules,
    /// Longest line in bytes.
    pub(crate) max_line: usize,
    /// How long the first line of a pack waits for others while the input is silent.
    pub(crate) linger: Duration,
    /// The time of lines that carry none, in units of their precision: it grows by one with each line of the inputs, so that
    /// a line has the same time whenever it is read. `None` where the rules say it. A dump has its own.
    pub(crate) base_time: Option<i64>,
    /// Read headers, keep inputs and contexts apart, and begin where an earlier run left off.
    pub(crate) dump: Option<Dump>,
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Lines to send.
    Pack(Box<Pack>),
    /// What stands between points; all points before it have been handed out.
    Event(Event),
    /// Nothing more comes.
    End {
        /// Every input was read to its end; else reading was stopped.
        complete: bool,
    },
    /// An input failed; what was read before has been handed out.
    Failed {
        /// The name of the input.
        source: String,
        /// Why.
        error: io::Error,
    },
}

/// The reading end of a job.
#[derive(Debug)]
pub(crate) struct Feed {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: FeedOptions,
    state: Mutex<State>,
    /// The reader may go on.
    room: Condvar,
    /// There may be something to take.
    ready: Notify,
    pub(super) consumed: Arc<AtomicU64>,
    /// Of these, what was not read since it was settled.
    pub(super) passed: AtomicU64,
}

#[derive(Debug)]
pub(super) struct State {
    /// A full pack that nobody has taken yet: while it waits the next one is filled.
    ahead: Option<Box<Pack>>,
    filling: Box<Pack>,
    /// That one is full as well.
    full: bool,
    // Packs change hands by their boxes, not by their contents.
    #[expect(clippy::vec_box)]
    spare: Vec<Box<Pack>>,
    /// Most lines of a pack from now on.
    max_lines: usize,
    /// Comes behind what is being filled; nothing is added until it is taken.
    event: Option<Event>,
    /// How the first line of a stream reads, until somebody asks.
    pub(super) first_line: Option<(usize, String)>,
    stopped: bool,
    /// Set when the reader has ended.
    ended: Option<Ended>,
}

/// What ended the reader.
#[derive(Debug)]
pub(super) enum Ended {
    /// The end of the last input.
    Complete,
    /// It was stopped.
    Stopped,
    /// An input failed.
    Failed(String, io::Error),
}

impl Feed {
    /// Starts to read.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn start(options: FeedOptions) -> io::Result<Self> {
        let state = State {
            ahead: None,
            filling: Box::new(Pack::new(&options.rules)),
            full: false,
            spare: Vec::new(),
            max_lines: options.rules.max_lines,
            event: None,
            first_line: None,
            stopped: false,
            ended: None,
        };
        let shared = Arc::new(Shared {
            options,
            state: Mutex::new(state),
            room: Condvar::new(),
            ready: Notify::new(),
            consumed: Arc::default(),
            passed: AtomicU64::new(0),
        });
        let reader = Arc::clone(&shared);
        thread::Builder::new().name("input".to_owned()).spawn(move || {
            let read = || match &reader.options.dump {
                Some(dump) => reader.read_dump(dump),
                None => reader.read_all(),
            };
            // Whoever waits for lines would wait for ever for a thread that is gone.
            let ended = panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
                let defect = io::Error::other("reading it met a defect of this program");
                Err(("the input".to_owned(), defect))
            });
            let ended = ended.unwrap_or_else(|(source, error)| Ended::Failed(source, error));
            reader.lock().ended = Some(ended);
            reader.ready.notify_one();
        })?;
        Ok(Self { shared })
    }

    /// Waits for the next full pack, for one whose first line has waited long enough, or for the end.
    ///
    /// # Cancellation
    /// Cancel safe: no line is lost.
    pub(crate) async fn next(&self) -> Next {
        loop {
            let wait = {
                let mut state = self.shared.lock();
                if let Some(pack) = state.ahead.take() {
                    if mem::take(&mut state.full) {
                        state.close(&self.shared.options.rules);
                        self.shared.room.notify_one();
                    }
                    return Next::Pack(pack);
                }
                let waited = state.filling.since.map(|since| since.elapsed());
                let linger = self.shared.options.linger;
                let due = waited.is_some_and(|waited| waited >= linger);
                let over = state.stopped || state.ended.is_some() || state.event.is_some();
                if !state.filling.is_empty() && (due || over) {
                    return Next::Pack(state.take(&self.shared.options.rules));
                }
                if let Some(event) = state.event.take() {
                    self.shared.room.notify_one();
                    match event {
                        // The end is a fact, also for those who no longer want to know; what is to be done is not done.
                        Event::Statement { .. } | Event::Stray { .. } if state.stopped => continue,
                        Event::Statement { .. } | Event::Stray { .. } | Event::End(_) => return Next::Event(event),
                    }
                }
                match state.ended.take() {
                    // A failure after the stop concerns nobody: nothing more was to be read.
                    Some(Ended::Failed(source, error)) if !state.stopped => return Next::Failed { source, error },
                    Some(Ended::Complete) => return Next::End { complete: true },
                    Some(Ended::Stopped | Ended::Failed(..)) => return Next::End { complete: false },
                    None if state.stopped => return Next::End { complete: false },
                    None => {}
                }
                waited.map(|waited| linger.saturating_sub(waited))
            };
            match wait {
                Some(wait) => drop(tokio::time::timeout(wait, self.shared.ready.notified()).await),
                None => self.shared.ready.notified().await,
            }
        }
    }

    /// Gives a pack back, for its memory.
    pub(crate) fn recycle(&self, mut pack: Box<Pack>) {
        pack.clear();
        self.shared.lock().spare.push(pack);
    }

    /// Makes packs of at most so many lines from the next one on; never more than the rules say.
    pub(crate) fn limit_lines(&self, lines: usize) {
        let mut state = self.shared.lock();
        state.max_lines = state.max_lines.min(lines.max(1));
    }

    /// Stops reading. Whole lines that were read are still handed out; then comes the end.
    pub(crate) fn stop(&self) {
        self.shared.lock().stopped = true;
        self.shared.room.notify_one();
        self.shared.ready.notify_one();
    }

    /// The first line of a stream, as a hash of its text; told once, with the index of the input.
    pub(crate) fn first_line(&self) -> Option<(usize, String)> {
        self.shared.lock().first_line.take()
    }

    /// Bytes taken from the inputs so far, before decompression.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.consumed() - self.passed()
    }

    /// Bytes that were not read since an earlier run has settled them.
    pub(crate) fn passed(&self) -> u64 {
        self.shared.passed.load(Ordering::Relaxed)
    }

    /// How far it is in the inputs, in bytes before decompression: what was read and what was passed over.
    pub(crate) fn consumed(&self) -> u64 {
        self.shared.consumed.load(Ordering::Relaxed)
    }
}

impl State {
    /// What was filled; an empty pack takes its place.
    fn take(&mut self, rules: &Rules) -> Box<Pack> {
        let empty = self.spare.pop().unwrap_or_else(|| Box::new(Pack::new(rules)));
        mem::replace(&mut self.filling, empty)
    }

    /// Nothing more fits into what is being filled.
    fn close(&mut self, rules: &Rules) {
        if self.ahead.is_none() {
            self.ahead = Some(self.take(rules));
        } else {
            self.full = true;
        }
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock but on a defect, and then the counts of what was read still hold.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_all(&self) -> Result<Ended, (String, io::Error)> {
        // Taken for the lines that one read has brought, and given back before the next read, which may block.
        let mut state: Option<MutexGuard<'_, State>>;
        let mut base = self.options.base_time;
        for (index, source) in self.options.sources.iter().enumerate() {
            // To open a pipe may take long, as reading may.
            state = None;
            let failed = |error| (source.name(), error);
            let input = source.open(Arc::clone(&self.consumed)).map_err(failed)?;
            let mut lines = Lines::new(input, self.options.max_line);
            while let Some(line) = lines.next(|| drop(state.take())).map_err(failed)? {
                let held = state.take().unwrap_or_else(|| self.lock());
                let stamp = base.map(|base| base.saturating_add_unsigned(line.number));
                match self.add(held, index, &line, stamp, None) {
                    Some(held) => state = Some(held),
                    None => return Ok(Ended::Stopped),
                }
            }
            drop(state);
            base = base.map(|base| base.saturating_add_unsigned(lines.position().1));
        }
        Ok(Ended::Complete)
    }

    /// Adds a line, with the time that it has if it carries none, waiting for room; `None` once reading was stopped, and then the line counts as not read.
    pub(super) fn add<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        source: usize,
        line: &Line<'_>,
        stamp: Option<i64>,
        placed: Option<Placed<'_>>,
    ) -> Option<MutexGuard<'a, State>> {
        loop {
            while state.full && !state.stopped {
                state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.stopped {
                return None;
            }
            let first = state.filling.is_empty();
            if placed.as_ref().is_some_and(|placed| !state.filling.may_join(source, placed)) {
                state.close(&self.options.rules);
                self.ready.notify_one();
                continue;
            }
            if let Some(stamp) = stamp {
                state.filling.batch.missing_time(MissingTime::At(stamp));
            }
            let rules = Rules { max_lines: state.max_lines, ..self.options.rules };
            let offer = state.filling.offer(source, line, &rules);
            if let Some(placed) = placed.as_ref().filter(|_| offer != Offer::NotHere) {
                state.filling.join(source, line, placed);
            }
            match offer {
                Offer::Taken => {
                    if first {
                        self.ready.notify_one();
                    }
                    return Some(state);
                }
                Offer::Last => {
                    state.close(&self.options.rules);
                    self.ready.notify_one();
                    return Some(state);
                }
                Offer::NotHere => {
                    state.close(&self.options.rules);
                    self.ready.notify_one();
                }
            }
        }
    }

    /// Hands an event out behind all that was added, and waits until it is taken; false once reading was stopped.
    pub(super) fn tell(&self, event: Event) -> bool {
        let mut state = self.lock();
        state.event = Some(event);
        self.ready.notify_one();
        while state.event.is_some() && !state.stopped {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        !state.stopped
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use influx_client::Precision;

    use super::*;

    fn feed(text: String, max_lines: usize) -> Feed {
        let rules = Rules {
            precision: Precision::Nanoseconds,
            missing_time: MissingTime::ClientClock,
            stamped_only: false,
            validate: false,
            split_types: false,
            max_lines,
            max_bytes: 1 << 20,
        };
        let sources = vec![Source::Embedded("test", text.leak().as_bytes())];
        Feed::start(FeedOptions {
            sources,
            rules,
            max_line: 1_000,
            linger: Duration::from_secs(3_600),
            base_time: None,
            dump: None,
        })
        .unwrap()
    }

    fn lines(count: usize) -> String {
        (0..count).map(|n| format!("m v={n} {n}\n")).collect()
    }

    async fn pack(feed: &Feed) -> Box<Pack> {
        match feed.next().await {
            Next::Pack(pack) => pack,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn all_lines_come_in_packs_and_then_the_end() {
        let feed = feed(lines(7), 3);
        for points in [3, 3, 1] {
            let pack = pack(&feed).await;
            assert_eq!(pack.points(), points);
            feed.recycle(pack);
        }
        assert!(matches!(feed.next().await, Next::End { complete: true }));
    }

    #[tokio::test]
    async fn reading_stops_while_nobody_takes() {
        let text = lines(200_000);
        let size = text.len() as u64;
        let feed = feed(text, 10);
        let first = pack(&feed).await;
        assert_eq!(first.points(), 10);
        // The reader may hold two more packs and what it has read ahead, but not the input.
        assert!(feed.consumed() < size / 2, "{} of {size} bytes", feed.consumed());
        feed.stop();
        let mut packs = 0;
        let read_on = loop {
            match feed.next().await {
                Next::Pack(rest) => {
                    packs += 1;
                    assert!(packs <= 2 && rest.points() <= 10);
                }
                next => break next,
            }
        };
        assert!(matches!(read_on, Next::End { complete: false }), "{read_on:?}");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_first_lines_wait_no_longer_than_they_must() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        let rules = feed(String::new(), 10).shared.options.rules;
        let sources = vec![Source::File(path.into())];
        let options = FeedOptions {
            sources,
            rules,
            max_line: 1_000,
            linger: Duration::from_millis(20),
            base_time: None,
            dump: None,
        };
        let feed = Feed::start(options).unwrap();
        io::Write::write_all(&mut writer, b"m v=1 1\nm v=").unwrap();
        assert_eq!(pack(&feed).await.points(), 1, "half a line is none");
        io::Write::write_all(&mut writer, b"2 2\n").unwrap();
        assert_eq!(pack(&feed).await.points(), 1);
        drop((writer, reader));
        assert!(matches!(feed.next().await, Next::End { complete: true }));
    }
}
