//! `retry`: a command is run again as its exit code asks for, and never more than that.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{Cluster, NOBODY, Ran, points, program, run, run_command, until};

/// A directory with a policy and a command that ends with the codes it is told, one after the other.
struct Scene {
    dir: tempfile::TempDir,
}

const QUICK: &str = "\
tries = 4
[on.1x]
action = \"retry\"
delay = \"1ms\"
[on.12]
action = \"retry\"
delay = \"1ms\"
max = 1
level = \"quorum\"
[on.16]
action = \"wait\"
delay = \"1ms\"
[on.31]
action = \"ok\"
";

impl Scene {
    fn new() -> Self {
        let scene = Self { dir: tempfile::tempdir().unwrap() };
        scene.file("policy.toml", QUICK);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs a shell script under `retry`; `$n` is the number of the try.
    fn command(&self, options: &[&str], script: &str) -> Command {
        let whole = format!("n=$(($(cat n 2>/dev/null || echo 0) + 1)); echo $n > n; {script}");
        let mut command = program();
        command.current_dir(self.dir.path()).args(["retry", "--policy", "policy.toml"]).args(options);
        command.args(["--", "sh", "-c", &whole]);
        command
    }

    fn run(&self, options: &[&str], script: &str) -> Ran {
        run_command(self.command(options, script), b"")
    }

    fn tries(&self) -> u32 {
        fs::read_to_string(self.path("n")).unwrap().trim().parse().unwrap()
    }
}

#[test]
fn codes_decide_what_happens_next() {
    for (script, code, tries) in [
        ("exit 0", 0, 1),
        ("exit 10", 10, 4),
        ("[ $n -ge 3 ] || exit 11", 0, 3),
        ("[ $n -ge 2 ] && exit 21; exit 13", 21, 2),
        ("exit 30", 30, 1),
        ("exit 31", 0, 1),
        ("exit 16", 16, 1),
        ("exit 12", 12, 2),
        ("exit 77", 77, 1),
        ("kill -9 $$", 137, 1),
    ] {
        let scene = Scene::new();
        let ran = scene.run(&[], script);
        assert_eq!((ran.code, scene.tries()), (code, tries), "{script}: {ran:?}");
        assert_eq!(ran.out, "");
    }
}

#[test]
fn tries_are_told_and_quiet_is_quiet() {
    let scene = Scene::new();
    let ran = scene.run(&["--json"], "echo '{\"own\":1}'; [ $n -ge 2 ] || exit 14");
    assert_eq!(ran.code, 0, "{ran:?}");
    let tries = ran.events_of("try");
    assert_eq!(tries.len(), 2, "{ran:?}");
    assert_eq!(
        (&tries[0]["class"], &tries[0]["next"], &tries[0]["end"]),
        (&"no-replica".into(), &"again".into(), &serde_json::Value::Null)
    );
    assert_eq!((&tries[1]["exit"], &tries[1]["end"]), (&0.into(), &0.into()));
    assert_eq!(ran.events().iter().filter(|event| event["own"] == 1).count(), 2, "the command's output is its own");
    assert!(ran.err.contains("try 1 of 4: no-replica (14)") && ran.err.contains("again in"), "{}", ran.err);
    let quiet = Scene::new();
    let ran = run_command(
        {
            let mut it = quiet.command(&["-q"], "exit 10");
            it.env("X", "1");
            it
        },
        b"",
    );
    assert_eq!((ran.code, ran.err.as_str()), (10, ""));
    // The budget ends it, whatever the number of tries.
    let scene = Scene::new();
    let ran = scene.run(&["--budget", "0"], "sleep 0.01; exit 10");
    assert_eq!((ran.code, scene.tries()), (10, 1), "{ran:?}");
    assert!(ran.err.contains("no more time"), "{}", ran.err);
}

#[test]
fn the_level_is_named_and_weakened_as_a_last_resort() {
    let scene = Scene::new();
    let ran = scene.run(&["--level", "all"], "echo {level} $INFLUX_CONSISTENCY; exit 12");
    assert_eq!(ran.code, 12);
    assert_eq!(ran.out, "all all\nall all\nquorum quorum\nquorum quorum\n", "{ran:?}");
    assert!(ran.err.contains("again at a weaker level (quorum)"), "{}", ran.err);
    for arguments in [
        &["retry", "--level", "all", "--", "write", "-c", "all", "-d", "db"][..],
        &["retry", "--level", "all", "--", "write", "--consistency=all", "-d", "db"],
        &["retry", "--", "write", "-c", "{level}", "-d", "db"],
        &["retry"],
        &["retry", "--", "/no/such/program"],
    ] {
        let ran = run(arguments, "");
        assert_eq!(ran.code, 2, "{arguments:?} {ran:?}");
    }
}

#[test]
fn every_try_gets_the_whole_input() {
    let script = "cat >> got; [ $n -ge 3 ] || exit 10";
    let lines: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
    let piped = Scene::new();
    let ran = run_command(piped.command(&[], script), lines.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(fs::read_to_string(piped.path("got")).unwrap() == lines.repeat(3), "three times the same");
    // A command that leaves most of it unread is given all of it again.
    let partly = Scene::new();
    let ran = run_command(partly.command(&[], "head -c 7 >> got; [ $n -ge 2 ] || exit 10"), lines.as_bytes());
    assert_eq!(
        (ran.code, fs::read_to_string(partly.path("got")).unwrap().as_str()),
        (0, "line 0\nline 0\n"),
        "{ran:?}"
    );
    let from_file = Scene::new();
    from_file.file("in", &lines);
    let mut command = from_file.command(&[], script);
    let output = command.stdin(fs::File::open(from_file.path("in")).unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(fs::read_to_string(from_file.path("got")).unwrap() == lines.repeat(3));
    // More than is kept is passed on once, and never as if a part of it were all.
    let long = Scene::new();
    let ran = run_command(long.command(&["--keep-stdin", "64KiB"], "cat >> got; exit 10"), lines.as_bytes());
    assert_eq!((ran.code, long.tries()), (10, 1), "{ran:?}");
    assert!(ran.err.contains("--keep-stdin"), "{}", ran.err);
    assert!(fs::read_to_string(long.path("got")).unwrap() == lines);
    let none = Scene::new();
    let ran = run_command(none.command(&["-n"], "cat > got"), lines.as_bytes());
    assert_eq!((ran.code, fs::read_to_string(none.path("got")).unwrap().as_str()), (0, ""), "{ran:?}");
}

#[test]
fn a_signal_is_passed_on_once_and_ends_the_tries() {
    let scene = Scene::new();
    let script = "trap 'echo term >> got; exit 143' TERM; echo ready > ready; while :; do sleep 0.01; done";
    let mut child = scene.command(&[], script).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    until("the command runs", || scene.path("ready").exists());
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(fs::read_to_string(scene.path("got")).unwrap(), "term\n");
    assert_eq!(scene.tries(), 1);
    // In a pause there is nobody to pass it on to.
    let pausing = Scene::new();
    pausing.file("policy.toml", "[on.10]\naction = \"retry\"\ndelay = \"1h\"\ncap = \"1h\"\njitter = false\nmax = 1\n");
    let begun = Instant::now();
    let mut command = pausing.command(&["--budget", "10h"], "exit 10");
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    // When the command is gone, a signal may still be taken for one that it was given: not once this is told.
    let told = errors.by_ref().lines().any(|line| line.unwrap().contains("again in"));
    assert!(told, "it ended after the first try");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(60));
    assert_eq!(pausing.tries(), 1);
}

#[test]
fn the_policy_is_shown_and_what_it_would_do() {
    let ran = run(&["retry", "--print-policy"], "");
    assert_eq!(ran.code, 0);
    let scene = Scene::new();
    scene.file("policy.toml", &ran.out);
    let plan = |arguments: &[&str]| {
        let mut command = program();
        command.current_dir(scene.dir.path()).args(["retry", "--dry-run"]).args(arguments);
        run_command(command, b"")
    };
    assert_eq!(plan(&["--policy", "policy.toml"]).out, plan(&[]).out, "what is printed is what holds");
    assert!(plan(&[]).out.contains("after 2: level quorum"), "{}", plan(&[]).out);
    let rules = plan(&["--json"]).events();
    let rule = |code: u64| rules.iter().find(|rule| rule["exit"] == code).unwrap();
    assert_eq!(
        (&rule(16)["action"], &rule(21)["action"], &rule(11)["action"]),
        (&"wait".into(), &"stop".into(), &"retry".into())
    );
    assert_eq!(rule(10)["longest_pauses_ms"], serde_json::json!([2000, 4000, 6000]));
    scene.file("policy.toml", "[on.deferred]\naction = \"retry\"\n");
    let refused = plan(&["--policy", "policy.toml"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("policy.toml: line 1: ") && refused.err.contains("must not be sent again"),
        "{}",
        refused.err
    );
    assert_eq!(run(&["retry", "--policy", "/nowhere", "--dry-run"], "").code, 23);
}

#[test]
fn points_arrive_when_the_cluster_is_back() {
    let cluster = Cluster::up().database(3);
    let scene = Scene::new();
    scene.file("policy.toml", "tries = 100\n[on.1x]\naction = \"retry\"\ndelay = \"50ms\"\n");
    let host = cluster.url("data1");
    cluster.fault(&["kill", "data1"]);
    let policy = scene.path("policy.toml");
    let mut command = program();
    command.args(["retry", "--policy", policy.to_str().unwrap(), "--", "write", "-H", &host, "-d", "db", "-c", "all"]);
    let writing = std::thread::spawn(move || run_command(command, points("m", 9).as_bytes()));
    cluster.fault(&["restart", "data1"]);
    let ran = writing.join().unwrap();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(cluster.count("data2", "m"), 9);
    let ran = run(&["retry", "--tries", "1", "--", "write", "-d", "db", "-H", NOBODY], "m v=1 1\n");
    assert_eq!(ran.code, 10, "the last exit code is its own");
}

#[test]
fn a_line_without_a_timestamp_has_the_same_one_in_every_try() {
    use std::io::Write;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers = [
        "500 X\r\nContent-Length: 19\r\n\r\n{\"error\":\"timeout\"}",
        "204 No Content\r\n\r\n",
        "204 No Content\r\n\r\n",
    ];
    let server = std::thread::spawn(move || {
        answers.map(|answer| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            // The lines end the request.
            while !String::from_utf8_lossy(&request).contains("m v=2") || !request.ends_with(b"\n") {
                let read = stream.read(&mut piece).unwrap();
                assert!(read > 0, "cut");
                request.extend_from_slice(&piece[..read]);
            }
            write!(stream, "HTTP/1.1 {}", answer.replacen("\r\n", "\r\nConnection: close\r\n", 1)).unwrap();
            String::from_utf8(request).unwrap().split_once("\r\n\r\n").unwrap().1.to_owned()
        })
    });
    let scene = Scene::new();
    scene.file("a.lp", "m v=1\n# a comment\nm v=2\n");
    let file = scene.path("a.lp").to_str().unwrap().to_owned();
    let policy = scene.path("policy.toml").to_str().unwrap().to_owned();
    let ran = run(&["retry", "--policy", &policy, "--", "write", "-d", "db", "-H", &url, &file], "");
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = run(
        &["write", "-d", "db", "-H", &url, "--stamp-from", "1700000000000000000", "-"],
        "m v=1\n\nm v=2\nm v=3 7\n",
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    let [first, second, given] = server.join().unwrap();
    assert_eq!(first, second, "stored once, however often it is sent");
    assert_eq!(first.lines().count(), 2);
    assert_eq!(given, "m v=1 1700000000000000001\nm v=2 1700000000000000003\nm v=3 7\n");
}

#[test]
fn an_import_has_to_go_on_where_it_ended() {
    let scene = Scene::new();
    scene.file("a.lp", "m v=1 1\n");
    let file = scene.path("a.lp").to_str().unwrap().to_owned();
    let ran = run(&["retry", "--", "import", "-d", "db", "-H", NOBODY, &file], "");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--resume"), "{}", ran.err);
    let state = scene.path("state");
    let mut command = program();
    command.env("XDG_STATE_HOME", &state).args([
        "retry",
        "--policy",
        scene.path("policy.toml").to_str().unwrap(),
        "--",
    ]);
    command.args(["import", "--resume", "--retry-budget", "1ms", "-d", "db", "-H", NOBODY, &file]);
    let ran = run_command(command, b"");
    assert_eq!(ran.code, 10, "each try goes on, none is refused: {ran:?}");
    assert_eq!(ran.err.matches("unreachable (10)").count(), 4, "{}", ran.err);
}

#[test]
fn what_is_queued_is_never_sent_again_whatever_the_policy_says() {
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("p.toml");
    std::fs::write(&policy, "[on.1x]\naction = \"retry\"\ndelay = \"1ms\"\n").unwrap();
    let policy = policy.to_str().unwrap();
    let ran = run(&["retry", "--policy", policy, "--", "sh", "-c", "echo run; exit 16"], "");
    assert_eq!((ran.code, ran.out.as_str()), (16, "run\n"), "{ran:?}");
    for flags in [&["--restart"][..], &["--resume", "--journal", "off"]] {
        let arguments = [&["retry", "--", "import", "a.lp"][..], flags].concat();
        assert_eq!(run(&arguments, "").code, 2, "{flags:?}");
    }
}
