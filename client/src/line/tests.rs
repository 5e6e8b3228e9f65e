//! The encoder against a second reading of what it wrote.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::batch::Batch;
use super::error::{Part, PointErrorKind};
use super::series::Series;
use super::value::Value;
use reference::{Point, Stored, read_body};

mod fuzz;
mod hostile;
mod points;
mod reference;

/// A point as a caller gives it.
#[derive(Clone, Debug)]
struct Given {
    measurement: String,
    tags: Vec<(String, String)>,
    fields: Vec<(String, Owned)>,
    time: i64,
}

#[derive(Clone, Debug)]
enum Owned {
    Float(f64),
    Float32(f32),
    Integer(i64),
    Unsigned(u64),
    Boolean(bool),
    Text(String),
}

impl Owned {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Float(float) => Value::Float(*float),
            Self::Float32(float) => Value::Float32(*float),
            Self::Integer(integer) => Value::Integer(*integer),
            Self::Unsigned(integer) => Value::Unsigned(*integer),
            Self::Boolean(boolean) => Value::Boolean(*boolean),
            Self::Text(text) => Value::String(text),
        }
    }

    /// What a server stores of the value, if it can.
    fn stored(&self) -> Option<Stored> {
        Some(match self {
            Self::Float(float) => Stored::Float(float.is_finite().then_some(float.to_bits())?),
            Self::Float32(float) => {
                // Of two shortest texts equally near, any will do: `single_floats…` checks the rest.
                let mut buffer = zmij::Buffer::new();
                let digits = float.is_finite().then(|| buffer.format_finite(*float))?;
                Stored::Float(digits.parse::<f64>().unwrap().to_bits())
            }
            Self::Integer(integer) => Stored::Integer(*integer),
            Self::Unsigned(integer) => Stored::Integer(i64::try_from(*integer).ok()?),
            Self::Boolean(boolean) => Stored::Boolean(*boolean),
            Self::Text(text) => Stored::Text(text.clone().into_bytes()),
        })
    }
}

/// Whether line protocol 1.x has any form for `text` as this part of a point.
fn can_be_written(text: &str, part: Part) -> bool {
    let mut special = vec![',', ' ', '='];
    if matches!(part, Part::Measurement | Part::FieldKey) {
        special.push('"');
        if text.starts_with(['\t', '\0']) {
            return false;
        }
    }
    if part == Part::Measurement && text.starts_with('#') {
        return false;
    }
    if matches!(part, Part::TagKey | Part::FieldKey) && text == "time" {
        return false;
    }
    if part != Part::FieldKey && text.contains("#!~") {
        return false;
    }
    !text.is_empty()
        && !text.contains('\n')
        && !text.ends_with('\\')
        && !special.into_iter().any(|c| text.contains(&format!("\\{c}")))
}

impl Given {
    fn kept_tags(&self) -> impl Iterator<Item = &(String, String)> {
        self.tags.iter().filter(|(_, value)| !value.is_empty())
    }

    /// What a server is to store of the point, if line protocol can carry it.
    fn stored(&self) -> Option<Point> {
        let tags: Vec<_> =
            self.kept_tags().map(|(key, value)| (key.clone().into_bytes(), value.clone().into_bytes())).collect();
        let fields: Vec<_> = self
            .fields
            .iter()
            .map(|(key, value)| Some((key.clone().into_bytes(), value.stored()?)))
            .collect::<Option<_>>()?;
        let can = can_be_written(&self.measurement, Part::Measurement)
            && self
                .kept_tags()
                .all(|(key, value)| can_be_written(key, Part::TagKey) && can_be_written(value, Part::TagValue))
            && self.fields.iter().all(|(key, _)| can_be_written(key, Part::FieldKey))
            && is_unique(tags.iter().map(|(key, _)| key))
            && is_unique(fields.iter().map(|(key, _)| key))
            && (-9_223_372_036_854_775_806..=9_223_372_036_854_775_806).contains(&self.time);
        can.then(|| Point { measurement: self.measurement.clone().into_bytes(), tags, fields, time: Some(self.time) })
    }

    fn write(&self, batch: &mut Batch) -> Result<(), PointErrorKind> {
        let mut writer = batch.point(&self.measurement);
        for (key, value) in &self.tags {
            writer = writer.tag(key, value);
        }
        let ((key, value), rest) = self.fields.split_first().unwrap();
        let mut writer = writer.field(key, value.value());
        for (key, value) in rest {
            writer = writer.field(key, value.value());
        }
        writer.at(self.time).map_err(|error| error.kind().clone())
    }

    fn write_by_series(&self, batch: &mut Batch) -> Result<(), PointErrorKind> {
        let tags = self.tags.iter().map(|(key, value)| (key, value));
        let series = Series::new(&*self.measurement, tags).map_err(|e| e.kind().clone())?;
        let ((key, value), rest) = self.fields.split_first().unwrap();
        let mut writer = batch.series(&series).field(key, value.value());
        for (key, value) in rest {
            writer = writer.field(key, value.value());
        }
        writer.at(self.time).map_err(|error| error.kind().clone())
    }
}

fn is_unique<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut items: Vec<_> = items.collect();
    items.sort();
    items.windows(2).all(|pair| pair[0] != pair[1])
}

/// Names and tag values: mostly harmless, with every character that means something somewhere.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c]{1,3}",
        2 => r#"[ab, ="\\]{1,6}"#,
        1 => r##"[ab, ="\\#!~\t\r\x00\n]{1,24}"##,
        1 => "[a-z]{14,19}",
        1 => any::<String>(),
        1 => prop::sample::select(vec![
            "time", "_field", "_measurement", "#", "#a", "a#!~#b", "a#!~", "C:\\temp", "a\\",
            "\\\\,", "   ", "", "\u{feff}", "\u{2028}", "e\u{301}", "\u{202e}abc", "😀", "\t", "\0",
        ]).prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = Owned> {
    prop_oneof![
        any::<f64>().prop_map(Owned::Float),
        any::<f32>().prop_map(Owned::Float32),
        any::<i64>().prop_map(Owned::Integer),
        any::<u64>().prop_map(Owned::Unsigned),
        any::<bool>().prop_map(Owned::Boolean),
        r#"[a, ="\\\n]{0,12}"#.prop_map(Owned::Text),
        any::<String>().prop_map(Owned::Text),
    ]
}

fn given() -> impl Strategy<Value = Given> {
    (
        name(),
        prop::collection::vec((name(), name()), 0..4),
        prop::collection::vec((name(), value()), 1..4),
        prop_oneof![4 => any::<i64>(), 1 => i64::MIN..i64::MIN + 4, 1 => i64::MAX - 3..=i64::MAX],
    )
        .prop_map(|(measurement, tags, fields, time)| Given { measurement, tags, fields, time })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Every point is either refused, exactly when no line could carry it, or read back as it was.
    #[test]
    fn points_are_read_back_as_they_were_given(points in prop::collection::vec(given(), 1..5)) {
        let mut batch = Batch::default();
        batch.check_field_types(false);
        let mut expected = Vec::new();
        for point in &points {
            let mut stored = point.stored();
            let written = point.write(&mut batch);
            // Unchecked, a field may be given twice.
            let twice = !is_unique(point.fields.iter().map(|(key, _)| key));
            if twice && written.is_ok() {
                stored = None;
                let taken = batch.points() - 1;
                batch = kept(&batch, taken);
            } else {
                prop_assert_eq!(written.is_ok(), stored.is_some(), "{:?}", written);
            }
            expected.extend(stored.map(Ok));
        }
        prop_assert_eq!(batch.points(), expected.len());
        prop_assert_eq!(read_body(batch.as_bytes()), expected);
    }

    /// The same for one point with the types checked, and for one begun from a series, whose tags
    /// are sorted.
    #[test]
    fn series_and_checked_points_are_read_back(point in given()) {
        let stored = point.stored();
        for round in 0..2 {
            let mut batch = Batch::default();
            let written = point.write(&mut batch);
            prop_assert_eq!(written.is_ok(), stored.is_some(), "round {}: {:?}", round, written);
            let expected: Vec<_> = stored.clone().map(Ok).into_iter().collect();
            prop_assert_eq!(read_body(batch.as_bytes()), expected);

            let mut batch = Batch::default();
            let written = point.write_by_series(&mut batch);
            prop_assert_eq!(written.is_ok(), stored.is_some(), "{:?}", written);
            let mut read = read_body(batch.as_bytes());
            if let (Some(Ok(read)), Some(stored)) = (read.first_mut(), &stored) {
                let mut sorted = stored.clone();
                sorted.tags.sort();
                read.tags.sort();
                prop_assert_eq!(&*read, &sorted);
            }
        }
    }

    /// Types are kept by finished points only, whatever shapes the points have.
    #[test]
    fn field_types_are_kept_by_finished_points(rows in prop::collection::vec(shape(), 1..24)) {
        let mut batch = Batch::default();
        let mut types = std::collections::HashMap::new();
        for (measurement, fields, finish) in rows {
            let clashes = fields.iter().enumerate().any(|(i, (key, value))| {
                let earlier = types.get(&(measurement, *key));
                earlier.is_some_and(|have| *have != value.value().field_type())
                    || fields[..i].iter().any(|(other, _)| other == key)
            });
            let mut writer = batch.point(measurement).field(fields[0].0, fields[0].1.value());
            for (key, value) in &fields[1..] {
                writer = writer.field(key, value.value());
            }
            if !finish {
                continue;
            }
            prop_assert_eq!(writer.at(1).is_err(), clashes);
            if !clashes {
                let given = fields.iter().map(|(key, value)| {
                    ((measurement, *key), value.value().field_type())
                });
                types.extend(given);
            }
        }
    }

    /// A float of single precision comes back as the same one when read in that precision.
    #[test]
    fn single_floats_come_back(float in any::<f32>()) {
        prop_assume!(float.is_finite());
        let mut batch = Batch::default();
        batch.point("m").field("f", float).at(1).unwrap();
        let read = read_body(batch.as_bytes());
        let Stored::Float(bits) = read[0].as_ref().unwrap().fields[0].1 else {
            panic!("not a float");
        };
        prop_assert_eq!((f64::from_bits(bits) as f32).to_bits(), float.to_bits());
    }

    /// What a raw line is taken for is what a server takes it for, and it never touches the next.
    #[test]
    fn checked_raw_lines_are_read_alike(line in raw_line()) {
        let mut batch = Batch::default();
        let pushed = batch.push_line(line.as_bytes());
        batch.point("next").field("v", 1i64).at(1).unwrap();
        let read = read_body(batch.as_bytes());
        prop_assert_eq!(read.len(), batch.points());
        if pushed.is_ok() {
            let raw = super::raw::RawLine::parse(batch.line(0)).unwrap();
            let point = read[0].as_ref().unwrap();
            prop_assert_eq!(&*raw.measurement(), &*point.measurement);
            let tags: Vec<_> = raw
                .tags()
                .map(|(key, value)| (key.into_owned(), value.into_owned()))
                .collect();
            prop_assert_eq!(&tags, &point.tags);
            let keys: Vec<_> = raw.fields().map(|field| field.key.into_owned()).collect();
            let expected: Vec<_> = point.fields.iter().map(|(key, _)| key.clone()).collect();
            prop_assert_eq!(keys, expected);
            prop_assert_eq!(raw.timestamp(), point.time);
        }
    }

    /// A line that nobody checked is still one line, and stays as it was but for its stamp.
    #[test]
    fn unchecked_raw_lines_never_touch_the_next(line in raw_line()) {
        let mut batch = Batch::default();
        let pushed = batch.push_unchecked_line(line.as_bytes());
        prop_assert!(batch.is_idempotent());
        batch.point("next").field("v", 1i64).at(1).unwrap();
        let read = read_body(batch.as_bytes());
        prop_assert_eq!(read.len(), batch.points());
        let last = read.last().unwrap().as_ref().unwrap();
        prop_assert_eq!(&*last.measurement, b"next");
        if pushed.is_ok() {
            let given = line.trim_start_matches([' ', '\t', '\0']);
            let given = given.strip_suffix('\n').unwrap_or(given);
            let sent = batch.line(0);
            prop_assert!(sent.starts_with(given.trim_end_matches([' ', '\t', '\0']).as_bytes()));
            if let Ok(point) = &read[0] {
                prop_assert!(point.time.is_some());
            }
        }
    }
}

/// Measurement, fields, and whether the point is finished.
fn shape() -> impl Strategy<Value = (&'static str, Vec<(&'static str, Owned)>, bool)> {
    let name = || prop::sample::select(vec!["a", "b", "c d", "a_name_of_more_than_a_word"]);
    let value = prop_oneof![
        3 => Just(Owned::Integer(1)),
        1 => Just(Owned::Float(1.0)),
        1 => Just(Owned::Boolean(true)),
        1 => Just(Owned::Text("x".to_owned())),
    ];
    let fields = prop::collection::vec((name(), value), 1..4);
    (name(), fields, prop::bool::weighted(0.8))
}

/// The batch without the point at `index`.
fn kept(batch: &Batch, index: usize) -> Batch {
    let mut kept = Batch::default();
    kept.check_field_types(false);
    for line in (0..batch.points()).filter(|&line| line != index) {
        kept.push_line(batch.line(line)).unwrap();
    }
    kept
}

/// Text near to line protocol.
fn raw_line() -> impl Strategy<Value = String> {
    let piece = || {
        prop_oneof![
            3 => "[a-c]{1,2}",
            1 => r#"[ab, ="\\\n]{1,4}"#,
        ]
    };
    let value = || {
        prop_oneof![
            "-?[0-9.]{1,4}i?",
            "[0-9]e[-+]?[0-9]{1,3}",
            "t|f|true|False",
            r#""[a, =\n]{0,5}""#,
            r#""[a"\\\n]{0,5}""#,
            piece(),
        ]
    };
    let line = (
        "[ \t]{0,1}",
        piece(),
        prop::collection::vec((piece(), piece()), 0..3),
        " {1,2}",
        prop::collection::vec((piece(), value()), 1..3),
        prop_oneof![4 => " -?[0-9]{1,19}", 2 => "", 1 => r#"[ 1"\\\n]{0,4}"#],
    );
    let line = line.prop_map(|(lead, measurement, tags, gap, fields, time)| {
        let join = |pairs: Vec<(String, String)>| {
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
            pairs.join(",")
        };
        let comma = if tags.is_empty() { "" } else { "," };
        let (tags, fields) = (join(tags), join(fields));
        format!("{lead}{measurement}{comma}{tags}{gap}{fields}{time}")
    });
    prop_oneof![4 => line, 1 => r#"[ma,= "\\\n1#]{0,24}"#]
}
