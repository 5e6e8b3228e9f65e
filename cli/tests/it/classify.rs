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

#[test]
fn a_whole_reply_tells_its_status_and_version_itself() {
    let reply = |version: &str| {
        format!(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Internal Server Error\r\nX-Influxdb-Version: {version}\r\n\r\n{{\"error\":\"partial write\"}}\n"
        )
    };
    let new = run(&["classify", "--include", "--json", "-c", "quorum"], reply("1.8.11-c1.2.0"));
    let event = &new.events()[0];
    assert_eq!(
        (new.code, event["outcome"].as_str(), event["version"].as_str()),
        (12, Some("below-level"), Some("1.8.11-c1.2.0"))
    );
    let old = run(&["classify", "--include", "--json", "-c", "quorum"], reply("0.10.3"));
    assert_eq!((old.code, old.events()[0]["outcome"].as_str()), (12, Some("unknown")));
    let dir = tempfile::tempdir().unwrap();
    let head = dir.path().join("head");
    std::fs::write(
        &head,
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nX-Influxdb-Error: request throttled, queue full\r\n\r\n",
    )
    .unwrap();
    let headed = run(&["classify", "--head", head.to_str().unwrap(), "--json"], "");
    let event = &headed.events()[0];
    assert_eq!((headed.code, event["retry_after_s"].as_f64()), (13, Some(7.0)), "{event}");
    assert_eq!(run(&["classify"], "").code, 2, "a status is needed");
}

#[test]
fn the_exit_code_of_curl_tells_whether_anything_was_sent() {
    for (exit, class, outcome) in
        [("7", 10, "not-stored"), ("6", 10, "not-stored"), ("28", 11, "unknown"), ("52", 11, "unknown")]
    {
        let ran = run(&["classify", "--status", "000", "--curl-exit", exit, "--json"], "");
        assert_eq!((ran.code, ran.events()[0]["outcome"].as_str()), (class, Some(outcome)), "curl {exit}");
    }
    let unstamped = run(&["classify", "--curl-exit", "28", "--not-idempotent", "--json"], "");
    assert_eq!((unstamped.code, unstamped.events()[0]["retry"].as_str()), (11, Some("after-stamp")));
}

#[test]
fn refused_lines_are_shown() {
    let body = r#"{"error":"partial write: unable to parse 'm v=': missing field value dropped=0"}"#;
    let ran = run(&["classify", "--status", "400", "--points", "10"], body);
    assert_eq!(ran.code, 31);
    assert!(ran.out.contains("missing field value: m v=") && ran.out.contains("at least 1 point"), "{}", ran.out);
    let event = &run(&["classify", "--status", "400", "--points", "10", "--json"], body).events()[0];
    assert_eq!((event["refused_at_least"].as_u64(), event["unparsable"][0]["text"].as_str()), (Some(1), Some("m v=")));
}
