//! Manual pages and completions: made for every command, and understood by those who read them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::run;

#[test]
fn every_command_has_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let pages = dir.path().join("man1");
    assert_eq!(run(&["man", "--dir", pages.to_str().unwrap()], "").code, 0);
    let read = |name: &str| fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
    let help = run(&["help"], "").out;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // What does not fit on a line goes on further to the right.
    let commands = commands.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    let names = commands.filter_map(|line| line.split_whitespace().next());
    let names: Vec<&str> = names.filter(|name| *name != "help").collect();
    assert!(names.len() >= 12, "{help}");
    for name in names {
        let page = read(&format!("influx-cli-{name}"));
        assert!(page.contains(".SH SYNOPSIS") && page.contains(".SH \"SEE ALSO\""), "{name}: {page}");
    }
    let whole = read("influx-cli");
    for part in [
        "below\\-level",
        "EXIT STATUS",
        "INFLUX_CONFIG",
        "INFLUX_CONSISTENCY",
        "config.toml",
        "EXAMPLES",
        "influx\\-cli\\-write(1)",
    ] {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    assert!(read("influx-cli-cluster-up").contains("\\-\\-meta"));
    let files: Vec<_> =
        fs::read_dir(&pages).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!files.iter().any(|name| name.contains("node") || name.contains("help")), "{files:?}");
    assert_eq!(run(&["man"], "").out, whole);
    assert_eq!(run(&["man", "cluster", "up"], "").out, read("influx-cli-cluster-up"));
    assert_eq!(run(&["man", "node"], "").code, 2, "hidden commands are nobody's to read about");
    assert_eq!(run(&["man", "--dir", "/dev/null/x"], "").code, 23);
    // No settings of whoever runs it get into a page.
    assert!(!whole.contains(dir.path().to_str().unwrap()));
    if Command::new("groff").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: no groff to read the pages");
        return;
    }
    for page in files {
        let output =
            Command::new("groff").args(["-man", "-ww", "-Tutf8", "-z"]).arg(pages.join(&page)).output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{page}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Runs a script in a shell that has read the completions; `None` where there is no such shell.
fn completed(shell: &str, options: &[&str], script: &str) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let completions = dir.path().join("_influx-cli");
    fs::write(&completions, run(&["completions", shell], "").out).unwrap();
    let output = Command::new(shell)
        .args(options)
        .args(["-c", script])
        .env("FILE", &completions)
        .env("DIR", dir.path())
        .env(
            "PATH",
            format!(
                "{}:{}",
                Path::new(env!("CARGO_BIN_EXE_influx-cli")).parent().unwrap().display(),
                std::env::var("PATH").unwrap()
            ),
        )
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        eprintln!("skipped: no {shell} here");
        return None;
    };
    assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn bash_completes_commands_flags_and_values() {
    let script = |words: &str| {
        format!(
            "source \"$FILE\"; COMP_WORDS=(influx-cli {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMPREPLY=(); \
             function=$(complete -p influx-cli); function=${{function#*-F }}; \
             ${{function%% *}} influx-cli \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        )
    };
    for (words, expected) in [
        ("wr", "write"),
        ("cluster u", "up"),
        ("write --consis", "--consistency"),
        ("write --color n", "never"),
        ("config sh", "show"),
        ("retry --pol", "--policy"),
    ] {
        let Some(out) = completed("bash", &["--norc", "--noprofile"], &script(words)) else { return };
        assert_eq!(out.trim(), expected, "{words}");
    }
}

#[test]
fn fish_completes_commands() {
    let script = "source $FILE; complete -C 'influx-cli wr' | string split -f1 \\t";
    if let Some(out) = completed("fish", &["--no-config"], script) {
        assert_eq!(out.trim(), "write");
    }
}

#[test]
fn zsh_takes_the_completions() {
    let script = "autoload -Uz compinit; fpath=($DIR $fpath); compinit -u -D; autoload -Uz +X _influx-cli; \
                  (( $+functions[_influx-cli] )) && [[ $_comps[influx-cli] = _influx-cli ]] && print ok";
    if let Some(out) = completed("zsh", &["-f"], script) {
        assert_eq!(out.trim(), "ok");
    }
}

#[test]
fn powershell_takes_the_completions() {
    let script = ". $env:FILE; (TabExpansion2 'influx-cli wr' 13).CompletionMatches[0].CompletionText";
    if let Some(out) = completed("pwsh", &["-NoProfile", "-NonInteractive"], script) {
        assert_eq!(out.trim(), "write");
    }
}
