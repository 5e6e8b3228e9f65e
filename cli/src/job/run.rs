//! The loop of a job: take packs, keep requests under way, tell what became of each, until the input or the time is at
//! its end.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use influx_client::{Caveat, Class, Client, Refusal, WriteError};
use tokio::time::{MissedTickBehavior, interval};

use super::counts::ends_the_run;
use super::ending::{Cause, Ending};
use super::flight::{Flight, Landed, Manner};
use super::keeping::Keeping;
use super::progress::{Live, Progress};
use super::rejects::Rejects;
use super::report::{Reject, Reporter};
use super::sum::Sum;
use super::summary_file::SummaryFile;
use super::throttle::Throttle;
use super::tolerance::{OnBelowLevel, Tolerance};
use super::traffic::Traffic;
use super::verdict::Verdict;
use crate::failure::{Exit, Failure, report};
use crate::input::{Event, Feed, Next, Pack, Stretch, shown};
use crate::queries;
use crate::settings::counted;

/// Between two looks at the progress.
const TICK: Duration = Duration::from_millis(200);

/// All who are told of a job's course.
pub(crate) struct Teller<'a> {
    pub(crate) reporter: Reporter<'a>,
    pub(crate) progress: Progress,
    pub(crate) rejects: Option<Rejects>,
    pub(crate) summary_file: Option<SummaryFile>,
}

/// How a job goes about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct JobOptions {
    /// Stop at the first batch that is not acknowledged.
    pub(crate) fail_fast: bool,
    pub(crate) tolerance: Tolerance,
    pub(crate) throttle: Throttle,
    pub(crate) manner: Manner,
}

/// A statement between points.
struct Statement {
    stretch: Stretch,
    line: u64,
    text: String,
}

/// A job under way.
pub(crate) struct Job<'a> {
    client: &'a Client,
    feed: Feed,
    ending: Ending,
    options: JobOptions,
    traffic: Arc<Traffic>,
    flight: Flight,
    keeping: Keeping,
    /// A statement, to be run when nothing is under way any more.
    waiting: Option<Statement>,
    /// A statement was run.
    ran: bool,
    /// Refused lines may not be where they belong: they are not settled then.
    rejects_lost: bool,
    /// A pack that must not overtake what is under way.
    held: Option<Box<Pack>>,
    seq: u64,
    teller: Teller<'a>,
    sum: Sum,
    /// Nothing more comes from the feed.
    drained: bool,
    /// Nothing more is sent; what was read is counted.
    over: bool,
    /// The deadline has passed.
    late: bool,
    /// The caveat of an acknowledgement was told.
    warned: bool,
    /// That timestamps may be of another unit was told.
    doubted: bool,
}

impl<'a> Job<'a> {
    /// A job of this client, which must have `traffic` as an observer.
    pub(crate) fn new(
        client: &'a Client,
        traffic: Arc<Traffic>,
        feed: Feed,
        ending: Ending,
        teller: Teller<'a>,
        options: JobOptions,
    ) -> Self {
        let sum = Sum::new(options.tolerance.allow_rejected);
        let flight = Flight::default();
        let (drained, over, late, warned, doubted) = (false, false, false, false, false);
        Self {
            client,
            feed,
            ending,
            options,
            traffic,
            flight,
            keeping: Keeping::default(),
            waiting: None,
            ran: false,
            rejects_lost: false,
            held: None,
            seq: 0,
            teller,
            sum,
            drained,
            over,
            late,
            warned,
            doubted,
        }
    }

    /// Keeps a journal.
    pub(crate) fn keeping(self, keeping: Keeping) -> Self {
        Self { keeping, ..self }
    }

    /// Sends all there is, tells what became of it, and returns the sum.
    pub(crate) async fn run(mut self) -> Sum {
        let started = Instant::now();
        self.teller.reporter.start();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !(self.drained && self.flight.is_empty() && self.held.is_none()) {
            if self.flight.is_empty()
                && let Some(statement) = self.waiting.take()
            {
                self.statement(statement).await;
                continue;
            }
            if (self.over || self.flight.is_empty())
                && let Some(pack) = self.held.take()
            {
                self.launch(pack);
                continue;
            }
            let now = Instant::now();
            let pause = if self.over { Duration::ZERO } else { self.options.throttle.wait(now) };
            let takes = !self.drained
                && self.waiting.is_none()
                && self.held.is_none()
                && (self.over || self.flight.len() < self.traffic.allowed());
            tokio::select! {
                // The reasons to end first: packs may come as fast as they are taken.
                biased;
                cause = self.ending.next() => self.end(cause),
                landed = self.flight.next() => {
                    self.land(landed);
                    if let Some(pack) = self.held.take() {
                        self.launch(pack);
                    }
                }
                next = self.feed.next(), if takes && pause.is_zero() => self.take(next),
                () = tokio::time::sleep(pause), if takes && !pause.is_zero() => {}
                _ = tick.tick() => self.tell_progress(),
            }
        }
        self.sum.elapsed = started.elapsed();
        self.finish()
    }

    /// Nothing more is read, and sooner or later nothing more is sent.
    fn end(&mut self, cause: Cause) {
        match cause {
            Cause::Signal => {
                self.feed.stop();
                self.ending.start_draining();
                let Teller { reporter, progress, .. } = &self.teller;
                progress.beside(|| reporter.console().say("ending: nothing more is read, what was read is sent"));
            }
            Cause::Drained => {
                self.stop();
                self.abandon();
            }
            // Requests under way keep the deadline by themselves, and then tell more than could be said here.
            Cause::Deadline => {
                self.late = true;
                self.stop();
            }
        }
    }

    /// Nothing more is sent.
    fn stop(&mut self) {
        self.feed.stop();
        self.over = true;
    }

    fn take(&mut self, next: Next) {
        match next {
            Next::Pack(pack) => self.pack(pack),
            Next::Event(event) => self.event(event),
            Next::End { complete } => {
                self.sum.complete = complete;
                self.drained = true;
            }
            Next::Failed { source, error } => {
                self.trouble(Class::LocalIo, &format!("{source}: {error}"));
                self.drained = true;
            }
        }
    }

    /// What stands between the points.
    fn event(&mut self, event: Event) {
        match event {
            Event::Statement { stretch, line, text } => self.waiting = Some(Statement { stretch, line, text }),
            Event::Stray { source, line, why } => {
                let place = self.teller.reporter.line(source, line);
                self.trouble(Class::Malformed, &format!("{place}: {why}"));
                self.stop();
            }
            Event::End(stretch) => {
                self.keeping.end(&stretch);
                self.mind_the_journal();
            }
        }
    }

    /// Runs a statement; all points before it have their verdicts.
    async fn statement(&mut self, statement: Statement) {
        if self.over {
            return;
        }
        let Statement { stretch, line, text } = statement;
        let place = self.teller.reporter.line(stretch.source, line);
        let client = self.client.clone();
        let ran = queries::execute_in(&client, stretch.to.context.database.as_deref(), &text);
        let mut ran = std::pin::pin!(ran);
        let ran = loop {
            tokio::select! {
                ran = &mut ran => break ran,
                cause = self.ending.next() => {
                    self.end(cause);
                    if self.over {
                        // Not known to have been run: the next run does it again.
                        return;
                    }
                }
            }
        };
        match ran {
            Ok(()) => {
                let Teller { reporter, progress, .. } = &self.teller;
                progress.beside(|| reporter.console().detail(&format!("{place}: ran {}", shown(&text))));
                self.ran = true;
                self.keeping.statement(&stretch);
                self.mind_the_journal();
            }
            // What follows counts on what the statement makes.
            Err(failure) => {
                let class = match failure {
                    Failure::Classed { class, .. } => class,
                    Failure::Usage(_)
                    | Failure::Cluster(_)
                    | Failure::ClaimBroken(_)
                    | Failure::ClosedPipe
                    | Failure::Signal(_)
                    | Failure::Internal(_) => Class::LocalIo,
                };
                self.trouble(class, &format!("{place}: {}: {}", shown(&text), failure.message()));
                self.stop();
            }
        }
    }

    /// Ends the run if its journal cannot be kept: what would be sent without it would be sent again.
    fn mind_the_journal(&mut self) {
        if !self.over
            && let Some(why) = self.keeping.trouble()
        {
            self.trouble(Class::Journal, &why);
            self.stop();
        }
    }

    fn pack(&mut self, pack: Box<Pack>) {
        self.keeping.first_line(self.feed.first_line());
        self.sum.counts.read += pack.points();
        self.doubt_unit(&pack);
        for line in &pack.kept_back {
            self.sum.keep_back(line.class);
            let (place, text) = (Some(line.place), line.text.as_deref());
            self.refuse(Reject { place, class: line.class, reason: line.reason.clone(), text });
        }
        self.judge_rejected(false);
        if pack.places.is_empty() {
            self.settle(&pack, None);
            self.feed.recycle(pack);
        } else {
            self.launch(pack);
        }
    }

    /// Notes in the journal what needs no more sending. Lines that were refused are safe before that: a later run does not
    /// see them again.
    fn settle(&mut self, pack: &Pack, sent: Option<(&Verdict, &[Refusal])>) {
        let refused = !pack.kept_back.is_empty() || sent.is_some_and(|(_, refusals)| !refusals.is_empty());
        if refused && self.keeping.is_kept() {
            let synced = self.teller.rejects.as_mut().map_or(Ok(()), Rejects::sync);
            if let Err(error) = synced {
                self.lose_rejects(&error);
            }
            if self.rejects_lost {
                return;
            }
        }
        self.keeping.pack(pack, sent);
        self.mind_the_journal();
    }

    /// Refused lines that are kept nowhere would be lost: better to stop here.
    fn lose_rejects(&mut self, error: &io::Error) {
        self.rejects_lost = true;
        self.trouble(Class::LocalIo, &format!("cannot write to the rejects file: {error}"));
        self.stop();
    }

    /// Sends a pack, or keeps it until what it would overtake has landed.
    fn launch(&mut self, pack: Box<Pack>) {
        if self.over {
            self.sum.leave_unsent(pack.places.len() as u64);
            self.feed.recycle(pack);
            return;
        }
        let (points, bytes) = (pack.batch.points() as u64, pack.batch.bytes() as u64);
        let (seq, alone, left) = (self.seq + 1, self.traffic.most() == 1, self.ending.left());
        self.held = self.flight.launch(seq, pack, self.client, &self.options.manner, left, alone);
        if self.held.is_none() {
            self.seq = seq;
            self.options.throttle.take(points, bytes, Instant::now());
            self.sum.peak_in_flight = self.sum.peak_in_flight.max(self.flight.len() as u64);
        }
    }

    /// Warns once if timestamps look like another unit: the server would take them, and put them where nobody looks.
    fn doubt_unit(&mut self, pack: &Pack) {
        if let (Some(doubt), Some(place), false) = (pack.doubt, pack.places.first(), self.doubted) {
            self.doubted = true;
            let Teller { reporter, progress, .. } = &self.teller;
            let message = format!("{}: {}", reporter.named(*place), doubt.text());
            progress.beside(|| reporter.console().warn(&message));
        }
    }

    /// Takes in the verdict on a pack.
    fn land(&mut self, landed: Landed) {
        let Landed { seq, pack, result, took } = landed;
        let mut verdict = match &result {
            Ok(ack) => Verdict::acknowledged(ack),
            Err(error) => Verdict::failed(error),
        };
        let accepts = self.options.tolerance.below_level == OnBelowLevel::Accept;
        let all_somewhere = verdict.tally.unknown + verdict.tally.not_stored == 0;
        verdict.excused = accepts && verdict.class == Class::BelowLevel && all_somewhere;
        self.sum.add(&verdict);
        let Teller { reporter, progress, .. } = &mut self.teller;
        progress.beside(|| reporter.batch(seq, pack.span(), &verdict, took));
        match &result {
            Ok(_) => self.warn_of(verdict.caveat),
            Err(error) => {
                for refusal in error.refusals() {
                    let place = refusal.line.and_then(|line| pack.places.get(line)).copied();
                    let text = match refusal.line {
                        Some(line) if line < pack.batch.points() => Some(pack.batch.line(line)),
                        _ => refusal.text.as_deref().map(str::as_bytes),
                    };
                    let (class, reason) = (refusal.reason.class(), refusal.reason.to_string());
                    self.refuse(Reject { place, class, reason, text });
                }
            }
        }
        let refusals = result.as_ref().err().map_or(&[][..], WriteError::refusals);
        self.settle(&pack, Some((&verdict, refusals)));
        if let Some(points) = verdict.fits {
            self.feed.limit_lines(points);
        }
        self.judge_rejected(false);
        if verdict.is_failure() && (self.options.fail_fast || ends_the_run(verdict.class)) {
            self.stop();
        }
        self.feed.recycle(pack);
    }

    /// Gives up waiting for what is under way.
    fn abandon(&mut self) {
        while let Some(landed) = self.flight.landed() {
            self.land(landed);
        }
        for (seq, aloft) in self.flight.abandon() {
            let batch = &aloft.pack.batch;
            let verdict = Verdict::abandoned(batch.points(), batch.is_idempotent());
            self.sum.add(&verdict);
            let Teller { reporter, progress, .. } = &mut self.teller;
            progress.beside(|| reporter.batch(seq, aloft.pack.span(), &verdict, aloft.started.elapsed()));
        }
    }

    /// Ends the run if more points were refused than it puts up with.
    fn judge_rejected(&mut self, over: bool) {
        let Some(most) = self.options.tolerance.max_rejected else { return };
        let counts = self.keeping.counts_of_all_runs(&self.sum.counts);
        if self.sum.class != Class::TooManyRejected && most.is_exceeded(&counts, over) {
            let rejected = counts.rejected;
            self.trouble(Class::TooManyRejected, &format!("{rejected} points were refused, more than --max-rejected"));
            self.stop();
        }
    }

    fn tell_progress(&mut self) {
        let live = Live {
            in_flight: self.flight.len(),
            allowed: self.traffic.allowed(),
            retries: self.traffic.retries(),
            trouble: self.traffic.trouble(),
        };
        let Teller { reporter, progress, .. } = &mut self.teller;
        progress.pass_over(self.feed.passed());
        progress.tell(self.feed.consumed(), &self.sum.counts, &live, reporter.console());
    }

    /// What acknowledgements of this server are worth, once a run.
    fn warn_of(&mut self, caveat: Option<Caveat>) {
        // Who asks for `any` asks for just that; the JSON tells it all the same.
        if let Some(caveat) = caveat.filter(|caveat| *caveat != Caveat::MaybeQueued && !self.warned) {
            self.warned = true;
            let Teller { reporter, progress, .. } = &self.teller;
            progress.beside(|| reporter.console().warn(&caveat.to_string()));
        }
    }

    /// Tells of a refused line and puts it aside.
    fn refuse(&mut self, reject: Reject<'_>) {
        let Teller { reporter, progress, rejects, .. } = &mut self.teller;
        progress.beside(|| reporter.reject(&reject));
        if let Some(rejects) = rejects
            && let Err(error) = rejects.add(&reporter.place(&reject), &reject.reason, reject.text)
        {
            self.lose_rejects(&error);
        }
    }

    /// A class that comes from here, not from a batch.
    fn trouble(&mut self, class: Class, message: &str) {
        self.sum.note(class, class.advice());
        let Teller { reporter, progress, .. } = &self.teller;
        progress.beside(|| report(reporter.console(), Exit::of(class), message, Some(class.advice().text())));
    }

    /// Tells of points that are not acknowledged where the class would promise that all others are, or that all will
    /// arrive: a script must not take them for done.
    fn tell_what_is_open(&mut self) {
        let counts = &self.sum.counts;
        let open = counts.unknown + counts.not_stored + counts.unsent;
        let promises = matches!(self.sum.class, Class::Ok | Class::Deferred)
            || (self.sum.class.is_about_data() && self.sum.class != Class::TooManyRejected);
        let cut_short = self.options.fail_fast && !self.sum.complete;
        if !promises || self.sum.signal.is_some() || (open == 0 && !cut_short) {
            return;
        }
        let what = match open {
            0 => "the rest of the input was not read".to_owned(),
            open => format!("{} not acknowledged", counted(open, "point is", "points are")),
        };
        self.trouble(Class::Timeout, &what);
    }

    fn finish(mut self) -> Sum {
        self.sum.signal = self.ending.signal();
        self.sum.bytes_read = self.feed.bytes_read();
        self.teller.progress.finish();
        self.judge_rejected(true);
        if self.late && (self.sum.counts.unsent > 0 || !self.sum.complete) {
            self.trouble(Class::Timeout, "the deadline passed before the whole input was sent");
        }
        let mut nothing_ever = self.sum.counts.read == 0 && !self.ran;
        if let Some(balance) = self.keeping.close() {
            nothing_ever &= balance.is_first;
            if let Some(why) = balance.trouble.filter(|_| self.sum.class != Class::Journal) {
                self.trouble(Class::Journal, &why);
            }
            for class in balance.rejected {
                self.sum.note(class, class.advice());
            }
            self.sum.earlier = Some(balance.earlier);
            self.sum.resume = balance.resume;
        }
        if nothing_ever && self.sum.complete && self.sum.bytes_read > 0 {
            // Silence over a file of nothing but comments has cost people their data.
            self.trouble(Class::Malformed, "the input has no point in it");
        }
        self.tell_what_is_open();
        let rejects = self.teller.rejects.take();
        let path = rejects.as_ref().and_then(Rejects::path).map(ToOwned::to_owned);
        if let Some(Err(error)) = rejects.map(Rejects::close) {
            self.trouble(Class::LocalIo, &format!("cannot write the rejects file to disk: {error}"));
        }
        if let Some(file) = self.teller.summary_file.take()
            && let Err(error) = file.write(&self.teller.reporter.summary_text(&self.sum, path.as_deref()))
        {
            self.trouble(Class::LocalIo, &format!("cannot write the summary file: {error}"));
        }
        self.teller.reporter.refused(&self.sum);
        self.teller.reporter.summary(&self.sum, path.as_deref());
        if let Some(trouble) = self.teller.reporter.trouble().map(ToOwned::to_owned) {
            self.trouble(Class::LocalIo, &trouble);
        }
        self.sum
    }
}
