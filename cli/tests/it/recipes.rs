//! The shell recipes of `examples/shell`: these very files, under each shell, against real faults, in each branch.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Cluster, NOBODY, Ran, points, program, run, run_command, until};

const SHELLS: [&str; 2] = ["dash", "bash"];

/// A directory for a script, with the program on its path and a `sleep` that notes for how long it was asked and takes a
/// fraction of that.
struct Place {
    dir: tempfile::TempDir,
    shell: &'static str,
}

impl Place {
    /// None where the machine lacks the shell, which is said.
    fn new(shell: &'static str) -> Option<Self> {
        if Command::new(shell).args(["-c", "true"]).status().is_err() {
            eprintln!("skipped: there is no {shell} here");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        symlink(env!("CARGO_BIN_EXE_influx-cli"), bin.join("influx-cli")).unwrap();
        let sleep = bin.join("sleep");
        let noted = dir.path().join("slept");
        fs::write(&sleep, format!("#!/bin/sh\necho \"$1\" >> '{}'\nexec /bin/sleep 0.1\n", noted.display())).unwrap();
        fs::set_permissions(&sleep, fs::Permissions::from_mode(0o755)).unwrap();
        Some(Self { dir, shell })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The pauses that scripts asked for since the last call.
    fn slept(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("slept")).unwrap_or_default();
        let _ = fs::remove_file(self.path("slept"));
        text.lines().map(str::to_owned).collect()
    }

    fn run(&self, host: &str, database: &str, script: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new(self.shell);
        let path = std::env::var("PATH").unwrap_or_default();
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("INFLUX_")) {
            command.env_remove(name);
        }
        command
            .arg(recipe(script))
            .args(arguments)
            .current_dir(self.dir.path())
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("INFLUX_HOST", host)
            .env("INFLUX_DATABASE", database);
        run_command(command, b"")
    }
}

fn recipe(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shell").join(name)
}

/// Good points and one line that no server can store.
fn with_a_bad_line(measurement: &str) -> String {
    points(measurement, 3) + "bad v= 3\n"
}

/// Points held by each replica by itself.
fn held(cluster: &Cluster, measurement: &str) -> Vec<u64> {
    cluster.data_nodes().iter().map(|node| cluster.count(node, measurement)).collect()
}

/// The next write is answered as by a server whose queue holds it back for an owner (InfluxDB Enterprise says so, the open
/// cluster does not), and the points do arrive.
fn defer(cluster: &Cluster) {
    cluster.fault(&["reply", "data1", "--class", "deferred", "--after-handling", "--times", "1", "--route", "/write"]);
}

/// Without times: only the stamp keeps what is sent again from being stored twice.
fn unstamped(measurement: &str) -> String {
    format!("{measurement} v=1\n").repeat(20)
}

#[test]
fn scripts_are_posix_and_strict() {
    for entry in fs::read_dir(recipe("")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "sh") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("#!/bin/sh\n") && text.contains("\nset -eu\n"), "{}", path.display());
        assert!(fs::metadata(&path).unwrap().permissions().mode() & 0o111 != 0, "{} can be run", path.display());
        for word in ["[[", "local ", "function ", "echo -e", "$'", "pipefail"] {
            assert!(!text.contains(word), "{}: {word} is not POSIX", path.display());
        }
    }
}

#[test]
fn the_smallest_policy_takes_each_branch() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("before", 1));
    for shell in SHELLS {
        let Some(place) = Place::new(shell) else { continue };
        let script = "1-smallest-policy.sh";
        let url = cluster.url("data1");
        let run = |name: &str, text: &str| place.run(&url, "db", script, &[&place.put(name, text)]);
        let name = |what: &str| format!("{what}_{shell}");

        let ran = run("good.lp", &points(&name("good"), 5));
        assert_eq!(ran.code, 0, "{ran:?}");
        until("they are everywhere", || held(&cluster, &name("good")) == [5; 3]);

        let ran = run("mixed.lp", &with_a_bad_line(&name("mixed")));
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.err.contains("the others are stored"), "{}", ran.err);
        until("the good ones are everywhere", || held(&cluster, &name("mixed")) == [3; 3]);
        assert!(fs::read_to_string(place.path("mixed.lp.bad")).unwrap().ends_with("\nbad v= 3\n"));

        cluster.fault(&["kill", "data2", "data3"]);
        let ran = run("late.lp", &points(&name("late"), 5));
        assert_eq!((ran.code, cluster.count("data1", &name("late"))), (12, 5), "{ran:?}");
        assert!(ran.err.contains("again later: "), "{}", ran.err);
        cluster.fault(&["restart", "data2", "data3"]);
        until("handoff brings the rest", || held(&cluster, &name("late")) == [5; 3]);
        cluster.drained();

        let ran = place.run(&url, "absent", script, &[&place.put("lost.lp", points("lost", 1))]);
        assert_eq!(ran.code, 21, "{ran:?}");
        assert!(ran.err.contains("mend the set-up (21)"), "{}", ran.err);
        let ran = place.run(NOBODY, "db", script, &[&place.put("nobody.lp", points("nobody", 1))]);
        assert_eq!((ran.code, ran.err.contains("again later")), (10, true), "{ran:?}");
        let ran = place.run(&url, "db", script, &[]);
        assert!(ran.code != 0, "set -u: an argument is missing");

        defer(&cluster);
        let ran = run("waits.lp", &points(&name("waits"), 4));
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.err.contains("error[16]") && !ran.err.contains("again later"), "{}", ran.err);
        until("it arrives", || held(&cluster, &name("waits")) == [4; 3]);
    }
}

#[test]
fn the_spool_keeps_what_may_be_lost_and_nothing_else() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("before", 1));
    for shell in SHELLS {
        let Some(place) = Place::new(shell) else { continue };
        let url = cluster.url("data1");
        let spool = place.path("spool");
        let name = |what: &str| format!("{what}_{shell}");
        let run = |host: &str, database: &str| place.run(host, database, "4-spool.sh", &["spool"]);
        assert_eq!(run(&url, "db").code, 0, "an empty spool");
        let files = || -> Vec<String> {
            let entries = fs::read_dir(&spool).unwrap().map(|entry| entry.unwrap().path());
            let mut names: Vec<String> = entries
                .filter(|path| path.is_file())
                .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        };
        place.put("spool/1 with blank.lp", points(&name("one"), 2));
        place.put("spool/2.lp", with_a_bad_line(&name("two")));
        place.put("spool/-3.lp", points(&name("three"), 2));
        let ran = run(&url, "db");
        assert_eq!((ran.code, files()), (0, vec![]), "{ran:?}");
        for (what, count) in [("one", 2), ("two", 3), ("three", 2)] {
            until("everywhere", || held(&cluster, &name(what)) == [count; 3]);
        }
        assert!(fs::read_to_string(spool.join("bad/2.lp")).unwrap().ends_with("\nbad v= 3\n"));

        place.put("spool/4.lp", points(&name("four"), 2));
        cluster.fault(&["kill", "data1"]);
        let ran = run(&url, "db");
        assert_eq!((ran.code, files()), (0, vec!["4.lp".to_owned()]), "it stays: {ran:?}");
        let both = format!("{url},{}", cluster.url("data2"));
        assert_eq!((run(&both, "db").code, files()), (0, vec![]), "another node takes it");
        cluster.fault(&["restart", "data1"]);
        until("everywhere", || held(&cluster, &name("four")) == [2; 3]);

        place.put("spool/5.lp", points(&name("five"), 2));
        place.put("spool/6.lp", points(&name("five"), 2));
        let ran = run(&url, "absent");
        assert_eq!((ran.code, files()), (21, vec!["5.lp".to_owned(), "6.lp".to_owned()]), "{ran:?}");
        assert_eq!((run(&url, "db").code, files()), (0, vec![]));

        defer(&cluster);
        place.put("spool/7.lp", points(&name("seven"), 3));
        assert_eq!((run(&url, "db").code, files()), (0, vec![]), "it waits in handoff and goes");
        until("it arrives", || held(&cluster, &name("seven")) == [3; 3]);
    }
}

#[test]
fn curl_with_the_table_of_classes() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: there is no curl here");
        return;
    }
    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("before", 1));
    for shell in SHELLS {
        let Some(place) = Place::new(shell) else { continue };
        let name = |what: &str| format!("{what}_{shell}");
        let run = |host: &str, query: &str, text: &str| {
            let url = format!("{host}/write?{query}");
            place.run("", "", "5-curl.sh", &[&url, &place.put("p.lp", text)])
        };
        let url = cluster.url("data1");
        let quorum = "db=db&consistency=quorum";
        let ran = run(&url, quorum, &points(&name("curled"), 2));
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        // The other two replicas are a quorum, too.
        until("data1 has them", || cluster.count("data1", &name("curled")) == 2);
        cluster.fault(&["kill", "data2", "data3"]);
        let ran = run(&url, quorum, &points(&name("below"), 2));
        assert_eq!((ran.code, ran.err.trim(), cluster.count("data1", &name("below"))), (12, "later", 2), "{ran:?}");
        cluster.fault(&["restart", "data2", "data3"]);
        let ran = run(&url, "db=absent&consistency=quorum", &points("x", 1));
        assert_eq!((ran.code, ran.err.trim()), (21, "never"), "{ran:?}");
        let ran = run(&url, quorum, "bad v= 3\n");
        assert_eq!((ran.code, ran.err.trim()), (31, "never"), "{ran:?}");
        let ran = run(NOBODY, quorum, &points("x", 1));
        assert_eq!(ran.code, 10, "{ran:?}");
        cluster.fault(&["reply", "data1", "--cut", "before", "--times", "1", "--route", "/write"]);
        let ran = run(&url, quorum, &points(&name("unheard"), 2));
        assert_eq!(ran.code, 11, "{ran:?}");
        until("they are stored, and nobody heard", || cluster.count("data1", &name("unheard")) == 2);
        defer(&cluster);
        let ran = run(&url, quorum, &points(&name("waits"), 3));
        assert_eq!((ran.code, ran.err.trim()), (16, "wait"), "{ran:?}");
        until("the cluster is whole again", || held(&cluster, &name("below")) == [2; 3]);
        cluster.drained();
    }
}

#[test]
fn the_policy_by_class_takes_each_branch() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("before", 1) + "before v=1\n");
    for shell in SHELLS {
        let Some(place) = Place::new(shell) else { continue };
        let script = "2-policy-by-class.sh";
        let url = cluster.url("data1");
        let name = |what: &str| format!("{what}_{shell}");
        let run =
            |host: &str, database: &str, text: &str| place.run(host, database, script, &[&place.put("p.lp", text)]);
        let summary =
            || -> Value { serde_json::from_slice(&fs::read(place.path("p.lp.summary.json")).unwrap()).unwrap() };

        let ran = run(&url, "db", &unstamped(&name("plain")));
        assert_eq!((ran.code, held(&cluster, &name("plain")), place.slept()), (0, vec![20; 3], vec![]), "{ran:?}");
        assert_eq!((&summary()["exit"], &summary()["consistency"]), (&Value::from(0), &Value::from("all")));

        // Handoff gets its time, and then a weaker level will do.
        cluster.fault(&["kill", "data3"]);
        let ran = run(&url, "db", &unstamped(&name("below")));
        assert_eq!((ran.code, place.slept()), (0, vec!["30".to_owned(), "30".to_owned()]), "{ran:?}");
        assert_eq!(summary()["consistency"], "quorum");
        cluster.fault(&["restart", "data3"]);
        until("once each", || held(&cluster, &name("below")) == [20; 3]);
        cluster.drained();

        let reply = |class: &str, times: &str| {
            cluster.fault(&["reply", "data1", "--class", class, "--times", times, "--route", "/write"]);
        };
        reply("overloaded", "2");
        let ran = run(&url, "db", &unstamped(&name("busy")));
        assert_eq!((ran.code, place.slept()), (0, vec!["15".to_owned(), "30".to_owned()]), "{ran:?}");
        reply("meta-unavailable", "1");
        let ran = run(&url, "db", &unstamped(&name("meta")));
        assert_eq!((ran.code, place.slept()), (0, vec!["2".to_owned()]), "{ran:?}");
        defer(&cluster);
        let ran = run(&url, "db", &unstamped(&name("waits")));
        assert_eq!((ran.code, place.slept(), summary()["exit"].as_u64()), (0, vec![], Some(16)), "{ran:?}");
        for what in ["busy", "meta", "waits"] {
            assert_eq!(held(&cluster, &name(what)), [20; 3], "{what}");
        }

        let ran = run(&url, "db", &with_a_bad_line(&name("mixed")));
        assert_eq!((ran.code, held(&cluster, &name("mixed")), place.slept()), (31, vec![3; 3], vec![]), "{ran:?}");
        assert!(fs::read_to_string(place.path("p.lp.bad")).unwrap().ends_with("\nbad v= 3\n"));
        assert_eq!((run(&url, "absent", "m v=1\n").code, place.slept()), (21, vec![]));
        let ran = run(NOBODY, "db", "m v=1\n");
        let growing: Vec<String> = (1..=7).map(|n| (2 * n).to_string()).collect();
        assert_eq!((ran.code, place.slept()), (10, growing), "it gives up after eight tries");
        assert_eq!(run(&url, "db", "").code, 0, "nothing to send");
    }
}

/// No verdict while a replica is paused: sent again, with the same times.
#[test]
fn the_policy_by_class_sends_again_what_has_no_verdict() {
    let cluster = Cluster::waiting("1s").database(3);
    cluster.begin_with("before v=1\n");
    for shell in SHELLS {
        let Some(place) = Place::new(shell) else { continue };
        let measurement = format!("paused_{shell}");
        let file = place.put("p.lp", unstamped(&measurement));
        cluster.fault(&["pause", "data2"]);
        let ran = std::thread::scope(|scope| {
            scope.spawn(|| {
                until("it pauses before it sends again", || place.path("slept").exists());
                cluster.fault(&["resume", "data2"]);
            });
            place.run(&cluster.url("data1"), "db", "2-policy-by-class.sh", &[&file])
        });
        let slept = place.slept();
        assert!(ran.code == 0 && ran.err.contains("error[11]") && slept[0] == "1", "{slept:?} {ran:?}");
        until("once each", || held(&cluster, &measurement) == [20; 3]);
        cluster.drained();
    }
}

/// The values of a key of the unit.
fn unit(key: &str) -> Vec<String> {
    let text = fs::read_to_string(recipe("3-import.service")).unwrap();
    let values = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

/// systemd as far as this unit asks for it: starts the command again or not by its exit code.
#[test]
fn the_unit_starts_an_import_again_until_all_is_there() {
    let codes = |key: &str| unit(key).iter().map(|code| code.parse::<i32>().unwrap()).collect::<Vec<_>>();
    let (again, never, fine) =
        (codes("RestartForceExitStatus"), codes("RestartPreventExitStatus"), codes("SuccessExitStatus"));
    let all = run(&["explain", "--json"], "");
    let all: Vec<Value> = all
        .events()
        .iter()
        .flat_map(|event| match event {
            Value::Array(rows) => rows.clone(),
            row => vec![row.clone()],
        })
        .collect();
    let mut seen = 0;
    for code in all.iter().filter_map(|row| row["exit"].as_i64()).map(|code| i32::try_from(code).unwrap()) {
        let places = [again.contains(&code), never.contains(&code), fine.contains(&code)];
        match code {
            0 => continue,
            16 => assert_eq!(places, [false, false, true], "{code}"),
            10..=15 => assert_eq!(places, [true, false, false], "{code}"),
            // Of the demonstration and of the bundled cluster.
            40.. => continue,
            _ => assert_eq!(places, [false, true, false], "{code}"),
        }
        seen += 1;
    }
    assert!(seen >= 18, "{seen} classes");

    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("before", 1));
    let dir = tempfile::tempdir().unwrap();
    let dump = dir.path().join("dump.lp");
    fs::write(&dump, points("imported", 20_000) + "bad v= 1\n").unwrap();
    let start = || {
        let words = unit("ExecStart");
        assert_eq!(words[0], "/usr/local/bin/influx-cli");
        let mut command = program();
        command.args(words[1..].iter().map(|word| match word.as_str() {
            "/data/dump.lp.gz" => dump.to_str().unwrap(),
            word => word,
        }));
        let hosts = format!("{},{}", cluster.url("data1"), cluster.url("data2"));
        // A node that dies may take with it what it had not yet sent on, unless every replica had to acknowledge.
        command
            .env("INFLUX_HOST", hosts)
            .env("INFLUX_DATABASE", "db")
            .env("INFLUX_CONSISTENCY", "all")
            .env("XDG_STATE_HOME", dir.path());
        command.args(["--batch-lines", "100", "--retry-budget", "200ms", "-q"]).current_dir(dir.path());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    // Killed in the middle of it, which lasts: `on-failure` starts it again.
    let mut child = start().args(["--rate-points", "2000/s"]).spawn().unwrap();
    until("it is under way", || cluster.count("data1", "imported") > 500);
    child.kill().unwrap();
    child.wait().unwrap();
    cluster.fault(&["kill", "data1", "data2"]);
    let begun = Instant::now();
    let mut codes = Vec::new();
    let ended = std::thread::scope(|scope| {
        loop {
            assert!(begun.elapsed() < Duration::from_secs(90), "{codes:?}");
            let code = start().status().unwrap().code().unwrap();
            codes.push(code);
            if code == 0 || fine.contains(&code) || never.contains(&code) {
                break code;
            }
            assert!(again.contains(&code), "nothing is said of {code}");
            if codes.len() == 1 {
                scope.spawn(|| cluster.fault(&["restart", "data1", "data2"]));
            }
            // RestartSec, cut short.
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    assert!(ended == 31 && codes.len() > 1, "nodes were away, and one line is bad: {codes:?}");
    until("everything is everywhere", || held(&cluster, "imported") == [20_000; 3]);
    assert!(fs::read_to_string(dir.path().join("bad.lp")).unwrap().contains("\nbad v= 1\n"));
}

/// What systemd itself says of the unit, where it is there.
#[test]
fn the_unit_is_well_formed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("influx-import.service");
    let text = fs::read_to_string(recipe("3-import.service")).unwrap();
    fs::write(&file, text.replace("/usr/local/bin/influx-cli", env!("CARGO_BIN_EXE_influx-cli"))).unwrap();
    let Ok(verified) = Command::new("systemd-analyze").arg("verify").arg(&file).output() else {
        eprintln!("skipped: there is no systemd-analyze here");
        return;
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    let of_the_unit: Vec<&str> = said.lines().filter(|line| line.contains("influx-import.service")).collect();
    assert!(of_the_unit.is_empty(), "{of_the_unit:#?}");
}
