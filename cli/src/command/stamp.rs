//! `stamp [FILE|-]`: gives lines without a timestamp one, once and for all.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use clap::Args;
use influx_client::{Class, Precision, RawLine};

use super::inputs::sources;
use crate::console::Console;
use crate::failure::{Exit, Failure, report};
use crate::input::{Kind, Lines, Piece, UnitDoubt, is_statement, unit};
use crate::settings::{self, counted, duration_text, grouped};
use crate::times;

/// Give lines without a timestamp a fixed one, so that they can be sent again by anyone without being stored twice.
///
/// A filter: reads line protocol and writes it to standard output. A line without a timestamp gets the time at which it
/// is read, in --precision, later than that of any line stamped before it, so that no two points merge; if lines come
/// faster than the unit counts, the stamps run ahead of the clock by no more than that takes. All else passes as it is,
/// byte for byte: lines with a timestamp, comments, blank lines, line ends, and lines that cannot be parsed. How
/// many were stamped is told on standard error. Send the result with the same --precision.
#[derive(Debug, Args)]
pub(crate) struct StampArgs {
    /// File of line protocol, plain, gzip or zstd (told by its first bytes; the output is plain); - is standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// Unit of the timestamps: ns, u, ms, s, m or h.
    #[arg(long, value_name = "UNIT", env = "INFLUX_PRECISION", default_value = "ns")]
    precision: Precision,
    /// Longest line that is looked into; longer ones pass without a stamp.
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = settings::size)]
    max_line: usize,
    /// End in 31 if a line passed without a timestamp because it is too long or cannot be parsed.
    #[arg(long)]
    strict: bool,
}

/// Room for output that is not yet written.
const ROOM: usize = 64 * 1024;

/// Standard output, written when there is enough of it or when the input makes us wait.
struct Out<W> {
    to: W,
    waiting: Vec<u8>,
    /// Why it could not be written.
    failed: Option<io::Error>,
}

impl<W: Write> Out<W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= ROOM { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.to.write_all(&self.waiting).and_then(|()| self.to.flush());
        self.waiting.clear();
        // One error ends it all; the next call must not make a success of it.
        written.map_err(|error| {
            let kind = error.kind();
            self.failed = Some(error);
            io::Error::from(kind)
        })
    }
}

/// Writes what waits before it reads on: reading may take for ever, and what is known is of use at once.
struct FlushFirst<R, W> {
    input: R,
    out: Rc<RefCell<Out<W>>>,
}

impl<R: Read, W: Write> Read for FlushFirst<R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.out.borrow_mut().flush()?;
        self.input.read(buffer)
    }
}

/// What passed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Passed {
    points: u64,
    stamped: u64,
    /// Lines that could not be parsed, or were too long.
    unread: u64,
    first_unread: Option<u64>,
    /// First and last stamp given.
    span: Option<(i64, i64)>,
    doubt: Option<(u64, UnitDoubt)>,
}

/// Copies the input, giving lines without a timestamp theirs: the clock's, or the one after the last.
fn copy<R: Read, W: Write>(
    lines: &mut Lines<R>,
    out: &RefCell<Out<W>>,
    precision: Precision,
    mut now: impl FnMut() -> i64,
) -> io::Result<Passed> {
    let mut passed = Passed::default();
    while let Some(piece) = lines.piece()? {
        let (line, whole) = match piece {
            Piece::Other(bytes) => {
                out.borrow_mut().put(bytes)?;
                continue;
            }
            Piece::Line(line, whole) => (line, whole),
        };
        passed.points += 1;
        let parsed = match line.kind {
            Kind::Whole => RawLine::parse(line.text).ok(),
            Kind::Open | Kind::TooLong(_) | Kind::Comment => None,
        };
        let mut out = out.borrow_mut();
        let Some(parsed) = parsed else {
            if std::str::from_utf8(line.text).is_ok_and(is_statement) {
                // Of a dump; as a point no server would take it.
                passed.points -= 1;
                out.put(whole)?;
                continue;
            }
            passed.unread += 1;
            passed.first_unread.get_or_insert(line.number);
            out.put(whole)?;
            continue;
        };
        if let Some(time) = parsed.timestamp() {
            if passed.doubt.is_none() {
                passed.doubt = UnitDoubt::of(time, precision, now()).map(|doubt| (line.number, doubt));
            }
            out.put(whole)?;
            continue;
        }
        let clock = now().div_euclid(precision.nanoseconds());
        let stamp = passed.span.map_or(clock, |(_, last)| clock.max(last + 1));
        passed.span = Some((passed.span.map_or(stamp, |(first, _)| first), stamp));
        passed.stamped += 1;
        out.put(&line.text[..parsed.timestamp_span().start])?;
        out.put(format!(" {stamp}").as_bytes())?;
        out.put(&whole[line.text.len()..])?;
    }
    out.borrow_mut().flush()?;
    Ok(passed)
}

impl StampArgs {
    pub(crate) fn run(self, console: &Console) -> Result<Exit, Failure> {
        let source = sources(std::slice::from_ref(&self.file), None, console)?.remove(0);
        let unread = |error| Failure::local_io(format!("{}: {error}", source.name()));
        let out = Out { to: io::stdout().lock(), waiting: Vec::with_capacity(2 * ROOM), failed: None };
        let out = Rc::new(RefCell::new(out));
        let input = FlushFirst { input: source.open(Arc::default()).map_err(unread)?, out: Rc::clone(&out) };
        let copied = copy(&mut Lines::new(input, self.max_line), &out, self.precision, times::now);
        if copied.is_err() && out.borrow().failed.is_none() {
            // What was read before it is whole lines, and good.
            let _ = out.borrow_mut().flush();
        }
        if let Some(error) = out.borrow_mut().failed.take() {
            return Err(unwritten(&error));
        }
        let passed = copied.map_err(unread)?;
        through_to_disk().map_err(|error| unwritten(&error))?;
        Ok(self.tell(&passed, console))
    }

    fn tell(&self, passed: &Passed, console: &Console) -> Exit {
        let points = counted(passed.points, "point", "points");
        console.say(&match passed.span {
            None => format!("nothing to stamp in {points}"),
            Some((first, last)) => {
                let text = |stamp| times::text_in(stamp, self.precision);
                let stamped = grouped(passed.stamped);
                format!("{stamped} of {points} stamped, in {}: {} to {}", unit(self.precision), text(first), text(last))
            }
        });
        let ahead = passed
            .span
            .map_or(0, |(_, last)| last.saturating_mul(self.precision.nanoseconds()).saturating_sub(times::now()));
        // Within a unit or a second there is nothing to see.
        if ahead > self.precision.nanoseconds().max(1_000_000_000) {
            let ahead = duration_text(std::time::Duration::from_nanos(ahead.unsigned_abs()));
            console.warn(&format!(
                "the last stamp is {ahead} ahead of the clock: there are more lines than {} since the first; a finer \
                 --precision has room for them",
                match self.precision {
                    Precision::Nanoseconds => "nanoseconds",
                    Precision::Microseconds => "microseconds",
                    Precision::Milliseconds => "milliseconds",
                    Precision::Seconds => "seconds",
                    Precision::Minutes => "minutes",
                    Precision::Hours => "hours",
                }
            ));
        }
        if let Some((line, doubt)) = &passed.doubt {
            console.warn(&format!("line {line}: {}", doubt.text()));
        }
        let Some(first) = passed.first_unread else { return Exit::OK };
        let lines = counted(passed.unread, "line", "lines");
        let message = format!("{lines} (first {first}) cannot be parsed or are too long, and passed as they are");
        if self.strict {
            report(console, Exit::of(Class::Malformed), &message, Some(Class::Malformed.advice().text()));
            return Exit::of(Class::Malformed);
        }
        console.warn(&message);
        Exit::OK
    }
}

fn unwritten(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::ClosedPipe
    } else {
        Failure::local_io(format!("cannot write to standard output: {error}"))
    }
}

/// Some disks say only now that they are full.
#[cfg(unix)]
fn through_to_disk() -> io::Result<()> {
    use std::os::fd::AsFd;
    let file = std::fs::File::from(io::stdout().as_fd().try_clone_to_owned()?);
    if file.metadata()?.is_file() { file.sync_all() } else { Ok(()) }
}

#[cfg(not(unix))]
fn through_to_disk() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: i64 = 1_793_491_200_000_000_000;

    fn stamped(text: &str, precision: Precision, clock: &[i64]) -> (String, Passed) {
        let mut written = Vec::new();
        let out = RefCell::new(Out { to: &mut written, waiting: Vec::new(), failed: None });
        let mut clock = clock.iter().copied().cycle();
        let passed =
            copy(&mut Lines::new(text.as_bytes(), 100), &out, precision, || clock.next().unwrap_or_default()).unwrap();
        drop(out);
        (String::from_utf8(written).unwrap(), passed)
    }

    #[test]
    fn only_lines_without_a_time_change() {
        let long = "x".repeat(200);
        let text = format!(
            "# DML\r\n\r\n  m v=1 5\r\nm v=2\r\nlog text=\"a\nb\"\n{long}\nm v=\n\t m v=3 \t\nm s=\"open\nm v=4"
        );
        let (written, passed) = stamped(&text, Precision::Nanoseconds, &[NOW]);
        let n = |n: i64| NOW + n;
        let expected = format!(
            "# DML\r\n\r\n  m v=1 5\r\nm v=2 {}\r\nlog text=\"a\nb\" {}\n{long}\nm v=\n\t m v=3 {}\nm s=\"open\nm v=4 {}",
            n(0),
            n(1),
            n(2),
            n(3)
        );
        assert_eq!(written, expected);
        assert_eq!((passed.points, passed.stamped, passed.unread, passed.first_unread), (8, 4, 3, Some(7)));
    }

    #[test]
    fn stamps_follow_the_clock_and_never_go_back() {
        let clock = [NOW, NOW + 7_000_000, NOW - 1_000_000_000, NOW + 9_999_999];
        let (written, passed) = stamped("m v=1\nm v=1\nm v=1\nm v=1\n", Precision::Milliseconds, &clock);
        let ms = NOW / 1_000_000;
        let expected: String = [0, 7, 8, 9].iter().map(|n| format!("m v=1 {}\n", ms + n)).collect();
        assert_eq!(written, expected);
        assert_eq!(passed.span, Some((ms, ms + 9)));
    }

    #[test]
    fn what_was_stamped_passes_unchanged() {
        let (once, _) = stamped("m v=1\n# c\nm,t=a v=2 \nm v=\n", Precision::Seconds, &[NOW]);
        let (twice, passed) = stamped(&once, Precision::Seconds, &[NOW + 60_000_000_000]);
        assert_eq!((twice, passed.stamped), (once, 0));
    }

    #[test]
    fn an_output_that_fails_is_not_a_success_later() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let out = RefCell::new(Out { to: Full, waiting: Vec::new(), failed: None });
        assert!(copy(&mut Lines::new(&b"m v=1\n"[..], 100), &out, Precision::Nanoseconds, || NOW).is_err());
        assert_eq!(out.borrow().failed.as_ref().unwrap().kind(), io::ErrorKind::StorageFull);
    }
}
