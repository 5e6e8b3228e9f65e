//! Standard output and standard error that are closed, full, or whose reader has gone away.

use std::process::{Command, Stdio};

use super::{PROGRAM, in_order, shell};
use crate::harness::{Cluster, Ran, program, sink};

/// A command of each kind that prints: its arguments, and its exit code when all is well.
fn commands(cluster: &Cluster) -> Vec<(Vec<String>, i32)> {
    let (dir, url) = (cluster.dir(), cluster.url("data1"));
    // A list is wanted to have something in it.
    let file = std::path::Path::new(dir).join("points.lp").to_str().unwrap().to_owned();
    std::fs::write(&file, "m v=1 1\nm v=2 2\n").unwrap();
    let journal = format!("{file}.journal");
    let import = ["import", "-qq", "--restart", "--journal", &journal, "-d", "db", "-H", &url, &file];
    let ran = crate::harness::run(&import, "");
    assert_eq!(ran.code, 0, "{ran:?}");
    let line = |text: &str, code| {
        let words = text.split(' ').map(|word| match word {
            "DIR" => dir.to_owned(),
            "URL" => url.clone(),
            "FILE" => file.clone(),
            "JOURNAL" => journal.clone(),
            word => word.to_owned(),
        });
        (words.collect(), code)
    };
    vec![
        line("explain", 0),
        line("explain --json", 0),
        line("explain 12", 0),
        line("classify --status 503", 13),
        line("completions bash", 0),
        line("cluster options", 0),
        line("cluster status --dir DIR", 0),
        line("cluster status --json --dir DIR", 0),
        line("cluster env --dir DIR", 0),
        line("cluster logs --dir DIR", 0),
        line("fault list --dir DIR", 0),
        line("fault list --json --dir DIR", 0),
        line("ping -H URL", 0),
        line("ping --json -H URL", 0),
        line("query -H URL SHOW\u{a0}DATABASES", 0),
        line("query --format json -H URL SHOW\u{a0}DATABASES", 0),
        line("write --json -v -d db -H URL", 0),
        line("import --json -v -d db -H URL --journal off FILE", 0),
        line("check FILE", 0),
        line("check --json FILE", 0),
        line("stamp FILE", 0),
        line("verify -d db -H URL FILE", 0),
        line("verify --json -v -d db -H URL FILE", 0),
        line("journal show JOURNAL", 0),
        line("status -H URL", 0),
        line("status --json -H URL", 0),
        line("config show", 0),
        line("config path", 0),
        line("retry --print-policy", 0),
        line("retry --dry-run -- write", 0),
        line("man", 0),
        line("--help", 0),
        line("write --help", 0),
        line("--version", 0),
    ]
}

/// Runs with standard output or standard error of which nobody reads the other end.
fn unheard(arguments: &[String], out: bool) -> Ran {
    let mut command = program();
    command.args(arguments.iter().map(|word| word.replace('\u{a0}', " ")));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdin(Stdio::null());
    match out {
        true => command.stdout(writer).stderr(Stdio::piped()),
        false => command.stderr(writer).stdout(Stdio::piped()),
    };
    Ran::of(&command.output().unwrap())
}

#[test]
fn a_reader_that_has_gone_away() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    // Something to list.
    cluster.fault(&["delay", "data1", "meta1", "1ms"]);
    for (arguments, code) in commands(&cluster) {
        let ran = unheard(&arguments, true);
        in_order(&ran);
        assert!(ran.code == 0 || ran.code == code, "{arguments:?}: {ran:?}");
        assert!(!ran.err.contains("error["), "a closed pipe is no error: {arguments:?}: {ran:?}");
        let mut loud = vec!["-vv".to_owned()];
        loud.extend(arguments.clone());
        let ran = unheard(&loud, false);
        assert_eq!(ran.code, code, "{arguments:?} with a broken standard error: {ran:?}");
    }
}

#[test]
fn streams_that_are_closed_from_the_start() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let words = |arguments: &[String]| {
        let quoted = arguments.iter().map(|word| format!("'{}'", word.replace('\u{a0}', " ")));
        quoted.collect::<Vec<_>>().join(" ")
    };
    for (arguments, code) in commands(&cluster) {
        let words = words(&arguments);
        let ran = shell(&format!("exec {PROGRAM} {words} </dev/null >&- 2>&-"));
        assert_eq!(ran.code, code, "{words}");
        let ran = shell(&format!("exec {PROGRAM} {words} <&- >&-"));
        in_order(&ran);
        assert_eq!(ran.code, code, "{words}: {ran:?}");
    }
}

#[test]
fn a_full_device_is_told() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    for (arguments, _) in commands(&cluster) {
        if arguments.iter().any(|word| word.starts_with("--help") || word.starts_with("--version")) {
            continue;
        }
        let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command: Command = program();
        command.args(arguments.iter().map(|word| word.replace('\u{a0}', " "))).stdin(Stdio::null());
        let ran = Ran::of(&command.stdout(full()).stderr(Stdio::piped()).output().unwrap());
        if arguments[0] == "fault" && !arguments.contains(&"--json".to_owned()) {
            // It has nothing to list, and says that elsewhere.
            assert_eq!(ran.code, 0, "{ran:?}");
            continue;
        }
        assert_eq!(ran.code, 23, "{arguments:?}: {ran:?}");
        assert!(ran.err.contains("standard output"), "{arguments:?}: {ran:?}");
        command.stdout(full()).stderr(full());
        assert_eq!(command.status().unwrap().code(), Some(23), "{arguments:?}");
    }
}

#[test]
fn nothing_but_data_goes_to_standard_output() {
    let url = sink();
    for arguments in ["write -d db", "write -vv -d db", "write -d db --progress always", "write -d db -c most"] {
        let ran = shell(&format!("echo 'm v=1 1' | {PROGRAM} {arguments} -H {url}"));
        assert_eq!(ran.out, "", "{arguments}");
    }
}
