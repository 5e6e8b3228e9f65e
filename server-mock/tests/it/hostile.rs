//! What a client that means harm, or is broken, may send. Whatever it is, the answer is one of HTTP or the connection
//! is closed, and the node goes on answering others.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use influx_server_mock::TestCluster;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::daemon::Daemon;
use crate::fixture::{query, send, within, write};

async fn cluster(settings: &[(&str, &str)]) -> (TestCluster, String) {
    let mut builder = TestCluster::builder().nodes(1, 1);
    for (name, value) in settings {
        builder = builder.set(name, value);
    }
    let cluster = builder.start().await.unwrap();
    let url = cluster.urls().remove(0);
    query(&url, "", "CREATE DATABASE d").await;
    (cluster, url)
}

async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Sends bytes as they are, and reads until the server closes; the peer's reset is an end like any other.
async fn raw(url: &str, bytes: &[u8]) -> String {
    let (mut reader, mut writer) = connect(url).await.into_split();
    let exchange = async {
        // The server may close before it has read all.
        let sending = async {
            let _ = writer.write_all(bytes).await;
        };
        let mut answer = Vec::new();
        let receiving = async {
            let _ = reader.read_to_end(&mut answer).await;
        };
        tokio::join!(sending, receiving);
        String::from_utf8_lossy(&answer).into_owned()
    };
    within("an answer or the end", exchange).await
}

/// The status of the first answer; `None` where the connection was closed without one.
fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.1 ").map(|rest| rest[..3].parse().unwrap())
}

fn statuses(answer: &str) -> Vec<u16> {
    answer.split("HTTP/1.1 ").skip(1).map(|rest| rest[..3].parse().unwrap()).collect()
}

async fn assert_alive(url: &str) {
    assert_eq!(write(url, "db=d&consistency=all", "alive v=1 1").await.status, 204);
    let read = query(url, "db=d", "SELECT count(v) FROM alive").await;
    assert!(read.text().contains("\"alive\""), "{}", read.text());
}

const CLOSE: &str = "Host: x\r\nConnection: close\r\n";

#[tokio::test]
async fn request_heads_are_bounded_and_unambiguous() {
    let (_cluster, url) = cluster(&[]).await;
    let head = |line: &str, headers: &str, body: &str| format!("{line} HTTP/1.1\r\n{headers}\r\n{body}");
    let long = "x".repeat(100_000);
    let many: String = (0..1_000).map(|n| format!("X-{n}: 1\r\n")).collect();
    let write_to = "POST /write?db=d";
    let smuggled = "0\r\n\r\nPOST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nsmuggled v=1";
    let cases: &[(&str, String, &[u16])] = &[
        ("a header of 100 kB", head("GET /ping", &format!("{CLOSE}X: {long}\r\n"), ""), &[204, 431]),
        ("a header of 3 MB", head("GET /ping", &format!("{CLOSE}X: {}\r\n", "x".repeat(3 << 20)), ""), &[431]),
        ("1,000 headers", head("GET /ping", &format!("{CLOSE}{many}"), ""), &[431]),
        ("an address of 100 kB", head(&format!("GET /ping?x={long}"), CLOSE, ""), &[414, 431]),
        ("two lengths", head(write_to, &format!("{CLOSE}Content-Length: 5\r\nContent-Length: 3\r\n"), "m v=1"), &[400]),
        ("a negative length", head(write_to, &format!("{CLOSE}Content-Length: -1\r\n"), "m v=1"), &[400]),
        ("a length too large", head(write_to, &format!("{CLOSE}Content-Length: 99999999999999999999\r\n"), ""), &[400]),
        (
            "a chunk size too large",
            head(write_to, &format!("{CLOSE}Transfer-Encoding: chunked\r\n"), "fffffffffffffffff\r\n"),
            &[400],
        ),
        ("a chunk size of words", head(write_to, &format!("{CLOSE}Transfer-Encoding: chunked\r\n"), "zz\r\n"), &[400]),
        (
            "an extension of 1 MB",
            head(
                write_to,
                &format!("{CLOSE}Transfer-Encoding: chunked\r\n"),
                &format!("5;{}\r\nm v=1\r\n0\r\n\r\n", "e".repeat(1 << 20)),
            ),
            &[400],
        ),
        (
            "a transfer coding that is none",
            head(write_to, &format!("{CLOSE}Transfer-Encoding: rot13\r\n"), "m v=1"),
            &[400, 501],
        ),
        ("a NUL in a header", head("GET /ping", &format!("{CLOSE}X: a\0b\r\n"), ""), &[400]),
        ("a folded header", head("GET /ping", &format!("{CLOSE}X: a\r\n b\r\n"), ""), &[400]),
        ("a space before the colon", head("GET /ping", &format!("{CLOSE}X : a\r\n"), ""), &[400]),
        ("no version", "GET /ping\r\n\r\n".to_owned(), &[400]),
        ("another protocol", "\x16\x03\x01\x02\0\x01\0\x01\x7c\x03\x03\r\n\r\n".to_owned(), &[400]),
    ];
    for (what, request, expected) in cases {
        let answer = raw(&url, request.as_bytes()).await;
        if let Some(status) = status(&answer) {
            assert!(expected.contains(&status), "{what}: {answer}");
        }
    }
    // A length beside chunks: the chunks count or the request is refused, but what follows is never a second request.
    let both = head(write_to, &format!("{CLOSE}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), smuggled);
    assert!(statuses(&raw(&url, both.as_bytes()).await).len() <= 1);
    let both = head(write_to, &format!("{CLOSE}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), smuggled);
    assert!(statuses(&raw(&url, both.as_bytes()).await).len() <= 1);
    assert!(!query(&url, "db=d", "SHOW MEASUREMENTS").await.text().contains("smuggled"));
    assert_alive(&url).await;
}

#[tokio::test]
async fn odd_but_legal_requests_are_answered() {
    let (_cluster, url) = cluster(&[]).await;
    let host = url.strip_prefix("http://").unwrap();
    let one = async |request: String| raw(&url, request.as_bytes()).await;
    // Bare line feeds end lines for Go too.
    assert_eq!(status(&one("GET /ping HTTP/1.1\nHost: x\nConnection: close\n\n".to_owned()).await), Some(204));
    assert_eq!(status(&one(format!("GET http://{host}/ping HTTP/1.1\r\n{CLOSE}\r\n")).await), Some(204));
    assert_eq!(status(&one(format!("CONNECT {host} HTTP/1.1\r\n{CLOSE}\r\n")).await), Some(404));
    assert_eq!(status(&one(format!("TRACE /ping HTTP/1.1\r\n{CLOSE}\r\n")).await), Some(405));
    assert_eq!(status(&one(format!("OPTIONS * HTTP/1.1\r\n{CLOSE}\r\n")).await), Some(200));
    assert_eq!(status(&one("GET /ping HTTP/1.0\r\n\r\n".to_owned()).await), None, "HTTP/1.0 is answered as such");
    assert_eq!(status(&one("GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned()).await), Some(400), "no host");
    let two = "GET /ping HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n".to_owned();
    assert_eq!(status(&one(two).await), Some(400), "two hosts");
    let pipelined = "GET /ping HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20) + &format!("GET /nope HTTP/1.1\r\n{CLOSE}\r\n");
    assert_eq!(statuses(&one(pipelined).await), [vec![204; 20], vec![404]].concat());
    let expecting =
        format!("POST /write?db=d HTTP/1.1\r\n{CLOSE}Content-Length: 7\r\nExpect: 100-continue\r\n\r\nm v=1 1");
    assert_eq!(statuses(&one(expecting).await), [100, 204]);
    // Refused before the body: nobody is asked to send it.
    let unknown = format!("POST /write?db=x HTTP/1.1\r\n{CLOSE}Content-Length: 7\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(statuses(&one(unknown).await), [404]);
    assert_alive(&url).await;
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    // The good requests have to keep to them, too.
    let limits = [("http-head-timeout", "500ms"), ("http-body-timeout", "500ms")];
    let (_cluster, url) = cluster(&limits).await;
    // Sent so far and then nothing more; the connection must end by itself.
    assert!(matches!(status(&raw(&url, b"GET /ping HTTP/1.1\r\nX-Slow: ").await), None | Some(408)));
    let body = raw(&url, b"POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nm v=1 1\n").await;
    assert_eq!(status(&body), Some(400));
    assert!(body.contains("i/o timeout"), "{body}");
    // Byte by byte, never silent for long.
    let mut drip = connect(&url).await;
    drip.write_all(b"GET /ping HTTP/1.1\r\nX-Drip: ").await.unwrap();
    within("the end of a drip", async {
        while drip.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(query(&url, "db=d", "SHOW MEASUREMENTS").await.json()["results"][0].get("series").is_none());
    assert_alive(&url).await;
}

/// The limit on descriptors of the test's own process, where both ends are, keeps this below the 10,000 that a node by
/// itself holds.
#[tokio::test]
async fn idle_connections_keep_nobody_out() {
    let (_cluster, url) = cluster(&[]).await;
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(connect(&url).await);
    }
    assert_alive(&url).await;
    drop(idle);
}

#[tokio::test]
async fn bodies_are_bounded() {
    let (_cluster, url) = cluster(&[("max-body-size", "1000")]).await;
    let line = "m v=1 1\n".repeat(200);
    let sized = format!("POST /write?db=d HTTP/1.1\r\n{CLOSE}Content-Length: {}\r\n\r\n{line}", line.len());
    assert_eq!(status(&raw(&url, sized.as_bytes()).await), Some(413));
    let chunked = format!(
        "POST /write?db=d HTTP/1.1\r\n{CLOSE}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{line}\r\n0\r\n\r\n",
        line.len()
    );
    assert_eq!(status(&raw(&url, chunked.as_bytes()).await), Some(413));
    assert_alive(&url).await;
}

/// A line of very many new fields takes a time that grows with their number, not with its square, and the node is there
/// for others.
#[tokio::test]
async fn a_line_of_many_fields_keeps_nobody_waiting() {
    let (_cluster, url) = cluster(&[]).await;
    let fields: Vec<String> = (0..100_000).map(|n| format!("f{n}=1")).collect();
    for time in 1..=2 {
        let line = format!("wide {} {time}", fields.join(","));
        assert_eq!(write(&url, "db=d", &line).await.status, 204);
    }
    let read = query(&url, "db=d&epoch=ns", "SELECT f99999 FROM wide").await.json();
    assert_eq!(read["results"][0]["series"][0]["values"], serde_json::json!([[1, 1], [2, 1]]));
    assert_alive(&url).await;
}

/// As in the real servers a compressed body may expand past `max-body-size`; this one stops at its own ceiling.
#[tokio::test]
async fn a_bomb_does_not_fill_the_memory() {
    let server = Daemon::start(&["--set", "max-body-size=100k", "--set", "max-inflated-size=8m"]);
    query(&server.http, "", "CREATE DATABASE d").await;
    let mut member = GzEncoder::new(Vec::new(), Compression::best());
    member.write_all(&vec![b'\n'; 1 << 20]).unwrap();
    let member = member.finish().unwrap();
    let headers = [("Content-Encoding", "gzip")];
    let post =
        async |members| send(&server.http, http::Method::POST, "/write?db=d", &headers, member.repeat(members)).await;
    assert_eq!(post(4).await.status, 204, "past what may be sent, and below the ceiling");
    let before = peak_memory(&server);
    assert_eq!(post(60).await.status, 413);
    if let (Some(before), Some(after)) = (before, peak_memory(&server)) {
        // The ceiling, in a buffer that doubles as it grows; not the 60 MiB of the whole.
        assert!(after - before < 30 << 10, "{before} kB before, {after} kB after");
    }
    assert_alive(&server.http).await;
}

/// The most memory the server ever had, in kB, where the system tells.
fn peak_memory(server: &Daemon) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).ok()?;
    let row = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    row.trim().trim_end_matches(" kB").parse().ok()
}

#[tokio::test]
async fn names_are_never_paths() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let server = Daemon::start(&["--dir", data.to_str().unwrap()]);
    let long = "n".repeat(300);
    let names =
        ["..", "../x", "/abs", "a/b", "a\\b", "CON", "%2e%2e%2f", "_internal", "ünï", "\u{202e}rtl", " ", &long];
    for name in names {
        let quoted = format!("\"{}\"", name.replace('\\', "\\\\"));
        let made = query(&server.http, "", &format!("CREATE DATABASE {quoted}")).await;
        assert!(made.status == 200 || made.status == 400, "{name:?}: {made:?}");
        query(&server.http, "", &format!("CREATE RETENTION POLICY {quoted} ON {quoted} DURATION INF REPLICATION 1"))
            .await;
        let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let measurement = name.replace(' ', "\\ ");
        let written = write(&server.http, &format!("db={encoded}&rp={encoded}"), &format!("{measurement} v=1 1")).await;
        assert!(matches!(written.status.as_u16(), 204 | 400 | 404 | 500), "{name:?}: {written:?}");
    }
    // Newline and NUL inside a name, sent as the parser takes them.
    query(&server.http, "", "CREATE DATABASE \"new\\nline\"").await;
    query(&server.http, "", "CREATE DATABASE \"nu\0l\"").await;
    query(&server.http, "", "CREATE DATABASE d").await;
    let stored = query(&server.http, "", "SHOW DATABASES").await;
    assert!(stored.text().contains("\"../x\"") && stored.text().contains("\"CON\""), "{}", stored.text());
    assert_alive(&server.http).await;

    let outside: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(outside, ["data"], "nothing left the server's directory");
    for path in crate::daemon::files_below(&data) {
        let file = std::path::Path::new(&path).file_name().unwrap().to_str().unwrap();
        let known = file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        assert!(known && !["CON", "abs", "x", "_internal"].contains(&file), "{path}");
    }
}

#[tokio::test]
async fn parameters_that_are_given_twice_or_oddly() {
    let (_cluster, url) = cluster(&[]).await;
    let parameters = [
        ("db=d&consistency=all&consistency=junk", 204),
        ("db=d&consistency=junk&consistency=all", 400),
        ("db=d&consistency=%20any", 400),
        ("db=d&consistency=ALL", 204),
        ("db=d&precision=junk", 400),
        ("db=d&precision=s&precision=junk", 204),
        ("db=d&db=x", 204),
        ("db=x&db=d", 404),
        ("db=d&%zz=1", 204),
        ("db=d&&&;=", 204),
    ];
    for (given, status) in parameters {
        let reply = write(&url, given, "m v=1 1").await;
        assert_eq!(reply.status.as_u16(), status, "{given}: {reply:?}");
    }
    assert_alive(&url).await;
}

#[tokio::test]
async fn queries_that_would_exhaust_the_server() {
    let (_cluster, url) = cluster(&[]).await;
    write(&url, "db=d", "m v=1 1").await;
    let many = "SHOW DATABASES;".repeat(10_000);
    let deep = format!("SELECT {}v{} FROM m", "(".repeat(10_000), ")".repeat(10_000));
    let long = format!("SELECT v FROM m WHERE {} v = 1", "v = 1 OR ".repeat(100_000));
    let post = async |statement: &str| {
        let q: String = url::form_urlencoded::byte_serialize(statement.as_bytes()).collect();
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        send(&url, http::Method::POST, "/query?db=d", &form, format!("q={q}")).await
    };
    for statement in [
        &many,
        &deep,
        &long,
        "SELECT mean(v) FROM m WHERE time > 0 GROUP BY time(1ns)",
        "SELECT v FROM m LIMIT 99999999999999999999",
        "SELECT v FROM m WHERE time > now() + 999999999999w",
        "SELECT v FROM /(a*)*(a*)*(a*)*b/",
        &format!("SELECT v FROM \"{}", "\\".repeat(1 << 20)),
    ] {
        let reply = post(statement).await;
        assert!(matches!(reply.status.as_u16(), 200 | 400), "{}: {reply:?}", &statement[..40]);
    }
    assert_alive(&url).await;
}

/// Faults are set on another listener; the public one has no such paths.
#[tokio::test]
async fn the_public_port_does_not_reach_the_fault_api() {
    let (_cluster, url) = cluster(&[]).await;
    for path in ["/links", "/handoff", "/under-way", "//links", "/./links", "/write/../links"] {
        for method in [http::Method::GET, http::Method::PUT] {
            let reply = send(&url, method, path, &[("Authorization", "Bearer x")], "{\"cut\":[\"meta1\"]}").await;
            assert_eq!(reply.status, 404, "{path}");
        }
    }
    assert_alive(&url).await;
}

/// The ports between nodes take bytes of anybody; only a frame of a node of this cluster is understood.
#[tokio::test]
async fn ports_between_nodes_survive_anything() {
    let (_cluster, url) = cluster(&[]).await;
    let servers = query(&url, "", "SHOW SERVERS").await.json();
    let series = servers["results"][0]["series"].as_array().unwrap().clone();
    let mut addresses = Vec::new();
    for row in series.iter().flat_map(|series| series["values"].as_array().unwrap()) {
        addresses.extend([row[1].as_str().unwrap().to_owned(), row[2].as_str().unwrap().to_owned()]);
    }
    assert_eq!(addresses.len(), 4, "HTTP and the ports between nodes, of a meta node and of a data node");
    let mut random = vec![0_u8; 4096];
    fastrand::Rng::with_seed(7).fill(&mut random);
    let prefixes: [&[u8]; 6] =
        [b"", b"\0", &[0xff; 64], &[0x7f, 0xff, 0xff, 0xff, 1, 2, 3], b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", &random];
    for address in &addresses {
        for bytes in prefixes {
            let mut tcp = TcpStream::connect(address).await.unwrap();
            let _ = tcp.write_all(bytes).await;
            let _ = tcp.shutdown().await;
            let mut answer = Vec::new();
            within("the end", async { tcp.read_to_end(&mut answer).await }).await.unwrap_or_default();
        }
    }
    assert_alive(&url).await;
}
