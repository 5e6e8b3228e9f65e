//! What must hold for any bytes.

use proptest::prelude::*;

use crate::line::scan::{scan, skip_blanks};
use crate::line::{Precision, cost, fast, fields, parse, split_key};
use crate::{Points, Profile};

/// Bodies made of what line protocol is made of, so that most bytes mean something.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => prop::sample::select(vec![
            "m", "cpu", "a", "v", "time", ",", ",", "=", "=", " ", " ", "\n", "\"", "\\", "\\\\", "\\,", "\\ ", "\\\"",
            "1", "12", "-", ".", "e", "i", "u", "t", "true", "FALSE", "NaN", "#", "\t", "\r", "\0",
            " 1600000000000000000",
            "9223372036854775808", "\"x y\"", "\"a,b=c\"", ",b=1", ",a=2", " v=1", "é",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        2 => prop::sample::select(vec![
            "cpu,host=a,dc=b usage=1.5,free=3i 1600000000000000000\n", "m v=\"s\" 5\n", "m,b=1,a=2 v=t\n",
            "m,a\\ b=c\\,d v=-1\n",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn precisions() -> impl Strategy<Value = Precision> {
    prop::sample::select(vec![Precision::Nanosecond, Precision::Second, Precision::Hour])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(
        body in prop_oneof![bodies(), prop::collection::vec(any::<u8>(), 0..200)],
        precision in precisions(),
    ) {
        for profile in Profile::ALL {
            let parsed = parse(&body, precision, i64::MIN, profile);
            prop_assert_eq!(parsed.lines, parsed.points.len() + parsed.errors.len());
            let _ = parsed.error_text();
            for point in parsed.points.iter() {
                prop_assert!(fields(point.fields).count() > 0, "a good line has a field that can be read");
                let (_, tags) = split_key(point.key);
                let _ = tags.count();
            }
        }
    }

    #[test]
    fn the_fast_reading_agrees_with_the_exact_one(body in bodies(), precision in precisions()) {
        let mut sorter = fast::Sorter::default();
        for start in 0..body.len() {
            if skip_blanks(&body, start) > start || matches!(body[start], b'\n' | b'#') {
                continue;
            }
            let Some(read) = fast::line(&body, start, precision) else { continue };
            prop_assert_eq!(read.end, crate::line::parse::line_end(&body, start));
            let key = &body[read.key.clone()];
            let key = if read.sorted { Some(key) } else { sorter.sort(key) };
            for profile in Profile::ALL {
                match (scan(&body[start..read.end], precision, profile), key) {
                    (Ok(exact), Some(key)) => {
                        prop_assert_eq!(&*exact.key, key);
                        prop_assert_eq!((exact.fields, exact.time), (&body[read.fields.clone()], read.time));
                    }
                    (Err(reason), None) => prop_assert_eq!(reason, crate::line::Reason::DuplicateTags),
                    (exact, key) => prop_assert!(false, "{exact:?} but {key:?}"),
                }
            }
        }
    }

    #[test]
    fn tags_of_a_good_line_are_sorted_and_single(
        tags in prop::collection::vec(("[a-d]{1,2}|[ab]\\\\,", "[x-z]{1,3}"), 0..8),
    ) {
        let text: String = tags.iter().map(|(key, value)| format!(",{key}={value}")).collect();
        let body = format!("m{text} v=1");
        let mut sorted = tags.clone();
        sorted.sort();
        sorted.dedup_by(|left, right| left.0 == right.0);
        for profile in Profile::ALL {
            let parsed = parse(body.as_bytes(), Precision::Nanosecond, 0, profile);
            if sorted.len() < tags.len() {
                prop_assert!(parsed.error_text().unwrap().ends_with("duplicate tags"));
            } else {
                let key: String = sorted.iter().map(|(key, value)| format!(",{key}={value}")).collect();
                prop_assert_eq!(parsed.points.get(0).unwrap().key.to_vec(), format!("m{key}").into_bytes());
            }
        }
    }

    #[test]
    fn good_lines_beside_bad_ones_are_kept(kinds in prop::collection::vec(any::<bool>(), 0..40)) {
        let line = |(at, good): (usize, &bool)| match good {
            true => format!("m,k=x v={at}i {at}\n"),
            false => format!("bad{at}\n"),
        };
        let body: String = kinds.iter().enumerate().map(line).collect();
        let parsed = parse(body.as_bytes(), Precision::Nanosecond, 0, Profile::V1_8);
        let times: Vec<_> = parsed.points.iter().map(|point| point.time).collect();
        let good = |wanted: bool| kinds.iter().enumerate().filter(move |(_, good)| **good == wanted).map(|(at, _)| at);
        prop_assert_eq!(times, good(true).map(|at| at as i64).collect::<Vec<_>>());
        let named: Vec<_> = parsed.errors.iter().map(|error| error.line.to_vec()).collect();
        prop_assert_eq!(named, good(false).map(|at| format!("bad{at}").into_bytes()).collect::<Vec<_>>());
    }
}

/// Ten times the body may cost at most twelve times the work, whatever the body is made of.
#[test]
fn the_work_grows_with_the_body_and_no_faster() {
    type Make = fn(usize) -> Vec<u8>;
    let hostile: [(&str, Make); 18] = [
        ("one long measurement", |n| "m".repeat(n).into_bytes()),
        ("one long tag", |n| format!("m,t={} v=1", "x".repeat(n)).into_bytes()),
        ("many tags", |n| {
            format!("m{} v=1", (0..n / 9).map(|i| format!(",k{i:06}=v")).collect::<String>()).into_bytes()
        }),
        ("many tags backwards", |n| {
            format!("m{} v=1", (0..n / 9).rev().map(|i| format!(",k{i:06}=v")).collect::<String>()).into_bytes()
        }),
        ("many tags in no order", |n| {
            let tags = (0..n / 9).map(|i| format!(",k{:06}=v", i * 7_919 % 1_000_003 % 1_000_000));
            format!("m{} v=1", tags.collect::<String>()).into_bytes()
        }),
        ("many fields", |n| format!("m {} 5", vec!["f=1"; n / 4].join(",")).into_bytes()),
        ("backslashes", |n| format!("m{}", "\\".repeat(n)).into_bytes()),
        ("backslashes in a string", |n| format!("m v=\"{}\"", "\\\\".repeat(n / 2)).into_bytes()),
        ("commas and equals signs", |n| format!("m {}", ",=".repeat(n / 2)).into_bytes()),
        ("equals signs", |n| format!("m {}", "=".repeat(n)).into_bytes()),
        ("digits", |n| format!("m v={}i", "1".repeat(n)).into_bytes()),
        ("digits of a time", |n| format!("m v=1 {}", "1".repeat(n)).into_bytes()),
        ("a string over many lines", |n| format!("m v=\"{}", "x\n".repeat(n / 2)).into_bytes()),
        ("strings never closed in lines", |n| "m v=\"\\\n".repeat(n / 7).into_bytes()),
        ("quotes", |n| "m v=\"\n".repeat(n / 6).into_bytes()),
        ("newlines", |n| vec![b'\n'; n]),
        ("short bad lines", |n| "x\n".repeat(n / 2).into_bytes()),
        ("comments with quotes", |n| "# =\"\n".repeat(n / 5).into_bytes()),
    ];
    for (name, make) in hostile {
        for profile in Profile::ALL {
            let work = |size| {
                let body = make(size);
                cost::of(|| drop(parse(&body, Precision::Nanosecond, 0, profile)))
            };
            let (small, large) = (work(100_000), work(1_000_000));
            assert!(large <= 12 * small, "{name}: {small} for 0.1 MB but {large} for 1 MB");
            assert!(large <= 40 * 1_000_000, "{name}: {large} for 1 MB");
        }
    }
}

#[test]
fn points_without_a_time_get_the_time_of_the_request() {
    let points: Points = parse(b"m v=1\nm v=2 7", Precision::Second, 1_999_999_999, Profile::V1_8).points;
    let times: Vec<_> = points.iter().map(|point| point.time).collect();
    assert_eq!(times, [1_000_000_000, 7_000_000_000]);
}
