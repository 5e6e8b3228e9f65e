//! The rules that all commands keep: what goes to which stream, how loud, and in which colours.

use std::fs;

use crate::harness::{NOBODY, Ran, program, run_command};

/// Ways to fail that need no server, of every command that can; none of them has a result to print but the tables of those
/// that ask several endpoints.
const FAILING: &[&[&str]] = &[
    &["write", "-d", "db", "-H", NOBODY, "good.lp"],
    &["write", "-d", "db", "missing.lp"],
    &["write", "-d", "db", "-H", "ftp://x", "good.lp"],
    &["import", "-d", "db", "-H", NOBODY, "--retry-budget", "10ms", "--journal", "off", "good.lp"],
    &["import", "-d", "db", "missing.lp"],
    &["query", "-H", NOBODY, "SHOW DATABASES"],
    &["ping", "-H", NOBODY],
    &["status", "-H", NOBODY],
    &["verify", "-d", "db", "-H", NOBODY, "good.lp"],
    &["check", "bad.lp"],
    &["check", "missing.lp"],
    &["stamp", "missing.lp"],
    &["explain", "99"],
    &["config", "set", "colour", "red"],
    &["config", "show", "--profile", "missing"],
    &["retry", "--policy", "missing.toml", "--", "true"],
    &["cluster", "status", "--dir", "nowhere"],
    &["fault", "list", "--dir", "nowhere"],
    &["schema", "nonsense"],
    &["journal", "show", "nonsense"],
    &["man", "nonsense"],
    &["completions", "nonsense"],
    &["nonsense"],
    &["write", "--nonsense"],
    &["write", "-d", "db", "--timeout", "nonsense"],
];

fn in_a_directory(arguments: &[&str], more: &[&str], variables: &[(&str, &str)]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("good.lp"), "m v=1 1\n").unwrap();
    fs::write(dir.path().join("bad.lp"), "nonsense\n").unwrap();
    let mut command = program();
    command.current_dir(dir.path()).args(more).args(arguments).env("XDG_STATE_HOME", dir.path().join("state"));
    command.env_remove("NO_COLOR").envs(variables.iter().copied());
    run_command(command, b"")
}

#[test]
fn every_failure_is_told_once_with_its_code_and_as_loud_as_asked() {
    std::thread::scope(|scope| {
        for arguments in FAILING {
            scope.spawn(move || {
                let loud = in_a_directory(arguments, &[], &[]);
                assert_ne!(loud.code, 0, "{arguments:?} {loud:?}");
                let head = format!("error[{}]: ", loud.code);
                assert_eq!(loud.err.matches(&head).count(), 1, "{arguments:?}: {}", loud.err);
                assert_eq!(loud.err.matches("error[").count(), 1, "{arguments:?}: {}", loud.err);
                assert!(!loud.err.contains('\u{1b}') && !loud.out.contains('\u{1b}'), "{arguments:?} {loud:?}");
                assert!(!loud.err.contains("panicked"), "{arguments:?} {}", loud.err);
                // Only what is about a class of the table has an explanation.
                if (10..40).contains(&loud.code) {
                    let explain = format!("influx-cli explain {}", loud.code);
                    assert!(loud.err.contains("(hint: ") && loud.err.contains(&explain), "{arguments:?}: {}", loud.err);
                }
                let errors = in_a_directory(arguments, &["-q"], &[]);
                assert_eq!(errors.code, loud.code, "{arguments:?} {errors:?}");
                assert!(errors.err.starts_with(&head), "{arguments:?}: {}", errors.err);
                let silent = in_a_directory(arguments, &["-qq"], &[]);
                assert_eq!((silent.code, silent.err.as_str()), (loud.code, ""), "{arguments:?}");
            });
        }
    });
}

#[test]
fn colours_are_asked_for_in_the_order_of_their_wishes() {
    let failing = ["write", "-d", "db", "-H", NOBODY, "good.lp"];
    let coloured =
        |more: &[&str], variables: &[(&str, &str)]| in_a_directory(&failing, more, variables).err.contains('\u{1b}');
    assert!(!coloured(&[], &[]), "no terminal");
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    // Results too, and help; and never where a machine reads.
    for arguments in [&["explain", "12"][..], &["help"], &["ping", "-H", NOBODY]] {
        let forced = in_a_directory(arguments, &[], &[("CLICOLOR_FORCE", "1")]);
        assert!(forced.out.contains('\u{1b}'), "{arguments:?} {}", forced.out);
        assert!(!in_a_directory(arguments, &[], &[]).out.contains('\u{1b}'), "{arguments:?}");
        let never = in_a_directory(arguments, &["--color", "never"], &[("CLICOLOR_FORCE", "1")]);
        assert!(!never.out.contains('\u{1b}'), "{arguments:?} {}", never.out);
    }
    let json = in_a_directory(&["ping", "--json", "-H", NOBODY], &[], &[("CLICOLOR_FORCE", "1")]);
    assert!(!json.out.contains('\u{1b}'), "{}", json.out);
}
