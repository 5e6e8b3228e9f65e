//! What a run puts up with: `--max-rejected`, `--allow-rejected`, `--on-below-level`.

use std::str::FromStr;

use clap::ValueEnum;

use super::counts::Counts;

/// What to do with a batch that was acknowledged by fewer replicas than the level asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnBelowLevel {
    /// The batch has failed, with class below-level. Hinted handoff normally brings the rest.
    #[default]
    Fail,
    /// Send it again until the level is met, as often as other classes.
    Retry,
    /// Count it as below level and go on; the exit code does not tell it.
    Accept,
}

/// How many refused points end the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum MaxRejected {
    /// More than so many.
    Points(u64),
    /// More than this share of the points read, in percent.
    Percent(f64),
}

/// Points that must be read before a share of them means something.
const SAMPLE: u64 = 1_000;

impl MaxRejected {
    /// Whether more were refused than allowed; `over` when no more are going to be read.
    pub(crate) fn is_exceeded(self, counts: &Counts, over: bool) -> bool {
        match self {
            Self::Points(most) => counts.rejected > most,
            Self::Percent(most) => {
                (over || counts.read >= SAMPLE) && counts.rejected as f64 > counts.read as f64 * most / 100.0
            }
        }
    }
}

impl FromStr for MaxRejected {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is neither a number of points nor a share: write 0, 100 or 1.5%");
        match text.strip_suffix('%') {
            Some(share) => match share.trim().parse() {
                Ok(share) if (0.0..=100.0).contains(&share) => Ok(Self::Percent(share)),
                Ok(_) | Err(_) => Err(wrong()),
            },
            None => text.parse().map(Self::Points).map_err(|_| wrong()),
        }
    }
}

/// What a run puts up with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tolerance {
    pub(crate) below_level: OnBelowLevel,
    pub(crate) max_rejected: Option<MaxRejected>,
    /// Refused points alone are no failure of the run.
    pub(crate) allow_rejected: bool,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn counts(read: u64, rejected: u64) -> Counts {
        Counts { read, rejected, ..Counts::default() }
    }

    #[test]
    fn a_number_counts_at_once_and_a_share_after_a_sample() {
        let none: MaxRejected = "0".parse().unwrap();
        assert!(!none.is_exceeded(&counts(5, 0), false));
        assert!(none.is_exceeded(&counts(5, 1), false));
        let share: MaxRejected = "1.5%".parse().unwrap();
        assert!(!share.is_exceeded(&counts(10, 5), false), "too few to tell");
        assert!(share.is_exceeded(&counts(10, 5), true));
        assert!(share.is_exceeded(&counts(2_000, 31), false));
        assert!(!share.is_exceeded(&counts(2_000, 30), true));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "-1", "x", "101%", "-1%", "NaN%", "%", "1.5"] {
            assert!(text.parse::<MaxRejected>().is_err(), "{text}");
        }
    }
}
