//! `import`: dumps with headers, files without, and what becomes of each.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::harness::{Cluster, points, run, run_command};
use crate::place::{Place, one_node};
use crate::sink::Sink;

/// What a node counts in a database.
fn count(cluster: &Cluster, database: &str, from: &str) -> u64 {
    let url = cluster.url("data1");
    let statement = format!("SELECT count(v) FROM {from}");
    let ran = run(&["query", "-H", &url, "-d", database, "--format", "json", &statement], "");
    let response: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    response["results"][0]["series"][0]["values"][0][1].as_u64().unwrap_or(0)
}

/// D1: the shell of InfluxDB drops a last line without a line end, and says nothing.
#[test]
fn the_last_line_needs_no_line_end() {
    let (cluster, place) = (one_node().database(1), Place::new());
    for (name, text) in [("plain", points("plain", 5)), ("dump", format!("# DML\n{}", points("dump", 5)))] {
        let file = place.file(name, text.trim_end());
        let ran = place.import(&cluster.url("data1"), &[&file]);
        assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (0, Some(5)), "{ran:?}");
        assert_eq!(cluster.count("data1", name), 5);
    }
}

/// D2: the shell of InfluxDB takes each line of a file without `# DML` for a statement, and ends with 0.
#[test]
fn a_file_without_headers_is_line_protocol() {
    let (cluster, place) = (one_node().database(1), Place::new());
    let file = place.file("plain.lp", points("m", 5));
    assert_eq!(place.import(&cluster.url("data1"), &[&file]).code, 0);
    assert_eq!(cluster.count("data1", "m"), 5);
    // A database that no header and no flag names is nobody's.
    let ran = place.run(&["import", "--json", "-H", &cluster.url("data1"), &file]);
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (22, Some(0)), "{ran:?}");
}

#[test]
fn points_among_statements_are_named_with_their_line() {
    let (cluster, place) = (one_node().database(1), Place::new());
    let file = place.file("no-dml.lp", format!("# DDL\nCREATE DATABASE x\n\n{}", points("m", 5)));
    let ran = place.import(&cluster.url("data1"), &[&file]);
    assert_eq!(ran.code, 31, "{ran:?}");
    assert!(ran.err.contains("no-dml.lp:4:") && ran.err.contains("# DML"), "{}", ran.err);
    assert_eq!((ran.summary()["points"]["read"].as_u64(), cluster.count("data1", "m")), (Some(0), 0));
    // And statements among points, which are refused one by one as the points they are not.
    let file = place.file("no-ddl.lp", format!("CREATE DATABASE y\n{}", points("m", 5)));
    let ran = place.import(&cluster.url("data1"), &[&file]);
    assert_eq!((ran.code, ran.summary()["points"]["rejected"].as_u64()), (31, Some(1)), "{ran:?}");
    assert_eq!((ran.events_of("reject")[0]["line"].as_u64(), cluster.count("data1", "m")), (Some(1), 5));
}

#[test]
fn a_dump_makes_its_databases_and_fills_them() {
    let (cluster, place) = (one_node(), Place::new());
    let dump = format!(
        "# INFLUXDB EXPORT: 1677-09-21T00:12:43Z - 2262-04-11T23:47:16Z\n# DDL\nCREATE DATABASE app WITH NAME autogen\n\
         CREATE DATABASE \"other db\"\nCREATE RETENTION POLICY two ON \"other db\" DURATION INF REPLICATION 1\n# DML\n\
         # CONTEXT-DATABASE:app\n# CONTEXT-RETENTION-POLICY:autogen\n# writing tsm data\n{}\
         # CONTEXT-DATABASE:other db\n# CONTEXT-RETENTION-POLICY:two\n# writing wal data\n{}",
        points("a", 7),
        points("b", 5)
    );
    let url = cluster.url("data1");
    let plain = place.file("dump.lp", &dump);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(dump.as_bytes()).unwrap();
    let zipped = place.file("dump.lp.gz", encoder.finish().unwrap());
    for file in [plain, zipped] {
        let ran = place.run(&["import", "--json", "-v", "-H", &url, &file]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.summary()["points"]["accepted"], 12);
        assert_eq!(ran.events_of("batch").len(), 2, "no batch crosses a context");
        assert_eq!((count(&cluster, "app", "a"), count(&cluster, "app", "b")), (7, 0));
        assert_eq!((count(&cluster, "other db", "two.b"), count(&cluster, "other db", "autogen.b")), (5, 0));
    }
}

/// D4: the shell of InfluxDB goes on after a statement that failed, and ends with 0.
#[test]
fn a_statement_that_fails_ends_the_run() {
    let (cluster, place) = (one_node().database(1), Place::new());
    let dump = format!(
        "# DDL\nCREATE RETENTION POLICY p ON nowhere DURATION INF REPLICATION 1\nCREATE DATABASE late\n# DML\n{}",
        points("m", 5)
    );
    let file = place.file("dump.lp", dump);
    let ran = place.import(&cluster.url("data1"), &[&file]);
    assert_eq!(ran.code, 21, "{ran:?}");
    assert!(ran.err.contains("dump.lp:2:") && ran.err.contains("nowhere"), "{}", ran.err);
    let summary = ran.summary();
    assert_eq!((summary["points"]["accepted"].as_u64(), cluster.count("data1", "m")), (Some(0), 0));
    assert!(!cluster.query("data1", "SHOW DATABASES").iter().any(|row| row[0] == "late"));
    // Once its reason is gone, the job goes on.
    cluster.query("data1", "CREATE DATABASE nowhere");
    let ran = place.import(&cluster.url("data1"), &[&file, "--resume"]);
    assert_eq!((ran.code, cluster.count("data1", "m")), (0, 5), "{ran:?}");
    assert!(cluster.query("data1", "SHOW DATABASES").iter().any(|row| row[0] == "late"));
}

#[test]
fn a_dump_of_statements_alone_is_a_whole_one() {
    let (cluster, place) = (one_node().database(1), Place::new());
    let file = place.file("ddl.lp", "# DDL\nCREATE DATABASE a\nCREATE DATABASE b\n");
    assert_eq!(place.import(&cluster.url("data1"), &[&file]).code, 0);
    assert_eq!(place.import(&cluster.url("data1"), &[&file, "--resume"]).code, 0);
    let databases = cluster.query("data1", "SHOW DATABASES");
    assert!(["a", "b"].iter().all(|name| databases.iter().any(|row| row[0] == *name)), "{databases:?}");
    let file = place.file("nothing.lp", "# DML\n# CONTEXT-DATABASE: db\n\n");
    let ran = place.import(&cluster.url("data1"), &[&file]);
    assert_eq!(ran.code, 31, "{ran:?}");
    assert!(ran.err.contains("no point"), "{}", ran.err);
}

#[test]
fn a_password_in_a_statement_is_shown_nowhere() {
    let (cluster, place) = (one_node().database(1), Place::new());
    let file = place.file("dump.lp", "# DDL\nCREATE USER app WITH PASSWORD 'S3cr3t-Canary' WITH ALL PRIVILEGES\nCREATE USER x WITH PASSWORD S3cr3t\n");
    let ran = place.run(&["import", "--json", "-vv", "-H", &cluster.url("data1"), "-d", "db", &file]);
    assert_ne!(ran.code, 0, "the second statement has no quotes: {ran:?}");
    let journal: String = place.journals().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for text in [&ran.out, &ran.err, &journal] {
        assert!(!text.contains("Canary"), "{text}");
    }
}

/// D8: other tools cut batches inside of a string field that holds a line end.
#[test]
fn no_batch_is_cut_within_a_string() {
    let (cluster, place) = (one_node().database(1), Place::new());
    let lines: String = (0..20)
        .map(|n| format!("log,n={n} v=1,text=\"one\n# DDL\n# CONTEXT-DATABASE: x\n=,\\\" four\" {n}\n"))
        .collect();
    let file = place.file("strings.lp", format!("# DML\n{lines}"));
    for batch in ["1", "3", "5000"] {
        let ran = place.import(&cluster.url("data1"), &[&file, "--batch-lines", batch]);
        assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (0, Some(20)), "{ran:?}");
    }
    assert_eq!(cluster.count("data1", "log"), 20);
    let text = &cluster.query("data1", "SELECT text FROM log LIMIT 1")[0][1];
    assert_eq!(text, "one\n# DDL\n# CONTEXT-DATABASE: x\n=,\" four");
}

#[test]
fn no_batch_holds_lines_of_two_files_while_a_journal_is_kept() {
    let (sink, place) = (Sink::new(), Place::new());
    let files = [place.file("a.lp", points("a", 3)), place.file("b.lp", points("b", 3))];
    let ran = place.import(&sink.url, &[&files[0], &files[1]]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let requests = sink.acknowledged();
    assert_eq!(requests.iter().map(|request| request.lines.len()).collect::<Vec<_>>(), [3, 3]);
    assert!(requests.iter().all(|request| request.database == "db" && request.retention_policy.is_none()));
}

#[test]
fn a_named_pipe_is_read_once_and_has_no_journal_of_its_own() {
    let (sink, place) = (Sink::new(), Place::new());
    let text = points("m", 2_000);
    place.file("a.lp", &text);
    let script = format!(
        "mkfifo pipe; (sleep 0.1; cat a.lp) > pipe & {} import -H {} -d db --json pipe; echo $? > code; wait $!; echo $? > writer",
        env!("CARGO_BIN_EXE_influx-cli"),
        sink.url
    );
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).current_dir(place.dir()).env("XDG_STATE_HOME", place.path("state"));
    let ran = run_command(shell, b"");
    let codes = ["code", "writer"].map(|name| fs::read_to_string(place.path(name)).unwrap().trim().to_owned());
    assert_eq!(codes, ["0", "0"], "{ran:?}");
    assert_eq!(sink.lines().len(), 2_000);
    assert!(place.journals().is_empty());
}

#[test]
fn what_cannot_be_used_is_said_before_anything_is_sent() {
    let (sink, place) = (Sink::new(), Place::new());
    let file = place.file("a.lp", points("a", 3));
    place.file("b.lp", points("a", 3));
    for (arguments, code, word) in [
        (&["import", "a.lp", "--resume", "--restart", "-d", "db"][..], 2, "--restart"),
        (&["import", "a.lp", "--resume", "--journal", "off", "-d", "db"], 2, "--journal off"),
        (&["import", "-", "--resume", "-d", "db"], 2, "--journal FILE"),
        (&["import", "-", "a.lp", "--journal", "j", "-d", "db"], 2, "stdin"),
        (&["import", "a.lp", "--create-database"], 2, "--database"),
        (&["import", "nothing.lp", "-d", "db"], 23, "nothing.lp"),
        (&["import"], 2, "FILE"),
        (&["import", "a.lp", "-d", "db", "--journal", "./a.lp"], 2, "something else"),
        (&["import", "a.lp", "-d", "db", "--journal", "j", "--rejects", "j"], 2, "something else"),
        (&["import", "a.lp", "-d", "db", "--journal", "b.lp"], 24, "no journal"),
        (&["import", "a.lp", "-d", "db", "--journal", "nowhere/j"], 24, "nowhere"),
    ] {
        let mut all = arguments.to_vec();
        all.extend(["-H", &sink.url]);
        let ran = place.run(&all);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(word), "{arguments:?}: {}", ran.err);
    }
    assert_eq!(sink.seen(), 0);
    assert_eq!(fs::read_to_string(Path::new(&file)).unwrap(), points("a", 3));
}
