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
    /// The attempt on this very piece whose outcome is `known`.
    pub(super) set_by: Option<Verdict>,
    pub(super) attempts: u32,
    pub(super) below_level: u32,
}

impl Piece {
    pub(super) const fn new(lines: Lines, known: Option<Outcome>) -> Self {
        Self { lines, known, set_by: None, attempts: 0, below_level: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Joins the outcome of an attempt to what is known.
    pub(super) fn learn(&mut self, verdict: &Verdict) {
        self.attempts += 1;
        self.below_level += u32::from(verdict.class() == Class::BelowLevel);
        let joined = self.known.map_or(verdict.outcome(), |known| known.join(verdict.outcome()));
        if self.known != Some(joined) {
            self.known = Some(joined);
            self.set_by = Some(verdict.clone());
        }
    }

    /// Two pieces with half of the lines each.
    pub(super) fn split(self) -> [Self; 2] {
        let known = self.known_of_part();
        let (first, second) = self.lines.halves();
        [Self::new(first, known), Self::new(second, known)]
    }

    /// What is known of any part of the lines. That some replica of some shard acknowledged a request may be true of the
    /// other lines alone; what else is known of a whole is known of each part.
    pub(super) const fn known_of_part(&self) -> Option<Outcome> {
        match self.known {
            Some(Outcome::BelowLevel) => Some(Outcome::Unknown),
            known @ (None
            | Some(
                Outcome::NotStored | Outcome::PartlyStored | Outcome::Unknown | Outcome::Deferred | Outcome::Stored,
            )) => known,
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
            (Some(Outcome::Deferred), Some(Outcome::Deferred)),
        ] {
            let halves = Piece::new(Lines::Range(0..4), whole).split();
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
        let piece = Piece::new(Lines::Range(1..4), None);
        assert_eq!(body(&piece), b"m f=1i 1\nm f=2i 2\nm f=3i 3\n");
        let [first, second] = piece.split();
        assert_eq!((first.lines, second.lines), (Lines::Range(1..2), Lines::Range(2..4)));
        let piece = Piece::new(Lines::Some(vec![0, 2, 4]), None);
        assert_eq!(body(&piece), b"m f=0i 0\nm f=2i 2\nm f=4i 4\n");
        let [first, second] = piece.split();
        assert_eq!((first.lines, second.lines), (Lines::Some(vec![0]), Lines::Some(vec![2, 4])));
    }
}
