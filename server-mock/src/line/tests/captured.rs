//! The captured cases about parsing: bodies sent to real clusters of both versions and what was answered.

use crate::Profile;
use crate::line::{Precision, parse};

/// The reply to a body that no line of which was good.
fn error(profile: Profile, precision: &str, body: &[u8]) -> String {
    let parsed = parse(body, Precision::parse(precision, profile).unwrap(), 0, profile);
    assert!(parsed.points.is_empty(), "{}", String::from_utf8_lossy(body));
    parsed.error_text().unwrap_or_default()
}

#[test]
fn bad_lines_of_1_8_get_its_words() {
    for (line, why) in [
        // lines, fields
        ("m ", "invalid field format"),
        ("m =1", "missing field key"),
        ("m v=1,", "invalid field format"),
        ("m v=\"abc", "unbalanced quotes"),
        ("m v=1.2.3", "invalid number"),
        ("m v=1.5i", "invalid number"),
        (
            "m v=9223372036854775808i",
            "unable to parse integer 9223372036854775808: strconv.ParseInt: parsing \"9223372036854775808\": value \
             out of range",
        ),
        ("m v=-1u", "invalid number"),
        ("m v=nan", "invalid number"),
        ("m v=Inf", "invalid boolean"),
        ("m v=-Inf", "invalid number"),
        ("m a=1,b=", "missing field value"),
        ("m a=1,=2", "missing field key"),
        // lines, measurement and tags
        ("m", "missing fields"),
        ("m,t= v=1", "missing tag value"),
        ("m,t v=1", "missing tag value"),
        ("m,t=a=b v=1", "invalid tag format"),
        ("m,t=a", "missing fields"),
        (",a=1 v=1", "missing measurement"),
        ("m,,a=1 v=1", "missing tag key"),
        // lines, timestamps
        ("m v=1 abc", "bad timestamp"),
        ("m v=1 99999999999999999999", "strconv.ParseInt: parsing \"99999999999999999999\": value out of range"),
        ("m v=1 -9223372036854775808", "time outside range -9223372036854775806 - 9223372036854775806"),
        ("m v=1 1 1", "point is invalid"),
    ] {
        assert_eq!(error(Profile::V1_8, "", line.as_bytes()), format!("unable to parse '{line}': {why}"));
    }
}

#[test]
fn bad_lines_of_0_10_get_its_words() {
    let range = "time outside range 1677-09-21 00:12:43.145224192 +0000 UTC - \
                 2262-04-11 23:47:16.854775807 +0000 UTC";
    for (precision, line, why) in [
        // fields
        ("", "cpu ", "invalid field format"),
        ("", "cpu =1", "missing field key"),
        ("", "cpu value=1.2.3", "invalid number"),
        ("", "cpu value=\"abc", "unbalanced quotes"),
        (
            "",
            "cpu value=9223372036854775808i",
            "unable to parse integer 9223372036854775808: strconv.ParseInt: parsing \"9223372036854775808\": value \
             out of range",
        ),
        ("", "cpu value", "invalid field format"),
        ("", "cpu value=NaN", "invalid number"),
        ("", "cpu value=1e400", "invalid float"),
        ("", "cpu a=1,=2", "missing field key"),
        ("", "cpu a=FaLse", "invalid boolean"),
        // measurement and tags
        ("", "cpu", "missing fields"),
        ("", "cpu,host= value=1", "missing tag value"),
        ("", "cpu,host value=1", "missing tag value"),
        ("", "cpu,a=1,a=2 value=1", "duplicate tags"),
        ("", "cpu,a=1,b=2,a=3 v=1", "duplicate tags"),
        ("", "cpu,,a=1 v=1", "missing tag key"),
        ("", "cpu,a v=1", "missing tag value"),
        // timestamps
        ("", "cpu value=1 abc", "bad timestamp"),
        (
            "",
            "cpu value=1 9223372036854775808",
            "strconv.ParseInt: parsing \"9223372036854775808\": value out of range",
        ),
        ("h", "cpu value=1 9223372036854775", range),
        ("m", "cpu value=1 9223372036854", range),
    ] {
        assert_eq!(error(Profile::V0_10, precision, line.as_bytes()), format!("unable to parse '{line}': {why}"));
    }
}

#[test]
fn a_carriage_return_is_part_of_the_timestamp() {
    let body = b"m,t=crlf v=1 1600000000000000000\r\nm,t=crlf2 v=1 1600000000000000000\r\n";
    for profile in Profile::ALL {
        assert_eq!(
            error(profile, "", body),
            "unable to parse 'm,t=crlf v=1 1600000000000000000\r': bad timestamp\n\
             unable to parse 'm,t=crlf2 v=1 1600000000000000000\r': bad timestamp"
        );
    }
}

#[test]
fn good_lines_of_a_mixed_body_are_kept_and_bad_ones_named() {
    let parsed = |profile, body| {
        let parsed = parse(body, Precision::Nanosecond, 0, profile);
        (parsed.lines, parsed.points.len(), parsed.error_text().unwrap())
    };
    assert_eq!(
        parsed(Profile::V1_8, b"m v=1 1600000000000000000\nbad\nm v=2 1600000000000000001\nm x"),
        (4, 2, "unable to parse 'bad': missing fields\nunable to parse 'm x': invalid field format".to_owned())
    );
    assert_eq!(
        parsed(
            Profile::V0_10,
            b"cpu,host=good value=1 1456000000000000000\ncpu,host=bad value= 1456000000000000000\n\
              cpu,host=bad2 val=abc 1456000000000000000"
        ),
        (
            3,
            1,
            "unable to parse 'cpu,host=bad value= 1456000000000000000': missing field value\n\
             unable to parse 'cpu,host=bad2 val=abc 1456000000000000000': invalid boolean"
                .to_owned()
        )
    );
    assert_eq!(
        parsed(Profile::V0_10, b"bad1\nbad2 x"),
        (2, 0, "unable to parse 'bad1': missing fields\nunable to parse 'bad2 x': invalid field format".to_owned())
    );
}

#[test]
fn bodies_with_nothing_in_them_are_good() {
    for profile in Profile::ALL {
        for body in ["", "# hi", "# a\n\n# b\n", "\n\n", "   ", " \t\0\n"] {
            let parsed = parse(body.as_bytes(), Precision::Nanosecond, 0, profile);
            assert_eq!((parsed.points.len(), parsed.lines, parsed.errors.len()), (0, 0, 0), "{body:?}");
        }
    }
}

#[test]
fn unusual_lines_are_taken() {
    for body in [
        &b"m,t=\xff\xfe v=1 1600000000000000000"[..],
        b"m s=\"\" 1600000000000000000",
        b"x v=1 1600000000000000000\n                    ",
    ] {
        let parsed = parse(body, Precision::Nanosecond, 0, Profile::V1_8);
        assert_eq!((parsed.points.len(), parsed.errors.len()), (1, 0), "{body:?}");
    }
}

#[test]
fn times_are_stored_in_nanoseconds() {
    let time = |profile, precision: &str| {
        let precision = Precision::parse(precision, profile).unwrap();
        parse(b"prec,p=x v=1 1000", precision, 0, profile).points.get(0).unwrap().time
    };
    for (precision, expected) in
        [("n", 1_000), ("ns", 1_000), ("", 1_000), ("s", 1_000_000_000_000), ("h", 3_600_000_000_000_000)]
    {
        assert_eq!(time(Profile::V1_8, precision), expected);
    }
    for (precision, expected) in [("n", 1_000), ("s", 1_000_000_000_000), ("bogus", 1_000), ("u", 1_000_000)] {
        assert_eq!(time(Profile::V0_10, precision), expected);
    }
}

#[test]
fn tags_are_sorted_before_anything_hashes_them() {
    for profile in Profile::ALL {
        let parsed = parse(
            b"cpu,b=2,a=1 v=1 1456000000000000000\ncpu,a=1,b=2 v=2 1456000000000000001",
            Precision::Nanosecond,
            0,
            profile,
        );
        let keys: Vec<_> = parsed.points.iter().map(|point| point.key).collect();
        assert_eq!(keys, [b"cpu,a=1,b=2", b"cpu,a=1,b=2"]);
    }
}

#[test]
fn keys_are_limited_in_1_8_alone() {
    let error = |line: &str, profile| {
        let parsed = parse(line.as_bytes(), Precision::Nanosecond, 0, profile);
        parsed.errors.first().map(|error| error.reason.to_string())
    };
    let tag = |length: usize| format!("m,t={} v=1", "x".repeat(length - 4));
    // The field name and its separator count: 4 bytes and the one of `v`.
    assert_eq!(error(&tag(65_530), Profile::V1_8), None);
    assert_eq!(error(&tag(65_531), Profile::V1_8).unwrap(), "max key length exceeded: 65536 > 65535");
    assert_eq!(error(&tag(65_536), Profile::V1_8).unwrap(), "max key length exceeded: 65536 > 65535");
    assert_eq!(error(&tag(65_536), Profile::V0_10), None);
    let unsorted = format!("m,b={},a=1 v=1", "x".repeat(70_000));
    assert_eq!(error(&unsorted, Profile::V1_8).unwrap(), "max key length exceeded: 70008 > 65535");
    let doubled = format!("m,b={},a=1,b=2 v=1", "x".repeat(70_000));
    assert_eq!(error(&doubled, Profile::V1_8).unwrap(), "duplicate tags");
}
