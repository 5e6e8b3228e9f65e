//! `stamp`: lines get a time once, and can then be sent as often as anybody likes.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::harness::{Cluster, program, run, run_command};

#[test]
fn stamped_lines_are_stored_once_however_often_they_are_sent() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    for precision in ["ns", "s"] {
        let measurement = format!("m_{precision}");
        let text = format!("{measurement} v=1\n").repeat(50) + &format!("{measurement} v=2 5\n");
        let ran = run(&["stamp", "--precision", precision], &text);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.err.contains("50 of 51 points stamped"), "{}", ran.err);
        assert_eq!(ran.err.contains("ahead of the clock"), precision == "s", "{}", ran.err);
        for _ in 0..3 {
            assert_eq!(cluster.write(&["--precision", precision], &ran.out).code, 0);
        }
        assert_eq!(cluster.count("data1", &measurement), 51);
        // A second pass has nothing to do.
        assert_eq!(run(&["stamp", "--precision", precision], &ran.out).out, ran.out);
    }
}

#[test]
fn all_else_passes_byte_for_byte() {
    let text = "# DDL\r\nCREATE DATABASE x\n\n  \t\nm v=1 5\r\nlog t=\"a\n# b\" 6\nm v= 7\nm s=\"open\nm v=2 7";
    let ran = run(&["stamp"], text);
    assert_eq!((ran.code, ran.out.as_str()), (0, text), "{ran:?}");
    assert!(ran.err.contains("2 lines (first 8) cannot be parsed"), "{}", ran.err);
    assert_eq!(run(&["stamp", "--strict", "-q"], text).code, 31);
    assert_eq!(run(&["stamp", "-q"], text).err, "");
    let mixed = run(&["stamp"], "m v=1 1600000000\nm v=2\n");
    assert!(mixed.err.contains("is --precision s meant?"), "{}", mixed.err);
}

#[test]
fn each_line_comes_out_before_the_next_comes_in() {
    let mut command = program();
    let mut child =
        command.arg("stamp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut last = 0;
    for _ in 0..3 {
        stdin.write_all(b"m v=1\n").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let stamp: i64 = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
        assert!(stamp > last, "{line}");
        last = stamp;
    }
    // Nobody reads any more: that is how pipes end.
    drop(stdout);
    while stdin.write_all(b"m v=1\n").is_ok() {}
    drop(stdin);
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &b""[..]), "{ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let mut command = program();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut child = command.arg("stamp").stdin(Stdio::piped()).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"m v=1\n").unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(23), "{ended:?}");
    assert!(String::from_utf8_lossy(&ended.stderr).contains("error[23]"), "{ended:?}");
}

#[test]
fn a_cut_input_is_an_error_and_its_whole_lines_are_there() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all("m v=1 5\n".repeat(1_000).as_bytes()).unwrap();
    let mut bytes = encoder.finish().unwrap();
    bytes.truncate(bytes.len() / 2);
    let mut command = program();
    command.arg("stamp");
    let ran = run_command(command, &bytes);
    assert_eq!(ran.code, 23, "{ran:?}");
    assert!(ran.out.lines().count() > 300 && ran.out.ends_with("m v=1 5\n"), "{ran:?}");
}
