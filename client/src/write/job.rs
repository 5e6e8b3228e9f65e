//! What is still to be sent of a batch, and what became of the rest. Pure: replies come as arguments.

use std::collections::VecDeque;

use super::naming::{Named, name, quoted};
use super::piece::{Lines, Piece};
use super::tally::Tally;
use super::types::apart;
use crate::error::shortened;
use crate::{Batch, Class, Dropped, ErrorKind, Others, Outcome, Reason, Refusal, SizeLimit, Verdict};

/// How much of a refused line is kept, in bytes.
const KEPT: usize = 1024;

/// A batch on its way.
///
/// It is cut into pieces as replies demand: the points that were not refused are sent again, suspects apart from the
/// others, halves of what is too large or holds a culprit that the server does not name.
#[derive(Debug)]
pub(super) struct Job<'b> {
    batch: &'b Batch,
    states: Vec<State>,
    queue: VecDeque<Piece>,
    refusals: Vec<Refusal>,
    /// Points that were refused without being named.
    unnamed: usize,
    /// The join of the attempts that refused points.
    refused_as: Option<Outcome>,
    /// An attempt that may have stored points which a later one refused.
    doubt: Option<Verdict>,
    /// Requests that may still be spent on finding refused points and on splitting what is too large.
    extra: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not yet answered for good.
    Open,
    Stored,
    Refused,
    /// The call ended before more could be learnt.
    Left(Outcome),
}

/// What a reply makes of a piece.
#[derive(Debug)]
pub(super) enum Settled {
    /// Nothing more is to be done with it; other pieces may have taken its place.
    Done,
    /// The attempt failed; a policy decides about another one.
    Failed(Piece),
    /// Points were refused, and nothing can be done for the others.
    Stuck(Piece),
}

impl<'b> Job<'b> {
    /// A job that sends the batch in these pieces, which have every line once.
    pub(super) fn cut(batch: &'b Batch, pieces: impl IntoIterator<Item = Lines>, extra: u32) -> Self {
        let queue = pieces.into_iter().map(Piece::new).collect();
        Self {
            batch,
            states: vec![State::Open; batch.points()],
            queue,
            refusals: Vec::new(),
            unnamed: 0,
            refused_as: None,
            doubt: None,
            extra,
        }
    }

    /// The next piece to send.
    pub(super) fn next(&mut self) -> Option<Piece> {
        self.queue.pop_front()
    }

    /// Takes in the result of an attempt with `piece`.
    pub(super) fn settle(&mut self, mut piece: Piece, verdict: &Verdict) -> Settled {
        piece.learn(verdict);
        // Do not remove: a new class must be given a decision here, not inherit one.
        #[deny(clippy::wildcard_enum_match_arm)]
        match verdict.class() {
            Class::Ok => {
                self.mark(piece.lines.iter(), State::Stored);
                Settled::Done
            }
            Class::Rejected | Class::Malformed | Class::TypeConflict | Class::OutsideRetention => {
                self.refused(piece, verdict)
            }
            Class::Limit => match verdict.kind() {
                Some(ErrorKind::TooLarge { limit }) => self.too_large(piece, *limit),
                _ => self.refused(piece, verdict),
            },
            Class::Unreachable
            | Class::Timeout
            | Class::BelowLevel
            | Class::Overloaded
            | Class::NoReplica
            | Class::MetaUnavailable
            | Class::Deferred
            | Class::Auth
            | Class::NotFound
            | Class::Refused
            | Class::LocalIo
            | Class::Journal
            | Class::TooManyRejected => Settled::Failed(piece),
        }
    }

    /// Halves what is too large; one line that is too large by itself is refused.
    fn too_large(&mut self, piece: Piece, limit: SizeLimit) -> Settled {
        // A segment that is full says nothing about other shards, so sending again must be harmless.
        let harmless = self.batch.is_idempotent() || piece.known == Some(Outcome::NotStored);
        if piece.len() > 1 && harmless {
            return match self.take_extra(2) {
                true => self.replace(piece.split()),
                false => Settled::Failed(piece),
            };
        }
        match (limit, piece.len()) {
            (SizeLimit::RequestBody, 1) => {
                self.refuse(piece.lines.iter().map(|line| (line, Reason::TooLarge)).collect(), &piece);
                Settled::Done
            }
            (SizeLimit::RequestBody | SizeLimit::HandoffSegment, _) => Settled::Failed(piece),
        }
    }

    fn refused(&mut self, piece: Piece, verdict: &Verdict) -> Settled {
        let points = piece.len();
        let Some(reason) = verdict.reason().cloned() else {
            self.invalid(&piece, verdict);
            return Settled::Done;
        };
        let named = name(self.batch, &piece.lines, verdict);
        let sure = named.refused.len();
        let dropped = match reason {
            // A line may imitate the words between two quotes, so only lines that were found count.
            Reason::Unparsable { .. } => sure.max(1),
            _ => verdict.dropped().map_or(1, |dropped| dropped.lower_bound(points)),
        };
        if dropped >= points {
            self.refuse_all(&piece, named.refused, &reason);
            return Settled::Done;
        }
        if named.complete && verdict.others() == Others::Acknowledged {
            self.mark(piece.lines.iter(), State::Stored);
            self.refuse(named.refused, &piece);
            return Settled::Done;
        }
        self.refuse(named.refused.clone(), &piece);
        if !self.batch.is_idempotent() {
            return self.stuck(piece, dropped.saturating_sub(sure));
        }
        self.send_others(piece, named, dropped)
    }

    /// The server took none of the lines.
    fn invalid(&mut self, piece: &Piece, verdict: &Verdict) {
        let named = quoted(self.batch, &piece.lines, verdict).refused;
        let why = verdict.unparsable().first().map_or("", |first| &*first.why);
        self.refuse_all(piece, named, &Reason::Unparsable { why: why.into() });
    }

    /// Refuses every line of a piece: those in `named` for reasons of their own, the others for `reason`.
    fn refuse_all(&mut self, piece: &Piece, named: Vec<(usize, Reason)>, reason: &Reason) {
        let mut named = named.into_iter().peekable();
        let lines = piece.lines.iter().map(|line| {
            let own = named.next_if(|(named, _)| *named == line);
            own.unwrap_or_else(|| (line, reason.clone()))
        });
        self.refuse(lines.collect(), piece);
    }

    /// Sends what was not refused again: suspects apart, or halves where there is nobody to suspect.
    fn send_others(&mut self, piece: Piece, named: Named, dropped: usize) -> Settled {
        let Named { refused, suspects, .. } = named;
        let gone = |line: &usize| refused.binary_search_by_key(line, |(line, _)| *line).is_ok();
        let left: Vec<usize> = piece.lines.iter().filter(|line| !gone(line)).collect();
        let (sound, suspects) = apart(self.batch, left, &suspects);
        let pieces: Vec<Piece> = if refused.is_empty() && (suspects.is_empty() || sound.is_empty()) {
            piece.split().into()
        } else {
            let those = [sound, suspects].into_iter().filter(|lines| !lines.is_empty());
            those.map(|lines| piece.part(Lines::Some(lines))).collect()
        };
        if self.take_extra(pieces.len()) {
            self.replace(pieces)
        } else {
            self.stuck(piece, dropped.saturating_sub(refused.len()))
        }
    }

    fn stuck(&mut self, piece: Piece, unnamed: usize) -> Settled {
        if piece.doubt().is_none() {
            self.unnamed += unnamed;
        }
        Settled::Stuck(piece)
    }

    /// Puts pieces in the place of another one, in front of all others.
    fn replace(&mut self, pieces: impl IntoIterator<Item = Piece, IntoIter: DoubleEndedIterator>) -> Settled {
        for piece in pieces.into_iter().rev() {
            self.queue.push_front(piece);
        }
        Settled::Done
    }

    fn take_extra(&mut self, requests: usize) -> bool {
        let left = u32::try_from(requests).ok().and_then(|requests| self.extra.checked_sub(requests));
        self.extra = left.unwrap_or(self.extra);
        left.is_some()
    }

    fn mark(&mut self, lines: impl Iterator<Item = usize>, state: State) {
        for line in lines {
            // What was refused stays refused, although its request was otherwise acknowledged.
            if self.states[line] != State::Refused {
                self.states[line] = state;
            }
        }
    }

    /// Counts lines as refused by the last attempt with `piece`. What an earlier attempt may have stored is not called refused
    /// but unknown, except where the line alone is the reason.
    fn refuse(&mut self, lines: Vec<(usize, Reason)>, piece: &Piece) {
        let doubt = piece.doubt();
        let (refused, doubtful): (Vec<_>, Vec<_>) =
            lines.into_iter().partition(|(_, reason)| doubt.is_none() || reason.is_of_the_line());
        if !doubtful.is_empty() {
            self.doubt = doubt.cloned();
        }
        for (line, _) in doubtful {
            self.states[line] = State::Left(Outcome::Unknown);
        }
        if !refused.is_empty() {
            // A line that is wrong by itself was refused by every attempt.
            let known = if doubt.is_some() { None } else { piece.known }.unwrap_or(Outcome::PartlyStored);
            self.refused_as = Some(self.refused_as.map_or(known, |before| before.join(known)));
        }
        for (line, reason) in refused {
            self.states[line] = State::Refused;
            let text = String::from_utf8_lossy(self.batch.line(line));
            let text = Some(shortened(&text, KEPT));
            self.refusals.push(Refusal { line: Some(line), text, reason });
        }
    }

    /// Whether what is behind a piece with this verdict is still to be sent: where the nodes take writes and only the level
    /// was missed, the next shard group may fare better, and what was never sent is stored nowhere.
    pub(super) fn can_go_on(&self, verdict: &Verdict) -> bool {
        matches!(verdict.class(), Class::BelowLevel | Class::Deferred) && !self.queue.is_empty()
    }

    /// Leaves a piece as it is.
    pub(super) fn park(&mut self, piece: &Piece) {
        let known = piece.known.unwrap_or(Outcome::NotStored);
        self.mark(piece.lines.iter(), State::Left(known));
    }

    /// Ends the job with `piece` and all pieces behind it unsettled; returns what is known of the call.
    pub(super) fn give_up(&mut self, piece: &Piece) -> Outcome {
        let mut known = piece.known.unwrap_or(Outcome::NotStored);
        self.mark(piece.lines.iter(), State::Left(known));
        for behind in std::mem::take(&mut self.queue) {
            let left = behind.known.unwrap_or(Outcome::NotStored);
            self.mark(behind.lines.iter(), State::Left(left));
            known = known.join(left);
        }
        let tally = self.tally();
        match known {
            // Absence is claimed of the whole batch, or not at all.
            Outcome::NotStored if self.refused_as.is_some_and(|outcome| outcome != Outcome::NotStored) => {
                Outcome::PartlyStored
            }
            Outcome::NotStored if tally.stored + tally.below_level + tally.deferred + tally.unknown > 0 => {
                Outcome::Unknown
            }
            // So is that all of it will arrive.
            Outcome::Deferred if tally.not_stored + tally.below_level + tally.unknown > 0 => Outcome::Unknown,
            known => known,
        }
    }

    /// Where each piece is settled, but a point may have been stored before it was refused: the attempt that says so.
    pub(super) fn doubt(&self) -> Option<&Verdict> {
        self.doubt.as_ref()
    }

    /// What is known of a call whose points were all stored or refused.
    pub(super) fn refused_outcome(&self) -> Outcome {
        let refused = self.refused_as.unwrap_or(Outcome::NotStored);
        match self.tally().stored {
            0 if refused == Outcome::NotStored => Outcome::NotStored,
            _ => Outcome::PartlyStored,
        }
    }

    /// The error of a call whose points were all stored or refused; `None` where none was refused.
    pub(super) fn refused_kind(&self) -> Option<ErrorKind> {
        let first = &self.refusals.first()?.reason;
        let all_of = |class| self.refusals.iter().all(|r| r.reason.class() == class);
        if self.refusals.iter().all(|r| r.reason == Reason::TooLarge) {
            return Some(ErrorKind::TooLarge { limit: SizeLimit::RequestBody });
        }
        if all_of(Class::Malformed) && self.refused_outcome() == Outcome::NotStored {
            return Some(ErrorKind::Invalid { lines: self.refusals.len() });
        }
        let reason = if all_of(first.class()) { first.clone() } else { Reason::Several };
        let dropped = match self.refusals.len() {
            all if all == self.states.len() => Dropped::All,
            some => Dropped::AtLeast(some as u64),
        };
        Some(ErrorKind::Rejected { reason, dropped })
    }

    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for state in &self.states {
            let count = match state {
                State::Stored => &mut tally.stored,
                State::Refused => &mut tally.refused,
                State::Open => &mut tally.not_stored,
                State::Left(outcome) => match outcome {
                    Outcome::NotStored => &mut tally.not_stored,
                    Outcome::PartlyStored | Outcome::Unknown => &mut tally.unknown,
                    Outcome::Deferred => &mut tally.deferred,
                    Outcome::BelowLevel => &mut tally.below_level,
                    Outcome::Stored => &mut tally.stored,
                },
            };
            *count += 1;
        }
        // The server admits to them, but nobody knows which they are.
        let unnamed = self.unnamed.min(tally.unknown);
        tally.refused += unnamed;
        tally.unknown -= unnamed;
        tally
    }

    /// The refused points, by line.
    pub(super) fn into_refusals(mut self) -> Vec<Refusal> {
        self.refusals.sort_by_key(|refusal| refusal.line);
        self.refusals
    }
}

#[cfg(test)]
mod tests;
