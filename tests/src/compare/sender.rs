//! Who sends.

use std::fmt;
use std::time::Duration;

use influx_client::{Backoff, BuildError, Client, ClientBuilder, ConsistencyLevel, Downgrade, NoRetry};

use super::Rule;

/// A client with its rule of resending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sender {
    /// Asks once.
    None,
    /// `curl` with retries.
    Curl,
    /// Like Telegraf.
    Telegraf,
    /// Like influxdb-java.
    InfluxdbJava,
    /// This project's client.
    Ours,
    /// The same, settling for less than the level where it is not to be had.
    OursLowering,
}

/// How long every sender waits for an answer: originals wait for 5 s, 10 s or for ever; here time is shorter for all.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// How long a call of our client may take in all.
const CALL_LIMIT: Duration = Duration::from_secs(15);

impl Sender {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Curl, Self::Telegraf, Self::InfluxdbJava, Self::Ours, Self::OursLowering];

    /// Its name in files and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Curl => "curl",
            Self::Telegraf => "telegraf",
            Self::InfluxdbJava => "influxdb-java",
            Self::Ours => "ours",
            Self::OursLowering => "ours-lowering",
        }
    }

    /// What it does, in a sentence.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::None => "one request a batch, to one server; everything but a 2xx is a failure",
            Self::Curl => {
                "as curl --fail --retry 4: 408, 429, 5xx and time-outs again after 1, 2, 4 and 8 s, one server"
            }
            Self::Telegraf => {
                "as Telegraf's output: keeps batches in order, drops one whose error has certain words, else tries \
                 every server at each flush (1 s)"
            }
            Self::InfluxdbJava => {
                "as influxdb-java with a retry buffer: keeps batches in order, fails one whose error has certain words, \
                 else tries one server at each flush (1 s)"
            }
            Self::Ours => "influx-client with its default policy (Backoff), three servers, types split",
            Self::OursLowering => "the same with Downgrade to one",
        }
    }

    /// The rule that it follows, if that is not our client's.
    #[must_use]
    pub const fn rule(self) -> Option<Rule> {
        match self {
            Self::None => Some(Rule::None),
            Self::Curl => Some(Rule::Curl),
            Self::Telegraf => Some(Rule::Telegraf),
            Self::InfluxdbJava => Some(Rule::InfluxdbJava),
            Self::Ours | Self::OursLowering => None,
        }
    }

    /// Its database.
    #[must_use]
    pub fn database(self) -> String {
        format!("by_{}", self.id().replace('-', "_"))
    }

    /// The client that its requests go through; the rules of others use none of its own rules.
    pub(super) fn client(self, urls: &[String]) -> Result<Client, BuildError> {
        let builder: ClientBuilder = Client::builder().endpoints(urls).database(self.database());
        let builder = builder.attempt_timeout(ANSWER_LIMIT).deadline(CALL_LIMIT);
        match self {
            Self::None | Self::Curl | Self::Telegraf | Self::InfluxdbJava => builder.retry(NoRetry),
            Self::Ours => builder.retry(Backoff::default()),
            Self::OursLowering => builder.retry(Downgrade::to(ConsistencyLevel::One)),
        }
        .build()
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}
