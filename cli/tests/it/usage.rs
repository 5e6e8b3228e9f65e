//! What goes wrong before anything is sent.

use std::fs;

use crate::harness::{NOBODY, program, run, run_command};

const CANARY: &str = "S3cr3t-Canary-%40";

#[test]
fn nothing_to_write_to_is_a_matter_of_usage() {
    for arguments in [
        &["write"][..],
        &["write", "-d", "db", "-c", "most"],
        &["write", "-d", "db", "--precision", "µs"],
        &["write", "-d", "db", "--timeout", "15"],
        &["write", "-d", "db", "--batch-lines", "0"],
        &["write", "-d", "db", "-H", "ftp://x"],
        &["write", "-d", "db", "-", "-"],
        &["fault", "partition", "data1"],
        &["cluster", "up", "--meta", "0"],
        &["classify"],
        &["nonsense"],
    ] {
        let ran = run(arguments, "");
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert_eq!(ran.out, "", "{arguments:?}");
    }
}

#[test]
fn no_password_is_taken_from_or_shown_on_a_command_line() {
    assert_eq!(run(&["write", "-d", "db", "--password", CANARY], "").code, 2);
    let ran = run(&["write", "-d", "db", "-H", &format!("http://app:{CANARY}@127.0.0.1:1")], "m v=1\n");
    assert_eq!(ran.code, 2);
    assert!(!ran.err.contains("S3cr3t"), "{}", ran.err);
}

#[test]
fn a_secret_appears_in_no_output() {
    let mut command = program();
    command.args(["write", "-vv", "--json", "-d", "db", "-H", NOBODY, "--username", "app"]);
    command.env("INFLUX_PASSWORD", CANARY);
    let ran = run_command(command, b"m v=1\n");
    assert_eq!(ran.code, 10, "{ran:?}");
    let encoded = ["S3cr3t", "UzNjcjN0"];
    assert!(!encoded.iter().any(|secret| ran.err.contains(secret) || ran.out.contains(secret)), "{ran:?}");
}

#[test]
fn credentials_have_to_be_whole_and_single() {
    let incomplete = run(&["write", "-d", "db", "--username", "app"], "");
    assert_eq!(incomplete.code, 2);
    assert!(incomplete.err.contains("INFLUX_PASSWORD"), "{}", incomplete.err);
    let mut both = program();
    both.args(["write", "-d", "db"]).env("INFLUX_USERNAME", "app").env("INFLUX_TOKEN", CANARY);
    let both = run_command(both, b"");
    assert_eq!(both.code, 2);
    assert!(!both.err.contains("S3cr3t"));
}

#[test]
fn a_missing_input_is_named_before_anything_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let there = dir.path().join("there.lp");
    fs::write(&there, "m v=1 1\n").unwrap();
    let missing = dir.path().join("missing.lp");
    for wrong in [missing.as_path(), dir.path()] {
        let ran = run(&["write", "-d", "db", "-H", NOBODY, there.to_str().unwrap(), wrong.to_str().unwrap()], "");
        assert_eq!(ran.code, 23, "{ran:?}");
        assert!(ran.err.starts_with("error[23]: ") && ran.err.contains(wrong.to_str().unwrap()), "{}", ran.err);
        assert!(ran.err.contains("influx-cli explain 23"), "{}", ran.err);
    }
}

#[test]
fn rejects_need_a_place_that_is_no_input() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.lp");
    fs::write(&file, "m v=1 1\n").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(run(&["write", "-d", "db", "--rejects", file, file], "").code, 2);
    let nowhere = dir.path().join("no/such/dir/bad.lp");
    assert_eq!(run(&["write", "-d", "db", "--rejects", nowhere.to_str().unwrap(), file], "").code, 23);
    assert_eq!(fs::read_to_string(file).unwrap(), "m v=1 1\n");
}

#[test]
fn a_cluster_that_is_not_there_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    for command in [&["cluster", "status"][..], &["cluster", "env"], &["cluster", "down"], &["fault", "heal"]] {
        let mut arguments = command.to_vec();
        arguments.extend(["--dir", dir.path().to_str().unwrap()]);
        let ran = run(&arguments, "");
        assert_eq!(ran.code, 42, "{command:?}: {ran:?}");
    }
}

#[test]
fn completions_are_made_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let ran = run(&["completions", shell], "");
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("influx-cli") && ran.out.contains("explain"), "{shell}");
        assert!(!ran.out.contains("--tied"), "the node's own options are nobody's business");
    }
}

#[test]
fn quiet_is_quiet_and_the_code_stays() {
    let loud = run(&["write", "-d", "db", "-H", NOBODY], "m v=1 1\n");
    assert_eq!(loud.code, 10);
    assert!(loud.err.contains("error[10]:"), "{}", loud.err);
    assert_eq!(loud.out, "");
    let errors = run(&["write", "-q", "-d", "db", "-H", NOBODY], "m v=1 1\n");
    assert_eq!((errors.code, errors.err.lines().count()), (10, 1), "{}", errors.err);
    let silent = run(&["write", "-qq", "-d", "db", "-H", NOBODY], "m v=1 1\n");
    assert_eq!((silent.code, silent.err.as_str(), silent.out.as_str()), (10, "", ""));
}

#[test]
fn colour_is_for_those_who_ask_or_look() {
    let mut forced = program();
    forced.args(["write", "--color", "always", "-d", "db", "-H", NOBODY]);
    assert!(run_command(forced, b"m v=1 1\n").err.contains("\u{1b}["));
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "xterm")] {
        let mut plain = program();
        plain.args(["write", "-d", "db", "-H", NOBODY]).env(name, value);
        assert!(!run_command(plain, b"m v=1 1\n").err.contains('\u{1b}'), "{name}");
    }
}
