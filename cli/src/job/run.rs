//! The loop of a job: take a pack, send it, tell what became of it, until the input or the time is at its end.

use std::time::Instant;

use influx_client::{Ack, Caveat, Class, Client, WriteError};

use super::counts::ends_the_run;
use super::ending::{Cause, Ending};
use super::keeping::Keeping;
use super::progress::Progress;
use super::rejects::Rejects;
use super::report::{Reject, Reporter};
use super::sum::Sum;
use super::verdict::Verdict;
use crate::failpoint;
use crate::failure::{Exit, Failure, report};
use crate::input::{Event, Feed, Next, Pack, shown};
use crate::queries;

/// All who are told of a job's course.
pub(crate) struct Teller<'a> {
    pub(crate) reporter: Reporter<'a>,
    pub(crate) progress: Progress,
    pub(crate) rejects: Option<Rejects>,
}

/// A job under way.
pub(crate) struct Job<'a> {
    pub(crate) client: &'a Client,
    pub(crate) feed: Feed,
    pub(crate) ending: Ending,
    /// Stop at the first batch that is not acknowledged.
    pub(crate) fail_fast: bool,
    pub(crate) teller: Teller<'a>,
    pub(crate) keeping: Keeping,
    pub(crate) sum: Sum,
    /// Nothing more is sent; what was read is counted.
    pub(crate) over: bool,
    /// The deadline has passed.
    pub(crate) late: bool,
    /// The caveat of an acknowledgement was told.
    pub(crate) warned: bool,
}

impl Job<'_> {
    /// Sends all there is, tells what became of it, and returns the sum.
    pub(crate) async fn run(mut self) -> Sum {
        let started = Instant::now();
        self.teller.reporter.start();
        let mut seq = 0;
        loop {
            let next = tokio::select! {
                // The reasons to end first: packs may come as fast as they are taken.
                biased;
                cause = self.ending.next(), if !self.over => {
                    self.end(cause);
                    continue;
                }
                next = self.feed.next() => next,
            };
            match next {
                Next::Pack(pack) => {
                    seq += 1;
                    self.pack(seq, pack).await;
                }
                Next::Event(event) => self.event(event).await,
                Next::End { complete } => {
                    self.sum.complete = complete;
                    break;
                }
                Next::Failed { source, error } => {
                    self.trouble(Class::LocalIo, &format!("{source}: {error}"));
                    break;
                }
            }
        }
        self.sum.elapsed = started.elapsed();
        self.finish()
    }

    /// Nothing more is read, and sooner or later nothing more is sent.
    fn end(&mut self, cause: Cause) {
        self.feed.stop();
        match cause {
            Cause::Signal => {
                self.ending.start_draining();
                let Teller { reporter, progress, .. } = &self.teller;
                progress.beside(|| reporter.console().say("ending: nothing more is read, what was read is sent"));
            }
            Cause::Drained => self.over = true,
            Cause::Deadline => {
                self.late = true;
                self.over = true;
            }
        }
    }

    async fn pack(&mut self, seq: u64, pack: Box<Pack>) {
        self.sum.counts.read += pack.points();
        for line in &pack.kept_back {
            self.sum.keep_back(line.class);
            let (place, text) = (Some(line.place), line.text.as_deref());
            self.refuse(Reject { place, class: line.class, reason: line.reason.clone(), text });
        }
        if self.over {
            self.sum.leave_unsent(pack.places.len() as u64);
        } else if !pack.places.is_empty() {
            self.send(seq, &pack).await;
        } else {
            self.keeping.pack(&pack, None);
        }
        self.keeping.first_line(self.feed.first_line());
        self.mind_the_journal();
        let Teller { reporter, progress, .. } = &mut self.teller;
        progress.tell(self.feed.consumed(), &self.sum.counts, reporter.console());
        self.feed.recycle(pack);
    }

    /// What stands between the points; all before it has its verdict.
    async fn event(&mut self, event: Event) {
        match event {
            Event::Statement { stretch, line, text } => {
                if self.over {
                    return;
                }
                let place = self.teller.reporter.line(stretch.source, line);
                let ran = queries::execute_in(self.client, stretch.to.context.database.as_deref(), &text).await;
                match ran {
                    Ok(()) => {
                        let Teller { reporter, progress, .. } = &self.teller;
                        progress.beside(|| reporter.console().detail(&format!("{place}: ran {}", shown(&text))));
                        self.keeping.statement(&stretch);
                    }
                    // What follows counts on what the statement makes.
                    Err(failure) => self.stop_for(&failure, &format!("{place}: {}", shown(&text))),
                }
            }
            Event::Stray { source, line, why } => {
                let place = self.teller.reporter.line(source, line);
                self.trouble(Class::Malformed, &format!("{place}: {why}"));
                self.stop();
            }
            Event::End(stretch) => self.keeping.end(&stretch),
        }
        self.mind_the_journal();
    }

    /// Ends the run for a failure of something other than a batch.
    fn stop_for(&mut self, failure: &Failure, what: &str) {
        match failure {
            Failure::Classed { class, message, .. } => self.trouble(*class, &format!("{what}: {message}")),
            Failure::Usage(message)
            | Failure::Cluster(message)
            | Failure::ClaimBroken(message)
            | Failure::Internal(message) => self.trouble(Class::LocalIo, &format!("{what}: {message}")),
            Failure::ClosedPipe | Failure::Signal(_) => {}
        }
        self.stop();
    }

    /// Nothing more is read or sent.
    fn stop(&mut self) {
        self.feed.stop();
        self.over = true;
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

    /// One request, or more where the client settles a partial refusal or retries.
    async fn send(&mut self, seq: u64, pack: &Pack) {
        let started = Instant::now();
        let written = self.write(pack).await;
        let verdict = match &written {
            Some(Ok(ack)) => Verdict::acknowledged(ack),
            Some(Err(error)) => Verdict::failed(error),
            None => Verdict::abandoned(pack.places.len(), pack.batch.is_idempotent()),
        };
        self.sum.add(&verdict);
        let Teller { reporter, progress, .. } = &mut self.teller;
        progress.beside(|| reporter.batch(seq, pack.span(), &verdict, started.elapsed()));
        match &written {
            Some(Ok(_)) => self.warn_of(verdict.caveat),
            Some(Err(error)) => {
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
            None => {}
        }
        let refusals =
            written.as_ref().and_then(|written| written.as_ref().err()).map_or(&[][..], WriteError::refusals);
        self.keeping.pack(pack, Some((&verdict, refusals)));
        let failed = verdict.class != Class::Ok;
        if failed && (self.fail_fast || ends_the_run(verdict.class)) {
            self.feed.stop();
            self.over = true;
        }
    }

    /// One call of the client; `None` if its answer was not waited for.
    async fn write(&mut self, pack: &Pack) -> Option<Result<Ack, WriteError>> {
        failpoint::pass("before-send");
        let mut write = self.client.write(&pack.batch);
        if let Some(context) = pack.stretch.as_ref().map(|stretch| &stretch.to.context) {
            if let Some(database) = &context.database {
                write = write.database(database.as_str());
            }
            if let Some(policy) = &context.retention_policy {
                write = write.retention_policy(policy.as_str());
            }
        }
        if let Some(left) = self.ending.left() {
            write = write.deadline(left);
        }
        let mut write = std::pin::pin!(write.into_future());
        loop {
            tokio::select! {
                written = &mut write => return Some(written),
                cause = self.ending.next(), if !self.over => {
                    self.end(cause);
                    // A request under way keeps the run's deadline by itself, and then tells more than could be said here.
                    if cause == Cause::Drained {
                        return None;
                    }
                }
            }
        }
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
        let Teller { reporter, progress, rejects } = &mut self.teller;
        progress.beside(|| reporter.reject(&reject));
        if let Some(rejects) = rejects
            && let Err(error) = rejects.add(&reporter.place(&reject), &reject.reason, reject.text)
        {
            // Refused lines that are kept nowhere would be lost: better to stop here.
            let message = format!("cannot write to the rejects file: {error}");
            self.trouble(Class::LocalIo, &message);
            self.feed.stop();
            self.over = true;
        }
    }

    /// A class that comes from here, not from a batch.
    fn trouble(&mut self, class: Class, message: &str) {
        self.sum.note(class, class.advice());
        let Teller { reporter, progress, .. } = &self.teller;
        progress.beside(|| report(reporter.console(), Exit::of(class), message, Some(class.advice().text())));
    }

    fn finish(mut self) -> Sum {
        self.sum.signal = self.ending.signal();
        self.sum.bytes_read = self.feed.bytes_read();
        self.teller.progress.finish();
        if self.late && (self.sum.counts.unsent > 0 || !self.sum.complete) {
            self.trouble(Class::Timeout, "the deadline passed before the whole input was sent");
        }
        if let Some(balance) = self.keeping.close() {
            if let Some(why) = balance.trouble.filter(|_| self.sum.class != Class::Journal) {
                self.trouble(Class::Journal, &why);
            }
            for class in balance.rejected {
                self.sum.note(class, class.advice());
            }
            self.sum.earlier = Some(balance.earlier);
            self.sum.resume = balance.resume;
        }
        let nothing_ever = self.sum.earlier.as_ref().is_none_or(|earlier| earlier.all() == 0);
        if self.sum.counts.read == 0 && nothing_ever && self.sum.complete && self.sum.bytes_read > 0 {
            // Silence over a file of nothing but comments has cost people their data.
            self.trouble(Class::Malformed, "the input has no point in it");
        }
        let rejects = self.teller.rejects.take();
        let path = rejects.as_ref().and_then(Rejects::path).map(ToOwned::to_owned);
        if let Some(Err(error)) = rejects.map(Rejects::close) {
            self.trouble(Class::LocalIo, &format!("cannot write the rejects file to disk: {error}"));
        }
        self.teller.reporter.summary(&self.sum, path.as_deref());
        if let Some(trouble) = self.teller.reporter.trouble().map(ToOwned::to_owned) {
            self.trouble(Class::LocalIo, &trouble);
        }
        self.sum
    }
}
