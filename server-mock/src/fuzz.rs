//! Hostile bytes for the parsers that users reach: a bounded number within `cargo test`, and as many as wanted with
//! `cargo bolero test -p influx-server-mock fuzz::…`. Those of private formats stand beside their code.

use crate::line::{self, Precision};
use crate::query::{self, Params};
use crate::{Points, Profile};

const ITERATIONS: usize = 2_000;

/// Bytes that mean something to a parser, in place of arbitrary ones, so that chance goes deep.
fn spelled(bytes: &[u8], words: &[&str]) -> String {
    bytes.iter().map(|byte| words[usize::from(*byte) % words.len()]).collect()
}

fn parse_lines(body: &[u8]) {
    for profile in Profile::ALL {
        let parsed = line::parse(body, Precision::Nanosecond, 1, profile);
        // Whatever is taken can be read again by those who store and forward it.
        for point in parsed.points.iter() {
            line::fields(point.fields).for_each(drop);
            drop(line::split_key(point.key));
        }
        assert!(parsed.points.len() + parsed.errors.len() <= parsed.lines);
        let mut encoded = Vec::new();
        parsed.points.encode_into(&mut encoded);
        assert_eq!(Points::decode(&encoded).as_ref(), Ok(&parsed.points));
    }
}

#[test]
fn line_protocol_of_any_bytes() {
    bolero::check!().with_iterations(ITERATIONS).for_each(parse_lines);
}

#[test]
fn line_protocol_of_its_own_signs() {
    let words =
        ["m", ",", "=", " ", "\"", "\\", "\n", "#", "\r", "\0", "1", "i", "u", "t", ".", "-", "e9", "v=1", "é", "\t"];
    bolero::check!()
        .with_iterations(ITERATIONS)
        .for_each(|bytes: &[u8]| parse_lines(spelled(bytes, &words).as_bytes()));
}

/// What another node sends as points.
#[test]
fn points_of_any_bytes() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|bytes: &[u8]| {
        if let Ok(points) = Points::decode(bytes) {
            assert!(points.bytes() <= bytes.len());
            let fields: usize = points.iter().map(|point| line::fields(point.fields).count()).sum();
            assert!(fields <= bytes.len());
        }
    });
}

fn parse_query(text: &str) {
    for profile in Profile::ALL {
        if let Err(why) = query::parse(text, &Params::default(), profile) {
            assert!(!why.to_string().is_empty());
        }
    }
}

#[test]
fn influxql_of_any_text() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|bytes: &[u8]| parse_query(&String::from_utf8_lossy(bytes)));
}

#[test]
fn influxql_of_its_own_words() {
    let words = [
        "SELECT ",
        "FROM ",
        "WHERE ",
        "GROUP BY ",
        "time(",
        "1h",
        ")",
        "(",
        "mean(",
        "*",
        "m ",
        "\"m\" ",
        "'x' ",
        "/a.*/ ",
        "=~ ",
        ", ",
        "; ",
        "AND ",
        "OR ",
        "1 ",
        "1.5 ",
        "now() ",
        "- ",
        "fill(",
        "LIMIT ",
        "SHOW ",
        "TAG ",
        "VALUES ",
        "WITH KEY ",
        "= ",
        "CREATE ",
        "DATABASE ",
        "INTO ",
        ".",
        "::",
        "\\",
        "\"",
        "'",
        "/",
        "$",
        "--",
        "/*",
        "DROP ",
        "ON ",
    ];
    bolero::check!().with_iterations(ITERATIONS).for_each(|bytes: &[u8]| parse_query(&spelled(bytes, &words)));
}
