//! What is read, and how it is counted.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::harness::{Cluster, points, run, weather};

#[test]
fn the_observations_cross_hundreds_of_shard_groups_and_are_all_there() {
    // Making hundreds of shard groups takes a slow machine its time, and its meta nodes may lose their leader over it.
    let cluster = Cluster::with(&["--set", "write-timeout=60s"]).database(3);
    let host = cluster.url("data1");
    let file = weather();
    // On a busy machine the file comes slowly, and what there is would be sent for that.
    let patient = ["write", "--json", "-v", "--flush-interval", "60s", "--timeout", "120s", "--retries", "3"];
    let target = ["-H", &host, "-d", "db", "-c", "all", "--create-database", file.to_str().unwrap()];
    let arguments = [&patient[..], &target].concat();
    let ran = run(&arguments, "");
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = ran.summary();
    assert_eq!(summary["points"]["accepted"], 11_681);
    assert_eq!(summary["batches"]["ok"], 3, "5,000 points a request: {summary}");
    assert_eq!(summary["input_complete"], true);
    assert_eq!(summary["bytes"]["input"], file.metadata().unwrap().len());
    for node in cluster.data_nodes() {
        let count = |field: &str, measurement: &str| {
            cluster.query(&node, &format!("SELECT count({field}) FROM {measurement}"))[0][1].as_u64().unwrap()
        };
        assert_eq!(count("temp_max", "weather") + count("temperature", "hourly_normals"), 11_681, "{node}");
    }
    let groups = cluster.query("data1", "SHOW SHARDS").len();
    assert!(groups > 250, "{groups} shard groups");
    // What is sent again overwrites itself.
    let again = run(&arguments, "");
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(cluster.query("data2", "SELECT count(temp_max) FROM weather")[0][1], 2_922);
}

#[test]
fn each_form_of_input_gives_the_same_points() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let gz = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let plain = place("plain.lp", points("plain", 7).as_bytes());
    // Told by its bytes, not by its name.
    let zipped = place("zipped.lp", &gz(points("zipped", 7).as_bytes()));
    let dos = place("dos.lp", points("dos", 7).replace('\n', "\r\n").as_bytes());
    let ddl = "# DDL\nCREATE DATABASE x\n# DML\n# CONTEXT-DATABASE: db\n";
    let noted = place("noted.lp", (ddl.replace("CREATE DATABASE x\n", "") + &points("noted", 7)).as_bytes());
    let ran = cluster.write(&[&plain, &zipped, &dos, &noted, "-"], points("piped", 7).trim_end());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.summary()["points"]["read"], 35);
    for measurement in ["plain", "zipped", "dos", "noted", "piped"] {
        assert_eq!(cluster.count("data1", measurement), 7, "{measurement}: the last line needs no line end");
    }
    let piped = cluster.write(&[], gz(points("pipedgz", 7).as_bytes()));
    assert_eq!((piped.code, cluster.count("data1", "pipedgz")), (0, 7));
}

#[test]
fn a_string_with_line_ends_is_one_point_at_any_batch_size() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let lines: String =
        (0..20).map(|n| format!("log,n={n} v=1,text=\"one\ntwo # three\n=,\\\" four\" {n}\n")).collect();
    for batch in ["1", "3", "5000"] {
        let ran = cluster.write(&["--batch-lines", batch], &lines);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.summary()["points"]["accepted"], 20);
    }
    assert_eq!(cluster.count("data1", "log"), 20);
    assert_eq!(cluster.query("data1", "SELECT text FROM log LIMIT 1")[0][1], "one\ntwo # three\n=,\" four");
}

#[test]
fn batches_keep_to_lines_and_bytes() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let lines = points("m", 100);
    let batches = |arguments: &[&str]| cluster.write(arguments, &lines).summary()["batches"]["ok"].as_u64().unwrap();
    assert_eq!(batches(&["--batch-lines", "10"]), 10);
    assert_eq!(batches(&["--batch-lines", "99"]), 2);
    let few = batches(&["--batch-bytes", "1000"]);
    assert!((4..=6).contains(&few), "{few} requests of some 1,000 bytes for {} bytes", lines.len());
    assert_eq!(batches(&["--gzip"]), 1);
    assert_eq!(batches(&["--gzip=9"]), 1);
}

#[test]
fn nothing_to_read_is_fine_and_nothing_to_store_is_not() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let empty = cluster.write(&[], "");
    assert_eq!((empty.code, empty.summary()["points"]["read"].as_u64()), (0, Some(0)));
    let comments = cluster.write(&[], "# DML\n\n# nothing else\n");
    assert_eq!(comments.code, 31, "{comments:?}");
    assert!(comments.err.contains("no point"), "{}", comments.err);
}

#[test]
fn a_cut_gzip_file_is_said_to_be_cut_and_its_whole_lines_are_there() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(points("m", 1_000).as_bytes()).unwrap();
    let mut bytes = encoder.finish().unwrap();
    bytes.truncate(bytes.len() / 2);
    let ran = cluster.write(&[], bytes);
    assert_eq!(ran.code, 23, "{ran:?}");
    let summary = ran.summary();
    assert_eq!(summary["input_complete"], false);
    let accepted = summary["points"]["accepted"].as_u64().unwrap();
    assert!((400..600).contains(&accepted), "{summary}");
    assert_eq!(cluster.count("data1", "m"), accepted);
}

#[test]
fn lines_beyond_the_limit_are_refused_and_the_rest_goes_on() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let long = format!("m v=1,s=\"{}\" 5\n", "x".repeat(3_000_000));
    let ran = cluster.write(&[], points("m", 3) + &long + &points("n", 3));
    assert_eq!(ran.code, 34, "{ran:?}");
    assert_eq!(ran.summary()["points"]["rejected"], 1);
    let reject = &ran.events_of("reject")[0];
    assert_eq!((reject["line"].as_u64(), reject["class"].as_str()), (Some(4), Some("limit")));
    assert_eq!((cluster.count("data1", "m"), cluster.count("data1", "n")), (3, 3));
}

#[test]
fn stamps_keep_points_of_one_series_apart() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let lines = "m v=1\n".repeat(50);
    assert_eq!(cluster.write(&[], &lines).code, 0);
    assert_eq!(cluster.count("data1", "m"), 50);
    let coarse = cluster.write(&["--precision", "s"], "coarse v=1\ncoarse v=2 1451520000\n");
    assert_eq!(coarse.code, 0, "{coarse:?}");
    assert_eq!(cluster.count("data1", "coarse"), 2);
}

#[test]
fn a_unit_that_is_likely_another_is_doubted_once() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let seconds: String = (0..20).map(|n| format!("m v={n} {}\n", 1_451_520_000 + n)).collect();
    let ran = cluster.write(&["--batch-lines", "5"], &seconds);
    assert_eq!(ran.code, 0, "it is for whoever writes to say: {ran:?}");
    assert_eq!(ran.err.matches("is --precision s meant?").count(), 1, "{}", ran.err);
    assert!(ran.err.contains("stdin:1: ") && ran.err.contains("2015-12-31T00:00:00Z"), "{}", ran.err);
    let right = cluster.write(&["--precision", "s"], &seconds);
    assert!(!right.err.contains("--precision"), "{}", right.err);
}

#[test]
fn zstd_is_told_by_its_bytes_like_gzip() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let zstd = |bytes: &str| ruzstd::encoding::compress_to_vec(bytes.as_bytes(), level);
    let joined = [zstd(&points("one", 5)), zstd(&points("two", 5))].concat();
    let ran = cluster.write(&[], &joined);
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (0, Some(10)), "{ran:?}");
    assert_eq!((cluster.count("data1", "one"), cluster.count("data1", "two")), (5, 5));
    let cut = cluster.write(&[], &joined[..joined.len() - 3]);
    assert_eq!((cut.code, cut.summary()["input_complete"].as_bool()), (23, Some(false)), "{cut:?}");
    assert!(cut.err.contains("cut off"), "{}", cut.err);
}
