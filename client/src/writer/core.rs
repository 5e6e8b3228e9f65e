//! The writer's state: what is gathered, sealed, under way and settled. Pure: the time is an argument, the length of time
//! since the writer started.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::Overflow;
use super::error::PushError;
use super::fate::{Delivered, DeliveryError, Fate, Tracker, tracked};
use super::flush::{FlushError, Flushes};
use super::horizon::{Horizon, SettledHorizon, Times};
use super::lanes::Lanes;
use super::report::Readers;
use super::totals::{WriterTotals, add, is_settled_for_good, tally};
use super::window::{
    BATCH_OVERHEAD, POINT_OVERHEAD, Size, TRACK_OVERHEAD, Unit, Window, copy_checked, nanoseconds_at, stage_lines,
    times_of,
};
use crate::{Batch, MissingTime, PointError, Precision};

/// What a writer keeps to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) precision: Precision,
    /// Of one request.
    pub(super) size: Size,
    pub(super) linger: Duration,
    pub(super) lanes: usize,
    pub(super) memory: usize,
    pub(super) overflow: Overflow,
    pub(super) checks_types: bool,
}

impl Limits {
    /// What is gathered at most before it is cut: as much as can go at once, but a part of the memory only.
    fn window(&self) -> Size {
        let bytes = self.size.bytes.saturating_mul(self.lanes).min(self.memory / 4);
        Size { points: self.size.points.saturating_mul(self.lanes), bytes }
    }

    /// How much has to be free again before a full memory takes more. Without it, a full memory would take a few points
    /// whenever a batch is gone, and make batches of a few points.
    fn spare(&self) -> usize {
        self.size.bytes.min(self.memory / 8)
    }

    /// What the first points that are gathered take besides their own.
    pub(super) fn window_overhead(&self) -> usize {
        BATCH_OVERHEAD * self.lanes
    }
}

/// Why points were not taken.
#[derive(Debug)]
pub(super) enum Refused {
    /// There is no room for these rows now.
    Full(Box<Batch>),
    /// They cannot be taken at all.
    Error(PushError),
}

/// A sealed window whose batches are not all settled, or that is behind such a window.
#[derive(Debug)]
struct Outstanding {
    batches: usize,
    /// One of them ended without being settled, so its records are kept.
    keeps: bool,
    last_record: Option<u64>,
}

/// A batch that is to be sent.
#[derive(Clone, Debug)]
pub(super) struct Started {
    pub(super) id: u64,
    pub(super) batch: Arc<Batch>,
    /// Whether an earlier writer left points of it in the spool, and may have sent them.
    pub(super) is_left_over: bool,
}

/// What is left when a writer ends before everything is settled.
#[derive(Debug, Default)]
pub(super) struct Left {
    pub(super) unsent: Vec<Arc<Batch>>,
    pub(super) interrupted: Vec<Arc<Batch>>,
}

#[derive(Debug)]
pub(super) struct Core {
    limits: Limits,
    /// Where callers write their points. It knows the names and types of the open window.
    staging: Batch,
    /// The window was sealed, and its names are to be forgotten.
    names_are_old: bool,
    open: Window,
    sealed: VecDeque<Window>,
    /// Windows that are being cut.
    cutting: usize,
    lanes: Lanes<Unit>,
    under_way: BTreeMap<u64, Unit>,
    outstanding: BTreeMap<u64, Outstanding>,
    used: usize,
    /// Something did not fit, and not enough has become free since.
    is_full: bool,
    horizon: Horizon,
    flushes: Flushes,
    pub(super) readers: Readers,
    totals: WriterTotals,
    closing: bool,
    /// Points were given that the horizon depends on.
    horizon_moved: bool,
    /// Something was settled or dropped since it was last asked for.
    news: bool,
    /// The driver has not seen what was sealed, or that a window has its first points.
    wakes: bool,
    /// The last record of the spool that is settled with all before it, if that changed.
    settled_record: Option<u64>,
    /// Records of the spool before this one were left there by an earlier writer.
    left_over_before: u64,
    /// Of points that are in the spool and not here.
    backlog: Option<Times>,
    /// Everything was ended as it stood.
    abandoned: bool,
}

impl Core {
    pub(super) fn new(limits: Limits) -> Self {
        let precision = limits.precision;
        Self {
            staging: Batch::new(precision),
            names_are_old: false,
            open: Window::new(0, Batch::new(precision)),
            sealed: VecDeque::new(),
            cutting: 0,
            lanes: Lanes::new(),
            under_way: BTreeMap::new(),
            outstanding: BTreeMap::new(),
            used: 0,
            is_full: false,
            horizon: Horizon::default(),
            flushes: Flushes::default(),
            readers: Readers::default(),
            totals: WriterTotals::default(),
            closing: false,
            horizon_moved: false,
            news: false,
            wakes: false,
            settled_record: None,
            left_over_before: 0,
            backlog: None,
            abandoned: false,
            limits,
        }
    }

    /// Lets `write` add points and takes them in: all of them, or none.
    pub(super) fn push(
        &mut self,
        write: impl FnOnce(&mut Batch) -> Result<(), PointError>,
        track: bool,
        now: impl FnOnce() -> Duration,
    ) -> Result<Option<Delivered>, Refused> {
        if self.closing {
            return Err(Refused::Error(PushError::Closed));
        }
        self.prepare_staging();
        let written = write(&mut self.staging);
        assert!(
            self.staging.precision() == self.limits.precision,
            "the batch that a closure is given must not be exchanged for one of another precision"
        );
        if let Err(error) = written {
            if !self.staging.is_empty() {
                self.forget_staged();
            }
            return Err(Refused::Error(PushError::Point(error)));
        }
        if self.staging.is_empty() {
            return if track { Err(Refused::Error(PushError::NoPoints)) } else { Ok(None) };
        }
        self.admit(track, now)
    }

    /// Takes rows in that did not fit before. Their types are checked again, as the window is another one.
    pub(super) fn push_again(
        &mut self,
        rows: &Batch,
        track: bool,
        now: impl FnOnce() -> Duration,
    ) -> Result<Option<Delivered>, Refused> {
        if self.closing {
            return Err(Refused::Error(PushError::Closed));
        }
        self.prepare_staging();
        if let Err(error) = copy_checked(rows, &mut self.staging) {
            self.forget_staged();
            return Err(Refused::Error(PushError::Point(error)));
        }
        self.admit(track, now)
    }

    fn prepare_staging(&mut self) {
        if !self.staging.is_empty() || self.staging.precision() != self.limits.precision {
            // A closure panicked, and left what it had written by then.
            self.seal();
            self.staging = Batch::new(self.limits.precision);
        }
        if std::mem::take(&mut self.names_are_old) {
            self.staging.clear();
        }
        // Whatever the last caller set.
        self.staging.missing_time(MissingTime::default()).check_field_types(self.limits.checks_types);
    }

    fn admit(&mut self, track: bool, now: impl FnOnce() -> Duration) -> Result<Option<Delivered>, Refused> {
        let mut charge = self.staging.bytes() + POINT_OVERHEAD * self.staging.points();
        charge += if track { TRACK_OVERHEAD } else { 0 };
        let overhead = self.limits.window_overhead();
        if charge + overhead > self.limits.memory {
            self.forget_staged();
            let bytes = charge + overhead;
            return Err(Refused::Error(PushError::TooLarge { bytes, memory: self.limits.memory }));
        }
        let wanted = |open: &Window| charge + if open.batch.is_empty() { overhead } else { 0 };
        if !self.has_room(wanted(&self.open)) {
            // What is gathered has to go, or there will never be room.
            let rows = std::mem::replace(&mut self.staging, Batch::new(self.limits.precision));
            self.seal();
            return match self.limits.overflow {
                Overflow::Wait => Err(Refused::Full(Box::new(rows))),
                Overflow::Fail => Err(Refused::Error(PushError::Full)),
                Overflow::DropOldest => {
                    self.drop_oldest(charge + overhead + self.limits.spare());
                    self.is_full = false;
                    match self.used + charge + overhead > self.limits.memory {
                        // The rest is under way.
                        true => Err(Refused::Error(PushError::Full)),
                        false => self.push_again(&rows, track, now),
                    }
                }
            };
        }
        let first = self.open.batch.is_empty();
        if first {
            self.open.since = now();
            self.wakes = true;
        }
        let added = wanted(&self.open);
        self.open.charge += added;
        self.used += added;
        self.totals.accepted += self.staging.points() as u64;
        self.totals.pending += self.staging.points() as u64;
        let tracking = track.then(|| tracked(self.staging.points()));
        let (tracker, delivered) = tracking.unzip();
        self.take_staged(tracker);
        Ok(delivered)
    }

    /// Whether so much memory may be taken.
    fn has_room(&mut self, wanted: usize) -> bool {
        let spare = if self.is_full && self.used > 0 { self.limits.spare() } else { 0 };
        self.is_full = self.used + wanted + spare > self.limits.memory;
        !self.is_full
    }

    fn take_staged(&mut self, tracker: Option<Tracker>) {
        let times = times_of(&self.staging);
        if self.horizon.is_late(times) {
            let each = (0..self.staging.points()).filter_map(|line| nanoseconds_at(&self.staging, line));
            self.horizon.note_late(each);
        }
        let before = self.open.times;
        self.open.take_rows(&self.staging, times, self.limits.lanes, tracker);
        self.horizon_moved |= self.horizon.grow(before, self.open.times);
        self.staging.clear_rows();
        if self.limits.window().is_full(&self.open.batch) {
            self.seal();
        }
    }

    /// Points were made durable in the spool, from where they come by [`Core::feed`].
    pub(super) fn spooled(&mut self, points: usize, times: Times) {
        self.totals.accepted += points as u64;
        self.totals.pending += points as u64;
        self.add_backlog(times);
    }

    /// Points that were found in the spool, in the records before this one.
    pub(super) fn recovered(&mut self, points: u64, times: Times, before: u64) {
        self.left_over_before = before;
        self.totals.recovered += points;
        self.totals.pending += points;
        if points > 0 {
            self.add_backlog(times);
        }
    }

    fn add_backlog(&mut self, times: Times) {
        let before = self.backlog.unwrap_or_default();
        let mut all = before;
        all.join(times);
        self.horizon.grow(before, all);
        self.backlog = Some(all);
    }

    /// Everything in the spool is here, or settled.
    pub(super) fn backlog_done(&mut self) {
        if let Some(times) = self.backlog.take() {
            self.horizon.take(times);
        }
    }

    /// Takes in the points of a record of the spool, all of them, or gives the tracker back where there is no room.
    pub(super) fn feed(
        &mut self,
        lines: &[u8],
        record: u64,
        tracker: Option<Tracker>,
        now: Duration,
    ) -> Result<(), Option<Tracker>> {
        let is_left_over = record < self.left_over_before;
        if self.open.is_left_over && !is_left_over {
            // Of what nobody else can have sent, more is known.
            self.seal();
        }
        self.prepare_staging();
        if stage_lines(lines, &mut self.staging).is_err() {
            // A field has another type than in the open window: it belongs to the next one.
            self.seal();
            self.prepare_staging();
            if stage_lines(lines, &mut self.staging).is_err() {
                // Its own points differ in type, as its caller wanted: with types unchecked, what was accepted once is
                // accepted again.
                self.prepare_staging();
                self.staging.check_field_types(false);
                let _ = stage_lines(lines, &mut self.staging);
            }
        }
        let mut charge = self.staging.bytes() + POINT_OVERHEAD * self.staging.points();
        charge += if tracker.is_some() { TRACK_OVERHEAD } else { 0 };
        if self.open.batch.is_empty() {
            charge += self.limits.window_overhead();
        }
        // A record that is larger than all memory goes alone.
        if self.used > 0 && !self.has_room(charge) {
            self.forget_staged();
            return Err(tracker);
        }
        if self.open.batch.is_empty() {
            self.open.since = now;
            self.wakes = true;
        }
        self.open.charge += charge;
        self.used += charge;
        self.open.last_record = Some(record);
        self.open.is_left_over |= is_left_over;
        self.take_staged(tracker);
        Ok(())
    }

    /// The last record that is settled with all before it, if there is news of it.
    pub(super) fn take_settled_record(&mut self) -> Option<u64> {
        self.settled_record.take()
    }

    /// Throws away what was written and not taken, with the names that it left behind.
    fn forget_staged(&mut self) {
        // The names of the open window go with them, so it must take no more.
        self.seal();
        self.staging.clear();
    }

    /// Ends the open window, if it has points.
    pub(super) fn seal(&mut self) {
        self.names_are_old = true;
        if self.open.batch.is_empty() {
            return;
        }
        let next = Window::new(self.open.id + 1, Batch::new(self.limits.precision));
        let window = std::mem::replace(&mut self.open, next);
        self.outstanding.insert(window.id, Outstanding { batches: 1, keeps: false, last_record: window.last_record });
        self.sealed.push_back(window);
        self.wakes = true;
    }

    /// Drops unsent batches, the oldest first, until so much memory is free, if it can be.
    fn drop_oldest(&mut self, wanted: usize) {
        let most = self.limits.memory.saturating_sub(wanted);
        while self.used > most {
            // What waits in a lane is older than what is not cut yet.
            let unit = self.lanes.take_oldest().or_else(|| self.sealed.pop_front().map(Window::into_unit));
            let Some(unit) = unit else { return };
            self.totals.dropped += unit.batch.points() as u64;
            self.finish(unit, &Err(DeliveryError::Dropped));
        }
    }

    /// Seals the open window if it is due.
    pub(super) fn tick(&mut self, now: Duration) {
        if self.is_due(now) {
            self.seal();
        }
    }

    fn is_due(&self, now: Duration) -> bool {
        if self.open.batch.is_empty() {
            return false;
        }
        // While all its lanes are taken, nothing is gained by a small batch.
        let lingered = now >= self.open.since + self.limits.linger && self.could_go();
        (self.closing && self.backlog.is_none()) || lingered || self.is_full_and_idle()
    }

    /// Whether the open window has a request's worth of points and nothing else to wait for.
    pub(super) fn is_full_and_idle(&self) -> bool {
        self.limits.size.is_full(&self.open.batch) && self.all_cut() && self.lanes.is_idle()
    }

    fn could_go(&self) -> bool {
        self.all_cut() && self.lanes.has_free(self.open.lanes)
    }

    fn all_cut(&self) -> bool {
        self.sealed.is_empty() && self.cutting == 0
    }

    /// Whether the driver has something new to do about what is gathered: to cut it, or to set its clock.
    pub(super) fn wants_driver(&mut self) -> bool {
        std::mem::take(&mut self.wakes) || self.is_full_and_idle()
    }

    /// When to call [`Core::tick`] next, unless something else happens before.
    pub(super) fn next_tick(&self) -> Option<Duration> {
        (!self.open.batch.is_empty() && self.could_go()).then(|| self.open.since + self.limits.linger)
    }

    /// A window to be cut by [`Core::cut`], outside of any lock.
    pub(super) fn take_sealed(&mut self) -> Option<(Window, bool)> {
        let window = self.sealed.pop_front()?;
        self.cutting += 1;
        Some((window, self.lanes.is_idle() && self.sealed.is_empty()))
    }

    /// How windows are cut.
    pub(super) const fn cut(&self) -> (usize, Size) {
        (self.limits.lanes, self.limits.size)
    }

    /// Takes the batches of a window in.
    pub(super) fn place(&mut self, mut units: Vec<(u64, Unit)>) {
        let units_count = units.len();
        self.cutting -= 1;
        if let Some((_, first)) = units.first()
            && let Some(outstanding) = self.outstanding.get_mut(&first.window)
        {
            outstanding.batches = units.len();
        }
        // Room was kept for as many batches as there could be.
        if let Some((_, last)) = units.last_mut() {
            let spare = BATCH_OVERHEAD * self.limits.lanes.saturating_sub(units_count);
            last.charge -= spare;
            self.used -= spare;
        }
        // One set of times becomes several with the same points.
        let mut whole = Times::default();
        units.iter().for_each(|(_, unit)| whole.join(unit.times));
        for (lanes, unit) in units {
            self.horizon.give(unit.times);
            self.lanes.push(lanes, unit);
        }
        self.horizon.take(whole);
    }

    /// The next batch to send.
    pub(super) fn start(&mut self) -> Option<Started> {
        let (id, unit) = self.lanes.start()?;
        let (batch, is_left_over) = (Arc::clone(&unit.batch), unit.is_left_over);
        self.under_way.insert(id, unit);
        Some(Started { id, batch, is_left_over })
    }

    /// A batch was sent, and this became of it.
    pub(super) fn settle(&mut self, id: u64, fate: &Fate) {
        if let Some(unit) = self.under_way.remove(&id) {
            self.lanes.done(id);
            self.finish(unit, fate);
        }
    }

    fn finish(&mut self, unit: Unit, fate: &Fate) {
        let Unit { window, batch, charge, times, trackers, is_left_over: _ } = unit;
        let points = batch.points();
        self.news = true;
        self.used -= charge;
        self.horizon.take(times);
        if !is_settled_for_good(&batch, fate) {
            self.horizon.leave_hole(times, points);
        }
        let stays = matches!(fate, Err(DeliveryError::Spooled));
        self.totals.pending -= if stays { 0 } else { points as u64 };
        if !stays && !matches!(fate, Err(DeliveryError::Dropped)) {
            self.totals.batches += 1;
            self.totals.failed_batches += u64::from(fate.is_err());
            add(&mut self.totals.settled, tally(&batch, fate));
        }
        for tracker in trackers {
            tracker.tell(fate, tally(&batch, fate));
        }
        self.flushes.settled(window, &batch, fate);
        self.readers.tell(&batch, fate);
        if let Some(outstanding) = self.outstanding.get_mut(&window) {
            outstanding.batches -= 1;
            outstanding.keeps |= is_left_open(fate);
        }
        while let Some(first) = self.outstanding.first_entry()
            && first.get().batches == 0
            && !first.get().keeps
        {
            let done = first.remove();
            self.settled_record = done.last_record.or(self.settled_record);
        }
    }

    /// Begins a flush of all that is accepted, also of what is not here yet: its end is for others to know.
    pub(super) fn begin_long_flush(&mut self) -> u64 {
        self.seal();
        self.flushes.begin(u64::MAX)
    }

    /// Seals what is gathered and begins to wait for it.
    pub(super) fn begin_flush(&mut self) -> u64 {
        self.seal();
        self.flushes.begin(self.open.id)
    }

    /// Ends a flush if everything it waits for is settled.
    pub(super) fn end_flush(&mut self, id: u64) -> Option<Result<(), FlushError>> {
        let until = self.flushes.waits_until(id)?;
        let settled = self.outstanding.range(..until).all(|(_, window)| window.batches == 0);
        settled.then(|| self.flushes.end(id))
    }

    /// Ends a flush of the spool, all of which is `settled`, or not and will not be for now.
    pub(super) fn end_long_flush(&mut self, id: u64, settled: bool) -> Result<(), FlushError> {
        if settled { self.flushes.end(id) } else { Err(self.flushes.end_early(id)) }
    }

    pub(super) fn cancel_flush(&mut self, id: u64) {
        self.flushes.cancel(id);
    }

    /// What failed and no flush has told; from now on it counts as told.
    pub(super) fn take_untold(&mut self) -> FlushError {
        self.flushes.take_untold()
    }

    /// Takes no more points.
    pub(super) fn close(&mut self) {
        self.closing = true;
        self.seal();
    }

    pub(super) const fn is_abandoned(&self) -> bool {
        self.abandoned
    }

    pub(super) const fn is_closing(&self) -> bool {
        self.closing
    }

    /// Whether nothing is left to do, for good.
    pub(super) fn is_finished(&self) -> bool {
        self.closing && self.open.batch.is_empty() && self.all_cut() && self.lanes.is_idle()
    }

    /// Ends everything as it stands, with these fates for what is under way and for what is not.
    pub(super) fn abandon(&mut self, under_way: DeliveryError, unsent: DeliveryError) -> Left {
        self.close();
        self.abandoned = true;
        let mut left = Left::default();
        let interrupted = Err(under_way);
        for (id, unit) in std::mem::take(&mut self.under_way) {
            self.lanes.done(id);
            left.interrupted.push(Arc::clone(&unit.batch));
            self.finish(unit, &interrupted);
        }
        let mut units: Vec<Unit> = std::iter::from_fn(|| self.lanes.take_oldest()).collect();
        units.extend(self.sealed.drain(..).map(Window::into_unit));
        let unsent = Err(unsent);
        for unit in units {
            left.unsent.push(Arc::clone(&unit.batch));
            self.finish(unit, &unsent);
        }
        self.readers.end();
        left
    }

    pub(super) fn horizon(&self) -> SettledHorizon {
        self.horizon.now()
    }

    /// Whether something was settled or dropped since the last call, which others may wait for.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// Whether points were given, since the last call, that the horizon depends on.
    pub(super) fn horizon_moved(&mut self) -> bool {
        std::mem::take(&mut self.horizon_moved)
    }

    pub(super) fn forget_holes(&mut self) {
        self.horizon.forget_holes();
    }

    pub(super) fn totals(&self) -> WriterTotals {
        WriterTotals { memory: self.used, ..self.totals }
    }

    pub(super) fn note_abandoned(&mut self) {
        self.totals.abandoned = true;
    }
}

/// Whether points of a batch that ended so are still to be sent, from the spool.
const fn is_left_open(fate: &Fate) -> bool {
    match fate {
        Ok(_) | Err(DeliveryError::Write(_) | DeliveryError::Dropped) => false,
        // A single batch is never several.
        Err(
            DeliveryError::Unsent
            | DeliveryError::Interrupted
            | DeliveryError::Spooled
            | DeliveryError::Lost
            | DeliveryError::Several(_),
        ) => true,
    }
}
