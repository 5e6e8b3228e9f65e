//! No secret leaves the client but in its header: not in errors, not in debug output, not in logs of any level.

use std::error::Error;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use influx_client::{Answer, Batch, Client, ClientBuilder, NoRetry, Request, Transport, TransportError};

use crate::server::{Act, NOBODY, Server, batch, error, reply, stored};

/// As it is typed, with all that an address gives a meaning to.
const SECRET: &str = "S3cr3t-Canary-%40@:/?#&+é";
/// As it stands in an address.
const ENCODED: &str = "S3cr3t-Canary-%2540%40%3A%2F%3F%23%26%2B%C3%A9";
/// The part of it that every percent-encoding leaves alone.
const CORE: &str = "S3cr3t";

/// What any output is searched for: the secret as it stands, in base64 at each of the three offsets, as bytes, in hex.
fn forms() -> Vec<String> {
    let in_base64 = |before: usize| {
        let bytes = [vec![0; before], CORE.into()].concat();
        let text = STANDARD.encode(&bytes);
        // Only the characters that hang on nothing but the secret.
        text[(before * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned()
    };
    let hex: String = CORE.bytes().map(|byte| format!("{byte:02x}")).collect();
    let bytes = format!("{:?}", CORE.as_bytes());
    let bytes = bytes.trim_matches(['[', ']']).to_owned();
    vec![CORE.to_lowercase(), in_base64(0), in_base64(1), in_base64(2), bytes, hex]
}

fn assert_clean(what: &str, text: &str) {
    for form in forms() {
        let found = text.contains(&form) || text.to_lowercase().contains(&CORE.to_lowercase());
        assert!(!found, "{what} shows the secret: {text}");
    }
}

#[test]
fn the_search_finds_every_form() {
    for prefix in ["", "u", "us", "user:"] {
        let text = STANDARD.encode(format!("{prefix}{SECRET}"));
        assert!(forms().iter().any(|form| text.contains(form)), "{prefix}: {text}");
    }
    for text in [format!("{:?}", SECRET.as_bytes()), SECRET.to_uppercase(), ENCODED.into(), "533363723374".into()] {
        assert!(std::panic::catch_unwind(|| assert_clean("this", &text)).is_err(), "{text}");
    }
}

/// Collects what is logged, by `tracing` or by `log`, at any level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Logs what this thread does from now on.
    fn start(&self) -> tracing::subscriber::DefaultGuard {
        static LOG: Once = Once::new();
        LOG.call_once(|| tracing_log::LogTracer::init().unwrap());
        let (log, spans) = (self.clone(), tracing_subscriber::fmt::format::FmtSpan::FULL);
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_span_events(spans);
        tracing::subscriber::set_default(subscriber.with_ansi(false).with_writer(move || log.clone()).finish())
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// The ways in which a client is given a secret.
fn builders(address: std::net::SocketAddr) -> Vec<ClientBuilder> {
    let plain = || Client::builder().endpoint(format!("http://{address}"));
    vec![
        Client::builder().endpoint(format!("http://user:{ENCODED}@{address}")),
        plain().basic_auth("user", SECRET),
        plain().token("S3cr3t.Canary.token"),
        // The server serves as the proxy as well.
        plain().proxy(&format!("http://user:{ENCODED}@{address}")),
        Client::builder().endpoint(format!("https://user:{ENCODED}@{address}")),
    ]
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text} {error} {error:?} {error:#?}");
        source = error.source();
    }
    text
}

/// Every way to fail, every way to be given a secret, every kind of output.
#[tokio::test]
async fn no_error_no_debug_output_and_no_log_shows_a_secret() {
    let acts = [
        stored(),
        error(401, "authorization failed"),
        error(403, "user is required"),
        error(500, "timeout"),
        error(500, "partial write"),
        error(503, "request throttled"),
        Act::Close,
        Act::CloseAtOnce,
        Act::Reset,
        Act::ResetAfterHeaders,
        Act::Answer(b"junk".to_vec()),
        Act::Answer(reply(302, "Location: http://user:x@elsewhere/\r\n", "")),
        Act::Answer(reply(407, "Proxy-Authenticate: Basic\r\n", "")),
        Act::Answer(b"HTTP/1.1 204 X\r\nContent-Length: 7\r\n\r\n".to_vec()),
        Act::AnswerAndHang(Vec::new()),
    ];
    let log = Log::default();
    let _logging = log.start();
    let time = Duration::from_millis(25);
    let statement = format!("CREATE USER u WITH PASSWORD '{SECRET}'");
    for act in acts {
        let server = Server::start([act]).await;
        for builder in builders(server.address) {
            let builder = builder.database("db").retry(NoRetry).attempt_timeout(time).connect_timeout(time);
            assert_clean("the builder", &format!("{builder:?} {builder:#?}"));
            let client = builder.build().unwrap();
            assert_clean("the client", &format!("{client:?} {client:#?} {:?}", client.endpoints()));
            match client.write(&batch(1)).await {
                Ok(ack) => assert_clean("the acknowledgement", &format!("{ack:?} {ack:#?}")),
                Err(failed) => assert_clean("the write", &format!("{} {:?}", chain(&failed), failed.attempts())),
            }
            for statement in ["SELECT 1", &statement] {
                let failed = client.query(statement).deadline(time).await.unwrap_err();
                assert_clean("the query", &chain(&failed));
            }
            let pongs = client.ping().await;
            assert_clean("the ping", &format!("{pongs:?}"));
            pongs.into_iter().filter_map(|pong| pong.result.err()).for_each(|e| assert_clean("the ping", &chain(&e)));
        }
        assert!(server.seen().iter().all(|seen| !seen.line().contains("user")), "not in an address either");
    }
    let text = log.text();
    assert_clean("the log", &text);
    for logged in ["influx.write", "influx.attempt", "reqwest", "hyper_util", "rustls", "answered", "TRACE"] {
        assert!(text.contains(logged), "the log has everything: {logged}");
    }
}

/// Points are their owner's: they are in no log, and only errors that name refused points quote them.
#[tokio::test]
async fn no_log_shows_a_point() {
    let log = Log::default();
    let _logging = log.start();
    let mut batch = Batch::default();
    batch.point("m").tag("patient", CORE).field("v", 1.0).at(1).unwrap();
    assert_clean("the batch", &format!("{batch:?}"));
    let quoting = format!("partial write: unable to parse 'm,patient={CORE} v=1 1': nonsense dropped=0");
    for act in [stored(), error(500, "timeout"), error(400, &quoting), Act::Close] {
        let server = Server::start([act]).await;
        let _ = server.client().write(&batch).await;
    }
    assert_clean("the log", &log.text());
    assert!(log.text().contains("answered"), "there is a log");
}

/// What is wrong with a setting is told without repeating it.
#[test]
fn no_refusal_of_a_setting_shows_it() {
    for address in [
        format!("ftp://user:{ENCODED}@h"),
        format!("http://user:{ENCODED}@"),
        format!("http://user:{ENCODED}@h?{ENCODED}"),
        format!("http://a%3A{ENCODED}:{ENCODED}@h"),
        format!("http://user:{SECRET}@h"),
        format!("{SECRET}@h"),
    ] {
        let refused = Client::builder().endpoint(&address).build().unwrap_err();
        assert_clean("the refusal", &chain(&refused));
        let refused = Client::builder().endpoint(NOBODY).proxy(&address).build().unwrap_err();
        assert_clean("the refusal", &chain(&refused));
    }
    let builder = || Client::builder().endpoint(NOBODY);
    for builder in [
        builder().token("S3cr3t token"),
        builder().basic_auth(&format!("a:{SECRET}"), SECRET),
        builder().user_agent(format!("{SECRET}\n")),
        builder().root_certificates(SECRET),
        builder().identity(SECRET, SECRET),
    ] {
        assert_clean("the builder", &format!("{builder:?}"));
        assert_clean("the refusal", &chain(&builder.build().unwrap_err()));
    }
}

/// A transport of somebody's own sees the secret in the header alone, where debug output hides it.
#[derive(Clone, Debug, Default)]
struct Showing(Arc<Mutex<Vec<String>>>);

impl Transport for Showing {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, TransportError>> {
        assert!(request.headers.contains_key("authorization"));
        self.0.lock().unwrap().push(format!("{request:?} {request:#?} {}", request.url));
        async { Err(TransportError::timed_out()) }.boxed()
    }
}

#[tokio::test]
async fn a_request_can_be_shown() {
    fn shown(thing: &dyn Debug) -> String {
        format!("{thing:?} {thing:#?}")
    }
    let showing = Showing::default();
    let client = Client::builder().endpoint(format!("http://user:{ENCODED}@h")).transport(showing.clone());
    let client = client.database("db").retry(NoRetry).build().unwrap();
    let _ = client.write(&batch(1)).await.unwrap_err();
    let _ = client.query("SELECT 1").await.unwrap_err();
    let _ = client.ping().await;
    let requests = showing.0.lock().unwrap().clone();
    assert_eq!(requests.len(), 3);
    requests.iter().for_each(|request| assert_clean("the request", request));
    assert_clean("the client", &shown(&client));
    let (batch, blocking) = (batch(1), influx_client::blocking::Client::new(client).unwrap());
    assert_clean("the blocking client", &format!("{} {}", shown(&blocking), shown(&blocking.write(&batch))));
}

#[tokio::test]
async fn credentials_go_out_in_the_header_alone() {
    let server = Server::start([stored()]).await;
    let port = server.address.port();
    let client = Client::builder()
        .endpoint(format!("http://Aladdin:open%20sesame@127.0.0.1:{port}"))
        .database("db")
        .build()
        .unwrap();
    let _ = client.write(&batch(1)).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.header("authorization"), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    assert!(!seen.line().contains("sesame") && !seen.line().contains("Aladdin"));
}

/// The password of one endpoint is no business of another one, and every character of it arrives.
#[tokio::test]
async fn each_endpoint_gets_its_own_credentials() {
    let (one, other) = (Server::start([Act::Close]).await, Server::start([stored()]).await);
    let client = Client::builder()
        .endpoint(format!("http://user:{ENCODED}@{}", one.address))
        .endpoint(other.url())
        .database("db")
        .build()
        .unwrap();
    for _ in 0..20 {
        let _ = client.write(&batch(1)).await.unwrap();
    }
    let header = format!("Basic {}", STANDARD.encode(format!("user:{SECRET}")));
    assert!(one.seen().iter().all(|seen| seen.header("authorization") == Some(&header)), "{:?}", one.seen());
    assert!(other.seen().iter().all(|seen| seen.header("authorization").is_none()));
    assert!(!one.seen().is_empty() && !other.seen().is_empty());
}
