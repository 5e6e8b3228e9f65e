//! Routes, headers and encodings of the public HTTP API.

use std::io::Read;

use http::{HeaderMap, Method};
use influx_server_mock::{Profile, TestCluster};

use crate::fixture::{Reply, query, send, until, write};

async fn cluster(profile: Profile) -> (TestCluster, String) {
    let cluster = TestCluster::builder().profile(profile).nodes(1, 1).start().await.unwrap();
    let url = cluster.urls().remove(0);
    query(&url, "", "CREATE DATABASE d").await;
    (cluster, url)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

fn inflated(reply: &Reply) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*reply.body).read_to_string(&mut text).unwrap();
    text
}

async fn get(url: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    send(url, Method::GET, path, headers, "").await
}

#[tokio::test]
async fn answers_of_1_8_carry_its_headers() {
    let (_cluster, url) = cluster(Profile::V1_8).await;
    let ping = get(&url, "/ping", &[("Origin", "http://o"), ("Request-Id", "mine")]).await;
    assert_eq!((ping.status.as_u16(), ping.text()), (204, ""));
    let expected = [
        ("content-type", "application/json"),
        ("x-influxdb-version", "1.8.11-c1.2.0"),
        ("x-influxdb-build", "OSS"),
        ("request-id", "mine"),
        ("x-request-id", "mine"),
        ("access-control-allow-origin", "http://o"),
        ("access-control-allow-methods", "DELETE, GET, OPTIONS, POST, PUT, PATCH"),
        ("access-control-expose-headers", "Date, X-InfluxDB-Version, X-InfluxDB-Build"),
    ];
    for (name, value) in expected {
        assert_eq!(header(&ping.headers, name), Some(value), "{name}");
    }
    for name in ["x-influxdb-error", "content-encoding", "content-length"] {
        assert_eq!(header(&ping.headers, name), None, "{name}");
    }
    // The router's own answers say who it is, and nothing of the request.
    let nowhere = get(&url, "/nope", &[]).await;
    assert_eq!((nowhere.status.as_u16(), nowhere.text()), (404, "404 page not found\n"));
    assert_eq!(header(&nowhere.headers, "x-influxdb-version"), Some("1.8.11-c1.2.0"));
    assert_eq!(header(&nowhere.headers, "content-type"), Some("text/plain; charset=utf-8"));
    assert!(!nowhere.headers.contains_key("request-id") && !nowhere.headers.contains_key("x-influxdb-error"));
    let preflight = send(&url, Method::OPTIONS, "/query", &[("Origin", "http://o")], "").await;
    assert_eq!((preflight.status.as_u16(), preflight.text()), (200, ""));
    assert_eq!(header(&preflight.headers, "access-control-allow-origin"), Some("http://o"));
    assert!(preflight.headers.contains_key("x-influxdb-version") && preflight.headers.contains_key("request-id"));
    assert!(!preflight.headers.contains_key("content-type"));
}

/// Whatever goes wrong in 1.8 is told in the form that the request accepts, of writes as of queries.
#[tokio::test]
async fn errors_come_in_the_form_asked_for() {
    let (_cluster, url) = cluster(Profile::V1_8).await;
    let text = "database not found: \"nope\"";
    let post = async |path: &str, accept: &str, body: &'static str| {
        let headers = [("Accept", accept), ("Content-Type", "application/x-www-form-urlencoded")];
        send(&url, Method::POST, path, &headers, body).await
    };
    let csv = post("/write?db=nope", "text/csv", "m v=1 1").await;
    assert_eq!((csv.status.as_u16(), csv.text()), (404, "error\n\"database not found: \"\"nope\"\"\"\n"));
    assert_eq!(header(&csv.headers, "content-type"), Some("text/csv"));
    assert_eq!(header(&csv.headers, "x-influxdb-error"), Some(text));
    let packed = post("/write?db=nope", "application/x-msgpack", "m v=1 1").await;
    let expected = [b"\x81\xa5error\xba".as_slice(), text.as_bytes()].concat();
    assert_eq!((packed.status.as_u16(), &*packed.body), (404, &*expected));
    let pretty = post("/write?db=nope&pretty=true", "", "m v=1 1").await;
    assert_eq!(pretty.text(), "{\n    \"error\": \"database not found: \\\"nope\\\"\"\n}\n");
    let written = post("/write?db=d", "application/csv", "m v=1 1").await;
    assert_eq!((written.status.as_u16(), written.text()), (204, ""));
    assert_eq!(header(&written.headers, "content-type"), Some("application/csv"));
    let missing = post("/query?pretty=true", "", "").await;
    assert_eq!(missing.text(), "{\n    \"error\": \"missing required parameter \\\"q\\\"\"\n}\n");
    // Of the address alone.
    assert!(post("/query", "", "pretty=true").await.text().starts_with("{\"error\""));
    let old = cluster(Profile::V0_10).await;
    let refused = send(&old.1, Method::POST, "/write?db=nope&pretty=true", &[("Accept", "text/csv")], "m v=1 1").await;
    assert_eq!(refused.text(), "{\"error\":\"database not found: \\\"nope\\\"\"}\n");
    assert_eq!(get(&old.1, "/query?pretty=true", &[]).await.text(), pretty_of("missing required parameter \\\"q\\\""));
}

/// As 0.10 writes an error that was asked for indented: without an end of line.
fn pretty_of(text: &str) -> String {
    format!("{{\n    \"error\": \"{text}\"\n}}")
}

#[tokio::test]
async fn answers_of_0_10_carry_its_headers() {
    let (_cluster, url) = cluster(Profile::V0_10).await;
    let ping = get(&url, "/ping", &[("Origin", "http://o"), ("Request-Id", "mine")]).await;
    assert_eq!(header(&ping.headers, "x-influxdb-version"), Some("0.10.3"));
    assert_eq!(header(&ping.headers, "access-control-allow-methods"), Some("DELETE, GET, OPTIONS, POST, PUT"));
    assert_ne!(header(&ping.headers, "request-id"), Some("mine"), "0.10 echoes no id");
    for name in ["content-type", "x-request-id", "x-influxdb-build"] {
        assert_eq!(header(&ping.headers, name), None, "{name}");
    }
    let nowhere = get(&url, "/health", &[]).await;
    assert_eq!(nowhere.status, 404);
    assert!(!nowhere.headers.contains_key("x-influxdb-version") && !nowhere.headers.contains_key("request-id"));
    let preflight = send(&url, Method::OPTIONS, "/write", &[("Origin", "http://x")], "").await;
    assert_eq!((preflight.status.as_u16(), preflight.text()), (200, ""));
    assert!(!preflight.headers.contains_key("x-influxdb-version") && preflight.headers.contains_key("request-id"));
    let post = send(&url, Method::POST, "/query?q=SHOW+DATABASES", &[], "").await;
    assert_eq!((post.status.as_u16(), header(&post.headers, "allow")), (405, Some("GET, OPTIONS")));
}

/// `async=true`: the statements run to their end, and the client does not hear of it.
#[tokio::test]
async fn nobody_waits_for_an_asynchronous_query() {
    let (_new, url) = cluster(Profile::V1_8).await;
    let asked = query(&url, "async=true", "CREATE DATABASE later; SHOW DATABASES").await;
    assert_eq!((asked.status.as_u16(), asked.text()), (204, ""));
    until("the database", || async { query(&url, "", "SHOW DATABASES").await.text().contains("later") }).await;
    assert_eq!(query(&url, "async=true", "SELEC").await.status, 400, "what cannot be read is told");
    let (_old, url) = cluster(Profile::V0_10).await;
    assert_eq!(query(&url, "async=true", "SHOW DATABASES").await.status, 200, "0.10 does not know the parameter");
}

#[tokio::test]
async fn answers_are_compressed_as_far_as_the_profile_does() {
    let gzip = [("Accept-Encoding", "deflate, gzip;q=1.0")];
    let show = "/query?q=SHOW+DATABASES";

    let (_new, url) = cluster(Profile::V1_8).await;
    let (plain, compressed) = (get(&url, show, &[]).await, get(&url, show, &gzip).await);
    assert_eq!(header(&compressed.headers, "content-encoding"), Some("gzip"));
    assert_eq!(inflated(&compressed), plain.text());
    for (path, status) in [("/query", 400), ("/ping", 204), ("/ping?verbose=1", 200), ("/health", 200)] {
        let reply = get(&url, path, &gzip).await;
        assert_eq!((reply.status.as_u16(), header(&reply.headers, "content-encoding")), (status, None), "{path}");
    }

    let (_old, url) = cluster(Profile::V0_10).await;
    let compressed = get(&url, show, &gzip).await;
    assert_eq!(inflated(&compressed), get(&url, show, &[]).await.text());
    let refused = get(&url, "/query", &gzip).await;
    assert_eq!((refused.status.as_u16(), header(&refused.headers, "content-encoding")), (400, Some("gzip")));
    assert_eq!(inflated(&refused), "{\"error\":\"missing required parameter \\\"q\\\"\"}");
    let written = send(&url, Method::POST, "/write?db=d", &gzip, "m v=1 1").await;
    assert_eq!((written.status.as_u16(), header(&written.headers, "content-encoding")), (204, Some("gzip")));
    assert!(written.body.is_empty());
}

#[tokio::test]
async fn endpoints_of_other_times_answer_as_the_real_ones() {
    let (_cluster, url) = cluster(Profile::V1_8).await;
    let health = get(&url, "/health", &[]).await;
    assert_eq!(health.json()["status"], "pass");
    let verbose = get(&url, "/ping?verbose=true", &[]).await;
    assert_eq!((verbose.status.as_u16(), verbose.text()), (200, "{\"version\":\"1.8.11-c1.2.0\"}"));
    for quiet in ["", "0", "false"] {
        assert_eq!(get(&url, &format!("/ping?verbose={quiet}"), &[]).await.status, 204);
    }
    let head = send(&url, Method::HEAD, "/ping?verbose=true", &[], "").await;
    assert_eq!((head.status.as_u16(), head.text()), (200, ""));

    let post = async |path: &str, body: &'static str| {
        let reply = send(&url, Method::POST, path, &[], body).await;
        (reply.status.as_u16(), reply.json()["error"].as_str().unwrap_or_default().to_owned())
    };
    let (status, text) = post("/api/v2/query", "from(bucket:\"d\")").await;
    assert_eq!(status, 403);
    assert!(text.starts_with("Flux query service disabled."), "{text}");
    assert_eq!(post("/api/v1/prom/write", "x").await, (400, "database is required".to_owned()));
    assert_eq!(post("/api/v1/prom/write?db=x", "x").await, (404, "database not found: \"x\"".to_owned()));
    assert_eq!(post("/api/v1/prom/write?db=d", "").await, (400, "snappy: corrupt input".to_owned()));
    assert_eq!(post("/api/v1/prom/write?db=d", "\u{2}\u{4}ab").await.0, 501, "never taken for stored");
    assert_eq!(post("/api/v1/prom/read?db=d", "").await, (400, "snappy: corrupt input".to_owned()));

    for (bucket, status) in [("d", 204), ("d/autogen", 204), ("d/", 204), ("", 404), ("/autogen", 404)] {
        let reply = send(&url, Method::POST, &format!("/api/v2/write?bucket={bucket}"), &[], "m v=1 1").await;
        assert_eq!(reply.status.as_u16(), status, "{bucket:?}: {reply:?}");
    }
    let level = post("/api/v2/write?bucket=d&consistency=most", "m v=1 1").await;
    assert_eq!(level, (400, "invalid consistency level".to_owned()));
}

#[tokio::test]
async fn status_of_0_10_asks_the_first_meta_node() {
    let mut cluster = TestCluster::builder().profile(Profile::V0_10).nodes(3, 1).start().await.unwrap();
    let url = cluster.urls().remove(0);
    assert_eq!(get(&url, "/status", &[]).await.status, 204);
    cluster.node_mut("meta2").kill();
    assert_eq!(get(&url, "/status", &[]).await.status, 204, "only the first one is asked");
    cluster.node_mut("meta1").pause().await;
    let asked = tokio::time::timeout(std::time::Duration::from_millis(300), get(&url, "/status", &[])).await;
    assert!(asked.is_err(), "a hung meta node is waited for");
    cluster.node_mut("meta1").kill();
    until("503", || async {
        let reply = get(&url, "/status", &[]).await;
        reply.status == 503 && reply.body.is_empty()
    })
    .await;
    assert_eq!(get(&url, "/ping", &[]).await.status, 204);
    assert_eq!(write(&url, "", "m v=1").await.status, 400);
}
