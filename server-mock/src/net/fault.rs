//! What is wrong with one direction of a link.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Faults of a link in one direction: of what one node sends another, whichever of them opened the connection.
///
/// All of them combine. The model is that of TCP, where a lost packet is sent again: nothing that a link lets through is
/// ever damaged or out of order.
///
/// * **cut**: nothing passes and nothing fails, until a deadline does or the link is healed; then what waited passes. A
///   request into a cut direction is lost; where only the way back is cut, the request arrives and its answer is lost.
///   A connection can be opened while the direction of the dial is whole. (Under a packet filter the handshake would
///   need both directions; here the one-way case can be had at will, not only on connections that happen to be open.)
/// * **delay** and **jitter**: each message takes that long; opening a connection takes one such trip each way. What was
///   sent arrives even if the sender gave up waiting, so that a write can arrive after its time-out.
/// * **drop**: with this probability a message, or an attempt to connect, is lost for good. Its connection then carries
///   nothing more that way and is reset [two seconds](Self::RESET_AFTER) later; an attempt to connect waits until its
///   own limit.
/// * **bandwidth**: bytes per second of the whole link in this direction, shared by its connections.
///
/// ```
/// use std::time::Duration;
/// use influx_server_mock::{LinkFault, Probability};
///
/// let slow = LinkFault::new().delay(Duration::from_millis(200)).jitter(Duration::from_millis(50));
/// let bad = slow.drop(Probability::percent(10)).seed(7);
/// assert_eq!(bad.to_string(), "delay 200ms ± 50ms, drop 10%");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkFault {
    pub(super) cut: bool,
    pub(super) delay: Duration,
    pub(super) jitter: Duration,
    pub(super) drop: Probability,
    /// Bytes per second; 0 does not limit.
    pub(super) bandwidth: u64,
    pub(super) seed: u64,
}

/// Longer is no delay but a cut, and times far in the future cannot be reckoned with.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

impl LinkFault {
    /// How long after a message was lost its connection is reset.
    pub const RESET_AFTER: Duration = Duration::from_secs(2);

    /// No fault.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing passes.
    #[must_use]
    pub fn cut(self) -> Self {
        Self { cut: true, ..self }
    }

    /// Each message takes this long; a day at most.
    #[must_use]
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay: delay.min(LONGEST), ..self }
    }

    /// Each message takes up to this much more or less than the delay.
    #[must_use]
    pub fn jitter(self, jitter: Duration) -> Self {
        Self { jitter: jitter.min(LONGEST), ..self }
    }

    /// Messages and attempts to connect are lost with this probability.
    #[must_use]
    pub fn drop(self, drop: Probability) -> Self {
        Self { drop, ..self }
    }

    /// So many bytes pass per second; 0 lifts the limit.
    #[must_use]
    pub fn bandwidth(self, bytes_per_second: u64) -> Self {
        Self { bandwidth: bytes_per_second, ..self }
    }

    /// Where the random numbers begin: connections of equal number draw the same ones under the same seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Both faults at once; where both say something of the same part, the other one counts.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        let delays = !other.delay.is_zero() || !other.jitter.is_zero();
        let (delay, jitter) = if delays { (other.delay, other.jitter) } else { (self.delay, self.jitter) };
        Self {
            cut: self.cut || other.cut,
            delay,
            jitter,
            drop: if other.drop.is_never() { self.drop } else { other.drop },
            bandwidth: if other.bandwidth == 0 { self.bandwidth } else { other.bandwidth },
            seed: if other.seed == 0 { self.seed } else { other.seed },
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_none(&self) -> bool {
        !self.cut && !self.shapes()
    }

    /// Whether what passes is held up or lost.
    pub(super) fn shapes(&self) -> bool {
        !self.delay.is_zero() || !self.jitter.is_zero() || !self.drop.is_never() || self.bandwidth > 0
    }

    /// How long one trip takes.
    pub(super) fn trip(&self, rng: &mut fastrand::Rng) -> Duration {
        if self.jitter.is_zero() {
            return self.delay;
        }
        let spread = self.jitter.mul_f64(2.0 * rng.f64());
        (self.delay + spread).saturating_sub(self.jitter)
    }
}

impl fmt::Display for LinkFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.cut {
            parts.push("cut".to_owned());
        }
        match (self.delay.is_zero(), self.jitter.is_zero()) {
            (true, true) => {}
            (_, true) => parts.push(format!("delay {:?}", self.delay)),
            (_, false) => parts.push(format!("delay {:?} ± {:?}", self.delay, self.jitter)),
        }
        if !self.drop.is_never() {
            parts.push(format!("drop {}", self.drop));
        }
        if self.bandwidth > 0 {
            parts.push(format!("bandwidth {} B/s", self.bandwidth));
        }
        f.write_str(if parts.is_empty() { "whole" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}

/// A probability from never to always.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

/// A number that is no probability, or a text that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no probability: write 0.1 or 10%")]
pub struct NotAProbability(String);

impl Probability {
    /// In every case.
    pub const ALWAYS: Self = Self(1.0);

    /// So many times in a hundred; more than a hundred is always.
    #[must_use]
    pub fn percent(percent: u8) -> Self {
        Self(f64::from(percent.min(100)) / 100.0)
    }

    /// Whether it never happens.
    #[must_use]
    pub fn is_never(self) -> bool {
        self.0 == 0.0
    }

    pub(crate) fn happens(self, rng: &mut fastrand::Rng) -> bool {
        // f64() is below one, so that ALWAYS is always and never is never.
        rng.f64() < self.0
    }
}

impl TryFrom<f64> for Probability {
    type Error = NotAProbability;

    fn try_from(value: f64) -> Result<Self, NotAProbability> {
        if (0.0..=1.0).contains(&value) { Ok(Self(value)) } else { Err(NotAProbability(value.to_string())) }
    }
}

impl From<Probability> for f64 {
    fn from(probability: Probability) -> Self {
        probability.0
    }
}

impl FromStr for Probability {
    type Err = NotAProbability;

    /// `10%` or `0.1`.
    fn from_str(text: &str) -> Result<Self, NotAProbability> {
        let refused = || NotAProbability(text.to_owned());
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_| refused());
        let value = match text.strip_suffix('%') {
            Some(percent) => number(percent)? / 100.0,
            None => number(text)?,
        };
        Self::try_from(value).map_err(|_| refused())
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded where binary fractions would show: 0.07 × 100 is not quite 7.
        write!(f, "{}%", (self.0 * 1e8).round() / 1e6)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn probabilities_are_read_in_both_forms_and_checked() {
        assert_eq!("10%".parse::<Probability>().unwrap(), Probability::percent(10));
        assert_eq!("0.1".parse::<Probability>().unwrap(), Probability::percent(10));
        assert_eq!("7%".parse::<Probability>().unwrap().to_string(), "7%");
        for wrong in ["", "%", "101%", "1.5", "-1%", "NaN", "ten"] {
            assert!(wrong.parse::<Probability>().is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Probability>("1.5").is_err());
    }

    #[test]
    fn jitter_stays_within_its_bounds_and_repeats_under_its_seed() {
        let (delay, jitter) = (Duration::from_millis(20), Duration::from_millis(30));
        let fault = LinkFault::new().delay(delay).jitter(jitter);
        let trips = |seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            (0..200).map(|_| fault.trip(&mut rng)).collect::<Vec<_>>()
        };
        assert_eq!(trips(1), trips(1));
        assert_ne!(trips(1), trips(2));
        assert!(trips(1).iter().all(|trip| *trip <= delay + jitter));
        assert!(trips(1).iter().any(|trip| *trip > delay) && trips(1).iter().any(Duration::is_zero));
    }

    #[test]
    fn never_and_always_are_so() {
        let mut rng = fastrand::Rng::with_seed(3);
        assert!((0..1000).all(|_| Probability::ALWAYS.happens(&mut rng)));
        assert!(!(0..1000).any(|_| Probability::default().happens(&mut rng)));
    }
}
