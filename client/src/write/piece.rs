//! A part of a batch that is sent as one request.

use std::ops::Range;

use crate::{Batch, Class, Outcome, Verdict};

/// The lines of a request, as indexes into the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    Range(Range<usize>),
    /// In rising order.
    Some(Vec<usize>),
}

impl Lines {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Range(range) => range.len(),
            Self::Some(lines) => lines.len(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + Clone + '_ {
        let (range, lines) = match self {
            Self::Range(range) => (range.clone(), [].as_slice()),
            Self::Some(lines) => (0..0, lines.as_slice()),
        };
        range.chain(lines.iter().copied())
    }

    /// The two halves, in order.
    fn halves(self) -> (Self, Self) {
        match self {
            Self::Range(range) => {
                let middle = range.start + range.len() / 2;
                (Self::Range(range.start..middle), Self::Range(middle..range.end))
            }
            Self::Some(mut lines) => {
                let second = lines.split_off(lines.len() / 2);
                (Self::Some(lines), Self::Some(second))
            }
        }
    }
}

/// A part of a batch, and what its attempts came to.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) lines: Lines,
    /// What is known after the attempts that held these lines; `None` before the first one.
    pub(super) known: Option<Outcome>,
    /// What was known before the last of them.
    before: Option<Outcome>,
    /// The attempt that `known` comes from: on this very piece or, where it left these lines in doubt, on a larger one.
    pub(super) set_by: Option<Verdict>,
    pub(super) attempts: u32,
    pub(super) below_level: u32,
}

impl Piece {
    pub(super) const fn new(lines: Lines) -> Self {
        Self { lines, known: None, before: None, set_by: None, attempts: 0, below_level: 0 }
    }

    /// Some of the lines, as a piece of their own.
    pub(super) fn part(&self, lines: Lines) -> Self {
        let known = self.known_of_part();
        let set_by = self.set_by.as_ref().filter(|_| leaves_doubt(known)).cloned();
        Self { known, set_by, ..Self::new(lines) }
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Joins the outcome of an attempt to what is known.
    pub(super) fn learn(&mut self, verdict: &Verdict) {
        self.attempts += 1;
        self.below_level += u32::from(verdict.class() == Class::BelowLevel);
        self.before = self.known;
        let joined = self.known.map_or(verdict.outcome(), |known| known.join(verdict.outcome()));
        if self.known != Some(joined) {
            self.known = Some(joined);
            self.set_by = Some(verdict.clone());
        }
    }

    /// Two pieces with half of the lines each.
    pub(super) fn split(&self) -> [Self; 2] {
        let (first, second) = self.lines.clone().halves();
        [self.part(first), self.part(second)]
    }

    /// The attempt before the last one, or one before that, that may have stored lines which the last one refused.
    pub(super) fn doubt(&self) -> Option<&Verdict> {
        self.set_by.as_ref().filter(|_| leaves_doubt(self.before))
    }

    /// What is known of any part of the lines. That some replica of some shard acknowledged a request, or that a queue took
    /// it, may be true of the other lines alone. What else is known holds of each part, or is counted as unknown of its points.
    const fn known_of_part(&self) -> Option<Outcome> {
        match self.known {
            Some(Outcome::BelowLevel | Outcome::Deferred) => Some(Outcome::Unknown),
            known @ (None | Some(Outcome::NotStored | Outcome::PartlyStored | Outcome::Unknown | Outcome::Stored)) => {
                known
            }
        }
    }

    /// Adds the request's body to an empty buffer.
    pub(super) fn write_body(&self, batch: &Batch, body: &mut Vec<u8>) {
        match &self.lines {
            Lines::Range(range) => body.extend_from_slice(batch.lines(range.clone())),
            Lines::Some(lines) => lines.iter().for_each(|line| body.extend_from_slice(batch.lines(*line..*line + 1))),
        }
    }
}

/// Whether lines of which this is known may be stored although nobody refused or acknowledged them.
const fn leaves_doubt(known: Option<Outcome>) -> bool {
    match known {
        Some(Outcome::Unknown | Outcome::BelowLevel | Outcome::Deferred) => true,
        // Where others were refused, the search for those has asked about these lines again.
        None | Some(Outcome::NotStored | Outcome::PartlyStored | Outcome::Stored) => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_replica_acknowledged_of_a_whole_is_not_claimed_of_its_parts() {
        for (whole, part) in [
            (None, None),
            (Some(Outcome::BelowLevel), Some(Outcome::Unknown)),
            (Some(Outcome::NotStored), Some(Outcome::NotStored)),
            (Some(Outcome::Deferred), Some(Outcome::Unknown)),
        ] {
            let halves = Piece { known: whole, ..Piece::new(Lines::Range(0..4)) }.split();
            assert_eq!(halves.map(|half| half.known), [part; 2]);
        }
    }

    #[test]
    fn a_piece_sends_its_lines_and_halves_lose_none() {
        let mut batch = Batch::default();
        for time in 0..5 {
            batch.point("m").field("f", time).at(time).unwrap();
        }
        let body = |piece: &Piece| {
            let mut body = Vec::new();
            piece.write_body(&batch, &mut body);
            body
        };
        let piece = Piece::new(Lines::Range(1..4));
        assert_eq!(body(&piece), b"m f=1i 1\nm f=2i 2\nm f=3i 3\n");
        let [first, second] = piece.split();
        assert_eq!((first.lines, second.lines), (Lines::Range(1..2), Lines::Range(2..4)));
        let piece = Piece::new(Lines::Some(vec![0, 2, 4]));
        assert_eq!(body(&piece), b"m f=0i 0\nm f=2i 2\nm f=4i 4\n");
        let [first, second] = piece.split();
        assert_eq!((first.lines, second.lines), (Lines::Some(vec![0]), Lines::Some(vec![2, 4])));
    }
}
