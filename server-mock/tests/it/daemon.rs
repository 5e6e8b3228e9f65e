//! `influxd-mock` as a process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fixture::{LIMIT, query, send, until, within, write};

pub(crate) struct Daemon {
    child: Child,
    pub(crate) udp: Option<String>,
    pub(crate) http: String,
    meta: String,
}

impl Daemon {
    /// Any free ports, unless the arguments say otherwise: the last one counts.
    fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_influxd-mock"));
        // A killed server leaves its temporary directory behind: not among those of the whole machine.
        command.env("TMPDIR", env!("CARGO_TARGET_TMPDIR"));
        command.args([
            "--json",
            "--http-bind",
            "127.0.0.1:0",
            "--meta-bind",
            "127.0.0.1:0",
            "--udp-bind",
            "127.0.0.1:0",
        ]);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Self::command(arguments).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|why| panic!("{why}: {line:?}"));
        let url = |name: &str| ready[name].as_str().unwrap().to_owned();
        Self { http: url("http"), meta: url("meta"), udp: ready["udp"].as_str().map(str::to_owned), child }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self) {
        use rustix::process::{Pid, Signal, kill_process};
        kill_process(Pid::from_raw(self.child.id().cast_signed()).unwrap(), Signal::TERM).unwrap();
    }

    pub(crate) async fn ended(&mut self) -> std::process::ExitStatus {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the server did not end");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn files_below(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        found.push(path.display().to_string());
        if path.is_dir() {
            found.extend(files_below(&path));
        }
    }
    found
}

#[cfg(unix)]
#[tokio::test]
async fn it_serves_and_what_it_stored_is_there_after_an_orderly_end() {
    for profile in ["1.8", "0.10"] {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().to_str().unwrap();
        let arguments = ["--profile", profile, "--dir", place];
        let mut first = Daemon::start(&arguments);
        query(&first.http, "", "CREATE DATABASE d").await;
        assert_eq!(write(&first.http, "db=d", "m v=1 1").await.status, 204);
        assert_eq!(send(&first.meta, http::Method::GET, "/ping", &[], "").await.status, 200);
        first.signal();
        assert!(first.ended().await.success());

        let second = Daemon::start(&arguments);
        let read = query(&second.http, "db=d&epoch=ns", "SELECT v FROM m").await;
        assert_eq!(read.json()["results"][0]["series"][0]["values"], serde_json::json!([[1, 1]]), "{profile}");
        // The ports are others now, and so is what the node says of itself.
        let servers = query(&second.http, "", "SHOW SERVERS").await;
        let series = &servers.json()["results"][0]["series"];
        let address = |position: usize| series[position]["values"][0][1].as_str().unwrap().to_owned();
        assert_eq!(format!("http://{}", address(0)), second.http);
        assert_eq!(format!("http://{}", address(1)), second.meta);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_directory_has_one_server_and_one_profile() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().to_str().unwrap();
    let mut first = Daemon::start(&["--dir", place]);
    let refused = |arguments: &[&str]| {
        let output = Daemon::command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&["--dir", place]).contains("is in use by another server"));
    first.signal();
    assert!(first.ended().await.success());
    assert!(refused(&["--dir", place, "--profile", "0.10"]).contains("holds data of profile 1.8, not 0.10"));
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let taken_too = std::net::UdpSocket::bind(&address).unwrap();
    for option in ["--http-bind", "--meta-bind", "--udp-bind"] {
        let output = Daemon::command(&[option, &address]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(&format!("cannot listen on {address}")), "{told}");
        assert!(output.stdout.is_empty(), "nothing was ready");
    }
    drop(taken_too);
}

#[tokio::test]
async fn options_are_those_of_the_profile() {
    let output = Daemon::command(&["--set", "no-such-option=1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no-such-option"));
    let output = Daemon::command(&["--profile", "0.10", "--set", "max-body-size=10"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("profile 0.10 has no option max-body-size"));
    let server = Daemon::start(&["--set", "max-body-size=10"]);
    query(&server.http, "", "CREATE DATABASE d").await;
    assert_eq!(write(&server.http, "db=d", "measurement value=1").await.status, 413);
}

/// A request that is being sent when the end is asked for is answered; a new connection is refused.
#[cfg(unix)]
#[tokio::test]
async fn requests_under_way_are_finished() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut server = Daemon::start(&[]);
    query(&server.http, "", "CREATE DATABASE d").await;
    let address = server.http.strip_prefix("http://").unwrap().to_owned();
    let mut tcp = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = "POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n";
    tcp.write_all(head.as_bytes()).await.unwrap();
    // The answer to Expect says that the server has begun to read the body.
    let mut go_on = [0; 25];
    within("100 Continue", tcp.read_exact(&mut go_on)).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.signal();
    until("new connections refused", || async { tokio::net::TcpStream::connect(&address).await.is_err() }).await;
    tcp.write_all(b"m v=1 1").await.unwrap();
    let mut answer = String::new();
    within("the answer", tcp.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert!(server.ended().await.success());
}

#[cfg(unix)]
#[tokio::test]
async fn a_second_signal_ends_it_at_once_and_the_temporary_directory_goes() {
    use tokio::io::AsyncWriteExt;
    let place = tempfile::tempdir().unwrap();
    let mut command = Daemon::command(&[]);
    command.env("TMPDIR", place.path());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let mut server = Daemon { http: ready["http"].as_str().unwrap().to_owned(), meta: String::new(), udp: None, child };
    assert!(!files_below(place.path()).is_empty());
    query(&server.http, "", "CREATE DATABASE d").await;
    let address = server.http.strip_prefix("http://").unwrap().to_owned();
    let mut tcp = tokio::net::TcpStream::connect(&address).await.unwrap();
    tcp.write_all(b"POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n")
        .await
        .unwrap();
    tcp.readable().await.unwrap();
    server.signal();
    until("new connections refused", || async { tokio::net::TcpStream::connect(&address).await.is_err() }).await;
    let asked = Instant::now();
    server.signal();
    assert_eq!(server.ended().await.code(), Some(1), "a request was given up");
    assert!(asked.elapsed() < Duration::from_secs(5), "sooner than the limit on requests under way");
    assert_eq!(files_below(place.path()), Vec::<String>::new());
}
