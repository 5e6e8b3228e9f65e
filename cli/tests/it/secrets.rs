//! No secret leaves the program but in a header of a request: not in what it prints, logs or writes, nor on a command line.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{NOBODY, Ran, program, run_command, until};

/// As it is typed, with all that an address, a shell and TOML give a meaning to.
const SECRETS: [&str; 2] = ["S3cr3t-Canary-%40", "S3cr3t-Canary-%40@:/?#%&+\u{e9}$\"'`\\"];
/// The part of it that every encoding of an address leaves alone.
const CORE: &str = "s3cr3t";

/// The forms to look for: as it stands, whatever the case, and in base64 at each of the three offsets.
fn forms() -> Vec<String> {
    let in_base64 = |before: usize| {
        let bytes = [vec![0; before], b"S3cr3t".to_vec()].concat();
        let text = STANDARD.encode(&bytes);
        // Only the characters that hang on nothing but the secret.
        text[(before * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned()
    };
    vec![in_base64(0), in_base64(1), in_base64(2)]
}

fn shows(text: &str) -> bool {
    text.to_lowercase().contains(CORE) || forms().iter().any(|form| text.contains(form))
}

fn assert_clean(what: &str, text: &str) {
    assert!(!shows(text), "{what} shows the secret: {text}");
}

#[test]
fn the_search_finds_every_form() {
    for secret in SECRETS {
        for text in [
            secret.to_owned(),
            secret.to_uppercase(),
            STANDARD.encode(format!("app:{secret}")),
            STANDARD.encode(secret),
        ] {
            assert!(shows(&text), "{text}");
        }
    }
}

/// A server that gives every request the same answer, and keeps what it was asked.
fn server(answer: &'static str) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = vec![0; 8192];
            let Ok(read) = stream.read(&mut request) else { continue };
            seen.lock().unwrap().push_str(&String::from_utf8_lossy(&request[..read]));
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url, asked)
}

/// A place with everything in it that a run could write to.
struct Place {
    dir: tempfile::TempDir,
    secret: &'static str,
}

impl Place {
    fn new(secret: &'static str) -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap(), secret };
        let quoted = secret.replace('\\', "\\\\").replace('"', "\\\"");
        place.private("kept/pw", &format!("{secret}\n"));
        place.private("kept/token", "S3cr3t.Canary.token\n");
        place.private(
            "kept/config.toml",
            &format!("default = \"a\"\n[profile.a]\nusername = \"app\"\npassword = \"{quoted}\"\n"),
        );
        place.private("points.lp", "m v=1 1\n");
        place
    }

    fn private(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.current_dir(self.dir.path()).args(arguments).env("RUST_BACKTRACE", "1");
        for name in ["HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TMPDIR"] {
            command.env(name, self.dir.path());
        }
        command
    }

    /// The ways in which a command is given a secret.
    fn given(&self, arguments: &[&str]) -> Vec<(&'static str, Command, String)> {
        let with = |more: &[&str]| self.command(&[arguments, more].concat());
        let mut by_variable = with(&["--username", "app"]);
        by_variable.env("INFLUX_PASSWORD", self.secret);
        let mut by_profile = with(&[]);
        by_profile.env("INFLUX_CONFIG", self.dir.path().join("kept/config.toml"));
        let mut by_token = with(&[]);
        by_token.env("INFLUX_TOKEN", format!("app:{}", self.secret));
        let mut by_both = with(&["--user", "app:x"]);
        by_both.env("INFLUX_PASSWORD", self.secret);
        vec![
            ("a variable", by_variable, String::new()),
            ("a file", with(&["--username", "app", "--password-file", "kept/pw"]), String::new()),
            ("standard input", with(&["--username", "app", "--password-file", "-"]), format!("{}\n", self.secret)),
            ("a profile", by_profile, String::new()),
            ("a token", with(&["--token-file", "kept/token"]), String::new()),
            ("a token of version 2", by_token, String::new()),
            ("a user name that cannot be sent", by_both, String::new()),
        ]
    }

    /// Every file but those that the secret was put into.
    fn check_files(&self, what: &str) {
        fn each(dir: &Path, what: &str) {
            for entry in fs::read_dir(dir).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    each(&path, what);
                } else {
                    let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                    assert_clean(&format!("{what}: {}", path.display()), &text);
                }
            }
        }
        for entry in fs::read_dir(self.dir.path()).unwrap().flatten() {
            if entry.file_name() != "kept" && entry.path().is_dir() {
                each(&entry.path(), what);
            } else if entry.path().is_file() {
                assert_clean(what, &String::from_utf8_lossy(&fs::read(entry.path()).unwrap()));
            }
        }
    }
}

/// Every command that speaks to a server, with what else it needs.
const COMMANDS: &[&[&str]] = &[
    &["write", "-d", "db", "--json", "--rejects", "bad.lp", "--summary-file", "sum.json", "points.lp"],
    &["import", "-d", "db", "--json", "--restart", "--retry-budget", "300ms", "points.lp"],
    &["query", "-d", "db", "SELECT v FROM m"],
    &["ping", "--json"],
    &["status", "--json"],
    &["verify", "-d", "db", "points.lp"],
    &["retry", "--tries", "1", "--json", "--", "write", "-d", "db", "points.lp"],
];

/// Runs a command with every host. Not every way of being given a secret with every end: each meets each command, and each
/// command each end.
fn fail(place: &Place, command: &[&str], hosts: &[&str], at: usize) {
    for (nth, host) in hosts.iter().enumerate() {
        let more = ["-vv", "-H", host, "--timeout", "500ms", "--connect-timeout", "500ms"];
        let arguments = [command, &more].concat();
        let ways = place.given(&arguments).into_iter().enumerate();
        for (_, (way, command, stdin)) in ways.filter(|(way, _)| (way + nth + at).is_multiple_of(3)) {
            let ran = run_command(command, stdin.as_bytes());
            let what = format!("{arguments:?} with {way}");
            assert_clean(&what, &ran.out);
            assert_clean(&what, &ran.err);
            assert!(nth == 0 || ran.code != 0, "{what}: {ran:?}");
        }
    }
}

#[test]
fn no_way_to_fail_shows_a_secret() {
    let answers = [
        "HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8.10\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 32\r\nConnection: close\r\n\r\n{\"error\":\"authorization failed\"}",
        "HTTP/1.1 302 Found\r\nLocation: http://app:x@elsewhere.invalid/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 500 X\r\nContent-Length: 19\r\nConnection: close\r\n\r\n{\"error\":\"timeout\"}",
        "junk",
    ];
    for (at, secret) in SECRETS.into_iter().enumerate() {
        let place = Place::new(secret);
        let servers: Vec<_> = answers.into_iter().map(server).collect();
        let mut hosts: Vec<&str> = servers.iter().map(|(url, _)| url.as_str()).collect();
        // Nobody there; and encryption with somebody who does not encrypt.
        let encrypted = servers[4].0.replace("http:", "https:");
        hosts.extend([NOBODY, &encrypted]);
        std::thread::scope(|scope| {
            for command in COMMANDS {
                let (place, hosts) = (&place, &hosts);
                scope.spawn(move || fail(place, command, hosts, at));
            }
        });
        place.check_files("a file");
        // The search means something: the secret was on its way, in its header and nowhere else.
        let asked = servers[0].1.lock().unwrap().clone();
        let headers: Vec<&str> =
            asked.lines().filter(|line| line.to_lowercase().starts_with("authorization:")).collect();
        assert!(headers.iter().any(|line| shows(line)), "{asked}");
        let rest: Vec<&str> = asked.lines().filter(|line| !line.to_lowercase().starts_with("authorization:")).collect();
        assert_clean("a request", &rest.join("\n"));
    }
}

#[test]
fn what_is_typed_in_the_wrong_place_is_not_repeated() {
    let place = Place::new(SECRETS[0]);
    let address = format!("http://app:{}@127.0.0.1:1", SECRETS[0]);
    let wrong = |arguments: &[&str]| run_command(place.command(arguments), b"");
    for command in ["write", "import", "query", "ping", "status", "verify"] {
        for flag in ["--password", "--password=", "-p", "--token", "--token=", "--passwd"] {
            let (flag, value) = match flag.strip_suffix('=') {
                Some(_) => (format!("{flag}{}", SECRETS[0]), None),
                None => (flag.to_owned(), Some(SECRETS[0])),
            };
            let ran = wrong(&[&[command, flag.as_str()][..], value.as_slice()].concat());
            assert_eq!(ran.code, 2, "{command} {flag}: {ran:?}");
            assert_clean(&format!("{command} {flag}"), &(ran.out + &ran.err));
        }
        let ran = wrong(&[command, "-d", "db", "-H", &address, "SELECT 1"]);
        assert_clean(command, &(ran.out + &ran.err));
        let ran = wrong(&[command, "-d", "db", "--proxy", &address, "points.lp"]);
        assert_clean(command, &(ran.out + &ran.err));
    }
    let told = wrong(&["write", "--password", SECRETS[0]]);
    assert!(told.err.contains("--password-file") && told.err.contains("INFLUX_PASSWORD"), "{}", told.err);
    for arguments in [
        &["write", "-d", "db", &address][..],
        &["write", "-d", "db", "--rejects", &address, "points.lp"],
        &["write", "-d", "db", "--timeout", &address],
        &["write", "-d", "db", "-c", &address],
        &["write", "-d", "db", "--ca", &address],
        &["check", &address],
        &["config", "set", "host", &address],
        &["config", "set", "proxy", &address],
        &["config", "set", "password", SECRETS[0]],
        &["config", "set", "token", SECRETS[0]],
        &["explain", &address],
        &["retry", "--policy", &address, "--", "true"],
        &[&address],
    ] {
        let ran = wrong(arguments);
        assert_clean(&format!("{arguments:?}"), &(ran.out + &ran.err));
        assert_ne!(ran.code, 0, "{arguments:?}");
    }
    place.check_files("a file");
}

#[test]
fn settings_do_not_show_secrets() {
    for secret in SECRETS {
        let place = Place::new(secret);
        for arguments in [
            &["config", "show"][..],
            &["config", "show", "--json"],
            &["config", "list", "--json"],
            &["write", "--help"],
        ] {
            for extra in [
                ("INFLUX_PASSWORD", secret),
                ("INFLUX_TOKEN", secret),
                ("HTTPS_PROXY", &format!("http://u:{secret}@p")),
            ] {
                let mut command = place.command(arguments);
                command.env("INFLUX_CONFIG", place.dir.path().join("kept/config.toml")).env(extra.0, extra.1);
                let ran: Ran = run_command(command, b"");
                assert_clean(&format!("{arguments:?} {}", extra.0), &(ran.out + &ran.err));
            }
        }
        let mut command = place.command(&["config", "show"]);
        command.env("INFLUX_HOST", format!("http://app:{secret}@h"));
        let ran = run_command(command, b"");
        assert_clean("an address of the environment", &(ran.out + &ran.err));
    }
}

#[test]
fn no_process_has_a_secret_among_its_arguments() {
    if !Path::new("/proc/self/cmdline").exists() {
        eprintln!("skipped: no /proc to look at");
        return;
    }
    let place = Place::new(SECRETS[0]);
    let (url, asked) = server("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    let arguments = ["retry", "--", "write", "-d", "db", "-H", &url, "--flush-interval", "1ms"];
    let mut command = place.command(&arguments);
    command.env("INFLUX_CONFIG", place.dir.path().join("kept/config.toml"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"m v=1 1\n").unwrap();
    until("the first points were sent", || asked.lock().unwrap().contains("/write"));
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).unwrap_or_default();
    let mut seen = 0;
    for pid in children.split_whitespace().map(str::to_owned).chain([child.id().to_string()]) {
        let cmdline = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
        assert!(cmdline.contains("write"), "{cmdline}");
        assert_clean("a command line", &cmdline);
        seen += 1;
    }
    assert!(seen >= 1);
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Types at the prompt of a command on a terminal of its own; what the terminal showed, and the exit code.
fn typed(command: &str, keys: &str) -> Option<(String, Option<i32>)> {
    let mut script = Command::new("script");
    script.args(["-qec", command, "/dev/null"]).env("XDG_CONFIG_HOME", "/dev/null").env("SHELL", "/bin/sh");
    let Ok(mut child) = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        eprintln!("skipped: no script(1) to make a terminal");
        return None;
    };
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = Vec::new();
    let mut byte = [0];
    // What is typed before the prompt is there is shown by the terminal itself, whoever reads it then.
    while !String::from_utf8_lossy(&shown).contains("assword") && screen.read(&mut byte).unwrap() > 0 {
        shown.push(byte[0]);
    }
    keyboard.write_all(keys.as_bytes()).unwrap();
    screen.read_to_end(&mut shown).unwrap();
    Some((String::from_utf8_lossy(&shown).into_owned(), child.wait().unwrap().code()))
}

#[test]
fn a_password_is_asked_for_and_not_shown() {
    let (url, asked) = server("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    let program = env!("CARGO_BIN_EXE_influx-cli");
    let Some((shown, code)) = typed(&format!("{program} ping -H {url} --user app"), "S3cr3t-Canary-%40\n") else {
        return;
    };
    assert_eq!(code, Some(0), "{shown}");
    assert_clean("the terminal", &shown);
    assert!(shown.contains("Password of app: "), "{shown}");
    let header = format!("Basic {}", STANDARD.encode("app:S3cr3t-Canary-%40"));
    assert!(asked.lock().unwrap().contains(&header), "{}", asked.lock().unwrap());
    // Whoever gives up has the terminal back as it was.
    let given_up = format!("{program} ping -H {url} --user app; echo code $?; stty -a");
    let (shown, _) = typed(&given_up, "S3cr3t-Canary-%40\x03").unwrap();
    assert_clean("the terminal", &shown);
    let words: Vec<&str> = shown.split_whitespace().collect();
    assert!(words.windows(2).any(|pair| pair == ["code", "130"]), "{shown}");
    for mode in ["echo", "icanon", "isig"] {
        assert!(words.contains(&mode), "{shown}");
    }
    // Where nobody can be asked, the error says what to do instead.
    let mut command = crate::harness::program();
    command.args(["ping", "-H", &url, "--user", "app"]);
    let ran = run_command(command, b"");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--password-file"), "{}", ran.err);
}
