//! `verify`: the counts of a file held against those of a server, and of each replica.

use std::fs;

use serde_json::Value;

use crate::harness::{Cluster, NOBODY, Ran, points, run, until, weather};

fn verify(cluster: &Cluster, arguments: &[&str], lines: impl AsRef<[u8]>) -> (Ran, Value) {
    let host = cluster.url("data1");
    let mut all = vec!["verify", "--json", "-H", &host, "-d", "db"];
    all.extend(arguments);
    let ran = run(&all, lines);
    let sum = ran.events().last().unwrap_or_else(|| panic!("no sum: {ran:?}")).clone();
    assert_eq!((sum["type"].as_str(), sum["exit"].as_i64()), (Some("verify"), Some(i64::from(ran.code))), "{ran:?}");
    (ran, sum)
}

/// Hints are tried again soon. The servers' own time-outs stay long: a slow machine is no fault.
const PROMPT_HINTS: &[&str] = &["--set", "hh-retry-interval=200ms", "--set", "hh-retry-max-interval=400ms"];

#[test]
fn what_was_written_is_found_on_every_replica() {
    // Making hundreds of shard groups takes a slow machine its time, and its meta nodes may lose their leader over it.
    let cluster = Cluster::with(&["--set", "write-timeout=60s"]).database(3);
    let file = weather();
    let file = file.to_str().unwrap();
    let ran = cluster.write(&["-c", "all", "--timeout", "120s", "--retries", "3", file], "");
    assert_eq!(ran.code, 0, "{ran:?}");
    for arguments in [&[file][..], &[file, "--every-node"], &[file, "--window", "1d"], &[file, "--window", "400d"]] {
        let (ran, sum) = verify(&cluster, arguments, "");
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!((sum["points"]["read"].as_u64(), sum["points"]["different"].as_u64()), (Some(11_681), Some(11_681)));
        assert_eq!(sum["windows"]["compared"], sum["windows"]["equal"]);
    }
    let (_, sum) = verify(&cluster, &[file, "--every-node"], "");
    assert_eq!(sum["nodes"].as_array().unwrap().len(), 3, "{sum}");
    let shown = run(&["verify", "-H", &cluster.url("data2"), "-d", "db", "--every-node", file], "");
    assert!(shown.out.contains("weather") && shown.out.contains("node "), "{}", shown.out);
    assert!(shown.err.contains("equal: 11,681 points of the input"), "{}", shown.err);
    // Little memory is enough for a file in the order of time.
    let (ran, _) = verify(&cluster, &["-", "--memory", "20000", "--window", "1h"], points("absent", 20_000));
    assert_eq!(ran.code, 11, "{ran:?}");
    assert!(!ran.err.contains("cannot be told"), "{}", ran.err);
}

#[test]
fn missing_points_are_counted_where_they_are_missing() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let lines = points("m", 100);
    let stored: String = lines.lines().filter(|line| !line.contains("v=7")).map(|line| format!("{line}\n")).collect();
    assert_eq!(cluster.write(&[], &stored).code, 0);
    let (ran, sum) = verify(&cluster, &["-"], &lines);
    assert_eq!(ran.code, 11, "{ran:?}");
    assert_eq!(
        (sum["missing"].as_u64(), sum["extra"].as_u64(), sum["handoff"].as_str()),
        (Some(11), Some(0), Some("empty"))
    );
    let window = &ran.events_of("window")[0];
    assert_eq!(window["fields"]["v"], serde_json::json!({"expected": 100, "expected_at_most": 100, "found": 89}));
    assert_eq!(window["start"], "2015-12-28T00:00:00Z");
    assert!(ran.err.contains("error[11]") && ran.err.contains("at least 11 points are missing"), "{}", ran.err);
    assert_eq!(cluster.write(&[], &lines).code, 0);
    assert_eq!(verify(&cluster, &["-"], &lines).0.code, 0);
}

#[test]
fn points_of_different_fields_are_compared_field_by_field() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let lines = "m,h=a v=1,w=1 5\nm,h=b v=1 5\nm,h=a x=t,s=\"a, b\" 5\nm,h=a v=2 5\nm,h=a w=1i 6\n";
    let mended = lines.replace("w=1i", "w=1");
    let ran = cluster.write(&[], lines);
    assert_eq!(ran.code, 32, "{ran:?}");
    let (ran, sum) = verify(&cluster, &["-"], &mended);
    assert_eq!((ran.code, sum["missing"].as_u64()), (11, Some(1)), "{ran:?}");
    assert_eq!(cluster.write(&[], &mended).code, 0);
    let (ran, sum) = verify(&cluster, &["-"], &mended);
    assert_eq!((ran.code, sum["points"]["overwritten"].as_u64()), (0, Some(2)), "{ran:?}");
    // Names that have to be quoted, and quoted well.
    let odd = "we\\ ird\\,\\\"m\\\",t\\ g=1 f\\ \\\"1\\\"=1,back\\slash=2 5\n";
    assert_eq!(cluster.write(&[], odd).code, 0);
    let (ran, sum) = verify(&cluster, &["-"], odd);
    assert_eq!((ran.code, sum["points"]["different"].as_u64()), (0, Some(1)), "{ran:?}");
}

#[test]
fn more_points_than_the_file_has_are_told_apart_from_equality() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    assert_eq!(cluster.write(&[], points("m", 10)).code, 0);
    // Other times, other measurements and other fields are not the file's business.
    assert_eq!(verify(&cluster, &["-"], points("m", 5)).0.code, 0);
    assert_eq!(cluster.write(&[], points("m", 5).replace("host=a", "host=b")).code, 0);
    let (ran, sum) = verify(&cluster, &["-"], points("m", 10));
    assert_eq!((ran.code, sum["extra"].as_u64()), (30, Some(5)), "{ran:?}");
    let (ran, sum) = verify(&cluster, &["-", "--allow-extra"], points("m", 10));
    assert_eq!((ran.code, sum["verdict"].as_str()), (0, Some("equal-or-more")), "{ran:?}");
}

#[test]
fn a_replica_that_lacks_points_is_named() {
    let cluster = Cluster::with(PROMPT_HINTS).database(3);
    cluster.begin_with(points("before", 1));
    cluster.fault(&["kill", "data3"]);
    assert_eq!(cluster.write(&["-c", "quorum"], points("m", 20)).code, 0);
    let lines = points("m", 20);
    assert_eq!(verify(&cluster, &["-"], &lines).0.code, 0, "the cluster as a whole has them");
    let (ran, sum) = verify(&cluster, &["-", "--every-node"], &lines);
    assert_eq!(ran.code, 10, "{ran:?}");
    let asked = |sum: &Value| {
        sum["nodes"].as_array().unwrap().iter().map(|node| node["asked"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(asked(&sum), [true, true, false]);
    // It comes back without its hints, and is behind until they come.
    cluster.fault(&["partition", "data1,data2/data3"]);
    cluster.fault(&["restart", "data3"]);
    let (ran, sum) = verify(&cluster, &["-", "--every-node"], &lines);
    assert_eq!(ran.code, 12, "{ran:?}");
    let missing: Vec<u64> =
        sum["nodes"].as_array().unwrap().iter().map(|node| node["missing"].as_u64().unwrap()).collect();
    assert_eq!((missing, sum["missing"].as_u64()), (vec![0, 0, 20], Some(20)), "{sum}");
    cluster.fault(&["heal"]);
    until("the hints came", || verify(&cluster, &["-", "--every-node"], &lines).0.code == 0);
}

#[test]
fn what_cannot_be_compared_is_no_success() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let lines = points("m", 3);
    assert_eq!(cluster.write(&[], &lines).code, 0);
    let (ran, sum) = verify(&cluster, &["-"], format!("{lines}m v=1\n"));
    assert_eq!((ran.code, sum["points"]["unstamped"].as_u64()), (30, Some(1)), "{ran:?}");
    let (ran, sum) = verify(&cluster, &["-"], format!("{lines}m v=\n"));
    assert_eq!((ran.code, sum["points"]["not_compared"].as_u64()), (0, Some(1)), "{ran:?}");
    assert!(ran.err.contains("stdin:4"), "{}", ran.err);
    assert_eq!(verify(&cluster, &["-"], "# nothing\n").0.code, 31);
    // A file that goes back in time, and no memory to tell its points apart.
    let back = points("m", 3).repeat(2);
    let (ran, sum) = verify(&cluster, &["-", "--memory", "1", "--window", "1s"], &back);
    assert_eq!((ran.code, sum["windows"]["uncertain"].as_u64()), (11, Some(3)), "{ran:?}");
}

#[test]
fn points_beyond_the_retention_policy_are_gone_for_good() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    cluster.query("data1", "CREATE RETENTION POLICY short ON db DURATION 1h REPLICATION 1");
    let (ran, sum) = verify(&cluster, &["-", "--rp", "short"], points("m", 3));
    assert_eq!((ran.code, sum["missing_beyond_retention"].as_u64()), (33, Some(3)), "{ran:?}");
    let host = cluster.url("data1");
    let failing = |arguments: &[&str]| {
        let mut all = vec!["verify"];
        all.extend(arguments);
        run(&all, points("m", 1)).code
    };
    assert_eq!(failing(&["-H", &host, "-d", "absent", "-"]), 21);
    assert_eq!(failing(&["-H", &host, "-d", "db", "--rp", "absent", "-"]), 21);
    assert_eq!(failing(&["-H", NOBODY, "-d", "db", "-"]), 10);
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty.lp");
    fs::write(&empty, "").unwrap();
    assert_eq!(failing(&["-H", &host, "-d", "db", empty.to_str().unwrap()]), 0);
    assert_eq!(failing(&["-H", &host, "-d", "db", "/nonexistent.lp"]), 23);
}

#[test]
fn a_dump_is_compared_where_its_headers_put_it() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dump.lp");
    let dump = format!(
        "# DDL\nCREATE DATABASE one\nCREATE DATABASE two\nCREATE RETENTION POLICY keep ON two DURATION INF REPLICATION 1\n\
         # DML\n# CONTEXT-DATABASE: one\n{}# CONTEXT-DATABASE: two\n# CONTEXT-RETENTION-POLICY: keep\n{}",
        points("m", 5),
        points("m", 7),
    );
    fs::write(&path, &dump).unwrap();
    let path = path.to_str().unwrap();
    let host = cluster.url("data1");
    let imported = run(&["import", "--journal", "off", "-H", &host, path], "");
    assert_eq!(imported.code, 0, "{imported:?}");
    let verify = |arguments: &[&str]| {
        let mut all = vec!["verify", "--json", "-H", &host, path];
        all.extend(arguments);
        run(&all, "")
    };
    let ran = verify(&[]);
    let sum = ran.events().last().unwrap().clone();
    assert_eq!((ran.code, sum["points"]["different"].as_u64()), (0, Some(12)), "{ran:?}");
    assert_eq!(sum["targets"][1], serde_json::json!({"database": "two", "rp": "keep", "oldest": null}));
    cluster.query("data1", "DROP DATABASE one");
    cluster.query("data1", "CREATE DATABASE one");
    until("the database is there again", || verify(&[]).code == 11);
    let ran = verify(&[]);
    assert_eq!(ran.events_of("window")[0]["database"], "one", "{ran:?}");
    // As `write` would have written it, all of it is elsewhere.
    assert_eq!(verify(&["--no-headers", "-d", "two"]).code, 11);
    let nowhere = run(&["verify", "-H", &host, "-"], points("m", 1));
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.err.contains("stdin:1") && nowhere.err.contains("--database"), "{}", nowhere.err);
}

#[test]
fn values_are_compared_on_every_replica() {
    let cluster = Cluster::with(PROMPT_HINTS).database(3);
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let lines = points("m", 2_500) + "n,t=a s=\"x, y\",b=t,i=7i 1451520000000000000\n";
    let good = file("good.lp", &lines);
    cluster.begin_with(&lines);
    let (ran, sum) = verify(&cluster, &["--values", &good], "");
    assert_eq!((ran.code, sum["values"]["everywhere"].as_u64()), (0, Some(2_501)), "{ran:?}");
    // As many points, but one of them with another value.
    let other = file("other.lp", &lines.replace("v=17.5", "v=17"));
    let (ran, sum) = verify(&cluster, &["--values", &other], "");
    assert_eq!((ran.code, sum["verdict"].as_str()), (30, Some("differs")), "{ran:?}");
    let point = &ran.events_of("point")[0];
    assert_eq!(
        (point["line"].as_u64(), point["whereabouts"].as_str(), point["replicas"].as_u64()),
        (Some(18), Some("overwritten"), Some(3))
    );
    // As many points, but one of them at another time.
    let moved = file("moved.lp", &lines.replace("v=17.5 1451520017000000000", "v=17.5 1451520017000000001"));
    let (ran, sum) = verify(&cluster, &["--values", &moved], "");
    assert_eq!(
        (ran.code, sum["verdict"].as_str(), sum["values"]["nowhere"].as_u64()),
        (11, Some("missing"), Some(1)),
        "{ran:?}"
    );
    // A replica that lacks a point.
    cluster.fault(&["kill", "data3"]);
    let late = file("late.lp", &points("late", 3));
    assert_eq!(cluster.write(&["-c", "quorum", &late], "").code, 0);
    cluster.fault(&["partition", "data1,data2/data3"]);
    cluster.fault(&["restart", "data3"]);
    let (ran, sum) = verify(&cluster, &["--values", &late], "");
    assert_eq!(
        (ran.code, sum["verdict"].as_str(), sum["values"]["somewhere"].as_u64()),
        (12, Some("behind"), Some(3)),
        "{ran:?}"
    );
    cluster.fault(&["heal"]);
    until("the hints came", || verify(&cluster, &["--values", &late], "").0.code == 0);
    assert_eq!(verify(&cluster, &["--values", &good], "").0.code, 0);
}
