//! `lab`: runs leave what they say, histories are judged, and nothing is left running.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::harness::{Cluster, is_alive, program, run, run_command, until};

/// A write that was done, and a read after it that does not find it.
pub(crate) const ILLEGAL: &str = r#"{"process":0,"type":"invoke","f":"write","value":1,"time":1}
{"process":0,"type":"ok","f":"write","value":1,"time":2}
{"process":0,"type":"invoke","f":"write","value":3,"time":3}
{"process":0,"type":"ok","f":"write","value":3,"time":4}
{"process":1,"type":"invoke","f":"read","value":null,"time":5}
{"process":1,"type":"ok","f":"read","value":1,"time":6}
"#;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_history_of_anybody_s_making_is_judged_by_its_exit_code() {
    let illegal = run(&["lab", "check", "-"], ILLEGAL);
    assert_eq!(illegal.code, 40, "{illegal:?}");
    assert!(illegal.out.contains("process 1 read 1"), "{}", illegal.out);
    let legal =
        run(&["lab", "check", "-", "--json"], ILLEGAL.replace(r#""value":1,"time":6"#, r#""value":3,"time":6"#));
    assert_eq!((legal.code, &legal.events()[0]["honest"]), (0, &Value::from("legal")), "{legal:?}");
    // An error that does not say "timeout" may still have been written: the study's rule claims too much.
    let failed = ILLEGAL.replace(
        r#""ok","f":"write","value":3,"time":4"#,
        r#""info","f":"write","value":3,"time":4,"error":"partial write""#,
    );
    let unknown = failed.replace(r#""value":1,"time":6"#, r#""value":3,"time":6"#);
    let verdict = run(&["lab", "check", "-", "--json"], unknown);
    assert_eq!((verdict.code, &verdict.events()[0]["study"]), (0, &Value::from("illegal")), "{verdict:?}");
    let dir = tempfile::tempdir().unwrap();
    let (history, picture) = (dir.path().join("h.jsonl"), dir.path().join("why.svg"));
    std::fs::write(&history, ILLEGAL).unwrap();
    assert_eq!(run(&["lab", "check", text(&history), "--picture", text(&picture)], "").code, 40);
    assert!(std::fs::read_to_string(&picture).unwrap().starts_with("<svg"));
    for (history, code) in
        [("no json\n", 31), ("", 31), (r#"{"process":0,"type":"ok","f":"read","value":1,"time":1}"#, 31)]
    {
        let ran = run(&["lab", "check", "-"], history);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.err.contains("`influx-cli lab check --help`"), "not about points: {ran:?}");
    }
    assert_eq!(run(&["lab", "check", "/nobody/has/this"], "").code, 23);
}

/// What the listing promises is what `lab run` takes.
#[test]
fn the_listing_names_settings_and_values_that_are_taken() {
    let listed = run(&["lab", "list", "--json"], "");
    assert_eq!(listed.code, 0, "{listed:?}");
    let of = |name: &str| listed.events().into_iter().find(|event| event["name"] == name).unwrap();
    let names = |name: &str| -> Vec<String> {
        let settings = of(name)["settings"].as_array().unwrap().clone();
        settings.iter().map(|setting| setting["name"].as_str().unwrap().to_owned()).collect()
    };
    assert!(names("register-partition-any").contains(&"cut".to_owned()));
    assert!(!names("register-healthy-any").contains(&"cut".to_owned()));
    assert_eq!(of("bugs")["node_options"], false);
    let only = &of("bugs")["settings"][0];
    assert!(only["name"] == "only" && only["values"].as_array().unwrap().contains(&"stale-hint".into()), "{only}");
    let told = run(&["lab", "list"], "");
    assert!(told.out.contains("stale-hint") && told.out.contains("truth-sim"), "{}", told.out);
    assert!(told.err.contains("not for bugs, repair, compare, all"), "{}", told.err);
}

#[test]
fn mistakes_are_named_before_anything_starts() {
    let dir = tempfile::tempdir().unwrap();
    let new = dir.path().join("new");
    let order = |arguments: &[&str]| {
        let mut all = vec!["lab", "run"];
        all.extend(arguments);
        all.extend(["--dir", text(&new)]);
        let ran = run(&all, "");
        assert_eq!(ran.code, 2, "{ran:?}");
        ran.err
    };
    assert!(order(&["register-partition-al"]).contains("'register-partition-all'"));
    assert!(order(&["register-healthy-all", "--set", "puase=1s"]).contains("do you mean pause?"));
    assert!(order(&["register-healthy-all", "--set", "write_timeot=1s"]).contains("do you mean write-timeout?"));
    assert!(order(&["register-healthy-all", "--set", "cut=2s"]).contains("stays whole"));
    let told = order(&["bugs", "--set", "write-timeot=1s"]);
    assert!(!told.contains("do you mean") && !told.contains("cluster options"), "{told}");
    assert!(order(&["repair", "--set", "write-timeout=1s"]).contains("as it needs them"));
    assert!(order(&["study", "--sim"]).contains("not the simulation"));
    assert!(order(&["truth", "--sim", "--hosts", "http://127.0.0.1:1"]).contains("--hosts"));
    let told = order(&["truth", "--hosts", "http://me:hidden@127.0.0.1:1"]);
    assert!(told.contains("--password-file") && !told.contains("hidden"), "{told}");
    for (flag, value) in [("--nodes", "3"), ("--profile", "1.8")] {
        assert!(order(&["truth", "--hosts", "http://127.0.0.1:1", flag, value]).contains("cannot be used with"));
    }
    assert!(order(&["truth", "--username", "me"]).contains("--hosts"));
    for option in [&["--insecure"][..], &["--ca", "/nobody/has/this"], &["--proxy", "none"]] {
        let told = order(&[&["truth", "--sim"], option].concat());
        assert!(told.contains(option[0]) && told.contains("--hosts"), "{told}");
    }
    assert!(order(&["bugs", "--nodes", "5"]).contains("a number of nodes"));
    assert!(order(&["compare", "--time", "5s"]).contains("a time"));
    assert!(order(&["truth", "--hosts", "http://127.0.0.1:1", "--set", "seeds=5"]).contains("no effect"));
    assert!(order(&["register-healthy-any", "--set", "pause=soon"]).contains("soon"));
    assert!(order(&["study", "--set", "experiments=truth"]).contains("experiments"));
    assert!(order(&["bugs", "--set", "only=that"]).contains("that"));
    assert!(!new.exists(), "nothing was begun");
    std::fs::create_dir(&new).unwrap();
    std::fs::write(new.join("mine.txt"), "x").unwrap();
    assert!(order(&["truth", "--sim"]).contains("not empty"));
    assert!(order(&["truth", "--sim", "--force"]).contains("something else than a run"));
    assert!(new.join("mine.txt").exists());
}

#[test]
fn a_simulated_run_is_repeated_by_its_seed_and_its_directory() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("a"), dir.path().join("b"));
    let ran = run(&["lab", "run", "truth", "--sim", "--seed", "3", "--seeds", "8", "--dir", text(&first)], "");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.trim_end().ends_with("report.html") && first.join("report.html").exists(), "{}", ran.out);
    assert_eq!(run(&["lab", "replay", text(&first), "--dir", text(&second)], "").code, 0);
    let counts = |dir: &Path| -> Value {
        let text = std::fs::read(dir.join("simulation.json")).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()["writes"].clone()
    };
    assert_eq!(counts(&first), counts(&second));
    assert!(counts(&first).is_object());
    let play = || run(&["lab", "replay", "3"], "");
    assert_eq!(play().out, play().out);
    let side_by_side = run(&["lab", "compare", text(&first), text(&second)], "");
    assert_eq!(side_by_side.code, 0, "{side_by_side:?}");
    // --force is for directories of runs.
    let again = ["lab", "run", "truth", "--sim", "--seeds", "1", "--dir", text(&first)];
    assert_eq!(run(&again, "").code, 2);
    let before = std::fs::read(first.join("simulation.json")).unwrap();
    assert_eq!(run(&[&again[..], &["--force"]].concat(), "").code, 0);
    assert_eq!(std::fs::read(dir.path().join("a.1/simulation.json")).unwrap(), before, "the earlier run is set aside");
    let wrong = ["lab", "run", "register-healthy-any", "--set", "pause=soon", "--force", "--dir", text(&first)];
    assert_eq!(run(&wrong, "").code, 2);
    assert!(first.join("simulation.json").exists() && !dir.path().join("a.2").exists(), "nothing was set aside");
    // A file of its name alone makes no run of a directory.
    let mine = dir.path().join("mine");
    std::fs::create_dir_all(mine.join("shop")).unwrap();
    std::fs::write(mine.join("shop/order.json"), "{}").unwrap();
    let ran = run(&["lab", "run", "truth", "--sim", "--force", "--dir", text(&mine)], "");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(mine.join("shop/order.json").exists());
    std::fs::remove_file(first.join("report.html")).unwrap();
    assert_eq!(run(&["lab", "report", text(&first)], "").code, 0);
    assert!(first.join("report.html").exists());
    assert_eq!(run(&["lab", "report", text(dir.path())], "").code, 0, "a page of the runs below");
}

/// Nobody is asked for a password, or refused for want of one, on behalf of a cluster that asks for none.
#[test]
fn a_run_that_asks_nobody_is_replayed_whoever_the_environment_names() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("a"), dir.path().join("b"));
    let ran = run(&["lab", "run", "truth", "--sim", "--seeds", "2", "--dir", text(&first)], "");
    assert_eq!(ran.code, 0, "{ran:?}");
    let replay = |more: &[&str], user: Option<&str>| {
        let mut command = program();
        command.args(["lab", "replay", text(&first), "--dir", text(&second)]).args(more);
        user.map(|user| command.env("INFLUX_USERNAME", user));
        run_command(command, b"")
    };
    let typed = replay(&["--username", "me"], None);
    assert!(typed.code == 2 && typed.err.contains("--hosts") && !second.exists(), "{typed:?}");
    let ran = replay(&[], Some("me"));
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// Of several runs, one that cannot be made does not keep the others from being made and told.
#[test]
fn a_run_that_fails_leaves_the_others_and_the_page_of_all() {
    let dir = tempfile::tempdir().unwrap();
    let left = dir.path().join("runs");
    let order = ["lab", "run", "register-healthy-any", "--hosts", "http://127.0.0.1:1", "--time", "1s", "--seeds", "2"];
    let ran = run(&[&order[..], &["--dir", text(&left)]].concat(), "");
    assert_eq!(ran.code, 10, "what went wrong first: {ran:?}");
    assert!(left.join("seed-1/order.json").exists() && left.join("seed-2/order.json").exists(), "{ran:?}");
    assert!(ran.err.contains("seed-1 could not be made") && ran.err.contains("seed-2 could not be made"), "{ran:?}");
    let page = std::fs::read_to_string(left.join("report.html")).unwrap();
    assert!(page.contains("seed-1") && page.contains("seed-2"), "{page}");
}

/// Processes whose command line names a directory.
#[cfg(target_os = "linux")]
fn processes_of(dir: &Path) -> Vec<u64> {
    let pids =
        std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let names = |pid: &u64| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(text(dir))
    };
    pids.filter(names).collect()
}

/// On processes: the nodes end with the run, also when it is interrupted.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_run_leaves_its_files_and_no_processes() {
    use rustix::process::{Pid, Signal, kill_process};
    let dir = tempfile::tempdir().unwrap();
    let (temporary, left) = (dir.path().join("tmp"), dir.path().join("run"));
    std::fs::create_dir(&temporary).unwrap();
    let mut command = program();
    command.args(["lab", "run", "register-partition-any", "--time", "60s", "--dir", text(&left)]);
    command.env("TMPDIR", &temporary).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let history = left.join("history.jsonl");
    let lines = || std::fs::read_to_string(&history).unwrap_or_default().lines().count();
    until("operations are done", || lines() > 20);
    let nodes = processes_of(&temporary);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    until("no node is left", || !nodes.iter().any(|pid| is_alive(*pid)));
    assert!(left.join("order.json").exists());
    // What was done until then is there, and what was under way is unknown.
    assert!(lines() > 20);
    let judged = run(&["lab", "check", text(&history)], "");
    assert!(matches!(judged.code, 0 | 40 | 41), "{judged:?}");
    assert_eq!(run(&["lab", "report", text(&left)], "").code, 0);
}

/// A cluster that is there already asks who comes: it is left as it was, no file has the password, and nothing is expected
/// of it.
#[test]
fn a_cluster_that_is_there_is_asked_as_a_user_and_left_as_it_was() {
    const SECRET: &str = "S3cr3t-Canary";
    let cluster = Cluster::with(&["--meta", "1", "--data", "1", "--set", "auth-enabled=true"]);
    let url = cluster.url("data1");
    let query = |statement: &str| {
        let mut command = program();
        command.args(["query", "-H", &url, "--user", "me", statement]).env("INFLUX_PASSWORD", SECRET);
        run_command(command, b"")
    };
    let made = run(&["query", "-H", &url, &format!("CREATE USER me WITH PASSWORD '{SECRET}' WITH ALL PRIVILEGES")], "");
    assert_eq!(made.code, 0, "{made:?}");
    let dir = tempfile::tempdir().unwrap();
    let left = dir.path().join("run");
    let lab = |experiment: &str, user: &[&str]| {
        let mut command = program();
        command.args(["lab", "run", experiment, "--hosts", &url, "--time", "1s", "--force", "--dir", text(&left)]);
        command.args(user).env("INFLUX_PASSWORD", SECRET);
        run_command(command, b"")
    };
    let nobody = run(&["lab", "run", "register-healthy-any", "--hosts", &url, "--dir", text(&left)], "");
    assert_eq!(nobody.code, 20, "{nobody:?}");
    for experiment in ["register-healthy-any", "shards-healthy", "truth"] {
        let ran = lab(experiment, &["--user", "me"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.out.contains("nothing was expected"), experiment != "truth", "{ran:?}");
        for entry in std::fs::read_dir(&left).unwrap() {
            let content = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!String::from_utf8_lossy(&content).contains(SECRET));
        }
        assert!(left.join("verdict.json").exists());
    }
    let databases = query("SHOW DATABASES");
    assert_eq!(databases.code, 0, "{databases:?}");
    assert!(!databases.out.contains("lab_"), "{databases:?}");
    cluster.fault(&["kill", "data1"]);
    let gone = lab("register-healthy-any", &["--user", "me"]);
    assert_eq!(gone.code, 10, "unreachable: {gone:?}");
}

/// In namespaces the kernel drops the packets; needs root and its tools.
#[cfg(target_os = "linux")]
#[test]
fn nodes_in_namespaces_of_their_own_are_cut_by_the_kernel() {
    let check = run(&["lab", "netns", "check"], "");
    if check.code != 0 {
        assert_eq!(check.code, 42, "{check:?}");
        eprintln!("skipped: {}", check.err.trim());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let left = dir.path().join("run");
    let mut command = program();
    command.args(["lab", "run", "register-partition-any", "--namespaces", "--time", "4s", "--dir", text(&left)]);
    command.args(["--set", "whole=500ms", "--set", "cut=1500ms"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let ran = child.wait_with_output().unwrap();
    assert!(matches!(ran.status.code(), Some(0 | 40)), "{ran:?}");
    let nemesis = std::fs::read_to_string(left.join("nemesis.jsonl")).unwrap();
    assert!(nemesis.contains("partition"), "{nemesis}");
    let history = std::fs::read_to_string(left.join("history.jsonl")).unwrap();
    assert!(history.lines().filter(|line| line.contains(r#""type":"ok","f":"write""#)).count() > 3, "{history}");
    let spaces = std::process::Command::new("ip").args(["netns", "list"]).output().unwrap();
    // Those of other runs of this machine may be there.
    assert!(!String::from_utf8_lossy(&spaces.stdout).contains(&format!("il{pid}n")), "{spaces:?}");
}
