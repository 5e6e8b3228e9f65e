//! `classify` for those who write with curl: the class of a reply as the exit code.

use influx_client::Class;

use crate::harness::run;

/// A reply of each class that a server can give.
const REPLIES: &[(Class, &str, &str)] = &[
    (Class::Ok, "204", ""),
    (Class::Unreachable, "400", r#"{"error":"read tcp 10.0.0.1:8086->10.0.0.2:1: connection reset by peer"}"#),
    (Class::Timeout, "500", r#"{"error":"timeout"}"#),
    (Class::Timeout, "504", "<html>504 Gateway Time-out</html>"),
    (Class::BelowLevel, "500", r#"{"error":"partial write"}"#),
    (Class::Overloaded, "503", "request throttled, queue full\n"),
    (Class::NoReplica, "500", r#"{"error":"write failed"}"#),
    (Class::MetaUnavailable, "500", r#"{"error":"meta service returned 503 Service Unavailable"}"#),
    (Class::Deferred, "500", r#"{"error":"write failed: hinted handoff queue not empty"}"#),
    (Class::Auth, "401", r#"{"error":"authorization failed"}"#),
    (Class::NotFound, "404", r#"{"error":"database not found: \"x\""}"#),
    (Class::NotFound, "500", r#"{"error":"retention policy not found: x"}"#),
    (Class::Refused, "400", r#"{"error":"invalid consistency level"}"#),
    (
        Class::Rejected,
        "400",
        r#"{"error":"partial write: invalid field name: input field \"time\" on measurement \"m\" is invalid dropped=1"}"#,
    ),
    (Class::Malformed, "400", r#"{"error":"unable to parse 'm': missing fields"}"#),
    (
        Class::TypeConflict,
        "500",
        r#"{"error":"write failed: partial write: field type conflict: input field \"f\" on measurement \"m\" is type string, already exists as type float dropped=1"}"#,
    ),
    (Class::OutsideRetention, "400", r#"{"error":"partial write: points beyond retention policy dropped=1"}"#),
    (Class::Limit, "413", r#"{"error":"Request Entity Too Large"}"#),
];

#[test]
fn the_exit_code_is_that_of_the_class() {
    for (class, status, body) in REPLIES {
        let ran = run(&["classify", "--status", status, "-c", "quorum"], body);
        assert_eq!(ran.code, i32::from(class.exit_code()), "{status} {body}: {ran:?}");
        assert!(ran.out.contains(class.id()) && ran.out.contains("outcome") && ran.out.contains("advice"), "{ran:?}");
        let json = run(&["classify", "--json", "--status", status], body);
        assert_eq!(json.events()[0]["class"], class.id());
    }
    for &class in Class::ALL {
        let local = matches!(class, Class::LocalIo | Class::Journal | Class::TooManyRejected);
        let seen = REPLIES.iter().any(|(seen, ..)| *seen == class);
        assert!(seen != local, "{class} is either seen on the wire or local");
    }
}

#[test]
fn no_answer_leaves_everything_open() {
    let ran = run(&["classify", "--status", "000"], "");
    assert_eq!(ran.code, 11);
    assert!(ran.out.contains("unknown"), "{}", ran.out);
}

#[test]
fn the_version_changes_what_is_claimed() {
    let body = r#"{"error":"partial write"}"#;
    let outcome = |version: &str| {
        run(&["classify", "--status", "500", "--json", "--version", version], body).events()[0]["outcome"].clone()
    };
    assert_eq!(outcome("1.8.11-c1.2.0"), "below-level");
    assert_eq!(outcome("0.10.3"), "unknown");
}

#[test]
fn user_data_in_the_message_decides_nothing() {
    let body = r#"{"error":"unable to parse 'm timeout partial write': missing fields"}"#;
    assert_eq!(run(&["classify", "--status", "400"], body).code, 31);
}
