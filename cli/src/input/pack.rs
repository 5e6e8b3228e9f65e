//! One request's worth of lines, each with its place in the input.

use std::sync::Arc;
use std::time::Instant;

use influx_client::{Batch, Class, MissingTime, PointError, PointErrorKind, Precision, RawLine};

use super::dump::{Placed, Stretch};
use super::headers::Mark;
use super::lines::{Kind, Line};
use super::unit::UnitDoubt;
use crate::times;

/// Where a line stands in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Index of the input on the command line.
    pub(crate) source: usize,
    /// Number of its first line, from 1.
    pub(crate) line: u64,
    /// Offset of its first byte in the decompressed input.
    pub(crate) byte: u64,
    /// Offset behind it.
    pub(crate) byte_end: u64,
}

/// A line that is not sent because it is known here that it cannot be stored.
#[derive(Clone, Debug)]
pub(crate) struct KeptBack {
    pub(crate) place: Place,
    pub(crate) class: Class,
    pub(crate) reason: String,
    /// As it was read; `None` where it was too long to be kept.
    pub(crate) text: Option<Vec<u8>>,
}

/// What a pack takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) precision: Precision,
    /// Who gives lines without a timestamp theirs.
    pub(crate) missing_time: MissingTime,
    /// Keep back lines without a timestamp where the server would give theirs: the same lines may be read and sent again, and
    /// would be stored twice.
    pub(crate) stamped_only: bool,
    /// Keep back what cannot be parsed, instead of letting the server judge it.
    pub(crate) validate: bool,
    /// Send a second type of a field in a request of its own, instead of keeping it back.
    pub(crate) split_types: bool,
    pub(crate) max_lines: usize,
    pub(crate) max_bytes: usize,
}

/// What became of a line offered to a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    /// Taken; there is room for more.
    Taken,
    /// Taken; the pack is full.
    Last,
    /// Not taken: it must start a pack of its own.
    NotHere,
}

/// One request's worth of lines.
#[derive(Debug)]
pub(crate) struct Pack {
    pub(crate) batch: Batch,
    /// The places of the batch's points, in their order.
    pub(crate) places: Vec<Place>,
    pub(crate) kept_back: Vec<KeptBack>,
    kept_back_bytes: usize,
    /// When its first line came.
    pub(crate) since: Option<Instant>,
    /// The stretch of an input that it settles, where that is asked for; all its lines are of that input then.
    pub(crate) stretch: Option<Stretch>,
    /// Why its first timestamp may be of another unit. One a pack is looked at: inputs do not mix units, and more would
    /// cost time.
    pub(crate) doubt: Option<UnitDoubt>,
}

impl Pack {
    pub(crate) fn new(rules: &Rules) -> Self {
        let mut batch = Batch::new(rules.precision);
        batch.missing_time(rules.missing_time);
        let (places, kept_back) = (Vec::new(), Vec::new());
        Self { batch, places, kept_back, kept_back_bytes: 0, since: None, stretch: None, doubt: None }
    }

    /// Empties it and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.batch.clear();
        self.places.clear();
        self.kept_back.clear();
        self.kept_back_bytes = 0;
        self.since = None;
        self.stretch = None;
        self.doubt = None;
    }

    /// Whether a line of a dump may stand with those that are there.
    pub(super) fn may_join(&self, source: usize, placed: &Placed<'_>) -> bool {
        self.stretch
            .as_ref()
            .is_none_or(|stretch| stretch.source == source && Arc::ptr_eq(&stretch.to.context, placed.context))
    }

    /// Takes a line into the stretch that it settles.
    pub(super) fn join(&mut self, source: usize, line: &Line<'_>, placed: &Placed<'_>) {
        let stretch = self.stretch.get_or_insert_with(|| {
            let to = Mark { context: Arc::clone(placed.context), ..Mark::default() };
            Stretch { source, from: placed.from, to }
        });
        (stretch.to.byte, stretch.to.line) = (line.byte_end, line.next_number);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty() && self.kept_back.is_empty()
    }

    /// Points that were read, sent or not.
    pub(crate) fn points(&self) -> u64 {
        (self.places.len() + self.kept_back.len()) as u64
    }

    /// First and last place, over all lines of the pack.
    pub(crate) fn span(&self) -> Option<(Place, Place)> {
        let first = |one: Option<Place>, other: Option<Place>| match (one, other) {
            (Some(a), Some(b)) => Some(if (a.source, a.line) <= (b.source, b.line) { (a, b) } else { (b, a) }),
            (Some(a), None) | (None, Some(a)) => Some((a, a)),
            (None, None) => None,
        };
        let (start, _) = first(self.places.first().copied(), self.kept_back.first().map(|line| line.place))?;
        let (_, end) = first(self.places.last().copied(), self.kept_back.last().map(|line| line.place))?;
        Some((start, end))
    }

    /// Offers it the next line.
    pub(crate) fn offer(&mut self, source: usize, line: &Line<'_>, rules: &Rules) -> Offer {
        let place = Place { source, line: line.number, byte: line.byte, byte_end: line.byte_end };
        if let Kind::TooLong(length) = line.kind {
            let reason = format!("line of {length} bytes is longer than --max-line");
            return self.keep_back(KeptBack { place, class: Class::Limit, reason, text: None }, rules);
        }
        let room = rules.max_bytes.saturating_sub(self.batch.bytes());
        if !self.is_empty() && line.text.len() >= room {
            return Offer::NotHere;
        }
        if rules.stamped_only
            && rules.missing_time == MissingTime::ServerClock
            && RawLine::parse(line.text).is_ok_and(|line| line.timestamp().is_none())
        {
            let reason = "has no timestamp, and would be stored twice if it were sent again: stamp the file first \
                          (`influx-cli stamp`), or give --stamp always";
            let (reason, text) = (reason.to_owned(), Some(line.text.to_vec()));
            return self.keep_back(KeptBack { place, class: Class::Malformed, reason, text }, rules);
        }
        let mut last = false;
        if let Err(error) = self.batch.push_line(line.text) {
            let keep = |class, error: &PointError| {
                let (reason, text) = (error.kind().to_string(), Some(line.text.to_vec()));
                KeptBack { place, class, reason, text }
            };
            match error.kind() {
                // A request with two types for one field may be acknowledged and lost. Even in requests one after
                // the other, a slow replica may see the second type first and then differ from the rest for ever.
                PointErrorKind::TypeFlip { .. } if !rules.split_types => {
                    return self.keep_back(keep(Class::TypeConflict, &error), rules);
                }
                PointErrorKind::TypeFlip { .. } if !self.is_empty() => return Offer::NotHere,
                PointErrorKind::TypeFlip { .. } => last = true,
                _ if rules.validate => return self.keep_back(keep(Class::Malformed, &error), rules),
                _ => {}
            }
            if let Err(error) = self.batch.push_unchecked_line(line.text) {
                return self.keep_back(keep(Class::Malformed, &error), rules);
            }
        }
        if self.places.is_empty() {
            let time = RawLine::parse(line.text).ok().and_then(|line| line.timestamp());
            self.doubt = time.and_then(|time| UnitDoubt::of(time, rules.precision, times::now()));
        }
        self.since.get_or_insert_with(Instant::now);
        self.places.push(place);
        if last || self.is_full(rules) { Offer::Last } else { Offer::Taken }
    }

    fn keep_back(&mut self, line: KeptBack, rules: &Rules) -> Offer {
        self.since.get_or_insert_with(Instant::now);
        self.kept_back_bytes += line.text.as_ref().map_or(0, Vec::len);
        self.kept_back.push(line);
        if self.is_full(rules) { Offer::Last } else { Offer::Taken }
    }

    fn is_full(&self, rules: &Rules) -> bool {
        self.places.len() + self.kept_back.len() >= rules.max_lines
            || self.batch.bytes() + self.kept_back_bytes >= rules.max_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        precision: Precision::Nanoseconds,
        missing_time: MissingTime::ClientClock,
        stamped_only: false,
        validate: false,
        split_types: false,
        max_lines: 3,
        max_bytes: 100,
    };

    fn offer(pack: &mut Pack, text: &str, rules: &Rules) -> Offer {
        let number = pack.points() + 1;
        let line =
            Line { kind: Kind::Whole, text: text.as_bytes(), number, byte: 0, byte_end: 0, next_number: number + 1 };
        pack.offer(0, &line, rules)
    }

    #[test]
    fn a_pack_is_full_by_lines_or_by_bytes() {
        let mut pack = Pack::new(&RULES);
        assert_eq!(offer(&mut pack, "m v=1 1", &RULES), Offer::Taken);
        assert_eq!(offer(&mut pack, "m v=2 2", &RULES), Offer::Taken);
        assert_eq!(offer(&mut pack, "m v=3 3", &RULES), Offer::Last);
        pack.clear();
        assert!(pack.is_empty());
        assert_eq!(offer(&mut pack, "m v=1 1", &RULES), Offer::Taken);
        let long = format!("m s=\"{}\" 1", "x".repeat(100));
        assert_eq!(offer(&mut pack, &long, &RULES), Offer::NotHere);
        pack.clear();
        assert_eq!(offer(&mut pack, &long, &RULES), Offer::Last, "a long line has a pack of its own");
        assert_eq!(pack.batch.points(), 1);
    }

    #[test]
    fn what_cannot_be_parsed_is_for_the_server_unless_asked_otherwise() {
        let mut pack = Pack::new(&RULES);
        assert_eq!(offer(&mut pack, "m v=", &RULES), Offer::Taken);
        assert_eq!((pack.places.len(), pack.kept_back.len()), (1, 0));
        let validating = Rules { validate: true, ..RULES };
        assert_eq!(offer(&mut pack, "m v=", &validating), Offer::Taken);
        assert_eq!((pack.places.len(), pack.kept_back.len()), (1, 1));
        assert_eq!(pack.kept_back[0].class, Class::Malformed);
        // What would draw the next line in is nobody's to send.
        assert_eq!(offer(&mut pack, "m s=\"open", &RULES), Offer::Last);
        assert_eq!((pack.places.len(), pack.kept_back.len(), pack.points()), (1, 2, 3));
    }

    #[test]
    fn a_second_type_is_kept_back_or_sent_alone() {
        let mut pack = Pack::new(&RULES);
        assert_eq!(offer(&mut pack, "m v=1 1", &RULES), Offer::Taken);
        assert_eq!(offer(&mut pack, "m v=1i 2", &RULES), Offer::Taken);
        assert_eq!(pack.kept_back[0].class, Class::TypeConflict);
        assert_eq!(pack.batch.points(), 1);
        pack.clear();
        let splitting = Rules { split_types: true, ..RULES };
        assert_eq!(offer(&mut pack, "m v=1 1", &splitting), Offer::Taken);
        assert_eq!(offer(&mut pack, "m v=1i 2", &splitting), Offer::NotHere);
        pack.clear();
        assert_eq!(offer(&mut pack, "m v=1i 2", &splitting), Offer::Taken, "another pack has its own first type");
    }

    #[test]
    fn the_first_timestamp_is_held_against_its_unit() {
        let mut pack = Pack::new(&RULES);
        offer(&mut pack, "m v=1 1600000000", &RULES);
        assert_eq!(pack.doubt.map(|doubt| doubt.looks_like), Some(Precision::Seconds));
        pack.clear();
        offer(&mut pack, "m v=1 1600000000000000000", &RULES);
        offer(&mut pack, "m v=1 1600000000", &RULES);
        assert_eq!(pack.doubt, None);
    }

    #[test]
    fn the_span_covers_what_is_kept_back_too() {
        let mut pack = Pack::new(&RULES);
        assert!(pack.span().is_none());
        offer(&mut pack, "m v=1 1", &RULES);
        offer(&mut pack, "m v=1i 2", &RULES);
        let span = pack.span().map(|(first, last)| (first.line, last.line));
        assert_eq!(span, Some((1, 2)));
    }
}
