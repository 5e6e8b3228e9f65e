//! When TCP sends again what was not acknowledged.
//!
//! Behind a packet filter nothing tells the ends of a connection that a link is whole again: what was lost arrives with the
//! next attempt, each of which comes after twice the time of the one before. So a cut of three seconds may hold a request
//! up for six (study figures § 1: acknowledged writes that began in a partition of 3 s and took up to 7.8 s; at `all`, those
//! that began 0.6 s before a heal took 0.64 s).

use std::time::Duration;

use tokio::time::Instant;

/// From the first attempt to the second, of data on a connection of a local network: the least that Linux waits.
pub(super) const DATA: Duration = Duration::from_millis(200);
/// Likewise, of the first packet of a connection.
pub(super) const DIAL: Duration = Duration::from_secs(1);
/// Linux waits no longer than this.
const LONGEST: Duration = Duration::from_secs(120);

/// The attempts to get something through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempts {
    last: Instant,
    pause: Duration,
}

impl Attempts {
    /// The first attempt is made now, and the second one after this pause.
    pub(super) fn begin(now: Instant, pause: Duration) -> Self {
        Self { last: now, pause }
    }

    /// The moment of the attempt that comes after the last one told.
    pub(super) fn next(&mut self) -> Instant {
        self.last += self.pause;
        self.pause = (self.pause * 2).min(LONGEST);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pause_is_twice_as_long() {
        let now = Instant::now();
        let mut attempts = Attempts::begin(now, DATA);
        let after: Vec<u128> = (0..6).map(|_| (attempts.next() - now).as_millis()).collect();
        assert_eq!(after, [200, 600, 1400, 3000, 6200, 12_600]);
        let mut attempts = Attempts::begin(now, DIAL);
        let after: Vec<u64> = (0..4).map(|_| (attempts.next() - now).as_secs()).collect();
        assert_eq!(after, [1, 3, 7, 15]);
    }
}
