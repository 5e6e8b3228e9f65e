//! What goes out on the wire, and what an acknowledgement tells.

use std::io::{Read as _, Write as _};

use influx_client::{Batch, Caveat, Class, ConsistencyLevel, Gzip, Outcome, Precision};

use crate::server::{Act, Server, batch, builder, reply, stored};

#[tokio::test]
async fn a_write_has_its_parameters_and_its_length() {
    let server = Server::start([stored()]).await;
    let mut batch = Batch::new(Precision::Milliseconds);
    batch.point("m").field("f", 1.5).at(7).unwrap();
    let ack = server
        .client()
        .write(&batch)
        .database("a b&c")
        .retention_policy("rp/1")
        .consistency(ConsistencyLevel::All)
        .await
        .unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.line(), "POST /write?db=a+b%26c&rp=rp%2F1&precision=ms&consistency=all HTTP/1.1");
    assert_eq!(seen.body(), "m f=1.5 7\n");
    assert_eq!(seen.header("content-length"), Some("10"));
    assert_eq!(seen.header("transfer-encoding"), None);
    assert_eq!(seen.header("authorization"), None);
    assert!(seen.header("user-agent").unwrap().starts_with("influx-client/"));

    assert_eq!((ack.level(), ack.points(), ack.status()), (ConsistencyLevel::All, 1, Some(204)));
    assert_eq!(ack.request_id(), Some("abc"));
    assert_eq!(ack.server_version().unwrap().as_str(), "1.8.11-c1.2.0");
    assert_eq!((ack.attempts().len(), ack.attempts()[0].sent), (1, 10));
    assert_eq!((ack.tally().stored, ack.caveat()), (1, None));
    assert_eq!(ack.endpoint().unwrap().as_str(), server.url());
}

#[tokio::test]
async fn large_bodies_go_out_whole() {
    let server = Server::start([stored()]).await;
    let batch = batch(50_000);
    let ack = server.client().write(&batch).await.unwrap();
    assert_eq!(server.seen()[0].body, batch.as_bytes());
    assert_eq!(ack.attempts()[0].sent, batch.bytes() as u64);
}

#[tokio::test]
async fn compression_is_off_until_asked_for() {
    for (gzip, compressed) in
        [(Gzip::Off, false), (Gzip::Level(1), true), (Gzip::Above(1 << 20), false), (Gzip::Above(10), true)]
    {
        let server = Server::start([stored()]).await;
        let client = builder(&server.url()).gzip(gzip).build().unwrap();
        let batch = batch(100);
        let _ = client.write(&batch).await.unwrap();
        let seen = &server.seen()[0];
        assert_eq!(seen.header("content-encoding").is_some(), compressed, "{gzip:?}");
        if compressed {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&seen.body[..]).read_to_end(&mut plain).unwrap();
            assert_eq!(plain, batch.as_bytes());
        } else {
            assert_eq!(seen.body, batch.as_bytes());
        }
    }
}

#[tokio::test]
async fn an_empty_batch_is_acknowledged_without_a_request() {
    let server = Server::start([stored()]).await;
    let ack = server.client().write(&Batch::default()).await.unwrap();
    assert_eq!((ack.points(), ack.attempts().len(), ack.endpoint().is_none()), (0, 0, true));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_write_without_a_database_is_not_sent() {
    let server = Server::start([stored()]).await;
    let client = influx_client::Client::builder().endpoint(server.url()).build().unwrap();
    let error = client.write(&batch(2)).await.unwrap_err();
    assert_eq!(error.class(), influx_client::Class::Refused);
    assert_eq!(error.tally().not_stored, 2);
    assert!(server.seen().is_empty() && error.attempts().is_empty());
}

#[tokio::test]
async fn the_version_tells_what_an_acknowledgement_is_worth() {
    for (version, level, caveat) in [
        ("1.8.10", ConsistencyLevel::Quorum, Some(Caveat::NoCluster)),
        ("0.10.3", ConsistencyLevel::All, Some(Caveat::NewShardGroup)),
        ("1.8.11-c1.2.0", ConsistencyLevel::Any, Some(Caveat::MaybeQueued)),
        ("1.8.11-c1.2.0", ConsistencyLevel::Quorum, None),
    ] {
        let head = format!("HTTP/1.1 204 X\r\nX-Influxdb-Version: {version}\r\nX-Influxdb-Build: OSS\r\n\r\n");
        let server = Server::start([Act::Answer(head.into_bytes())]).await;
        let ack = server.client().write(&batch(1)).consistency(level).await.unwrap();
        assert_eq!(ack.caveat(), caveat, "{version} {level}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = Server::start([stored()]).await;
    for status in [301, 302, 307, 308] {
        let location = format!("Location: {}/write\r\n", other.url());
        let server = Server::start([Act::Answer(reply(status, &location, ""))]).await;
        let error = server.client().write(&batch(1)).await.unwrap_err();
        assert_eq!(error.class(), influx_client::Class::Refused, "{status}");
        assert_eq!(error.outcome(), influx_client::Outcome::NotStored, "{status}");
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn every_endpoint_is_pinged() {
    let there = Server::start([Act::Answer(
        b"HTTP/1.1 204 X\r\nX-Influxdb-Version: 1.8.11-c1.2.0\r\nX-Influxdb-Build: OSS\r\n\r\n".to_vec(),
    )])
    .await;
    let odd = Server::start([Act::Answer(reply(503, "", "busy"))]).await;
    let client = builder(&there.url()).endpoint(odd.url()).endpoint(crate::server::NOBODY).build().unwrap();
    let pongs = client.ping().await;
    let pong = pongs[0].result.as_ref().unwrap();
    assert_eq!((pong.version.as_deref(), pong.build.as_deref()), (Some("1.8.11-c1.2.0"), Some("OSS")));
    assert!(pongs[1].result.is_err() && pongs[2].result.is_err());
    assert!(there.seen()[0].line().starts_with("GET /ping "));
}

/// A reply that somebody compressed on the way, unasked, may say anything: nothing is claimed by its status.
#[tokio::test]
async fn a_reply_that_cannot_be_read_claims_nothing() {
    let text = "partial write: points beyond retention policy dropped=1";
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(serde_json::json!({ "error": text }).to_string().as_bytes()).unwrap();
    let body = encoder.finish().unwrap();
    let answer = |headers: &str| {
        let head = format!(
            "HTTP/1.1 400 X\r\nContent-Encoding: gzip\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        Act::Answer([head.as_bytes(), &body].concat())
    };
    let server = Server::start([answer("")]).await;
    let error = server.client().write(&batch(2)).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::Refused, Outcome::Unknown), "{error}");
    // The server's header is not compressed.
    let server = Server::start([answer(&format!("X-Influxdb-Error: {text}\r\n")), stored()]).await;
    let error = server.client().write(&batch(2)).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::OutsideRetention, Outcome::PartlyStored), "{error}");
}
