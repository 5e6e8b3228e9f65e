//! `check`: what is found in line protocol without a server, and the exit code for it.

use std::fs;

use serde_json::Value;

use crate::harness::{Ran, points, run, weather};

fn report(ran: &Ran) -> Value {
    let report = ran.events().last().unwrap().clone();
    assert_eq!(
        (report["type"].as_str(), report["exit"].as_i64()),
        (Some("check"), Some(i64::from(ran.code))),
        "{ran:?}"
    );
    report
}

fn check(arguments: &[&str], lines: impl AsRef<[u8]>) -> (Ran, Value) {
    let mut all = vec!["check", "--json"];
    all.extend(arguments);
    let ran = run(&all, lines);
    let report = report(&ran);
    (ran, report)
}

#[test]
fn a_sound_file_is_counted_and_dated() {
    let file = weather();
    let file = file.to_str().unwrap();
    let (ran, report) = check(&[file], "");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!((report["points"]["read"].as_u64(), report["points"]["good"].as_u64()), (Some(11_681), Some(11_681)));
    assert_eq!(report["shard_groups"], serde_json::json!({"count": 263, "exact": true, "duration_s": 604_800}));
    assert_eq!(report["time"]["first"], "2010-01-01T01:00:00Z");
    assert_eq!(report["measurements"][1]["name"], "weather");
    assert_eq!(report["measurements"][1]["fields"]["temp_max"], "float");
    assert_eq!(report["warnings"].as_array().unwrap().len(), 0, "{report}");
    let shown = run(&["check", file], "");
    assert_eq!(shown.code, 0);
    assert!(shown.out.contains("263 groups of 7d") && shown.out.contains("hourly_normals   8,759"), "{}", shown.out);
    assert_eq!(shown.err, "");
    assert_eq!(report["series"]["count"], 11);
}

#[test]
fn refused_lines_are_named_and_the_exit_code_is_their_class() {
    let dir = tempfile::tempdir().unwrap();
    let rejects = dir.path().join("bad.lp");
    let rejects = rejects.to_str().unwrap();
    let good = points("m", 2);
    let long = format!("m s=\"{}\" 1\n", "x".repeat(2_000));
    for (bad, code, class) in [
        ("m v=\n", 31, "malformed"),
        ("m v=1 12345678901234567890\n", 31, "malformed"),
        ("m v=\"open\n", 31, "malformed"),
        ("m v=1i 5\n", 32, "type-conflict"),
        (&long, 34, "limit"),
    ] {
        let (ran, report) = check(&["--max-line", "1000", "--rejects", rejects], format!("{good}{bad}{good}"));
        assert_eq!(ran.code, code, "{bad}: {ran:?}");
        let reject = &ran.events_of("reject")[0];
        assert_eq!((reject["line"].as_u64(), reject["class"].as_str()), (Some(3), Some(class)), "{reject}");
        assert_eq!(report["refused"][class], 1);
        assert_eq!((report["points"]["good"].as_u64(), report["rejects"].as_str()), (Some(4), Some(rejects)));
    }
    let kept = fs::read_to_string(rejects).unwrap();
    assert_eq!(kept.matches("# stdin:3: ").count(), 5, "{kept}");
    assert!(kept.contains("\nm v=1i 5\n") && kept.contains("first at stdin:1"), "{kept}");
    let (ran, _) = check(&[], format!("{good}m v=\nm v=1i 5\n"));
    assert_eq!(ran.code, 30, "two kinds of fault");
}

#[test]
fn types_are_compared_across_files() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (one, other) = (file("one.lp", "m v=1 1\n"), file("other.lp", "n v=1i 1\nm v=t 1\n"));
    let (ran, _) = check(&[&one, &other], "");
    assert_eq!(ran.code, 32, "{ran:?}");
    let reject = &ran.events_of("reject")[0];
    assert_eq!((reject["input"].as_str(), reject["line"].as_u64()), (Some(other.as_str()), Some(2)));
    assert!(reject["error"].as_str().unwrap().contains(&format!("first at {one}:1")), "{reject}");
}

#[test]
fn seconds_taken_for_nanoseconds_are_noticed() {
    let (ran, report) = check(&[], "m v=1 1600000000\nm v=1 1600000001\n");
    assert_eq!(ran.code, 0);
    assert_eq!(
        (
            report["unit"]["looks_like"].as_str(),
            report["unit"]["as_guessed"].as_str(),
            report["unit"]["lines"].as_u64()
        ),
        (Some("s"), Some("2020-09-13T12:26:40Z"), Some(2))
    );
    assert!(ran.err.contains("is --precision s meant?"), "{}", ran.err);
    assert_eq!(check(&["--precision", "s"], "m v=1 1600000000\n").1["unit"], Value::Null);
    let (strict, report) = check(&["--strict"], "m v=1 1600000000\n");
    assert_eq!((strict.code, report["class"].as_str()), (30, Some("rejected")), "{strict:?}");
}

#[test]
fn points_that_are_or_become_one_and_points_without_a_time_are_told() {
    let (_, report) = check(&[], "m,a=1,b=2 v=1 5\nm,b=2,a=1 w=2 5\nm,a=1 v=1 5\nm v=1\n");
    assert_eq!(report["overwritten"], serde_json::json!({"count": 1, "exact": true}));
    assert_eq!(report["points"]["unstamped"], 1);
    assert_eq!(report["warnings"].as_array().unwrap().len(), 2, "{report}");
}

#[test]
fn what_the_retention_policy_would_drop_is_counted() {
    let (ran, report) = check(&["--rp-duration", "30d"], points("m", 3));
    assert_eq!(ran.code, 33, "{ran:?}");
    assert_eq!(
        (report["refused"]["outside-retention"].as_u64(), report["shard_groups"]["duration_s"].as_u64()),
        (Some(3), Some(86_400))
    );
}

#[test]
fn nothing_is_fine_and_nothing_but_comments_is_not() {
    assert_eq!(check(&[], "").0.code, 0);
    let (ran, _) = check(&[], "# DML\n\n");
    assert_eq!(ran.code, 31);
    assert!(ran.err.contains("no point"), "{}", ran.err);
    let absent = run(&["check", "/nonexistent/x.lp"], "");
    assert_eq!(absent.code, 23);
    assert!(absent.err.contains("error[23]"), "{}", absent.err);
}

#[test]
fn a_dump_is_read_as_an_import_reads_it() {
    let dump = "# DDL\nCREATE DATABASE a\n# DML\n# CONTEXT-DATABASE: a\nm v=1 1\n# CONTEXT-DATABASE: b\nm v=1i 1\n";
    let (ran, report) = check(&[], dump);
    assert_eq!((ran.code, report["statements"].as_u64()), (0, Some(1)), "types of two databases: {ran:?}");
    let names: Vec<(&str, &str)> = report["measurements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["database"].as_str().unwrap(), it["name"].as_str().unwrap()))
        .collect();
    assert_eq!(names, [("a", "m"), ("b", "m")]);
    // To `write` the headers are comments, and the statement a line like others.
    let (ran, report) = check(&["--no-headers"], dump);
    assert_eq!((ran.code, report["points"]["refused"].as_u64()), (30, Some(2)), "{ran:?}");
    let (ran, _) = check(&[], "# DDL\nm v=1 1\n");
    let reject = &ran.events_of("reject")[0];
    assert_eq!((ran.code, reject["line"].as_u64()), (31, Some(2)));
    assert!(reject["error"].as_str().unwrap().contains("# DML"), "{reject}");
}

#[test]
fn a_name_with_a_line_end_stays_on_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("two\nlines.lp");
    fs::write(&path, "m v=\n").unwrap();
    let rejects = dir.path().join("bad.lp");
    let ran = run(&["check", path.to_str().unwrap(), "--rejects", rejects.to_str().unwrap()], "");
    assert_eq!(ran.code, 31);
    assert!(!ran.err.contains("two\nlines"), "{}", ran.err);
    assert_eq!(fs::read_to_string(rejects).unwrap().lines().count(), 2);
}
