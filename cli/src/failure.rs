//! What ends a command other than its result, and the exit code of each such end.

use influx_client::{Class, WriteError};

use crate::console::{Console, Paint};
use crate::render::{folded, one_line};
use crate::secret::without_credentials;

/// The exit code of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exit(pub(crate) u8);

impl Exit {
    /// Everything went as asked.
    pub(crate) const OK: Self = Self(0);
    /// A defect of this program.
    pub(crate) const INTERNAL: Self = Self(1);
    /// The command line is wrong (the code that clap uses).
    pub(crate) const USAGE: Self = Self(2);
    /// A claim of the demonstration or an expectation of an experiment did not hold.
    pub(crate) const CLAIM_BROKEN: Self = Self(40);
    /// What was to be judged cannot be decided.
    pub(crate) const UNDECIDED: Self = Self(41);
    /// The local cluster did not come up, or did not do what it was told.
    pub(crate) const CLUSTER: Self = Self(42);

    /// The exit code of a class.
    pub(crate) fn of(class: Class) -> Self {
        Self(class.exit_code())
    }

    /// The exit code of a process that a signal ended, as shells give it.
    pub(crate) fn by_signal(number: u8) -> Self {
        Self(128_u8.saturating_add(number))
    }
}

/// Why a command ended without a result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments do not go together.
    Usage(String),
    /// A class of the table says it all.
    Classed {
        /// The class, which gives the exit code.
        class: Class,
        /// What happened.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The bundled cluster did not come up, or did not do what it was told.
    Cluster(String),
    /// The demonstration's claims did not all hold.
    ClaimBroken(String),
    /// The reader of standard output has gone away: no error, and nobody to tell.
    ClosedPipe,
    /// Ended by a signal; the number gives the exit code.
    Signal(u8),
    /// A defect of this program.
    Internal(String),
}

impl Failure {
    /// A failure of this class with its own advice as the hint.
    pub(crate) fn classed(class: Class, message: impl Into<String>) -> Self {
        Self::Classed { class, message: message.into(), hint: class.advice().text().to_owned() }
    }

    /// A file or stream of this machine failed.
    pub(crate) fn local_io(message: impl Into<String>) -> Self {
        Self::classed(Class::LocalIo, message)
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::USAGE,
            Self::Classed { class, .. } => Exit::of(*class),
            Self::Cluster(_) => Exit::CLUSTER,
            Self::ClaimBroken(_) => Exit::CLAIM_BROKEN,
            Self::ClosedPipe => Exit::OK,
            Self::Signal(number) => Exit::by_signal(*number),
            Self::Internal(_) => Exit::INTERNAL,
        }
    }

    /// What happened, for a person.
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Usage(message)
            | Self::Cluster(message)
            | Self::ClaimBroken(message)
            | Self::Internal(message)
            | Self::Classed { message, .. } => message,
            Self::ClosedPipe => "the reader has gone away",
            Self::Signal(_) => "ended by a signal",
        }
    }

    /// Tells the person at the terminal, once, in the one form that all errors have.
    pub(crate) fn report(&self, console: &Console) {
        match self {
            Self::Usage(message) | Self::Cluster(message) | Self::ClaimBroken(message) | Self::Internal(message) => {
                report(console, self.exit(), message, None);
            }
            Self::Classed { message, hint, .. } => report(console, self.exit(), message, Some(hint)),
            Self::ClosedPipe | Self::Signal(_) => {}
        }
    }
}

/// Writes `error[CODE]: message  (hint: …; influx-cli explain CODE)`; on a terminal in lines of its width.
pub(crate) fn report(console: &Console, exit: Exit, message: &str, hint: Option<&str>) {
    let head = console.painted_err(&format!("error[{}]:", exit.0), Paint::Bad);
    let message = one_line(&without_credentials(message));
    let better = better_hint(exit, &message);
    let hint = better.as_deref().or(hint);
    if let Some(width) = console.width_err() {
        let mut text = folded(&format!("{head} {message}"), width, 2);
        if let Some(hint) = hint {
            text.push('\n');
            text.push_str(&folded(&format!("  hint: {}", one_line(hint)), width, 4));
            text.push_str(&format!("\n  more: influx-cli explain {}", exit.0));
        }
        return console.error(&text);
    }
    console.error(&match hint {
        Some(hint) => format!("{head} {message}  (hint: {}; influx-cli explain {})", one_line(hint), exit.0),
        None => format!("{head} {message}"),
    });
}

/// A next step that is nearer at hand than that of the whole class, where the message tells what it is.
fn better_hint(exit: Exit, message: &str) -> Option<String> {
    let has = |part: &str| message.contains(part);
    let class = Class::from_exit_code(exit.0)?;
    if class == Class::NotFound {
        // After the last of these words stands the name of what is not there, whichever way the server puts it.
        let database = named(message, "database");
        return if has("retention policy") {
            let (policy, database) = (named(message, "retention policy"), database.unwrap_or("DB"));
            let policy = policy.unwrap_or("NAME");
            Some(format!(
                "create it: influx-cli query 'CREATE RETENTION POLICY \"{policy}\" ON \"{database}\" DURATION 30d REPLICATION \
                 1'; or leave --rp out for the default one"
            ))
        } else if has("database") {
            Some(format!("create it: influx-cli query 'CREATE DATABASE \"{}\"'", database.unwrap_or("NAME")))
        } else {
            None
        };
    }
    if class != Class::Unreachable {
        return None;
    }
    let hint = if has("UnknownIssuer") || has("unknown issuer") {
        "nobody who is trusted here has signed the server's certificate: give its authority with --ca FILE"
    } else if has("certificate") {
        "correct the server's certificate, or the address: it has to be one that the certificate names"
    } else if has("corrupt message") || has("InvalidContentType") {
        "the server does not seem to speak TLS at this port: try http://"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

/// The name in `database "x" not found` or `database not found: x`, if a shell takes it as it is.
fn named<'a>(message: &'a str, what: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(what)?;
    let rest = rest.trim_start();
    let name = match rest.strip_prefix("not found:") {
        Some(rest) => rest.trim_start(),
        None => rest,
    };
    let name = name.split(|c: char| c.is_whitespace()).next()?.trim_matches('"');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

impl From<&WriteError> for Failure {
    fn from(error: &WriteError) -> Self {
        Self::Classed {
            class: error.class(),
            message: error.kind().to_string(),
            hint: error.advice().text().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn hints_name_what_is_to_be_created() {
        for (message, part) in [
            ("batch 1: database \"app\" not found", "CREATE DATABASE \"app\""),
            ("statement 1: database not found: app [http://h]", "CREATE DATABASE \"app\""),
            ("database \"it's\" not found", "CREATE DATABASE \"NAME\""),
            ("retention policy \"short\" not found", "CREATE RETENTION POLICY \"short\" ON \"DB\""),
            ("retention policy not found: short", "CREATE RETENTION POLICY \"short\" ON \"DB\""),
        ] {
            let hint = better_hint(Exit::of(Class::NotFound), message).unwrap();
            assert!(hint.contains(part), "{message}: {hint}");
        }
        assert_eq!(better_hint(Exit::of(Class::Timeout), "database \"app\" not found"), None);
    }
}
