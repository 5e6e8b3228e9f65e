//! What a sender's work comes to.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Counts over a run, or over several.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Handed over.
    pub batches: usize,
    /// In them.
    pub points: usize,
    /// Told to be written.
    pub acknowledged: usize,
    /// Of them, on no replica in the end.
    pub lost_after_acknowledgement: usize,
    /// Of them, on some replicas but not on all.
    pub short_after_acknowledgement: usize,
    /// Told to have failed, to be stored nowhere, or to be refused.
    pub failed: usize,
    /// Told to be open.
    pub open: usize,
    /// Dropped without a word to the caller.
    pub silent: usize,
    /// Of them, not on every replica in the end.
    pub lost_without_notice: usize,
    /// Still waiting to be sent when everything had been well for a while.
    pub waiting: usize,
    /// Good points that are nowhere, although the sender is done with them and did not acknowledge them.
    pub good_dropped: usize,
    /// Points stored once more by a resend.
    pub duplicates: usize,
    /// Claims that the replicas refute: points told to be written at a level that they are not at, or told to be stored
    /// nowhere or refused and stored all the same.
    pub false_claims: usize,
    /// Of the false claims, points told to be written at a level that they are not at.
    #[serde(default)]
    pub below_level: usize,
    /// Copies of its points that a node acknowledged to another one and dropped, by its own log: lies of the servers.
    #[serde(default)]
    pub dropped_by_servers: usize,
    /// Of the points below their level, those that miss no more copies than were dropped of their series, or that were
    /// acknowledged by a hint which their replica refused.
    #[serde(default)]
    pub below_level_by_servers: usize,
    /// Of them, those that are on no replica.
    #[serde(default)]
    pub lost_by_servers: usize,
    /// Points of writes that were told to have failed, without more words, and that are stored.
    pub failed_yet_stored: usize,
    /// Requests.
    pub requests: usize,
    /// Of them, those with points that had been sent before.
    pub resends: usize,
    /// Most hinted writes that waited at a time.
    pub peak_hints: u64,
    /// Most bytes that waited in hinted handoff queues at a time.
    pub peak_hint_bytes: u64,
    /// From the first batch until nothing was left to be sent; `None` where that never came.
    pub seconds: Option<f64>,
}

impl Score {
    /// False claims that no dropped copy or refused hint of the same series explains, and so are the sender's own.
    #[must_use]
    pub fn own_false_claims(&self) -> usize {
        self.false_claims.saturating_sub(self.below_level_by_servers)
    }

    /// Points that are lost though they were acknowledged, and no dropped copies or refused hint of their series explain it,
    /// or of which the caller was told nothing.
    #[must_use]
    pub fn own_losses(&self) -> usize {
        let lost = self.lost_after_acknowledgement.saturating_sub(self.lost_by_servers);
        lost + self.lost_without_notice + self.silent + self.waiting
    }

    /// Points about which the caller is deceived, points stored twice and points that wait for ever.
    #[must_use]
    pub fn trouble(&self) -> usize {
        self.false_claims + self.failed_yet_stored + self.lost_without_notice + self.duplicates + self.waiting
    }
}

/// Sums, but for peaks and times, of which the worst counts.
impl AddAssign<&Self> for Score {
    fn add_assign(&mut self, other: &Self) {
        let worst = match (self.batches, self.seconds, other.seconds) {
            (0, _, theirs) => theirs,
            (_, Some(ours), Some(theirs)) => Some(ours.max(theirs)),
            (_, None, _) | (_, _, None) => None,
        };
        self.seconds = worst;
        self.batches += other.batches;
        self.points += other.points;
        self.acknowledged += other.acknowledged;
        self.lost_after_acknowledgement += other.lost_after_acknowledgement;
        self.short_after_acknowledgement += other.short_after_acknowledgement;
        self.failed += other.failed;
        self.open += other.open;
        self.silent += other.silent;
        self.lost_without_notice += other.lost_without_notice;
        self.waiting += other.waiting;
        self.good_dropped += other.good_dropped;
        self.duplicates += other.duplicates;
        self.false_claims += other.false_claims;
        self.below_level += other.below_level;
        self.dropped_by_servers += other.dropped_by_servers;
        self.below_level_by_servers += other.below_level_by_servers;
        self.lost_by_servers += other.lost_by_servers;
        self.failed_yet_stored += other.failed_yet_stored;
        self.requests += other.requests;
        self.resends += other.resends;
        self.peak_hints = self.peak_hints.max(other.peak_hints);
        self.peak_hint_bytes = self.peak_hint_bytes.max(other.peak_hint_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_time_counts_and_never_is_the_worst() {
        let of = |seconds| Score { batches: 1, requests: 2, seconds, ..Score::default() };
        let mut sum = Score::default();
        sum += &of(Some(3.0));
        sum += &of(Some(2.0));
        assert_eq!((sum.seconds, sum.requests), (Some(3.0), 4));
        sum += &of(None);
        sum += &of(Some(9.0));
        assert_eq!(sum.seconds, None);
    }
}
