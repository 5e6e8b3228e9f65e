//! Everything that reaches standard output or standard error.
//!
//! Standard output carries results and nothing else; standard error carries what is meant for people. Neither
//! may end the program: a reader that has gone away is a normal end of a pipe.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use serde::Serialize;

use crate::failure::Failure;

/// When to colour what people read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much standard error is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// The exit code is all (`-qq`).
    Silent,
    /// Errors alone (`-q`).
    Errors,
    /// Errors and summaries.
    Normal,
    /// Each batch and the log too (`-v`).
    Verbose,
}

/// The colours in use, by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// As it should be.
    Good,
    /// Worth a look.
    Doubtful,
    /// An error.
    Bad,
    /// A heading.
    Strong,
    /// Less important than what is around it.
    Faint,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Doubtful => "33",
            Self::Bad => "31;1",
            Self::Strong => "1",
            Self::Faint => "2",
        }
    }
}

/// The two output streams and the wishes of the command line about them.
#[derive(Debug)]
pub(crate) struct Console {
    verbosity: Verbosity,
    color_out: bool,
    color_err: bool,
    /// Set once standard output's reader has gone away.
    closed: AtomicBool,
}

impl Console {
    /// Decides on colour once: flag, then NO_COLOR, then CLICOLOR_FORCE, then whether it is a terminal.
    pub(crate) fn new(verbosity: Verbosity, choice: ColorChoice) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let color = |terminal: bool| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && (set("CLICOLOR_FORCE")
                        || (terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb")))
            }
        };
        Self {
            verbosity,
            color_out: color(io::stdout().is_terminal()),
            color_err: color(io::stderr().is_terminal()),
            closed: AtomicBool::new(false),
        }
    }

    /// Columns of the terminal at standard output, if it is one.
    pub(crate) fn width(&self) -> Option<usize> {
        columns(&io::stdout())
    }

    /// Columns of the terminal at standard error, if it is one.
    pub(crate) fn width_err(&self) -> Option<usize> {
        columns(&io::stderr())
    }

    /// How much standard error is told.
    pub(crate) fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Whether standard output is a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Writes results to standard output.
    ///
    /// # Errors
    /// [`Failure::ClosedPipe`] if the reader has gone away, `local-io` if it cannot be written.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(Failure::ClosedPipe);
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| {
            self.closed.store(true, Ordering::Relaxed);
            if error.kind() == io::ErrorKind::BrokenPipe {
                Failure::ClosedPipe
            } else {
                Failure::local_io(format!("cannot write to standard output: {error}"))
            }
        })
    }

    /// Writes one JSON object and a line end to standard output.
    ///
    /// # Errors
    /// As [`Console::print`].
    pub(crate) fn print_json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let mut line = serde_json::to_string(value).map_err(|error| Failure::Internal(error.to_string()))?;
        line.push('\n');
        self.print(&line)
    }

    /// Tells a person something, unless told to be quiet.
    pub(crate) fn say(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            complain(text);
        }
    }

    /// Tells a person what only `-v` asks for.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            complain(text);
        }
    }

    /// A warning, unless told to be quiet.
    pub(crate) fn warn(&self, text: &str) {
        self.say(&format!("{} {text}", self.painted_err("warning:", Paint::Doubtful)));
    }

    /// An error, unless told to be silent.
    pub(crate) fn error(&self, text: &str) {
        if self.verbosity >= Verbosity::Errors {
            complain(text);
        }
    }

    /// Text for standard output, coloured if that is wanted there.
    pub(crate) fn painted(&self, text: &str, paint: Paint) -> String {
        painted(text, paint, self.color_out)
    }

    /// Text for standard error, coloured if that is wanted there.
    pub(crate) fn painted_err(&self, text: &str, paint: Paint) -> String {
        painted(text, paint, self.color_err)
    }
}

/// Columns of the terminal behind a stream.
#[cfg(unix)]
fn columns(stream: &impl std::os::fd::AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    // Some terminals know no size and say 0.
    Some(usize::from(size.ws_col)).filter(|columns| *columns >= 20)
}

#[cfg(not(unix))]
fn columns<T>(_: &T) -> Option<usize> {
    None
}

/// Writes a line to standard error; if nobody takes it there is nobody to tell.
fn complain(text: &str) {
    let mut line = text.to_owned();
    line.push('\n');
    // One write a line, so that lines of several processes on one terminal stay whole.
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

fn painted(text: &str, paint: Paint, color: bool) -> String {
    if color { format!("\u{1b}[{}m{text}\u{1b}[0m", paint.code()) } else { text.to_owned() }
}
