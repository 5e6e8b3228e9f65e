//! `query` and `ping`.

use crate::harness::{Cluster, NOBODY, run, until};

#[test]
fn shards_are_shown_in_the_columns_of_the_shell() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with("answers value=83 1453382821000000000\n");
    let ask = || {
        let ran = run(&["query", "-H", &cluster.url("data2"), "SHOW SHARDS"], "");
        assert_eq!(ran.code, 0, "{ran:?}");
        ran
    };
    // It has a copy of the metadata of its own.
    until("data2 knows the shard", || ask().out.lines().count() > 3);
    let ran = ask();
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines[0], "name: db");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        words(lines[1]),
        ["id", "database", "retention_policy", "shard_group", "start_time", "end_time", "expiry_time", "owners"]
    );
    let row = words(lines[3]);
    assert_eq!(row[1..3], ["db", "autogen"]);
    assert_eq!(row[4..6], ["2016-01-18T00:00:00Z", "2016-01-25T00:00:00Z"]);
    let mut owners: Vec<&str> = row.last().unwrap().split(',').collect();
    owners.sort_unstable();
    assert_eq!(owners, ["4", "5", "6"]);
}

#[test]
fn answers_come_as_tables_json_and_csv() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    assert_eq!(
        cluster.write(&[], "m,t=a s=\"x, \\\"y\\\"\",v=1i 1000000000\nm,t=b v=9007199254740993i 2000000000\n").code,
        0
    );
    let ask = |arguments: &[&str]| {
        let url = cluster.url("data1");
        let mut all = vec!["query", "-H", &url, "-d", "db"];
        all.extend(arguments);
        run(&all, "")
    };
    let csv = ask(&["--format", "csv", "SELECT s, v FROM m"]);
    assert_eq!(
        csv.out,
        "name,time,s,v\nm,1970-01-01T00:00:01Z,\"x, \"\"y\"\"\",1\nm,1970-01-01T00:00:02Z,,9007199254740993\n"
    );
    let json = ask(&["--format", "json", "--epoch", "s", "SELECT v FROM m"]);
    assert_eq!(
        json.events()[0]["results"][0]["series"][0]["values"][1],
        serde_json::json!([2, 9_007_199_254_740_993_u64])
    );
    let nothing = ask(&["SELECT v FROM absent"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (0, ""));
    let wrong = ask(&["SELEKT"]);
    assert_eq!(wrong.code, 22, "{wrong:?}");
    assert!(wrong.err.contains("error parsing query"), "{}", wrong.err);
    let absent = run(&["query", "-H", &cluster.url("data1"), "-d", "absent", "SELECT v FROM m"], "");
    assert_eq!(absent.code, 21, "{absent:?}");
}

#[test]
fn every_endpoint_is_pinged() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]);
    let url = cluster.url("data1");
    let up = run(&["ping", "-H", &url], "");
    assert_eq!(up.code, 0);
    assert!(up.out.contains("1.8.11-c1.2.0") && up.out.contains("up"), "{}", up.out);
    let half = run(&["ping", "--json", "-H", &format!("{url},{NOBODY}")], "");
    assert_eq!(half.code, 10);
    let up: Vec<bool> = half.events().iter().map(|event| event["up"].as_bool().unwrap()).collect();
    assert_eq!(up, [true, false]);
}

#[test]
fn an_unreachable_server_has_its_class_in_every_command() {
    assert_eq!(run(&["query", "-H", NOBODY, "SHOW DATABASES"], "").code, 10);
    assert_eq!(run(&["ping", "-H", NOBODY], "").code, 10);
    assert_eq!(run(&["write", "-H", NOBODY, "-d", "db", "--create-database"], "m v=1\n").code, 10);
}
