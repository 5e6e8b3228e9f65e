//! Hostile points for the encoder and hostile lines for what checks them: a bounded number within `cargo test`, and as
//! many as wanted with `cargo bolero test -p influx-client line::tests::fuzz::…`.

use super::super::batch::{Batch, MissingTime};
use super::super::point::Point;
use super::super::raw::RawLine;
use super::reference::read_body;
use super::{Given, Owned, is_unique};

const ITERATIONS: usize = 3_000;

/// Parts of names and text that mean something to one of the server's readers.
const PARTS: [&str; 32] = [
    "",
    "a",
    "b",
    "c",
    "time",
    "a_name_of_more",
    "_than_a_word",
    ",",
    "=",
    " ",
    "\"",
    "\\",
    "\n",
    "#",
    "#!~#",
    "\t",
    "\0",
    "\r",
    "é",
    "😀",
    "\u{feff}",
    "1",
    "i",
    "t",
    ".",
    "-",
    "e9",
    "1=1",
    "m f=1i",
    "\\,",
    "\\\\",
    "x y",
];

/// Takes a point out of bytes, which run out as zeros.
struct Source<'a>(&'a [u8]);

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or_default()
    }

    fn word(&mut self) -> u64 {
        (0..8).fold(0, |word, _| word << 8 | u64::from(self.byte()))
    }

    fn text(&mut self) -> String {
        let parts = self.byte() % 4 + 1;
        (0..parts).map(|_| PARTS[usize::from(self.byte()) % PARTS.len()]).collect()
    }

    fn value(&mut self) -> Owned {
        match self.byte() % 7 {
            0 => Owned::Float(f64::from_bits(self.word())),
            1 => Owned::Float(f64::from(self.byte()) / 8.0),
            2 => Owned::Float32(f32::from_bits(self.word() as u32)),
            3 => Owned::Integer(self.word().cast_signed() >> (self.byte() % 64)),
            4 => Owned::Unsigned(self.word() >> (self.byte() % 64)),
            5 => Owned::Boolean(self.byte().is_multiple_of(2)),
            _ => Owned::Text(self.text()),
        }
    }

    fn given(&mut self) -> Given {
        let (tags, fields) = (self.byte() % 4, self.byte() % 3 + 1);
        Given {
            measurement: self.text(),
            tags: (0..tags).map(|_| (self.text(), self.text())).collect(),
            fields: (0..fields).map(|_| (self.text(), self.value())).collect(),
            time: self.word().cast_signed() >> (self.byte() % 64),
        }
    }
}

/// Every point of a batch is refused, exactly when no line could carry it, or read back as it was given.
#[test]
fn points_of_any_bytes_are_read_back() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|bytes: &[u8]| {
        let mut source = Source(bytes);
        let mut batch = Batch::default();
        let mut expected = Vec::new();
        while !source.0.is_empty() && batch.points() < 8 {
            let given = source.given();
            let before = batch.as_bytes().to_vec();
            match (given.write(&mut batch), given.stored()) {
                (Ok(()), Some(stored)) => expected.push(Ok(stored)),
                (Err(_), _) => assert_eq!(batch.as_bytes(), before, "a refused point leaves nothing behind"),
                (Ok(()), None) => panic!("no server reads it back: {given:?}"),
            }
        }
        assert_eq!(read_body(batch.as_bytes()), expected);
    });
}

/// A point alone, for which no other can be the reason of a refusal: by name, by series, and as one that owns its parts.
#[test]
fn only_what_cannot_be_written_is_refused() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|bytes: &[u8]| {
        let given = Source(bytes).given();
        let can = given.stored().is_some();
        assert_eq!(given.write(&mut Batch::default()).is_ok(), can, "{given:?}");
        assert_eq!(given.write_by_series(&mut Batch::default()).is_ok(), can, "{given:?}");
        let mut builder = Point::builder(given.measurement.as_str());
        for (key, value) in &given.tags {
            builder = builder.tag(key, value);
        }
        for (key, value) in &given.fields {
            builder = builder.field(key, value.value());
        }
        match builder.at(given.time) {
            Ok(point) => {
                assert!(can && is_unique(point.tags().map(|(key, _)| key)));
                assert_eq!(point.to_string().parse::<Point>().as_ref(), Ok(&point));
            }
            Err(error) => assert!(!can, "{error}: {given:?}"),
        }
    });
}

/// What is taken as a line is what a server takes for one, checked or not, and it never touches the next.
fn push(line: &[u8]) {
    let mut batch = Batch::default();
    batch.missing_time(MissingTime::ServerClock);
    let checked = batch.push_line(line).is_ok();
    let taken = batch.points() + usize::from(batch.push_unchecked_line(line).is_ok());
    batch.point("next").field("v", 1i64).at(1).unwrap();
    let read = read_body(batch.as_bytes());
    assert_eq!((read.len(), batch.points()), (taken + 1, taken + 1));
    let next = read.last().unwrap().as_ref().unwrap();
    assert_eq!((&*next.measurement, next.time), (&b"next"[..], Some(1)));
    if checked {
        let raw = RawLine::parse(batch.line(0)).unwrap();
        let point = read[0].as_ref().unwrap();
        assert_eq!((&*raw.measurement(), raw.timestamp()), (&*point.measurement, point.time));
        assert_eq!((raw.tags().count(), raw.fields().count()), (point.tags.len(), point.fields.len()));
    }
    // The body may be many lines; none is lost or counted twice.
    let mut body = Batch::default();
    let pushed = body.push_lines(line);
    assert_eq!(pushed.points, body.points());
    assert_eq!(body.quoted_lines(&String::from_utf8_lossy(line)).len().min(1), usize::from(quotes(line)));
}

fn quotes(line: &[u8]) -> bool {
    String::from_utf8_lossy(line).contains("unable to parse '")
}

#[test]
fn lines_of_any_bytes() {
    bolero::check!().with_iterations(ITERATIONS).for_each(push);
}

#[test]
fn lines_of_their_own_signs() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|bytes: &[u8]| {
        let line: String = bytes.iter().map(|&byte| PARTS[usize::from(byte) % PARTS.len()]).collect();
        push(line.as_bytes());
        push(format!("m,{line}").as_bytes());
        push(format!("m {line}").as_bytes());
        push(format!("m f=\"{line}\" 1").as_bytes());
    });
}
