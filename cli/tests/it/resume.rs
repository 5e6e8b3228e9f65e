//! An import that ended early, and the run that goes on with it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{Ran, points, run_command, until};
use crate::place::{Place, one_node};
use crate::sink::{Answer, Sink};

/// Lines of a batch in these tests.
const BATCH: u64 = 5;

/// Every line of the text was acknowledged, and no more of them twice than were under way.
fn all_acknowledged(sink: &Sink, text: &str, twice_at_most: u64, what: &str) {
    let lines = sink.lines();
    let wanted: BTreeMap<&str, ()> = text.lines().map(|line| (line, ())).collect();
    for line in wanted.keys() {
        assert!(lines.contains_key(*line), "{what}: {line} was lost");
    }
    assert_eq!(lines.len(), wanted.len(), "{what}: lines that the file has not");
    let twice: usize = lines.values().map(|count| count - 1).sum();
    assert!(twice as u64 <= twice_at_most, "{what}: {twice} lines were sent again");
}

/// Runs a command that kills itself at a failpoint.
fn killed_at(place: &Place, failpoint: &str, arguments: &[&str]) {
    let mut command = place.command(arguments);
    command.env("INFLUX_CLI_FAILPOINT", failpoint);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
    assert_eq!(signal, Some(9), "{failpoint} was not passed: {output:?}");
}

#[test]
fn whatever_moment_it_is_killed_at_no_line_is_lost_and_few_are_sent_again() {
    let text = points("m", 60);
    for failpoint in [
        "before-send:1",
        "before-send:4",
        "before-journal:1",
        "before-journal:4",
        "journal-torn:1",
        "journal-torn:5",
        "journal-written:1",
        "journal-written:5",
        "before-sync:1",
        "closed:1",
    ] {
        let (sink, place) = (Sink::new(), Place::new());
        let file = place.file("a.lp", &text);
        let arguments = ["import", "-q", "-H", &sink.url, "-d", "db", "--batch-lines", "5", "--in-flight", "1", &file];
        killed_at(&place, failpoint, &arguments);
        let before = sink.acknowledged().len();
        let ran = place.run(&[&arguments[..], &["--resume", "--json"]].concat());
        assert_eq!(ran.code, 0, "{failpoint}: {ran:?}");
        all_acknowledged(&sink, &text, BATCH, failpoint);
        let earlier = ran.summary()["earlier"]["accepted"].as_u64().unwrap_or(0);
        assert!(earlier + BATCH >= before as u64 * BATCH, "{failpoint}: {earlier} of {before} batches");
        assert_eq!(ran.summary()["points"]["accepted"].as_u64().unwrap() + earlier, 60, "{failpoint}");
    }
}

#[test]
fn of_several_requests_under_way_no_more_are_sent_again() {
    let text = points("m", 300);
    for failpoint in ["before-send:9", "before-journal:9", "journal-torn:9", "journal-written:17"] {
        // The second request is answered late, so that what is settled has a gap when the process dies.
        let sink = Sink::answering(|request| {
            if request.number == 1 {
                std::thread::sleep(std::time::Duration::from_millis(30));
            }
            Answer::Stored
        });
        let place = Place::new();
        let file = place.file("a.lp", &text);
        let arguments = ["import", "-q", "-H", &sink.url, "-d", "db", "--batch-lines", "5", "--in-flight", "4", &file];
        killed_at(&place, failpoint, &arguments);
        let ran = place.run(&[&arguments[..], &["--resume", "--json"]].concat());
        assert_eq!(ran.code, 0, "{failpoint}: {ran:?}");
        all_acknowledged(&sink, &text, 4 * BATCH, failpoint);
        let earlier = ran.summary()["earlier"]["accepted"].as_u64().unwrap();
        assert_eq!(ran.summary()["points"]["accepted"].as_u64().unwrap() + earlier, 300, "{failpoint}");
    }
}

#[test]
fn a_journal_survives_the_kill_of_who_compacts_it() {
    // A record a line: some hundred of them make a journal that is worth compacting.
    let text = points("m", 900);
    for failpoint in ["compact-written:1", "compact-renamed:1", "compact-written:2"] {
        let (sink, place) = (Sink::new(), Place::new());
        let file = place.file("a.lp", &text);
        let arguments = ["import", "-q", "-H", &sink.url, "-d", "db", "--batch-lines", "1", "--in-flight", "1", &file];
        // The first pass is the journal's creation.
        killed_at(&place, failpoint, &arguments);
        let ran = place.run(&[&arguments[..], &["--resume", "--json"]].concat());
        assert_eq!(ran.code, 0, "{failpoint}: {ran:?}");
        all_acknowledged(&sink, &text, 1, failpoint);
        if failpoint.ends_with(":2") {
            assert!(ran.summary()["earlier"]["accepted"].as_u64().unwrap() > 300, "{ran:?}");
        }
        let journals = place.journals();
        assert_eq!(journals.len(), 1, "{failpoint}: {journals:?}");
        assert!(journals[0].metadata().unwrap().len() < 80 * 1_024, "it is compacted");
    }
}

#[test]
fn lines_without_a_time_get_the_same_one_in_each_run() {
    let (sink, place) = (Sink::new(), Place::new());
    // The same line again and again, in two files: only the stamps tell them apart.
    let files = [place.file("a.lp", "# one\nm v=1\n\n".repeat(40)), place.file("b.lp", "m v=1\n".repeat(40))];
    let arguments =
        ["import", "-q", "-H", &sink.url, "-d", "db", "--batch-lines", "5", "--in-flight", "1", &files[0], &files[1]];
    for pass in [2, 5, 3] {
        killed_at(&place, &format!("before-journal:{pass}"), &[&arguments[..], &["--resume"]].concat());
    }
    let ran = place.run(&[&arguments[..], &["--resume"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = sink.lines();
    assert_eq!(lines.len(), 80, "each line has one time of its own, however often it was sent: {lines:?}");
    assert!(lines.values().any(|count| *count > 1), "and some were sent again");
}

#[test]
fn a_run_that_is_not_finished_is_not_begun_anew_unasked() {
    let (sink, place) = (Sink::new(), Place::new());
    let file = place.file("a.lp", points("m", 20));
    let arguments = ["--batch-lines", "5", "--in-flight", "1", &file];
    killed_at(&place, "before-send:3", &[&["import", "-H", &sink.url, "-d", "db"][..], &arguments].concat());
    let ran = place.import(&sink.url, &arguments);
    assert_eq!(ran.code, 24, "{ran:?}");
    assert!(ran.err.contains("--resume") && ran.err.contains("--restart"), "{}", ran.err);
    assert!(ran.err.contains("10 points"), "{}", ran.err);
    assert_eq!(sink.seen(), 2);
    let ran = place.import(&sink.url, &[&arguments[..], &["--restart"]].concat());
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64(), sink.seen()), (0, Some(20), 6), "{ran:?}");
    // What is finished is in nobody's way.
    let again = place.import(&sink.url, &arguments);
    assert_eq!((again.code, sink.seen()), (0, 10), "{again:?}");
    let rest = place.import(&sink.url, &[&arguments[..], &["--resume"]].concat());
    assert_eq!((rest.code, rest.summary()["points"]["read"].as_u64(), sink.seen()), (0, Some(0), 10), "{rest:?}");
    assert!(rest.err.contains("nothing left"), "{}", rest.err);
    assert_eq!(rest.summary()["bytes"]["input"], 0);
    // And a journal that is not there yet is no reason to fail: so a service may always say --resume.
    let file = place.file("b.lp", points("m", 5));
    assert_eq!(place.import(&sink.url, &[&file, "--resume"]).code, 0);
}

#[test]
fn what_failed_is_sent_again_and_nothing_else() {
    let ill = Arc::new(AtomicBool::new(true));
    let state = Arc::clone(&ill);
    let sink = Sink::answering(move |request| match request.number {
        1 if state.load(Ordering::Relaxed) => Answer::Error(500, "timeout"),
        2 if state.load(Ordering::Relaxed) => Answer::Error(500, "partial write"),
        3 if state.load(Ordering::Relaxed) => Answer::Error(500, "hinted handoff queue not empty"),
        _ => Answer::Stored,
    });
    let place = Place::new();
    let file = place.file("a.lp", points("m", 30));
    let arguments = ["--batch-lines", "5", "--in-flight", "1", "--retries", "0", &file];
    let ran = place.import(&sink.url, &arguments);
    assert_eq!(ran.code, 11, "{ran:?}");
    let summary = ran.summary();
    assert_eq!((summary["points"]["accepted"].as_u64(), summary["points"]["deferred"].as_u64()), (Some(15), Some(5)));
    assert!(summary["resume"].as_str().unwrap().ends_with("--resume"), "{summary}");
    ill.store(false, Ordering::Relaxed);
    let seen = sink.seen();
    let ran = place.import(&sink.url, &[&arguments[..], &["--resume"]].concat());
    let summary = ran.summary();
    assert_eq!(
        (ran.code, summary["points"]["read"].as_u64(), summary["points"]["accepted"].as_u64()),
        (0, Some(10), Some(10))
    );
    assert_eq!((summary["earlier"]["accepted"].as_u64(), summary["earlier"]["deferred"].as_u64()), (Some(15), Some(5)));
    assert_eq!(summary["resume"], serde_json::Value::Null);
    assert!((1..=2).contains(&(sink.seen() - seen)), "the queued batch is not sent again");
    assert_eq!(sink.lines().values().max(), Some(&1), "no line was acknowledged twice");
    assert_eq!(sink.lines().len(), 25);
}

#[test]
fn refused_points_are_remembered_by_the_run_that_finishes() {
    let (cluster, place) = (one_node().database(1), Place::new());
    let text = format!("{}bad line\nm v=1i 5\n{}", points("m", 8), points("n", 10));
    let file = place.file("a.lp", text);
    let url = cluster.url("data1");
    let arguments = ["--batch-lines", "5", "--in-flight", "1", &file];
    killed_at(&place, "before-send:4", &[&["import", "-H", &url, "-d", "db"][..], &arguments].concat());
    for left in [5, 0] {
        let ran = place.import(&url, &[&arguments[..], &["--resume"]].concat());
        assert_eq!((ran.code, ran.summary()["points"]["read"].as_u64()), (30, Some(left)), "{ran:?}");
        assert_eq!(ran.summary()["earlier"]["rejected"]["malformed"], 1, "{ran:?}");
    }
    assert_eq!((cluster.count("data1", "m"), cluster.count("data1", "n")), (8, 10));
}

#[cfg(target_os = "linux")]
#[test]
fn refused_lines_are_settled_only_when_they_are_in_their_file() {
    let (sink, place) = (Sink::new(), Place::new());
    let file = place.file("a.lp", format!("{}bad line\n{}", points("m", 5), points("n", 5)));
    let arguments = ["--batch-lines", "6", "--in-flight", "1", "--journal", "j", &file];
    let full = place.import(&sink.url, &[&arguments[..], &["--rejects", "/dev/full"]].concat());
    assert_eq!(full.code, 23, "{full:?}");
    let rejects = place.path("bad.lp");
    let ran = place.import(&sink.url, &[&arguments[..], &["--resume", "--rejects", "bad.lp"]].concat());
    assert_eq!((ran.code, ran.summary()["points"]["rejected"].as_u64()), (31, Some(1)), "{ran:?}");
    assert!(fs::read_to_string(rejects).unwrap().ends_with("bad line\n"));
}

#[test]
fn another_input_or_other_settings_are_not_taken_for_the_same_job() {
    let (sink, place) = (Sink::new(), Place::new());
    let text = points("m", 20);
    let file = place.file("a.lp", &text);
    let base = ["--batch-lines", "5", "--in-flight", "1", "--journal", "j", "a.lp"];
    killed_at(&place, "before-send:3", &[&["import", "-H", &sink.url, "-d", "db"][..], &base].concat());
    let resume = |changed: &[&str]| place.import(&sink.url, &[&base[..], &["--resume"], changed].concat());
    for (changed, what) in [
        (&["-c", "all"][..], "--consistency one, not all"),
        (&["--rp", "short"], "--rp none, not short"),
        (&["--precision", "ms"], "--precision"),
        (&["b.lp"], "1 input, not 2 inputs"),
    ] {
        place.file("b.lp", points("m", 1));
        let ran = resume(changed);
        assert_eq!(ran.code, 24, "{changed:?}: {ran:?}");
        assert!(ran.err.contains(what), "{changed:?}: {}", ran.err);
    }
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    let change = |text: &str| {
        fs::write(&file, text).unwrap();
        fs::File::options().append(true).open(&file).unwrap().set_modified(modified).unwrap();
    };
    for (changed, what) in
        [(text.clone() + "m v=1 1\n", "bytes and has"), (text.replacen("v=0.5", "v=7.5", 1), "first MiB")]
    {
        change(&changed);
        let ran = resume(&[]);
        assert_eq!(ran.code, 24, "{ran:?}");
        assert!(ran.err.contains("a.lp has changed") && ran.err.contains(what), "{}", ran.err);
        assert!(ran.err.contains("--restart"), "{}", ran.err);
    }
    assert_eq!(sink.seen(), 2);
    change(&text);
    assert_eq!(resume(&[]).code, 0);
    all_acknowledged(&sink, &text, BATCH, "the same file again");
}

fn ended(mut child: Child) -> Ran {
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    Ran { code: child.wait().unwrap().code().unwrap(), out, err }
}

#[test]
fn a_signal_ends_it_with_the_command_that_goes_on() {
    for (number, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let held = Arc::new(AtomicBool::new(true));
        let state = Arc::clone(&held);
        let sink = Sink::answering(move |request| {
            if request.number == 3 {
                until("the signal was sent", || !state.load(Ordering::Relaxed));
            }
            Answer::Stored
        });
        let place = Place::new();
        let text = points("m", 100_000);
        place.file("it's my file.lp", &text);
        let mut command =
            place.command(&["import", "--in-flight", "1", "-H", &sink.url, "-d", "db", "it's my file.lp"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("the fourth request is there", || sink.seen() == 4);
        kill_process(Pid::from_child(&child), number).unwrap();
        held.store(false, Ordering::Relaxed);
        let ran = ended(child);
        assert_eq!(ran.code, code, "{ran:?}");
        let resume =
            ran.err.lines().find_map(|line| line.strip_prefix("resume with: ")).unwrap_or_else(|| panic!("{ran:?}"));
        assert!(resume.contains("import --in-flight 1 -H http"), "{resume}");
        assert!(sink.acknowledged().len() < 20, "it ended early");
        // What it says is what a shell does.
        let mut shell = place.command(&[]);
        let environment: Vec<_> =
            shell.get_envs().map(|(key, value)| (key.to_owned(), value.map(ToOwned::to_owned))).collect();
        shell = std::process::Command::new("sh");
        for (key, value) in environment {
            match value {
                Some(value) => shell.env(key, value),
                None => shell.env_remove(key),
            };
        }
        shell.args(["-c", resume]).current_dir(place.dir());
        let ran = run_command(shell, b"");
        assert_eq!(ran.code, 0, "{ran:?}");
        all_acknowledged(&sink, &text, 0, "a drained run left nothing under way");
    }
}

#[test]
fn compressed_input_is_gone_on_with_where_it_was_left() {
    let (sink, place) = (Sink::new(), Place::new());
    let text = points("m", 200);
    let (marked, last) = (text.replace("m,", "n,"), text.replace("m,", "z,"));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"\xef\xbb\xbf").unwrap();
    encoder.write_all(text.as_bytes()).unwrap();
    place.file("a.gz", encoder.finish().unwrap());
    place.file("marked.lp", [&b"\xef\xbb\xbf"[..], marked.as_bytes()].concat());
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    place.file("last.zst", ruzstd::encoding::compress_to_vec(last.as_bytes(), level));
    let arguments = ["import", "-H", &sink.url, "-d", "db", "--batch-lines", "5", "--in-flight", "1"];
    let arguments = [&arguments[..], &["a.gz", "marked.lp", "last.zst"]].concat();
    // Forty batches a file: each run dies in another one.
    killed_at(&place, "before-send:21", &arguments);
    killed_at(&place, "before-send:41", &[&arguments[..], &["--resume"]].concat());
    killed_at(&place, "before-send:31", &[&arguments[..], &["--resume"]].concat());
    let ran = place.run(&[&arguments[..], &["--resume", "--json"]].concat());
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (0, Some(150)), "{ran:?}");
    all_acknowledged(&sink, &[text, marked, last].concat(), 0, "three files, four runs");
}

#[test]
fn a_stream_is_gone_on_with_by_tail() {
    let (sink, place) = (Sink::new(), Place::new());
    let text = points("m", 60);
    let all = ["import", "--journal", "j", "-H", &sink.url, "-d", "db", "--batch-lines", "5", "--in-flight", "1", "-"];
    let mut command = place.command(&all);
    command.env("INFLUX_CLI_FAILPOINT", "before-send:5");
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    child.wait().unwrap();
    assert_eq!(sink.seen(), 4);
    // The whole input again is not what was asked for: its offsets would be taken for others.
    let resume = place.command(&[&all[..], &["--resume"]].concat());
    let ran = run_command(resume, text.as_bytes());
    assert_eq!(ran.code, 23, "{ran:?}");
    let hint = ran.err.lines().find_map(|line| line.strip_prefix("resume with: ")).unwrap_or_else(|| panic!("{ran:?}"));
    let offset: usize = hint.strip_prefix("tail -c +").unwrap().split(' ').next().unwrap().parse().unwrap();
    assert_eq!(sink.seen(), 4);
    let resume = place.command(&[&all[..], &["--resume", "--json"]].concat());
    let ran = run_command(resume, &text.as_bytes()[offset - 1..]);
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (0, Some(40)), "{ran:?}");
    all_acknowledged(&sink, &text, 0, "a stream");
}

#[test]
fn a_second_run_does_not_get_the_journal() {
    let sink = Sink::answering(|_| Answer::Silence);
    let place = Place::new();
    let file = place.file("a.lp", points("m", 5));
    let mut command = place.command(&["import", "-H", &sink.url, "-d", "db", &file]);
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the first run has sent something", || sink.seen() == 1);
    for flag in ["--resume", "--restart"] {
        let ran = place.import(&sink.url, &[&file, flag]);
        assert_eq!(ran.code, 24, "{ran:?}");
        assert!(ran.err.contains("another process"), "{}", ran.err);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_journal_that_cannot_be_written_ends_the_run_and_claims_nothing_more() {
    let (sink, place) = (Sink::new(), Place::new());
    let text = points("m", 300);
    let file = place.file("a.lp", &text);
    let program = env!("CARGO_BIN_EXE_influx-cli");
    let arguments = format!("import --json -H {} -d db --batch-lines 1 --in-flight 1 --journal j {file}", sink.url);
    // A file may not grow beyond some kilobytes: the same to a program as a disk that is full.
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f 8; exec {program} {arguments}")]).current_dir(place.dir());
    let ran = run_command(shell, b"");
    assert_eq!(ran.code, 24, "{ran:?}");
    let summary = ran.summary();
    let accepted = summary["points"]["accepted"].as_u64().unwrap();
    assert!((10..300).contains(&accepted), "{summary}");
    assert!(summary["resume"].is_string(), "{summary}");
    let mut words: Vec<&str> = arguments.split(' ').collect();
    words.push("--resume");
    let ran = place.run(&words);
    assert_eq!(ran.code, 0, "{ran:?}");
    let earlier = ran.summary()["earlier"]["accepted"].as_u64().unwrap();
    assert!(earlier <= accepted && earlier + 2 >= accepted, "{earlier} of {accepted} are on the disk");
    all_acknowledged(&sink, &text, 2, "a full disk");
}

/// A file system of 16 KiB, for those who may make one.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_ends_the_run_and_room_on_it_lets_it_go_on() {
    let (sink, place) = (Sink::new(), Place::new());
    let text = points("m", 300);
    let file = place.file("a.lp", &text);
    let small = place.path("small");
    fs::create_dir(&small).unwrap();
    let small = small.display();
    let namespace = |script: &str| {
        let mut command = std::process::Command::new("unshare");
        command.args(["-rm", "sh", "-c", &format!("mount -t tmpfs -o size=16k none {small} || exit 77; {script}")]);
        command.current_dir(place.dir());
        command
    };
    if !namespace("exit 0").output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user may not mount anything");
        return;
    }
    let program = env!("CARGO_BIN_EXE_influx-cli");
    let import = format!(
        "{program} import --json -H {} -d db --batch-lines 1 --in-flight 1 --journal {small}/j {file}",
        sink.url
    );
    let script = format!(
        "{import} > first.json; echo $? > first; ls {small} > left; \
         mount -o remount,size=1m {small}; {import} --resume > second.json; echo $? > second"
    );
    let ran = run_command(namespace(&script), b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    let read = |name: &str| fs::read_to_string(place.path(name)).unwrap();
    assert_eq!((read("first").trim(), read("second").trim()), ("24", "0"), "{ran:?}");
    assert_eq!(read("left").trim(), "j", "nothing else is left on the disk");
    assert!(ran.err.contains("No space left"), "{}", ran.err);
    let last = |name: &str| -> serde_json::Value { serde_json::from_str(read(name).lines().last().unwrap()).unwrap() };
    let accepted = last("first.json")["points"]["accepted"].as_u64().unwrap();
    let earlier = last("second.json")["earlier"]["accepted"].as_u64().unwrap();
    assert!((10..300).contains(&accepted) && earlier <= accepted && earlier + 2 >= accepted, "{earlier} of {accepted}");
    all_acknowledged(&sink, &text, 2, "a full disk");
}
