//! Inputs that break encoders, one by one.

use super::reference::{Stored, read_body};
use crate::line::batch::{Batch, MissingTime};
use crate::line::error::{Part, PointErrorKind as Kind};
use crate::line::line_error::LineErrorKind as Line;
use crate::line::series::Series;
use crate::line::split::LineSplitter;
use crate::line::timestamp::Timestamp;
use crate::line::value::FieldValue;
use crate::{Precision, RawLine};

/// The kind of error for a point with one tag and one field.
fn refusal(measurement: &str, tag: (&str, &str), field: (&str, impl FieldValue)) -> Option<Kind> {
    let mut batch = Batch::default();
    let error = batch.point(measurement).tag(tag.0, tag.1).field(field.0, field.1).at(1).err()?;
    assert!(batch.is_empty() && batch.as_bytes().is_empty());
    assert!(error.to_string().len() < 300, "{error}");
    Some(error.kind().clone())
}

#[test]
fn empty_names_are_refused_and_empty_values_left_out() {
    let empty = |part| Some(Kind::Empty(part));
    assert_eq!(refusal("", ("t", "v"), ("f", 1i64)), empty(Part::Measurement));
    assert_eq!(refusal("m", ("", "v"), ("f", 1i64)), empty(Part::TagKey));
    assert_eq!(refusal("m", ("t", "v"), ("", 1i64)), empty(Part::FieldKey));
    let mut batch = Batch::default();
    batch.point("m").tag("a", "").tag("b", "1").tag("c", "").field("f", "").at(1).unwrap();
    assert_eq!(batch.line(0), b"m,b=1 f=\"\" 1");
}

#[test]
fn line_feeds_are_refused_outside_string_fields() {
    let at = |kind: Option<Kind>| match kind {
        Some(Kind::LineFeed { place, offset }) => (place.part, place.name.as_str().len(), offset),
        other => panic!("{other:?}"),
    };
    assert_eq!(at(refusal("m\nx", ("t", "v"), ("f", 1i64))), (Part::Measurement, 3, 1));
    assert_eq!(at(refusal("m", ("\nt", "v"), ("f", 1i64))), (Part::TagKey, 2, 0));
    // A tag's value goes by the tag's key: values are not shown.
    assert_eq!(at(refusal("m", ("key", "secret\n"), ("f", 1i64))), (Part::TagValue, 3, 6));
    assert_eq!(at(refusal("m", ("t", "v"), ("f\n", 1i64))), (Part::FieldKey, 2, 1));
    assert_eq!(refusal("m", ("t", "v"), ("f", "a\nb")), None);
}

#[test]
fn an_error_shows_no_value_and_cuts_names() {
    let mut batch = Batch::default();
    let name = "n".repeat(300) + "\n";
    let error = batch.point("m").tag("key", "s3cret\n").field("f", "s3cret").at(1).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cret"));
    let error = batch.point(&name).field("f", 1i64).at(1).unwrap_err();
    assert!(error.to_string().contains("…") && error.to_string().len() < 200);
}

#[test]
fn backslashes_are_refused_where_two_readings_differ() {
    let trailing = |kind| matches!(kind, Some(Kind::TrailingBackslash { .. }));
    let before = |kind| matches!(kind, Some(Kind::BackslashBeforeSpecial { .. }));
    for text in ["a\\", "a\\\\", "\\"] {
        assert!(trailing(refusal(text, ("t", "v"), ("f", 1i64))));
        assert!(trailing(refusal("m", (text, "v"), ("f", 1i64))));
        assert!(trailing(refusal("m", ("t", text), ("f", 1i64))));
        assert!(trailing(refusal("m", ("t", "v"), (text, 1i64))));
    }
    for text in ["a\\,b", "a\\ b", "a\\=b", "a\\\\,b"] {
        assert!(before(refusal(text, ("t", "v"), ("f", 1i64))));
        assert!(before(refusal("m", (text, "v"), ("f", 1i64))));
        assert!(before(refusal("m", ("t", text), ("f", 1i64))));
        assert!(before(refusal("m", ("t", "v"), (text, 1i64))));
    }
    // The server's reading of measurements and field keys knows one escape more.
    assert!(before(refusal("a\\\"b", ("t", "v"), ("f", 1i64))));
    assert!(before(refusal("m", ("t", "v"), ("a\\\"b", 1i64))));
    assert_eq!(refusal("m", ("a\\\"b", "a\\\"b"), ("f", 1i64)), None);
    // Anywhere else, and in a string field everywhere, a backslash is a character like others.
    let path = r"C:\temp\new";
    assert_eq!(refusal(path, (path, path), (path, r"C:\ \,\")), None);
}

#[test]
fn what_the_server_would_drop_or_misread_is_refused() {
    assert!(matches!(refusal("#m", ("t", "v"), ("f", 1i64)), Some(Kind::LeadingHash { .. })));
    for text in ["\tm", "\0m"] {
        assert!(matches!(refusal(text, ("t", "v"), ("f", 1i64)), Some(Kind::LeadingWhitespace { .. })));
        assert!(matches!(refusal("m", ("t", "v"), (text, 1i64)), Some(Kind::LeadingWhitespace { .. })));
        assert_eq!(refusal("m", (text, text), ("f", 1i64)), None);
    }
    assert_eq!(refusal("m", ("time", "v"), ("f", 1i64)), Some(Kind::ReservedTime(Part::TagKey)));
    assert_eq!(refusal("m", ("t", "v"), ("time", 1i64)), Some(Kind::ReservedTime(Part::FieldKey)));
    assert_eq!(refusal("time", ("Time", "time"), ("times", 1i64)), None);
    assert_eq!(refusal("m", ("_field", "v"), ("_measurement", 1i64)), None, "1.x keeps no name but time to itself");
    for text in ["a#!~#b", "a#!~"] {
        let reserved = |kind| matches!(kind, Some(Kind::ReservedSequence { offset: 1, .. }));
        assert!(reserved(refusal(text, ("t", "v"), ("f", 1i64))));
        assert!(reserved(refusal("m", (text, "v"), ("f", 1i64))));
        assert!(reserved(refusal("m", ("t", text), ("f", 1i64))));
        assert_eq!(refusal("m", ("t", "v"), (text, 1i64)), None);
    }
}

#[test]
fn numbers_that_line_protocol_cannot_carry_are_refused() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(matches!(refusal("m", ("t", "v"), ("f", float)), Some(Kind::NotFinite { .. })));
        assert!(matches!(refusal("m", ("t", "v"), ("f", float as f32)), Some(Kind::NotFinite { .. })));
    }
    for integer in [i64::MAX as u64 + 1, u64::MAX] {
        assert!(matches!(refusal("m", ("t", "v"), ("f", integer)), Some(Kind::IntegerTooLarge { .. })));
    }
    assert_eq!(refusal("m", ("t", "v"), ("f", i64::MAX as u64)), None);
}

/// The forms that 1.x reads: digits, a point, and behind an `e` an exponent with or without a sign.
#[test]
fn floats_are_written_in_a_form_the_server_reads() {
    for (float, text) in [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (1e308, "1e+308"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        (5e-324, "5e-324"),
        (-1.25e-300, "-1.25e-300"),
    ] {
        let mut batch = Batch::default();
        batch.point("m").field("f", float).at(1).unwrap();
        assert_eq!(batch.line(0), format!("m f={text} 1").as_bytes());
        let point = read_body(batch.as_bytes()).remove(0).unwrap();
        assert_eq!(point.fields[0].1, Stored::Float(float.to_bits()));
        assert!(RawLine::parse(batch.line(0)).is_ok());
    }
}

#[test]
fn times_are_bounded_in_every_precision() {
    for (precision, time) in [
        (Precision::Nanoseconds, i64::MIN),
        (Precision::Nanoseconds, i64::MIN + 1),
        (Precision::Nanoseconds, i64::MAX),
        (Precision::Hours, 2_562_048),
        (Precision::Milliseconds, -9_223_372_036_855),
    ] {
        let mut batch = Batch::new(precision);
        let error = batch.point("m").field("f", 1i64).at(time).unwrap_err();
        assert_eq!(error.kind(), &Kind::TimeOutOfRange { precision });
        let line = format!("m f=1i {time}");
        let error = batch.push_line(line.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), &Kind::TimeOutOfRange { precision });
        batch.point("m").field("f", 1i64).at(-1).unwrap();
    }
    let mut batch = Batch::new(Precision::Seconds);
    let before_1970 = Timestamp::Nanoseconds(-1);
    batch.point("m").field("f", 1i64).at(before_1970).unwrap();
    assert_eq!(batch.line(0), b"m f=1i -1");
}

/// Measurement, tags and field key, with four bytes of the server's own, take 65,535 bytes at most.
#[test]
fn keys_are_measured_to_the_byte() {
    for (field, slack) in [("f", 0), ("a field", 1), ("a_name_longer_than_a_word", 0)] {
        let room = 65_535 - 4 - field.len() - slack;
        for (len, fits) in [(room, true), (room + 1, false), (65_536, false)] {
            let name = "n".repeat(len);
            let mut batch = Batch::default();
            let mut results = vec![batch.point(&name).field(field, 1i64).at(1)];
            // The second time round, names are guessed.
            results.push(batch.point(&name).field(field, 1i64).at(1));
            let tag = &name[..len - 4];
            results.push(batch.point("m").tag("t", tag).field(field, 1i64).at(1));
            results.push(match Series::new("m", [("t", tag)]) {
                Ok(series) => batch.series(&series).field(field, 1i64).at(1),
                Err(error) => Err(error),
            });
            for (i, result) in results.into_iter().enumerate() {
                match result {
                    Ok(()) => assert!(fits, "{field} {len} {i}"),
                    Err(error) => {
                        assert!(!fits, "{field} {len} {i}: {error}");
                        assert!(matches!(error.kind(), Kind::KeyTooLong { bytes } if *bytes > 65_535));
                    }
                }
            }
            assert_eq!(read_body(batch.as_bytes()).len(), batch.points());
            assert!(read_body(batch.as_bytes()).iter().all(Result::is_ok));
            let line = format!("{name} {} 1", format!("{field}=1").replace("a ", "a\\ "));
            let pushed = Batch::default().push_line(line.as_bytes());
            assert_eq!(pushed.is_ok(), fits, "{field} {len}");
        }
    }
    let long = "k".repeat(65_536);
    assert!(matches!(refusal("m", ("t", "v"), (&long, 1i64)), Some(Kind::KeyTooLong { .. })));
}

#[test]
fn many_tags_and_fields() {
    let mut batch = Batch::default();
    for twice in [false, true] {
        let mut writer = batch.point("m");
        for i in 0..1_000 {
            writer = writer.tag(&format!("t{}", i * 7 % 1_000), "v");
        }
        if twice {
            writer = writer.tag("t500", "v");
        }
        let mut writer = writer.field("f", 1i64);
        for i in 0..1_000 {
            writer = writer.field(&format!("f{i}"), i);
        }
        match (twice, writer.at(1)) {
            (false, Ok(())) => {}
            (true, Err(error)) => {
                assert_eq!(error.to_string(), "point at index 1: tag \"t500\" is given twice: keep one");
            }
            (_, result) => panic!("{result:?}"),
        }
    }
    let point = read_body(batch.as_bytes()).remove(0).unwrap();
    assert_eq!((point.tags.len(), point.fields.len()), (1_000, 1_001));
}

#[test]
fn large_strings() {
    for len in [64 << 10, 1 << 20] {
        let text = "a\"\\\n".repeat(len / 4);
        let mut batch = Batch::default();
        batch.point("m").field("f", text.as_str()).at(1).unwrap();
        batch.point("m").field("f", "next").at(2).unwrap();
        let read = read_body(batch.as_bytes());
        assert_eq!(read.len(), 2);
        let point = read[0].as_ref().unwrap();
        assert_eq!(point.fields[0].1, Stored::Text(text.into_bytes()));
    }
}

/// The server's own reasons, from the captured cases on lines.
#[test]
fn raw_lines_are_refused_for_the_servers_reasons() {
    for (line, kind) in [
        ("", Line::Blank),
        (" \t", Line::Blank),
        ("# m v=1", Line::Comment),
        (",a=1 v=1", Line::MissingMeasurement),
        ("m", Line::MissingFields),
        ("m,t=a", Line::MissingFields),
        ("m,t= v=1", Line::MissingTagValue),
        ("m,t v=1", Line::MissingTagValue),
        ("m,,a=1 v=1", Line::MissingTagKey),
        ("m,t=a=b v=1", Line::InvalidTagFormat),
        ("m,a=1,b=2,a=3 v=1", Line::DuplicateTags),
        ("m ", Line::InvalidFieldFormat),
        ("m v", Line::InvalidFieldFormat),
        ("m v=1,", Line::InvalidFieldFormat),
        ("m =1", Line::MissingFieldKey),
        ("m a=1,=2", Line::MissingFieldKey),
        ("m a=1,b=", Line::MissingFieldValue),
        ("m v= 1", Line::MissingFieldValue),
        ("m v=\"abc", Line::UnbalancedQuotes),
        ("m v=1.2.3", Line::InvalidNumber),
        ("m v=1.5i", Line::InvalidNumber),
        ("m v=1i1", Line::InvalidNumber),
        ("m v=-", Line::InvalidNumber),
        ("m v=.", Line::InvalidNumber),
        ("m v=nan", Line::InvalidNumber),
        ("m v=-Inf", Line::InvalidNumber),
        ("m v=1e400", Line::NumberOutOfRange),
        ("m v=9223372036854775808i", Line::NumberOutOfRange),
        ("m v=-1u", Line::InvalidUnsigned),
        ("m v=Inf", Line::InvalidBoolean),
        ("m v=FaLse", Line::InvalidBoolean),
        ("m v=1 abc", Line::BadTimestamp),
        ("m v=1 1\r", Line::BadTimestamp),
        ("m v=1 -", Line::BadTimestamp),
        ("m v=1 99999999999999999999", Line::TimestampOutOfRange),
        ("m v=1 1 1", Line::TrailingText),
        // What a server takes, but not as it reads.
        ("m,t=a\\\\,u=b v=1", Line::AmbiguousBackslash),
        ("m v=\"a\"b", Line::TextBehindString),
        ("m\\\nx v=1", Line::LineFeed),
    ] {
        let error = RawLine::parse(line.as_bytes()).unwrap_err();
        assert_eq!(error.kind, kind, "{line:?}");
        assert!(error.offset <= line.len(), "{line:?}: {error}");
    }
}

#[test]
fn raw_lines_with_reserved_names_are_refused() {
    for (line, kind) in [
        ("m,time=1 v=1", Line::ReservedTime),
        ("m v=1,time=2", Line::ReservedTime),
        ("m,t=a#!~#b v=1", Line::ReservedSequence),
    ] {
        let mut batch = Batch::default();
        for checks in [true, false] {
            batch.check_field_types(checks);
            let error = batch.push_line(line.as_bytes()).unwrap_err();
            assert!(matches!(error.kind(), Kind::Line(error) if error.kind == kind), "{line}: {error}");
        }
        batch.push_unchecked_line(line.as_bytes()).unwrap();
    }
}

#[test]
fn unchecked_lines_that_would_draw_the_next_one_in_are_refused() {
    for (line, kind) in [
        ("", Line::Blank),
        ("#", Line::Comment),
        ("m v=1\nm v=2", Line::LineFeed),
        ("m v=\"abc", Line::UnbalancedQuotes),
        ("m v=\"abc\\", Line::UnbalancedQuotes),
        ("m v=1\\", Line::TrailingBackslash),
    ] {
        let mut batch = Batch::default();
        let error = batch.push_unchecked_line(line.as_bytes()).unwrap_err();
        assert!(matches!(error.kind(), Kind::Line(error) if error.kind == kind), "{line:?}: {error}");
        assert!(batch.is_empty());
    }
}

#[test]
fn a_line_without_a_time_gets_one_from_the_clock_asked_for() {
    let stamped = |line: &[u8]| RawLine::parse(line).unwrap().timestamp().unwrap();
    let mut batch = Batch::default();
    for line in ["m s=\"a b\nc\"", "m v=1 ", "m v=1 5", " m v=1\n", "m v=1\r\n"] {
        batch.push_line(line.as_bytes()).unwrap();
    }
    batch.push_unchecked_line(b"m s=\"a 5\" ").unwrap();
    batch.push_unchecked_line(b"nonsense").unwrap();
    batch.push_unchecked_line(b"m v=nonsense").unwrap();
    batch.push_unchecked_line(b"m v=1 nonsense").unwrap();
    assert!(batch.is_idempotent());
    let first = stamped(batch.line(0));
    assert!(stamped(batch.line(1)) > first);
    assert_eq!(batch.line(2), b"m v=1 5");
    assert!(batch.line(4).starts_with(b"m v=1 1"));
    assert!(stamped(batch.line(5)) > first);
    assert_eq!(batch.line(6), b"nonsense");
    assert!(batch.line(7).len() > b"m v=nonsense ".len());
    assert_eq!(batch.line(8), b"m v=1 nonsense");

    for push in [Batch::push_line, Batch::push_unchecked_line] {
        let mut batch = Batch::default();
        batch.missing_time(MissingTime::ServerClock);
        push(&mut batch, b"m v=1 5").unwrap();
        assert!(batch.is_idempotent());
        push(&mut batch, b"m v=1").unwrap();
        assert!(!batch.is_idempotent());
        assert_eq!(batch.as_bytes(), b"m v=1 5\nm v=1\n");
    }
}

#[test]
fn a_body_of_lines_is_taken_as_far_as_it_is_sound() {
    let body = b"# head\nm v=1 1\n\nm s=\"two\nlines\" 2\r\nbad\nm v=1i 3\nm v=2 4";
    let mut batch = Batch::default();
    let pushed = batch.push_lines(body);
    assert_eq!((pushed.points, pushed.skipped), (3, 2));
    let refused: Vec<_> =
        pushed.refused.iter().map(|refused| (refused.line_number, refused.offset, refused.error.point())).collect();
    assert_eq!(refused, [(6, 35, 2), (7, 39, 2)]);
    assert_eq!(batch.lines(1..3), b"m s=\"two\nlines\" 2\nm v=2 4\n");
    assert_eq!(batch.lines(3..3), b"");
}

/// Deep repetition ends: work that grew with the square of these lengths would take hours, not a moment.
#[test]
fn deep_repetition_ends() {
    for unit in ["\\", ",=", "\"", "m \"=\n", "m,a=b", "9", " ", "unable to parse '"] {
        let line = unit.repeat(1 << 18);
        let mut batch = Batch::default();
        // Whether it is taken is no matter here.
        let _ = batch.push_line(line.as_bytes());
        let _ = batch.push_unchecked_line(line.as_bytes());
        let mut splitter = LineSplitter::new();
        let mut rest = line.as_bytes();
        while let Some(end) = splitter.end_of_line(rest) {
            rest = &rest[end..];
        }
        assert!(rest.len() <= line.len());
        let _ = batch.quoted_lines(&line);
    }
}
