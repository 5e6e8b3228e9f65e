//! What a journal says, as its records are read or written. Pure.

use influx_client::Class;

use super::ranges::Ranges;
use super::record::{BadRecord, Header, InputProgress, Points, Record, START, Snapshot, decode, encode};
use crate::input::Mark;

/// A journal's content.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) header: Header,
    pub(crate) points: Points,
    pub(crate) inputs: Vec<InputProgress>,
}

/// Why the bytes of a file are no journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadJournal {
    /// Something else altogether, which must not be touched.
    Foreign,
    /// What was written is not what is there.
    Damaged {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Of another version of this program.
    Version(u64),
}

impl State {
    /// A journal in which nothing is settled yet.
    pub(crate) fn new(header: Header) -> Self {
        let inputs = header.inputs.iter().map(|_| InputProgress::default()).collect();
        Self { header, points: Points::default(), inputs }
    }

    /// Reads the bytes of a journal. Gives also how many of them hold: behind them is at most one record that was torn off
    /// while it was written, and whose claim is then not made. `None` for a file in which not even the first is whole.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, BadJournal> {
        let mut state: Option<Self> = None;
        let mut held = 0;
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            let last = lines.peek().is_none();
            let number = index + 1;
            let torn = !line.ends_with(b"\n");
            if torn {
                break;
            }
            let record = match decode(&line[..line.len() - 1]) {
                Ok(record) => record,
                Err(BadRecord::Damaged) if index == 0 && !line.starts_with(START) => return Err(BadJournal::Foreign),
                // The disk may have got the end of the last record and not its middle.
                Err(BadRecord::Damaged) if last && index > 0 => break,
                Err(BadRecord::Damaged) => {
                    return Err(BadJournal::Damaged { line: number, why: "its checksum does not hold".to_owned() });
                }
                Err(BadRecord::Version(version)) => return Err(BadJournal::Version(version)),
                Err(BadRecord::Strange(why)) => return Err(BadJournal::Damaged { line: number, why }),
            };
            let sound = match &mut state {
                None => match record {
                    Record::Journal(header) => {
                        state = Some(Self::new(header));
                        true
                    }
                    Record::State(_)
                    | Record::Settled { .. }
                    | Record::End { .. }
                    | Record::Tail { .. }
                    | Record::Head { .. } => false,
                },
                Some(state) => state.apply(&record),
            };
            if !sound {
                let why = "it does not go with the lines before it".to_owned();
                return Err(BadJournal::Damaged { line: number, why });
            }
            held += line.len();
        }
        match state {
            Some(state) => Ok(Some((state, held))),
            // Torn off in its first record; anything else is somebody's file.
            None if looks_like_one(bytes) => Ok(None),
            None => Err(BadJournal::Foreign),
        }
    }

    /// Takes a record in; false if it makes no sense here.
    #[must_use]
    pub(crate) fn apply(&mut self, record: &Record) -> bool {
        match record {
            Record::Journal(_) => return false,
            Record::State(snapshot) => {
                let sound = snapshot.inputs.iter().all(|input| input.settled.are_sound());
                if !sound || snapshot.inputs.len() != self.inputs.len() {
                    return false;
                }
                self.points = snapshot.points.clone();
                self.inputs.clone_from(&snapshot.inputs);
            }
            Record::Settled { input, from, to, points } => {
                let Some(input) = self.inputs.get_mut(*input) else { return false };
                input.settled.settle(*from, to);
                self.points.add(points);
            }
            Record::End { input, at } => {
                let Some(input) = self.inputs.get_mut(*input) else { return false };
                input.end = Some(at.clone());
            }
            Record::Tail { input, tail } => {
                let Some(input) = self.inputs.get_mut(*input) else { return false };
                input.tail = Some(tail.clone());
            }
            Record::Head { input, hash } => {
                let Some(input) = self.inputs.get_mut(*input) else { return false };
                input.head = Some(hash.clone());
            }
        }
        true
    }

    /// The shortest journal that says the same.
    pub(crate) fn compact(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = encode(&Record::Journal(self.header.clone()))?;
        let snapshot = Snapshot { points: self.points.clone(), inputs: self.inputs.clone() };
        bytes.extend(encode(&Record::State(snapshot))?);
        Ok(bytes)
    }

    /// Whether nothing is left to be sent.
    pub(crate) fn is_finished(&self) -> bool {
        self.inputs.iter().all(InputProgress::is_done)
    }

    /// Whether nothing is settled, no statement either.
    pub(crate) fn is_untouched(&self) -> bool {
        self.inputs.iter().all(|input| input.settled == Ranges::default())
    }

    /// The classes of points that were refused for good.
    pub(crate) fn rejected_classes(&self) -> impl Iterator<Item = Class> {
        self.points
            .rejected
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(id, _)| id.parse().unwrap_or(Class::Rejected))
    }

    /// The mark below which everything of an input is settled.
    pub(crate) fn mark(&self, input: usize) -> Option<&Mark> {
        self.inputs.get(input).map(|input| input.settled.mark())
    }
}

/// Whether bytes are those of a journal, also of one that was torn off at its first record.
pub(super) fn looks_like_one(bytes: &[u8]) -> bool {
    bytes.starts_with(START) || START.starts_with(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::super::record::{Identity, Settings, Tail, VERSION};
    use super::*;

    pub(crate) fn header(inputs: usize) -> Header {
        let input = |n| Identity { path: format!("/data/{n}.lp"), file: None };
        let settings = Settings {
            database: Some("db".to_owned()),
            rp: None,
            precision: "ns".to_owned(),
            consistency: "one".to_owned(),
            stamp: "auto".to_owned(),
            max_line: 1 << 20,
        };
        Header {
            v: VERSION,
            job: "9f2c".to_owned(),
            created: 1_700_000_000,
            base_time: 1_700_000_000_000_000_000,
            settings,
            hosts: vec!["http://a:8086".to_owned()],
            inputs: (0..inputs).map(input).collect(),
        }
    }

    fn mark(byte: u64) -> Mark {
        Mark { byte, line: byte + 1, context: Arc::default() }
    }

    fn records() -> Vec<Record> {
        let points = |rejected| {
            let mut points = Points { accepted: 10, ..Points::default() };
            points.reject(Class::Malformed, rejected);
            points
        };
        vec![
            Record::Journal(header(2)),
            Record::Settled { input: 0, from: 0, to: mark(100), points: points(0) },
            Record::Settled { input: 1, from: 50, to: mark(80), points: points(1) },
            Record::Tail { input: 0, tail: Tail { at: 100, hash: "ab".to_owned() } },
            Record::End { input: 0, at: mark(100) },
            Record::Settled { input: 1, from: 0, to: mark(50), points: points(2) },
            Record::End { input: 1, at: mark(90) },
        ]
    }

    fn bytes(records: &[Record]) -> Vec<u8> {
        records.iter().flat_map(|record| encode(record).unwrap()).collect()
    }

    fn state(records: &[Record]) -> State {
        let (first, rest) = records.split_first().unwrap();
        let Record::Journal(header) = first else { panic!("{first:?}") };
        let mut state = State::new(header.clone());
        assert!(rest.iter().all(|record| state.apply(record)));
        state
    }

    #[test]
    fn what_was_written_is_read() {
        let (read, held) = State::read(&bytes(&records())).unwrap().unwrap();
        assert_eq!(held, bytes(&records()).len());
        assert_eq!(read, state(&records()));
        assert_eq!((read.points.accepted, read.points.rejected(), read.points.all()), (30, 3, 33));
        assert_eq!(read.mark(1).unwrap().byte, 80);
        assert!(read.inputs[0].is_done() && !read.inputs[1].is_done() && !read.is_finished());
        assert_eq!(read.rejected_classes().collect::<Vec<_>>(), [Class::Malformed]);
    }

    #[test]
    fn a_compacted_journal_says_the_same() {
        let state = state(&records());
        let compact = state.compact().unwrap();
        assert_eq!(State::read(&compact).unwrap().unwrap().0, state);
        // And it is added to like any other.
        let more = Record::Settled { input: 1, from: 80, to: mark(90), points: Points::default() };
        let (read, _) = State::read(&[compact, encode(&more).unwrap()].concat()).unwrap().unwrap();
        assert!(read.is_finished());
    }

    #[test]
    fn a_journal_torn_at_any_byte_gives_the_records_before() {
        let records = records();
        let whole = bytes(&records);
        for cut in 0..whole.len() {
            let read = State::read(&whole[..cut]).unwrap_or_else(|bad| panic!("{bad:?} at {cut}"));
            let ends: Vec<usize> = (1..=records.len()).map(|count| bytes(&records[..count]).len()).collect();
            let complete = ends.iter().filter(|end| **end <= cut).count();
            match read {
                None => assert_eq!(complete, 0),
                Some((read, held)) => {
                    assert_eq!(held, ends[complete - 1]);
                    assert_eq!(read, state(&records[..complete]), "cut at {cut}");
                }
            }
        }
    }

    #[test]
    fn a_tail_that_the_disk_filled_with_something_else_is_cut_off() {
        let records = records();
        let whole = bytes(&records);
        let last = bytes(&records[..records.len() - 1]).len();
        for tail in [vec![0; 4_096], vec![b'x'; 50], [&whole[last..whole.len() - 9], b"\0\0\0\0\0\0\0\0\n"].concat()] {
            let (read, held) = State::read(&[&whole[..last], &tail].concat()).unwrap().unwrap();
            assert_eq!((held, read), (last, state(&records[..records.len() - 1])));
        }
    }

    #[test]
    fn no_flipped_bit_makes_a_claim() {
        let records = records();
        let whole = bytes(&records);
        let states: Vec<State> = (1..=records.len()).map(|count| state(&records[..count])).collect();
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                match State::read(&flipped) {
                    Ok(None) | Err(BadJournal::Damaged { .. } | BadJournal::Foreign) => {}
                    // Only what stands last may be taken for something that was torn off: one record, or two that
                    // are no longer parted.
                    Ok(Some((read, _))) => {
                        assert!(states[records.len() - 3..records.len() - 1].contains(&read), "bit {bit} of byte {at}");
                    }
                    Err(bad) => panic!("{bad:?}"),
                }
            }
        }
    }

    #[test]
    fn somebody_elses_file_is_not_taken_for_a_journal() {
        for text in ["cpu v=1 1\n", "{\"a\":1}\n", "cpu v=1 1", "\0\0\0\0", "\n"] {
            assert_eq!(State::read(text.as_bytes()), Err(BadJournal::Foreign), "{text:?}");
        }
        assert_eq!(State::read(b""), Ok(None));
    }

    #[test]
    fn records_that_contradict_the_first_are_damage() {
        let head = encode(&Record::Journal(header(1))).unwrap();
        for record in
            [Record::Journal(header(1)), Record::End { input: 1, at: mark(1) }, Record::State(Snapshot::default())]
        {
            let text = [head.clone(), encode(&record).unwrap()].concat();
            assert!(matches!(State::read(&text), Err(BadJournal::Damaged { line: 2, .. })), "{record:?}");
        }
    }
}
