//! When a write to one shard has succeeded, and what its failure is called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How many owners of a shard must take a write before it is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Level {
    /// One owner, or a hinted handoff queue.
    Any,
    /// One owner.
    #[default]
    One,
    /// More than half of the owners.
    Quorum,
    /// Every owner.
    All,
}

/// The text is no consistency level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid consistency level")]
pub struct UnknownLevel;

impl Level {
    /// Acknowledgements needed from this many owners.
    #[must_use]
    pub fn required(self, owners: usize) -> usize {
        match self {
            Self::Any | Self::One => 1,
            Self::Quorum => owners / 2 + 1,
            Self::All => owners,
        }
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    /// Case does not matter (profile 1.8; 0.10 compares exactly and never gets here with another text).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "any" => Ok(Self::Any),
            "one" => Ok(Self::One),
            "quorum" => Ok(Self::Quorum),
            "all" => Ok(Self::All),
            _ => Err(UnknownLevel),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any",
            Self::One => "one",
            Self::Quorum => "quorum",
            Self::All => "all",
        })
    }
}

/// What became of a write at one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerAnswer {
    /// Counts towards the level.
    Acknowledged,
    /// Does not count; the text may become the answer to the client.
    Failed(String),
    /// Does not count, and the text never reaches a client (profile 1.8: a queue that is not empty or blocked).
    Queued,
}

/// Why a shard write was not acknowledged. `Display` gives the wire text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardWriteError {
    /// Some owners took it, but fewer than the level asks.
    #[error("partial write")]
    Partial,
    /// The write-timeout passed first.
    #[error("timeout")]
    Timeout,
    /// No owner took it; the first reason heard.
    #[error("write failed: {0}")]
    Failed(String),
    /// No owner took it, and no reason may be told.
    #[error("write failed")]
    FailedSilently,
}

/// Counts the answers of a shard's owners.
///
/// There is no early failure: even when the level is out of reach, all owners are heard (both real systems).
#[derive(Clone, Debug)]
pub struct Collector {
    required: usize,
    outstanding: usize,
    acknowledged: usize,
    first_error: Option<String>,
}

impl Collector {
    /// For a shard with this many owners.
    #[must_use]
    pub fn new(level: Level, owners: usize) -> Self {
        Self { required: level.required(owners), outstanding: owners, acknowledged: 0, first_error: None }
    }

    /// Takes one owner's answer; `Some` once the write is decided.
    pub fn record(&mut self, answer: OwnerAnswer) -> Option<Result<(), ShardWriteError>> {
        self.outstanding = self.outstanding.saturating_sub(1);
        match answer {
            OwnerAnswer::Acknowledged => {
                self.acknowledged += 1;
                if self.acknowledged >= self.required {
                    return Some(Ok(()));
                }
            }
            OwnerAnswer::Failed(text) => {
                self.first_error.get_or_insert(text);
            }
            OwnerAnswer::Queued => {}
        }
        if self.outstanding == 0 { Some(Err(self.verdict())) } else { None }
    }

    /// The failure when nobody is left to hear from, which is also that of a shard without owners.
    #[must_use]
    pub fn verdict(&self) -> ShardWriteError {
        if self.acknowledged > 0 {
            return ShardWriteError::Partial;
        }
        self.first_error.clone().map_or(ShardWriteError::FailedSilently, ShardWriteError::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::OwnerAnswer::{Acknowledged, Queued};
    use super::*;

    fn failed(text: &str) -> OwnerAnswer {
        OwnerAnswer::Failed(text.to_owned())
    }

    /// Plays the answers and returns the decision with the number of answers it took.
    fn play(level: Level, answers: &[OwnerAnswer]) -> (usize, Result<(), ShardWriteError>) {
        let mut collector = Collector::new(level, answers.len());
        for (heard, answer) in answers.iter().enumerate() {
            if let Some(decision) = collector.record(answer.clone()) {
                return (heard + 1, decision);
            }
        }
        (answers.len(), Err(collector.verdict()))
    }

    #[test]
    fn each_level_asks_for_its_share() {
        for (level, wanted) in
            [(Level::Any, [1, 1, 1]), (Level::One, [1, 1, 1]), (Level::Quorum, [1, 2, 2]), (Level::All, [1, 2, 3])]
        {
            assert_eq!([1, 2, 3].map(|owners| level.required(owners)), wanted, "{level}");
        }
    }

    #[test]
    fn success_does_not_wait_for_stragglers() {
        assert_eq!(play(Level::Quorum, &[Acknowledged, Acknowledged, failed("late")]), (2, Ok(())));
    }

    #[test]
    fn a_level_out_of_reach_still_hears_everybody() {
        let (heard, decision) = play(Level::All, &[failed("dial"), Acknowledged, Acknowledged]);
        assert_eq!((heard, decision), (3, Err(ShardWriteError::Partial)));
    }

    #[test]
    fn the_first_error_is_told_when_nobody_took_it() {
        let (_, decision) = play(Level::One, &[Queued, failed("a"), failed("b")]);
        assert_eq!(decision, Err(ShardWriteError::Failed("a".to_owned())));
    }

    #[test]
    fn queues_alone_leave_no_reason() {
        assert_eq!(play(Level::Any, &[Queued, Queued]).1, Err(ShardWriteError::FailedSilently));
        assert_eq!(play(Level::One, &[]).1, Err(ShardWriteError::FailedSilently));
    }
}
