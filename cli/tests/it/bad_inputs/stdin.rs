//! What comes on standard input.

use std::io::Write;
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

use super::{PROGRAM, in_order, shell};
use crate::harness::{Cluster, points, program, run, sink, until};

fn single() -> Cluster {
    Cluster::with(&["--meta", "1", "--data", "1"]).database(1)
}

#[test]
fn closed() {
    let url = sink();
    for (command, codes) in [
        (format!("write -d db -H {url}"), &[0][..]),
        ("classify --status 500".to_owned(), &[22][..]),
        ("classify --status 204".to_owned(), &[0]),
        (format!("import -d db -H {url} -"), &[0]),
        ("check".to_owned(), &[0]),
        ("stamp".to_owned(), &[0]),
        (format!("verify -d db -H {url} -"), &[22, 31]),
        (format!("write -d db -H {url} --username u --password-file -"), &[2, 23]),
    ] {
        let ran = shell(&format!("exec {PROGRAM} {command} <&-"));
        in_order(&ran);
        assert!(codes.contains(&ran.code), "{command}: {ran:?}");
    }
}

#[test]
fn a_terminal_is_greeted() {
    // `script` gives its command a terminal; not every machine has it.
    if std::process::Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: there is no script(1) here");
        return;
    }
    let ran = shell(&format!("printf 'm v=1 1\\n\\004' | script -qec '{PROGRAM} write -d db -H {}' /dev/null", sink()));
    assert!(ran.out.contains("Ctrl-D ends it"), "{ran:?}");
}

#[test]
fn bytes_of_any_value() {
    let cluster = single();
    let mut junk: Vec<u8> = (0..=255).cycle().take(40_000).collect();
    junk.extend(b"\0\0\0\nn\0x v=2 2\nm v=1,s=\"\0\" 1\n\xff\xfe v=1 1\n");
    for (junk, what) in [(junk, "binary"), (vec![0; 100_000], "zeros"), (b"\n\r\n \t\n".repeat(99), "blanks")] {
        let ran = cluster.write(&[], &junk);
        in_order(&ran);
        let points = ran.summary()["points"].clone();
        assert!((30..=35).contains(&ran.code), "{what}: {ran:?}");
        assert_eq!(points["unknown"], 0, "{what}: {points}");
    }
    // So do those that write nothing.
    for arguments in [&["check", "--json"][..], &["stamp"]] {
        for junk in [vec![0; 50_000], (0..=255).cycle().take(40_000).collect(), b"\xff\"\\ =,".repeat(9_000)] {
            let ran = run(arguments, &junk);
            in_order(&ran);
            assert!(ran.code == 0 || ran.code / 10 == 3, "{arguments:?}: {}", ran.code);
        }
    }
    // The lines around it are not lost with it.
    let around =
        [b"good v=1 1\n".as_slice(), &[0; 5_000], b"\ngood v=2 2\n", b"good v=3 \xff\n", b"good v=4 4\n"].concat();
    let ran = cluster.write(&[], around);
    assert_eq!(ran.summary()["points"]["accepted"], 3, "{ran:?}");
    assert_eq!(cluster.count("data1", "good"), 3);
}

#[test]
fn line_ends_marks_and_a_half_line_at_the_end() {
    let cluster = single();
    let text = "\u{feff}m v=1 1\r\nm v=2 2\r\n\r\n# note\r\nm,s=\u{feff} v=3 3\r\nm v=4 4";
    let ran = cluster.write(&["-v"], text);
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (0, Some(4)), "{ran:?}");
    assert_eq!(cluster.count("data1", "m"), 4);
    // UTF-16 is no line protocol, and is said to be none.
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let ran = cluster.write(&[], wide);
    assert_eq!(ran.summary()["points"]["accepted"], 0, "{ran:?}");
    assert_eq!(ran.code, 31, "{ran:?}");
    // A half line that is none is not taken for a point.
    let ran = cluster.write(&[], "h v=1 1\nh v=");
    assert_eq!((ran.code, cluster.count("data1", "h")), (31, 1), "{ran:?}");
}

#[test]
fn a_writer_that_takes_its_time() {
    let cluster = single();
    let mut child = writing(&cluster.url("data1"), &["--flush-interval", "50ms"]);
    let mut pipe = child.stdin.take().unwrap();
    let started = Instant::now();
    for byte in b"slow v=1 1\nslow v=2 2\nslow v=3 3" {
        pipe.write_all(&[*byte]).unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    until("whole lines are sent while the writer goes on", || cluster.count("data1", "slow") == 2);
    assert!(started.elapsed() > Duration::from_millis(100));
    drop(pipe);
    assert!(child.wait().unwrap().success());
    assert_eq!(cluster.count("data1", "slow"), 3);
}

fn writing(url: &str, arguments: &[&str]) -> Child {
    let mut command = program();
    command.args(["write", "-qq", "-d", "db", "-H", url]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_of_a_hundred_megabytes() {
    use crate::harness::peak_rss;
    let url = sink();
    let plain = ["write", "-qq", "-d", "db", "-H", &url];
    let to = |arguments: &[&'static str]| [&plain[..], arguments].concat();
    let import = ["import", "-qq", "-d", "db", "-H", &url, "-"].to_vec();
    let all = [to(&["--no-validate", "--in-flight", "4"]), import, vec!["check"], vec!["stamp"]];
    for arguments in all {
        let mut command = program();
        command.args(&arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let chunk = vec![b'x'; 1 << 20];
        pipe.write_all(b"m v=1,s=\"").unwrap();
        for _ in 0..100 {
            pipe.write_all(&chunk).unwrap();
        }
        let peak = peak_rss(child.id());
        drop(pipe);
        // A filter passes on what it does not look into.
        let code = if arguments[0] == "stamp" { 0 } else { 34 };
        assert_eq!(child.wait().unwrap().code(), Some(code), "refused, not fatal: {arguments:?}");
        assert!(peak < 40 * 1_024, "{peak} KiB with {arguments:?}");
    }
}

/// Memory stays where it was after the first megabytes, whatever comes: as much as `INFLUX_TEST_STREAM` says (`10GB`).
#[cfg(target_os = "linux")]
#[test]
fn a_stream_without_end() {
    use crate::harness::peak_rss;
    let given = std::env::var("INFLUX_TEST_STREAM").ok();
    let gigabytes = given.as_deref().map(|text| text.trim_end_matches("GB").parse::<u64>().unwrap());
    let megabytes = gigabytes.map_or(32, |gigabytes| gigabytes * 1_000);
    let mut child = writing(&sink(), &["--batch-bytes", "1MiB", "--in-flight", "2"]);
    let mut pipe = child.stdin.take().unwrap();
    let block: String = (0..20_000).map(|n| format!("cpu,host=h{} v={n}.5 {}\n", n % 10, 1_000_000 + n)).collect();
    let mut sent = 0;
    let mut feed = |pipe: &mut ChildStdin, until: u64| {
        while sent < until {
            pipe.write_all(block.as_bytes()).unwrap();
            sent += block.len() as u64;
        }
    };
    feed(&mut pipe, 12_000_000);
    let early = peak_rss(child.id());
    feed(&mut pipe, megabytes * 1_000_000);
    let late = peak_rss(child.id());
    drop(pipe);
    assert!(child.wait().unwrap().success());
    assert!(late < early + 4 * 1_024, "{early} KiB after 12 MB, {late} KiB after {megabytes} MB");
}

/// A pipe that nobody ends does not keep the program from ending when it has to.
#[test]
fn a_file_that_is_no_file() {
    let url = sink();
    for (path, code) in [("/dev/null", 0), ("/", 23), ("/proc/self/mem", 23), ("/no/such/file", 23)] {
        if path.starts_with("/proc") && !std::path::Path::new(path).exists() {
            continue;
        }
        let ran = run(&["write", "-d", "db", "-H", &url, path], "");
        in_order(&ran);
        assert_eq!(ran.code, code, "{path}: {ran:?}");
    }
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    let script =
        format!("printf '{}' > '{1}' & {PROGRAM} write --json -d db -H {url} '{1}'", points("m", 3), fifo.display());
    let ran = shell(&script);
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (0, Some(3)), "{ran:?}");
}
