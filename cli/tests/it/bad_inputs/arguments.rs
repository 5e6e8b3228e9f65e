//! Names, numbers and bytes on the command line and in the environment.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;

use super::in_order;
use crate::harness::{NOBODY, points, program, run, run_command, sink};

#[test]
fn names_that_look_like_something_else() {
    let url = sink();
    let dir = tempfile::tempdir().unwrap();
    for name in
        ["-dash.lp", "--help", "two\nlines.lp", "blank s.lp", "quote'\".lp", "\u{1b}[31mred.lp", "ünï.lp", "a\\b"]
    {
        fs::write(dir.path().join(name), points("m", 2) + "bad v=\n").unwrap();
        let mut command = program();
        command.args(["write", "-d", "db", "-H", &url, "--rejects"]).current_dir(dir.path());
        command.arg(format!("./bad {name}")).args(["--", name]);
        let ran = run_command(command, b"");
        assert_eq!(ran.code, 31, "{name}: {ran:?}");
        assert!(!ran.err.contains('\u{1b}'), "no name moves the cursor: {ran:?}");
        for line in ran.err.lines() {
            assert!(!line.starts_with("lines.lp"), "a name with a line end stays on its line: {ran:?}");
        }
        assert!(fs::read_to_string(dir.path().join(format!("bad {name}"))).unwrap().ends_with("\nbad v=\n"));
    }
    // One that is no text at all.
    let name = OsStr::from_bytes(b"\xff\xfe.lp");
    fs::write(dir.path().join(name), points("m", 2)).unwrap();
    let mut command = program();
    command.args(["write", "--json", "-d", "db", "-H", &url]).arg(name).current_dir(dir.path());
    let ran = run_command(command, b"");
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (0, Some(2)), "{ran:?}");
}

#[test]
fn bytes_that_are_no_text() {
    let odd = OsStr::from_bytes(b"db\xff");
    for before in [
        &["write", "-d"][..],
        &["write", "-d", "db", "-H"],
        &["write", "-d", "db", "-c"],
        &["write", "-d", "db", "--timeout"],
        &["query", "-H", NOBODY],
        &["explain"],
        &["classify", "--status"],
        &["completions"],
        &[],
    ] {
        let mut command = program();
        command.args(before).arg(odd);
        let ran = run_command(command, b"m v=1 1\n");
        in_order(&ran);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{before:?}: {ran:?}");
    }
    for name in
        ["INFLUX_HOST", "INFLUX_DATABASE", "INFLUX_CONSISTENCY", "INFLUX_USERNAME", "INFLUX_TOKEN", "INFLUX_RETRIES"]
    {
        let mut command = program();
        command.args(["write"]).env("INFLUX_DATABASE", "db").env("INFLUX_HOST", NOBODY).env(name, odd);
        let ran = run_command(command, b"m v=1 1\n");
        in_order(&ran);
        assert_eq!(ran.code, 2, "{name}: {ran:?}");
    }
}

#[test]
fn empty_values() {
    for arguments in [
        &["write", "-d", "db", "-H", ""][..],
        &["write", "-d", ""],
        &["write", "-d", "db", "-c", ""],
        &["write", "-d", "db", "--timeout", ""],
        &["write", "-d", "db", "--batch-bytes", ""],
        &["query", ""],
        &["explain", ""],
        &["fault", "kill", "", "--dir", "/nonexistent"],
        &["cluster", "up", "--set", ""],
    ] {
        let ran = run(arguments, "m v=1 1\n");
        in_order(&ran);
        assert!([2, 42].contains(&ran.code), "{arguments:?}: {ran:?}");
    }
    for option in ["--rejects", "--summary-file"] {
        let ran = run(&["write", "-d", "db", "-H", NOBODY, option, ""], "m v=1 1\n");
        in_order(&ran);
        assert!([2, 23].contains(&ran.code), "{option}: {ran:?}");
    }
    let ran = run(&["write", "-d", "db", "-H", NOBODY, ""], "m v=1 1\n");
    assert!([2, 23].contains(&ran.code), "{ran:?}");
}

#[test]
fn numbers_beyond_all_bounds() {
    for (option, value) in [
        ("--batch-lines", "99999999999999999999999"),
        ("--batch-lines", "-1"),
        ("--batch-bytes", "999999999999999999999GiB"),
        ("--batch-bytes", "0"),
        ("--batch-bytes", "nanMiB"),
        ("--max-line", "1e400"),
        ("--timeout", "99999999999999999999999d"),
        ("--timeout", "1e999s"),
        ("--timeout", "-5s"),
        ("--timeout", "0s"),
        ("--connect-timeout", "0"),
        ("--deadline", "18446744073709551616s"),
        ("--retries", "99999999999999999999"),
        ("--retries", "-1"),
        ("--in-flight", "0"),
        ("--in-flight", "99999999999"),
        ("--rate-points", "-1"),
        ("--flush-interval", "inf"),
        ("--max-rejected", "101%"),
        ("--max-rejected", "-1"),
        ("--gzip=", "10"),
    ] {
        let ran = match option.strip_suffix('=') {
            Some(_) => run(&["write", "-d", "db", "-H", NOBODY, &format!("{option}{value}")], "m v=1 1\n"),
            None => run(&["write", "-d", "db", "-H", NOBODY, option, value], "m v=1 1\n"),
        };
        in_order(&ran);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{option} {value}: {ran:?}");
    }
    // As large as can be, and no more: these are taken.
    for (option, value) in [("--timeout", "10000d"), ("--deadline", "100000d"), ("--flush-interval", "10000d")] {
        let ran = run(&["write", "-d", "db", "-H", NOBODY, option, value], "m v=1 1\n");
        in_order(&ran);
        assert_eq!(ran.code, 10, "{option} {value}: {ran:?}");
    }
}

/// Whatever holds a password in an address, it is refused, and told nowhere.
#[test]
fn addresses_with_credentials() {
    const CANARY: &str = "S3cr3t-Canary";
    let addresses = [
        format!("http://app:{CANARY}@127.0.0.1:1"),
        format!("app:{CANARY}@127.0.0.1:1"),
        format!("http://{CANARY}@127.0.0.1:1"),
        format!("http://127.0.0.1:1,http://app:{CANARY}@127.0.0.1:1"),
        format!("http://127.0.0.1:1/?u=app&p={CANARY}"),
        format!("http://app:{CANARY}%40@[::1]:1"),
        format!("http://app:{CANARY}@"),
    ];
    for address in &addresses {
        for command in
            [&["write", "-vv", "--json", "-d", "db"][..], &["ping", "-vv"], &["query", "-vv", "SHOW DATABASES"]]
        {
            let mut flag = program();
            flag.args(command).args(["-H", address]);
            let mut variable = program();
            variable.args(command).env("INFLUX_HOST", address);
            for command in [flag, variable] {
                let shown = format!("{:?}", command.get_args().take(1).collect::<Vec<_>>());
                let ran = run_command(command, b"m v=1 1\n");
                assert_eq!(ran.code, 2, "{shown}: {ran:?}");
                assert!(!ran.err.contains(CANARY) && !ran.out.contains(CANARY), "{shown}: {ran:?}");
            }
        }
    }
}

#[test]
fn addresses_of_the_sixth_version() {
    let Ok(listener) = std::net::TcpListener::bind("[::1]:0") else {
        eprintln!("skipped: no IPv6 here");
        return;
    };
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let mut tcp = tcp;
            // The request of these tests comes in one piece.
            let mut head = [0; 4_096];
            let _ = tcp.read(&mut head);
            let _ =
                tcp.write_all(b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8.10\r\nConnection: close\r\n\r\n");
        }
    });
    for host in [format!("http://[::1]:{port}"), format!("[::1]:{port}")] {
        let ran = run(&["write", "--json", "-d", "db", "-H", &host], "m v=1 1\n");
        assert_eq!(ran.code, 0, "{ran:?}");
        let start = &ran.events()[0];
        assert_eq!(start["hosts"][0], format!("http://[::1]:{port}"), "{start}");
    }
    for host in ["::1", "http://[::1", "[::1]8086", "http://[::zz]:1"] {
        let ran = run(&["write", "-d", "db", "-H", host], "m v=1 1\n");
        in_order(&ran);
        assert_eq!(ran.code, 2, "{host}: {ran:?}");
    }
}
