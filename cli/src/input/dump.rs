//! Reading a dump: lines with headers between them, from wherever an earlier run has left off.
//!
//! What it hands out keeps to one input and one context each, and says which stretch of the input it settles.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};

use super::feed::{Ended, Shared, State};
use super::headers::{Context, Mark, is_statement};
use super::lines::{Kind, Line, Lines};
use super::source::Source;

/// What is to be read of the inputs, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dump {
    /// Where to begin in each input; those that are not there begin at their start.
    pub(crate) starts: Vec<Start>,
    /// The time of lines that carry none, in units of their precision: it grows by one with each line of the inputs, so that
    /// a line has the same time whenever it is read. `None` where the rules say it.
    pub(crate) base_time: Option<i64>,
}

/// Where to begin in an input.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    pub(crate) mark: Mark,
    /// Stretches behind it that are passed over.
    pub(crate) settled: Vec<(u64, u64)>,
    /// Nothing is left of it; its last line had this number.
    pub(crate) done: Option<u64>,
    /// How the first line of the whole input reads: a stream that begins with it was not cut where it should have been.
    pub(crate) first_line: Option<String>,
}

/// The stretch of an input that is settled together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) source: usize,
    pub(crate) from: u64,
    pub(crate) to: Mark,
}

/// Where a line of a dump belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    /// What is behind the line before it.
    pub(super) from: u64,
    pub(super) context: &'a Arc<Context>,
}

/// What stands between the points of a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A statement to be run before anything behind it is sent.
    Statement {
        /// The stretch that it settles.
        stretch: Stretch,
        /// Number of its line.
        line: u64,
        /// As it stands there.
        text: String,
    },
    /// A line that is neither a statement nor anywhere but among statements. Nothing behind it is read.
    Stray {
        /// Index of its input.
        source: usize,
        /// Its number.
        line: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// An input was read to its end, which settles what is left of it.
    End(Stretch),
}

impl Shared {
    /// Reads all inputs, each from its start.
    pub(super) fn read_dump(&self, dump: &Dump) -> Result<Ended, (String, io::Error)> {
        let mut lines_before: u64 = 0;
        for (source, input) in self.options.sources.iter().enumerate() {
            let start = dump.starts.get(source).cloned().unwrap_or_default();
            if let Some(lines) = start.done {
                self.pass_over(input.size().unwrap_or(0));
                lines_before += lines;
                continue;
            }
            let base = dump.base_time.map(|base| base.saturating_add_unsigned(lines_before));
            match self.read_input(source, input, &start, base, !dump.starts.is_empty()) {
                Ok(Some(lines)) => lines_before += lines,
                Ok(None) => return Ok(Ended::Stopped),
                Err(error) => return Err((input.name(), error)),
            }
        }
        Ok(Ended::Complete)
    }

    /// Reads an input to its end; gives the number of its last line, or `None` once reading was stopped. `kept`: a later run
    /// may go on with it.
    fn read_input(
        &self,
        source: usize,
        input: &Source,
        start: &Start,
        base: Option<i64>,
        kept: bool,
    ) -> io::Result<Option<u64>> {
        // What is left of a stream begins where it was cut.
        let offset = if input.is_file() { start.mark.byte } else { 0 };
        let opened = input.open_at(offset, Arc::clone(&self.consumed))?;
        if kept && opened.was_compressed && !input.is_file() {
            // What is settled is counted in bytes behind the compression, and no compressed stream can be cut there.
            return Err(io::Error::other(
                "is a compressed stream, which no later run could go on with: decompress it first (`zcat FILE | …`), name the \
                 file instead, or give --journal off",
            ));
        }
        self.pass_over(opened.unread);
        let begin = if input.is_file() { opened.at } else { start.mark.byte + opened.at };
        let mut lines = Lines::new(opened.input, self.options.max_line).of_dump(begin, start.mark.line);
        let mut context = Arc::clone(&start.mark.context);
        let mut settled = start.settled.iter().peekable();
        let mut from = start.mark.byte;
        let mut first_line = start.first_line.as_deref().filter(|_| !input.is_file());
        let mut offers_first = !input.is_file() && from == 0;
        // Kept for the lines that one read has brought, as for other inputs.
        let mut state: Option<MutexGuard<'_, State>> = None;
        loop {
            lines.set_verbatim(context.statements);
            let Some(line) = lines.next(|| drop(state.take()))? else { break };
            if line.kind == Kind::Comment {
                if let Some(changed) = context.after(line.text).filter(|changed| *changed != *context) {
                    context = Arc::new(changed);
                }
                continue;
            }
            if offers_first {
                offers_first = false;
                state.get_or_insert_with(|| self.lock()).first_line =
                    Some((source, crate::journal::line_hash(line.text)));
            }
            if first_line.take().is_some_and(|first| first == crate::journal::line_hash(line.text)) {
                return Err(io::Error::other(
                    "begins as it did when nothing of it was sent: give what comes behind the part that is settled, as the \
                     command to resume with shows",
                ));
            }
            while settled.next_if(|(_, end)| *end <= line.byte).is_some() {}
            if settled.peek().is_some_and(|(begin, _)| *begin <= line.byte) {
                continue;
            }
            if context.statements {
                drop(state.take());
                let to = Mark { byte: line.byte_end, line: line.next_number, context: Arc::clone(&context) };
                let event = statement(Stretch { source, from, to }, &line);
                let is_stray = matches!(event, Event::Stray { .. });
                if !self.tell(event) || is_stray {
                    return Ok(None);
                }
            } else {
                let stamp = base.map(|base| base.saturating_add_unsigned(line.number));
                let held = state.take().unwrap_or_else(|| self.lock());
                state = self.add(held, source, &line, stamp, Some(Placed { from, context: &context }));
                if state.is_none() {
                    return Ok(None);
                }
            }
            from = line.byte_end;
        }
        drop(state);
        let (byte, line) = lines.position();
        if !input.is_file() && start.mark.byte > 0 && byte == start.mark.byte {
            return Err(io::Error::other(
                "is empty, and the run before did not come to its end: give what comes behind the part that is settled, as \
                 the command to resume with shows",
            ));
        }
        let to = Mark { byte, line, context };
        if !self.tell(Event::End(Stretch { source, from, to })) {
            return Ok(None);
        }
        Ok(Some(line))
    }

    /// Counts bytes as read that nobody has to read again.
    fn pass_over(&self, bytes: u64) {
        self.passed.fetch_add(bytes, Ordering::Relaxed);
        self.consumed.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// A line among statements.
fn statement(stretch: Stretch, line: &Line<'_>) -> Event {
    let text = String::from_utf8_lossy(line.text).trim().to_owned();
    let stray = |why| Event::Stray { source: stretch.source, line: line.number, why };
    match line.kind {
        Kind::TooLong(_) => stray("this statement is longer than --max-line"),
        Kind::Whole | Kind::Open | Kind::Comment if is_statement(&text) => {
            Event::Statement { line: line.number, text, stretch }
        }
        Kind::Whole | Kind::Open | Kind::Comment => {
            stray("this is neither a statement nor a header: does `# DML` stand above the points?")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use influx_client::{MissingTime, Precision};
    use proptest::prelude::*;

    use super::*;
    use crate::input::{Feed, FeedOptions, Next, Rules};

    /// A point as it would be sent: where to, and the line with its time.
    type Sent = (Option<String>, Option<String>, String);

    /// What was read, each with the stretch that it settles.
    #[derive(Debug, Default)]
    struct Read {
        points: Vec<(Stretch, Vec<Sent>)>,
        statements: Vec<(Stretch, String)>,
        ends: Vec<Stretch>,
        stray: Option<u64>,
    }

    fn read(texts: &[&str], starts: Vec<Start>, lines: usize) -> Read {
        let embedded = |text: &&str| Source::Embedded("test", text.to_string().leak().as_bytes());
        let rules = Rules {
            precision: Precision::Nanoseconds,
            missing_time: MissingTime::ClientClock,
            stamped_only: false,
            validate: false,
            split_types: true,
            max_lines: lines,
            max_bytes: 1 << 20,
        };
        let feed = Feed::start(FeedOptions {
            sources: texts.iter().map(embedded).collect(),
            rules,
            max_line: 1_000,
            linger: Duration::from_secs(3_600),
            base_time: None,
            dump: Some(Dump { starts, base_time: Some(1_000_000) }),
        });
        let feed = feed.unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut read = Read::default();
        loop {
            match runtime.block_on(feed.next()) {
                Next::Pack(pack) => {
                    let stretch = pack.stretch.clone().unwrap();
                    let context = &stretch.to.context;
                    let (database, policy) = (&context.database, &context.retention_policy);
                    let line = |index| String::from_utf8_lossy(pack.batch.line(index)).into_owned();
                    let sent = |index| (database.clone(), policy.clone(), line(index));
                    let points = (0..pack.batch.points()).map(sent).collect();
                    read.points.push((stretch, points));
                }
                Next::Event(Event::Statement { stretch, text, .. }) => read.statements.push((stretch, text)),
                Next::Event(Event::Stray { line, .. }) => read.stray = Some(line),
                Next::Event(Event::End(stretch)) => read.ends.push(stretch),
                Next::End { .. } => return read,
                Next::Failed { error, .. } => panic!("{error}"),
            }
        }
    }

    impl Read {
        /// Every stretch, in the order of the inputs.
        fn stretches(&self) -> Vec<Stretch> {
            let points = self.points.iter().map(|(stretch, _)| stretch);
            let statements = self.statements.iter().map(|(stretch, _)| stretch);
            let mut all: Vec<Stretch> = points.chain(statements).chain(&self.ends).cloned().collect();
            all.sort_by_key(|stretch| (stretch.source, stretch.from, stretch.to.byte));
            all
        }
    }

    /// Pieces of dumps: headers, statements, points with and without times and line ends, blanks.
    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "# DDL\nCREATE DATABASE a\n# DML\n",
            "# DDL\nDROP SERIES FROM \"m=\"\n\nCREATE DATABASE b\n# DML\n",
            "# CONTEXT-DATABASE: a\n",
            "# CONTEXT-DATABASE:b\n# CONTEXT-RETENTION-POLICY:short\n",
            "# a comment\n",
            "\n",
            "  \n",
            "m v=1\n",
            "m v=1\n",
            "m v=2 5\r\n",
            "m s=\"two\n# DDL\nlines\",v=1\n",
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// From wherever an earlier run has left off, the rest is read as it would have been: the same lines, to the same
        /// databases, with the same times. And the stretches leave nothing out.
        #[test]
        fn the_rest_is_the_same_from_every_mark(
            texts in prop::collection::vec(prop::collection::vec(piece(), 0..12), 1..3),
            lines in 1usize..4,
            settled in prop::collection::vec(any::<bool>(), 40),
        ) {
            let texts: Vec<String> = texts.into_iter().map(|pieces| pieces.concat()).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let whole = read(&texts, Vec::new(), lines);
            prop_assert_eq!(whole.stray, None);
            let stretches = whole.stretches();
            for (source, text) in texts.iter().enumerate() {
                let mut at = 0;
                for stretch in stretches.iter().filter(|stretch| stretch.source == source) {
                    prop_assert_eq!(stretch.from, at, "a gap");
                    at = stretch.to.byte;
                }
                prop_assert_eq!(at, text.len() as u64);
            }

            // Any of the stretches may be settled, as requests side by side leave them.
            let is_settled = |stretch: &Stretch| {
                let at = stretches.iter().position(|other| other == stretch).unwrap();
                settled[at % settled.len()]
            };
            let starts = (0..texts.len()).map(|source| {
                let mut start = Start::default();
                let own = stretches.iter().filter(|stretch| stretch.source == source && is_settled(stretch));
                for stretch in own.filter(|stretch| stretch.to.byte > stretch.from) {
                    if stretch.from == start.mark.byte {
                        start.mark = stretch.to.clone();
                    } else {
                        start.settled.push((stretch.from, stretch.to.byte));
                    }
                }
                let end = whole.ends.iter().find(|end| end.source == source).unwrap();
                start.done = (start.mark.byte == end.to.byte).then_some(end.to.line);
                start
            });
            // With other batches than before.
            let rest = read(&texts, starts.collect(), 5 - lines);
            let left = whole.points.iter().filter(|(stretch, _)| !is_settled(stretch));
            let left: Vec<&Sent> = left.flat_map(|(_, sent)| sent).collect();
            let sent: Vec<&Sent> = rest.points.iter().flat_map(|(_, sent)| sent).collect();
            prop_assert_eq!(sent, left);
            let left = whole.statements.iter().filter(|(stretch, _)| !is_settled(stretch));
            let left: Vec<&String> = left.map(|(_, text)| text).collect();
            let ran: Vec<&String> = rest.statements.iter().map(|(_, text)| text).collect();
            prop_assert_eq!(ran, left);
        }
    }

    #[test]
    fn no_two_lines_of_all_inputs_get_the_same_time() {
        let texts = ["m v=1\nm v=1\n\nm v=1", "m v=1\n", "# DML\nm v=1\nm v=1\n"];
        let read = read(&texts, Vec::new(), 2);
        let lines: Vec<&String> = read.points.iter().flat_map(|(_, sent)| sent).map(|(_, _, line)| line).collect();
        let distinct: std::collections::BTreeSet<&&String> = lines.iter().collect();
        assert_eq!((lines.len(), distinct.len()), (6, 6), "{lines:?}");
    }

    #[test]
    fn what_is_no_statement_ends_the_reading() {
        let read = read(&["# DDL\nCREATE DATABASE x\n\ncpu v=1 1\nCREATE DATABASE y\n"], Vec::new(), 5);
        assert_eq!((read.statements.len(), read.stray, read.ends.len()), (1, Some(4), 0));
    }
}
