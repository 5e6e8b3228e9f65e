//! The rules of other clients, as pure decisions.
//!
//! They read what their originals read: the text of the error, or the status alone. How they do it is restated from their
//! documentation and from threads about them, not taken from their sources.

use std::time::Duration;

/// What a client hears of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// An answer.
    Answer {
        /// Its status.
        status: u16,
        /// Its body.
        text: &'a str,
    },
    /// No connection came about.
    Unconnected,
    /// The connection ended without an answer.
    Lost,
    /// The time ran out.
    TimedOut,
}

/// What it does then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Tells its caller that the points are written.
    Stored,
    /// Tells its caller that the write failed.
    Failed,
    /// Writes a line to its own log and drops the points; its caller is told nothing.
    Silent,
    /// Sends them again after this time.
    After(Duration),
    /// Sends them again when it flushes next; what came after them waits.
    NextFlush,
}

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Asks once.
    None,
    /// `curl --fail --retry 4`: by the status alone.
    Curl,
    /// Telegraf's InfluxDB 1.x output: by parts of the text, wherever they stand in it.
    Telegraf,
    /// influxdb-java with batches and its retry buffer: by parts of the text, the first that fits.
    InfluxdbJava,
}

/// How often `curl` tries again at most.
const CURL_RETRIES: u32 = 4;
/// Statuses that `curl` takes for passing troubles.
const CURL_TRANSIENT: [u16; 7] = [408, 429, 500, 502, 503, 504, 522];
/// Texts after which Telegraf is done with a batch: a word on the state of the cluster, or an error that it takes for one
/// of the points.
const TELEGRAF_DONE: [&str; 4] =
    ["hinted handoff queue not empty", "points beyond retention policy", "partial write", "unable to parse"];
/// Texts that influxdb-java does not think worth a retry.
const JAVA_FINAL: [&str; 9] = [
    "database not found",
    "points beyond retention policy",
    "field type conflict",
    "unable to parse",
    "hinted handoff queue not empty",
    "user is required to write to database",
    "user is not authorized to write to database",
    "authorization failed",
    "username required",
];

impl Rule {
    /// What follows from what was heard of the request number `attempts` with these points.
    #[must_use]
    pub fn decide(self, heard: Heard<'_>, attempts: u32) -> Step {
        if let Heard::Answer { status: 200..=299, .. } = heard {
            return Step::Stored;
        }
        match self {
            Self::None => Step::Failed,
            Self::Curl => curl(heard, attempts),
            Self::Telegraf => match heard {
                Heard::Answer { text, .. } if TELEGRAF_DONE.iter().any(|part| text.contains(part)) => Step::Silent,
                Heard::Answer { .. } | Heard::Unconnected | Heard::Lost | Heard::TimedOut => Step::NextFlush,
            },
            Self::InfluxdbJava => match heard {
                Heard::Answer { text, .. } if JAVA_FINAL.iter().any(|part| text.contains(part)) => Step::Failed,
                Heard::Answer { .. } | Heard::Unconnected | Heard::Lost | Heard::TimedOut => Step::NextFlush,
            },
        }
    }

    /// Whether it keeps batches in order and sends them at fixed times.
    #[must_use]
    pub const fn flushes(self) -> bool {
        match self {
            Self::None | Self::Curl => false,
            Self::Telegraf | Self::InfluxdbJava => true,
        }
    }

    /// Whether it asks the other servers it knows before it waits.
    #[must_use]
    pub const fn knows_all_servers(self) -> bool {
        match self {
            Self::Telegraf => true,
            Self::None | Self::Curl | Self::InfluxdbJava => false,
        }
    }
}

fn curl(heard: Heard<'_>, attempts: u32) -> Step {
    let transient = match heard {
        Heard::Answer { status, .. } => CURL_TRANSIENT.contains(&status),
        Heard::TimedOut => true,
        // Only with flags that nobody knows.
        Heard::Unconnected | Heard::Lost => false,
    };
    if transient && attempts <= CURL_RETRIES {
        // One second, then twice as long each time.
        Step::After(Duration::from_secs(1 << (attempts.clamp(1, 10) - 1)))
    } else {
        Step::Failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, text: &str) -> Heard<'_> {
        Heard::Answer { status, text }
    }

    const ALL: [Rule; 4] = [Rule::None, Rule::Curl, Rule::Telegraf, Rule::InfluxdbJava];

    #[test]
    fn a_success_is_one_for_all() {
        for rule in ALL {
            assert_eq!(rule.decide(answer(204, ""), 3), Step::Stored);
        }
    }

    #[test]
    fn curl_goes_by_the_status_and_gives_up_in_the_end() {
        let conflict = answer(500, "write failed: field type conflict");
        let waits: Vec<Step> = (1..=5).map(|attempt| Rule::Curl.decide(conflict, attempt)).collect();
        let seconds = [1, 2, 4, 8].map(|seconds| Step::After(Duration::from_secs(seconds)));
        assert_eq!(waits[..4], seconds, "what can never succeed is sent four times more");
        assert_eq!(waits[4], Step::Failed);
        assert_eq!(Rule::Curl.decide(answer(400, "partial write: x dropped=1"), 1), Step::Failed);
        assert_eq!(Rule::Curl.decide(Heard::Lost, 1), Step::Failed);
        assert!(matches!(Rule::Curl.decide(Heard::TimedOut, 1), Step::After(_)));
    }

    #[test]
    fn telegraf_takes_a_missed_level_for_refused_points() {
        let decide = |text| Rule::Telegraf.decide(answer(500, text), 1);
        assert_eq!(decide("partial write"), Step::Silent);
        assert_eq!(decide("write failed: partial write: field type conflict dropped=1"), Step::Silent);
        assert_eq!(decide("write failed: field type conflict"), Step::NextFlush, "for ever");
        assert_eq!(decide("timeout"), Step::NextFlush);
        assert_eq!(Rule::Telegraf.decide(Heard::Unconnected, 1), Step::NextFlush);
    }

    #[test]
    fn influxdb_java_tries_everything_again_that_it_does_not_know() {
        let decide = |text| Rule::InfluxdbJava.decide(answer(500, text), 9);
        assert_eq!(decide("partial write"), Step::NextFlush);
        assert_eq!(decide("retention policy not found: x"), Step::NextFlush, "for ever");
        assert_eq!(decide("write failed: partial write: field type conflict dropped=1"), Step::Failed);
        assert_eq!(Rule::InfluxdbJava.decide(Heard::Lost, 1), Step::NextFlush);
    }

    #[test]
    fn who_asks_once_asks_once() {
        for heard in [answer(500, "timeout"), Heard::Unconnected, Heard::Lost, Heard::TimedOut] {
            assert_eq!(Rule::None.decide(heard, 1), Step::Failed);
        }
    }
}
