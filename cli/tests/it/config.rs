//! Settings: where they come from, which of them counts, and that a file with secrets is private.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::harness::{NOBODY, Ran, program, run_command};

const CANARY: &str = "S3cr3t-Canary-%40";

/// A home of its own, with a configuration file.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn with(text: &str) -> Self {
        let home = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir_all(home.file().parent().unwrap()).unwrap();
        fs::write(home.file(), text).unwrap();
        home.mode(0o600);
        home
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join(".config/influx-cli/config.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn mode(&self, mode: u32) {
        fs::set_permissions(self.file(), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(arguments).env("HOME", self.dir.path()).env_remove("XDG_CONFIG_HOME");
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        run_command(self.command(arguments), b"")
    }

    /// The row of a setting in `config show`.
    fn shown(&self, key: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Value {
        let mut command = self.command(&["config", "show", "--json"]);
        command.args(arguments).envs(variables.iter().copied());
        let ran = run_command(command, b"");
        assert_eq!(ran.code, 0, "{ran:?}");
        let rows = ran.events()[0]["settings"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("no {key}: {ran:?}"))
    }
}

const TWO: &str = "\
default = \"prod\"
[profile.prod] # ours
host = [\"http://127.0.0.1:1\", \"http://127.0.0.1:2\"]
database = \"telegraf\"
timeout = \"11s\"
insecure = true
[profile.test]
timeout = \"12s\"
";

#[test]
fn flag_before_environment_before_profile_before_built_in() {
    let home = Home::with(TWO);
    let timeout = |variables: &[(&str, &str)], arguments: &[&str]| {
        let row = home.shown("timeout", variables, arguments);
        (row["value"].as_str().unwrap().to_owned(), row["source"].as_str().unwrap().to_owned())
    };
    let pair = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    assert_eq!(timeout(&[], &[]), pair("11s", "profile"));
    assert_eq!(timeout(&[], &["--profile", "test"]), pair("12s", "profile"));
    assert_eq!(timeout(&[("INFLUX_PROFILE", "test")], &[]), pair("12s", "profile"));
    assert_eq!(timeout(&[("INFLUX_PROFILE", "test")], &["--profile", "prod"]), pair("11s", "profile"));
    assert_eq!(timeout(&[("INFLUX_TIMEOUT", "13s")], &[]), pair("13s", "environment"));
    assert_eq!(timeout(&[("INFLUX_TIMEOUT", "")], &[]), pair("11s", "profile"), "set to nothing is not set");
    assert_eq!(
        timeout(&[("INFLUX_CONFIG", home.file().to_str().unwrap()), ("HOME", "/")], &[]),
        pair("11s", "profile")
    );
    let row = home.shown("connect_timeout", &[], &[]);
    assert_eq!((&row["value"], &row["source"]), (&"3s".into(), &"built-in".into()));
    let row = home.shown("timeout", &[], &[]);
    assert_eq!((row["line"].as_u64(), row["profile"].as_str()), (Some(5), Some("prod")));
    assert_eq!(home.shown("host", &[], &[])["value"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_built_in_is_told_of_each_command() {
    let home = Home::with(TWO);
    let value = |key: &str, command: &str, variables: &[(&str, &str)]| match &home.shown(
        key,
        variables,
        &["--for", command],
    )["value"]
    {
        Value::Array(values) => values.iter().map(|value| value.as_str().unwrap()).collect::<Vec<_>>().join(","),
        value => value.as_str().unwrap().to_owned(),
    };
    for (key, write, import) in [
        ("in_flight", "1", "4"),
        ("retry_budget", "0s", "300s"),
        ("retries", "0", "unlimited"),
        ("window", "off", "auto"),
        ("retry_on", "10,11,13,14,15", "10,11,13,14,15"),
    ] {
        assert_eq!((value(key, "write", &[]).as_str(), value(key, "import", &[]).as_str()), (write, import), "{key}");
    }
    assert_eq!(value("retries", "write", &[("INFLUX_RETRY_BUDGET", "1m")]), "unlimited", "the one hangs on the other");
    assert_eq!(value("progress", "write", &[("INFLUX_NO_PROGRESS", "1")]), "never");
    assert_eq!(home.run(&["config", "show", "--for", "explain"]).code, 2);
}

#[test]
fn commands_do_what_the_profile_says() {
    let home = Home::with(TWO);
    // The database and the addresses come from the profile: only the points are missing.
    let mut command = home.command(&["write", "--json"]);
    command.env_remove("INFLUX_HOST");
    let ran = run_command(command, b"m v=1 1\n");
    assert_eq!(ran.code, 10, "{ran:?}");
    let start = &ran.events_of("start")[0];
    assert_eq!(start["database"], "telegraf");
    assert_eq!(start["hosts"].as_array().unwrap().len(), 2, "{start}");
    assert!(ran.err.contains("--insecure"), "a warning is due: {}", ran.err);
    let ran = run_command(home.command(&["write", "--json", "-d", "other", "-H", NOBODY]), b"m v=1 1\n");
    assert_eq!(ran.events_of("start")[0]["database"], "other");
    assert_eq!(ran.events_of("start")[0]["hosts"].as_array().unwrap().len(), 1, "addresses do not add up");
    assert_eq!(home.run(&["ping"]).out.lines().count(), 4);
    assert_eq!(home.run(&["ping", "--profile", "none", "-H", NOBODY]).out.lines().count(), 3);
    assert_eq!(home.shown("timeout", &[("INFLUX_PROFILE", "none")], &[])["value"], "15s");
    assert_eq!(home.run(&["config", "set", "timeout", "1s", "--profile", "none"]).code, 2);
    let help = home.run(&["write", "--help"]);
    assert_eq!(help.code, 0);
    assert!(help.out.contains("[default: 11s]"), "help tells what holds: {}", help.out);
    let missing = home.run(&["ping", "--profile", "prd"]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("did you mean \"prod\"?"), "{}", missing.err);
}

#[test]
fn a_wrong_file_is_told_with_its_line_and_only_where_it_matters() {
    for (text, part) in [
        (
            "[profile.a]\nconsistancy = \"all\"\n",
            ":2: profile a: unknown key \"consistancy\": did you mean \"consistency\"?",
        ),
        ("default = \"a\"\n[profile.a]\ntimeout = \"15\"\n", ":3: profile a: timeout: \"15\" is no duration"),
        ("default = \"a\"\n[profile.a]\nconsistency = \"most\"\n", ":3: profile a: consistency: "),
        ("default = \"a\"\n[profile.a]\nprogress = \"loud\"\n", "\"loud\" is none of auto, "),
        ("default = \"b\"\n", "no profile \"b\""),
        ("[profile.a]\npassword = S3cr3t\n", ":2: not TOML"),
    ] {
        let home = Home::with(text);
        for arguments in [&["ping"][..], &["write"], &["config", "show"]] {
            let ran = home.run(arguments);
            assert_eq!(ran.code, 2, "{arguments:?} {ran:?}");
            assert!(ran.err.starts_with("error[2]: ") && ran.err.contains(part), "{arguments:?} {part}: {}", ran.err);
            assert!(!ran.err.contains("S3cr3t"), "{}", ran.err);
        }
        assert_eq!(home.run(&["explain", "12"]).code, 0, "what speaks to no server does not read it");
        assert_eq!(home.run(&["write", "--help"]).code, 0, "help is always there");
    }
    let home = Home::with("");
    let mut command = home.command(&["ping"]);
    let ran = run_command(
        {
            command.env("INFLUX_CONFIG", "/nowhere/config.toml");
            command
        },
        b"",
    );
    assert_eq!(ran.code, 23, "a file that was asked for has to be there: {ran:?}");
    assert_eq!(home.run(&["ping", "--profile", "x", "-H", NOBODY]).code, 2);
    let mut command = home.command(&["write", "-d", "db", "-H", NOBODY]);
    command.env("INFLUX_CONSISTENCY", "most");
    let ran = run_command(command, b"");
    assert_eq!(ran.code, 2);
    assert!(ran.err.starts_with("error[2]: INFLUX_CONSISTENCY: "), "nobody typed a flag: {}", ran.err);
}

#[test]
fn a_file_with_a_secret_is_private() {
    let home = Home::with(&format!(
        "default = \"a\"\n[profile.a]\nusername = \"app\"\npassword = \"{CANARY}\"\nhost = \"{NOBODY}\"\n"
    ));
    assert_eq!(home.run(&["ping"]).code, 10);
    for mode in [0o640, 0o604, 0o622] {
        home.mode(mode);
        for arguments in [&["ping"][..], &["config", "show"], &["config", "set", "timeout", "9s"]] {
            let ran = home.run(arguments);
            assert_eq!(ran.code, 2, "{mode:o} {ran:?}");
            assert!(ran.err.contains("refused: ") && ran.err.contains("chmod 600"), "{}", ran.err);
            assert!(!ran.err.contains("S3cr3t"), "{}", ran.err);
        }
    }
    let open = Home::with(TWO);
    open.mode(0o644);
    assert_eq!(open.run(&["config", "list"]).code, 0, "others may read what is no secret");
    open.mode(0o666);
    assert_eq!(open.run(&["config", "list"]).code, 2, "but not say where secrets are sent");
}

#[test]
fn a_file_of_another_user_is_not_believed() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can give files away");
        return;
    }
    let home = Home::with(TWO);
    std::os::unix::fs::chown(home.file(), Some(1), None).unwrap();
    let ran = home.run(&["ping"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("belongs to another user"), "{}", ran.err);
    std::os::unix::fs::chown(home.file(), Some(0), None).unwrap();
    let real = home.dir.path().join("real.toml");
    fs::rename(home.file(), &real).unwrap();
    std::os::unix::fs::symlink(&real, home.file()).unwrap();
    assert_eq!(home.run(&["config", "list"]).code, 0, "a link of one's own is fine");
    std::os::unix::fs::lchown(home.file(), Some(1), None).unwrap();
    let ran = home.run(&["ping"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("a link that belongs to another user"), "{}", ran.err);
}

#[test]
fn secrets_are_masked_and_their_source_told() {
    let home = Home::with(&format!("default = \"a\"\n[profile.a]\nusername = \"app\"\npassword = \"{CANARY}\"\n"));
    let password = home.shown("password", &[], &[]);
    assert_eq!(
        (&password["value"], &password["hidden"], &password["source"]),
        (&Value::Null, &"(hidden)".into(), &"profile".into())
    );
    assert_eq!(home.shown("username", &[], &[])["value"], "app");
    let password = home.shown("password", &[("INFLUX_PASSWORD", CANARY)], &[]);
    assert_eq!((&password["source"], &password["variable"]), (&"environment".into(), &"INFLUX_PASSWORD".into()));
    // A profile's password is for the profile's user.
    let password = home.shown("password", &[("INFLUX_USERNAME", "other")], &[]);
    assert_eq!((&password["source"], password.get("hidden")), (&"built-in".into(), None));
    let token = home.shown("token", &[("INFLUX_TOKEN_FILE", "/run/token")], &[]);
    assert_eq!((&token["hidden"], &token["variable"]), (&"(in /run/token)".into(), &"INFLUX_TOKEN_FILE".into()));
    for arguments in [&["config", "show"][..], &["config", "show", "--json"], &["config", "list"]] {
        let ran = home.run(arguments);
        assert_eq!(ran.code, 0);
        assert!(!ran.out.contains("S3cr3t") && !ran.err.contains("S3cr3t"), "{ran:?}");
    }
}

#[test]
fn set_keeps_comments_and_secrets_out_of_the_command_line() {
    let home = Home::with(TWO);
    home.mode(0o644);
    assert_eq!(home.run(&["config", "set", "consistency", "quorum"]).code, 0);
    assert_eq!(home.text(), TWO.replace("insecure = true\n", "insecure = true\nconsistency = \"quorum\"\n"));
    assert_eq!(fs::metadata(home.file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(home.run(&["config", "set", "connect-timeout", "4s", "--profile", "test"]).code, 0);
    assert_eq!(home.shown("connect_timeout", &[], &["--profile", "test"])["value"], "4s");
    assert_eq!(home.run(&["config", "unset", "consistency"]).code, 0);
    assert_eq!(home.run(&["config", "use", "test"]).code, 0);
    assert!(home.text().starts_with("default = \"test\"\n[profile.prod] # ours\n"), "{}", home.text());
    let before = home.text();
    for (arguments, part) in [
        (&["config", "set", "consistency", "most"][..], "consistency: "),
        (&["config", "set", "in_flight", "many"], "a whole number"),
        (&["config", "set", "colour", "red"], "unknown key"),
        (&["config", "set", "timeout"], "a value is missing"),
        (&["config", "use", "tset"], "did you mean \"test\"?"),
        (&["config", "unset", "gzip"], "is not set"),
        (&["config", "set", "password", CANARY], "standard input"),
        (&["config", "set", "host", "http://app:S3cr3t@h"], "credentials"),
    ] {
        let ran = home.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?} {ran:?}");
        assert!(ran.err.contains(part) && !ran.err.contains("S3cr3t"), "{arguments:?}: {}", ran.err);
    }
    assert_eq!(home.text(), before, "nothing was changed");
    let ran =
        run_command(home.command(&["config", "set", "token", "--profile", "prod"]), format!("{CANARY}\n").as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(home.text().contains(&format!("token = \"{CANARY}\"\n")), "{}", home.text());
    assert!(!ran.out.contains("S3cr3t") && !ran.err.contains("S3cr3t"));
    let files = fs::read_dir(home.file().parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "nothing is left beside the file");
}

#[test]
fn a_file_is_made_and_found() {
    let home = Home { dir: tempfile::tempdir().unwrap() };
    assert_eq!(home.run(&["config", "path"]).out.trim(), home.file().to_str().unwrap());
    let show = home.run(&["config", "show"]);
    assert_eq!(show.code, 0, "{show:?}");
    assert!(show.out.lines().skip(2).all(|line| line.ends_with("built in")), "{}", show.out);
    let init = home.run(&["config", "init"]);
    assert_eq!((init.code, init.out.trim()), (0, home.file().to_str().unwrap()));
    assert_eq!(home.run(&["config", "list"]).code, 0, "the example is well-formed");
    // Uncommented, it is a configuration.
    let example = home.text();
    let live: String = example
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.contains(" = ") || line.starts_with('['))
        .fold(String::new(), |text, line| text + line + "\n");
    fs::write(home.file(), live).unwrap();
    let ran = home.run(&["config", "show", "--profile", "prod"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("prod.password)"), "{}", ran.out);
    assert_eq!(home.run(&["config", "init"]).code, 2, "no file is overwritten");
    fs::remove_file(home.file()).unwrap();
    assert_eq!(home.run(&["config", "set", "host", "a:1,b:2"]).code, 0);
    assert_eq!(home.text(), "default = \"default\"\n\n[profile.default]\nhost = [\"a:1\", \"b:2\"]\n");
}

#[test]
fn the_secrets_of_a_profile_are_for_its_own_hosts() {
    let home = Home::with(&format!(
        "default = \"a\"\n[profile.a]\nhost = [\"http://127.0.0.1:1\", \"127.0.0.1:2\"]\nusername = \"app\"\npassword = \"{CANARY}\"\n"
    ));
    let password = |variables: &[(&str, &str)]| home.shown("password", variables, &[]).get("hidden").is_some();
    assert!(password(&[]));
    assert!(password(&[("INFLUX_HOST", "http://127.0.0.1:2/")]), "however it is written");
    assert!(!password(&[("INFLUX_HOST", "http://127.0.0.1:3")]));
    assert!(!password(&[("INFLUX_HOST", "http://127.0.0.1:1,http://127.0.0.1:3")]));
    assert!(!password(&[("INFLUX_HOST", "https://127.0.0.1:1")]));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 4096];
        let read = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
        String::from_utf8_lossy(&request[..read]).to_lowercase()
    });
    let ran = home.run(&["ping", "-H", &url]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!asked.join().unwrap().contains("authorization"), "another server has no business with it");
    assert!(ran.err.contains("profile a are for its own hosts"), "{}", ran.err);
    assert!(!home.run(&["ping", "-H", "http://127.0.0.1:2"]).err.contains("warning"));
}
