//! No secret leaves the client but in its header.

use influx_client::{Client, NoRetry};

use crate::server::{Act, NOBODY, Server, batch, error, reply};

const SECRET: &str = "S3cr3t-Canary-%40@:/?#&+é";

/// The secret as it stands, percent-encoded, and in base64 as the header carries it.
fn forms() -> Vec<String> {
    vec![
        "S3cr3t".into(),
        "UzNjcjN0".into(),
        // `user:S3cr3t-Canary…` in base64, where the offset of the secret differs.
        "dXNlcjpTM2NyM3Q".into(),
        "czNjcjN0".into(),
    ]
}

fn assert_clean(what: &str, text: &str) {
    for form in forms() {
        assert!(!text.contains(&form), "{what} shows the secret: {text}");
    }
}

#[tokio::test]
async fn no_error_and_no_debug_output_shows_a_secret() {
    let echo = format!("Authorization: {SECRET}");
    let acts = [
        error(401, "authorization failed"),
        error(500, "timeout"),
        Act::Close,
        Act::CloseAtOnce,
        Act::Answer(b"junk".to_vec()),
        Act::Answer(reply(302, "Location: http://user:x@elsewhere/\r\n", "")),
        Act::AnswerAndHang(Vec::new()),
    ];
    assert!(forms().iter().any(|form| echo.contains(form)), "the check can fail");
    let encoded = "S3cr3t-Canary-%2540%40%3A%2F%3F%23%26%2B%C3%A9";
    for act in acts {
        let server = Server::start([act]).await;
        let port = server.address.port();
        let with_url = Client::builder().endpoint(format!("http://user:{encoded}@127.0.0.1:{port}"));
        let with_call = Client::builder().endpoint(server.url()).basic_auth("user", SECRET);
        let with_token = Client::builder().endpoint(server.url()).token("S3cr3t.Canary.token");
        for builder in [with_url, with_call, with_token] {
            let builder = builder.database("db").retry(NoRetry).attempt_timeout(std::time::Duration::from_millis(200));
            assert_clean("the builder", &format!("{builder:?}"));
            let client = builder.build().unwrap();
            assert_clean("the client", &format!("{client:?} {:?}", client.endpoints()));
            let failed = client.write(&batch(1)).await.unwrap_err();
            let source = std::error::Error::source(&failed).map(|e| format!("{e} {e:?}"));
            assert_clean("the write", &format!("{failed} {failed:?} {:?} {source:?}", failed.attempts()));
            let failed = client.query("SELECT 1").deadline(std::time::Duration::from_millis(200)).await.unwrap_err();
            assert_clean("the query", &format!("{failed} {failed:?} {:?}", std::error::Error::source(&failed)));
            assert_clean("the ping", &format!("{:?}", client.ping().await));
        }
    }
    for address in [
        format!("ftp://user:{encoded}@h"),
        format!("http://user:{encoded}@"),
        format!("http://user:{encoded}@h?{encoded}"),
    ] {
        let refused = Client::builder().endpoint(address).build().unwrap_err();
        assert_clean("the refusal", &format!("{refused} {refused:?}"));
    }
    let refused = Client::builder().endpoint(NOBODY).token("S3cr3t token").build().unwrap_err();
    assert_clean("the refusal", &format!("{refused} {refused:?}"));
}

#[tokio::test]
async fn credentials_go_out_in_the_header_alone() {
    let server = Server::start([crate::server::stored()]).await;
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
