//! Proxies: used when asked for, those of the environment never for this machine, and nothing secret shown of them.

use std::process::Command;

use influx_client::{BuildError, Class, Client, NoRetry, Outcome};

use crate::server::{Act, Server, batch, builder, error, reply, stored};

/// A host that no name server knows: only a proxy can be asked for it.
const ELSEWHERE: &str = "http://influx.invalid:8086";

#[tokio::test]
async fn every_request_goes_through_the_proxy_given() {
    let proxy = Server::start([stored()]).await;
    let here = Server::start([stored()]).await;
    for url in [ELSEWHERE.to_owned(), here.url()] {
        let address = format!("http://me:S3cr3t%2B@{}", proxy.address);
        let client = builder(&url).proxy(&address).basic_auth("user", "password").build().unwrap();
        let _ = client.write(&batch(1)).await.unwrap();
        let seen = proxy.seen().pop().unwrap();
        assert!(seen.line().starts_with(&format!("POST {url}/write?db=db")), "{}", seen.line());
        assert_eq!(seen.header("proxy-authorization"), Some("Basic bWU6UzNjcjN0Kw=="));
        assert_eq!(seen.header("authorization"), Some("Basic dXNlcjpwYXNzd29yZA=="));
    }
    assert!(here.seen().is_empty());
    let direct = builder(&here.url()).no_proxy().build().unwrap();
    let _ = direct.write(&batch(1)).await.unwrap();
    assert_eq!((here.seen().len(), proxy.seen().len()), (1, 2));
}

/// An encrypted address is asked for as a tunnel: the proxy sees neither request nor credentials.
#[tokio::test]
async fn a_proxy_sees_nothing_of_what_is_encrypted() {
    let proxy = Server::start([Act::Answer(reply(403, "", "no"))]).await;
    let client = builder("https://influx.invalid:8086").proxy(&proxy.url()).basic_auth("user", "password");
    let refused = client.build().unwrap().write(&batch(1)).await.unwrap_err();
    assert_eq!((refused.class(), refused.outcome()), (Class::Unreachable, Outcome::NotStored), "{refused}");
    let seen = &proxy.seen()[0];
    assert_eq!(seen.line(), "CONNECT influx.invalid:8086 HTTP/1.1");
    assert_eq!((seen.header("authorization"), seen.body()), (None, ""));
}

/// What a proxy answers for a server that it cannot reach is no word of that server.
#[tokio::test]
async fn an_error_of_the_proxy_is_in_doubt() {
    for status in [502, 504] {
        let proxy = Server::start([Act::Answer(reply(status, "Content-Type: text/html\r\n", "<html>"))]).await;
        let client = builder(ELSEWHERE).proxy(&proxy.url()).build().unwrap();
        assert_eq!(client.write(&batch(1)).await.unwrap_err().outcome(), Outcome::Unknown, "{status}");
    }
    let proxy = Server::start([error(407, "who are you?")]).await;
    let client = builder(ELSEWHERE).proxy(&proxy.url()).build().unwrap();
    assert_eq!(client.write(&batch(1)).await.unwrap_err().class(), Class::Refused);
}

#[tokio::test]
async fn a_proxy_that_is_away_is_no_way_around_it() {
    let here = Server::start([stored()]).await;
    let client = builder(&here.url()).proxy(crate::server::NOBODY).build().unwrap();
    let failed = client.write(&batch(1)).await.unwrap_err();
    assert_eq!((failed.class(), failed.outcome()), (Class::Unreachable, Outcome::NotStored));
    assert!(here.seen().is_empty());
}

#[test]
fn an_address_that_is_no_proxy_is_refused_and_not_shown() {
    for address in ["socks5://me:S3cr3t@h:1", "me:S3cr3t@h:1", "http://me:S3cr3t@h:1?x", "http://S3cr3t:S3cr3t@"] {
        let builder = Client::builder().endpoint(ELSEWHERE).proxy(address);
        let shown = format!("{builder:?}");
        let refused = builder.build().unwrap_err();
        assert!(matches!(refused, BuildError::Proxy { .. }), "{refused:?}");
        assert!(!format!("{shown} {refused} {refused:?}").contains("S3cr3t"), "{refused:?}");
    }
}

/// The variables are read when a client is made, so each case is a process of its own: this test, with [`CASE`] set.
#[tokio::test]
async fn the_environment_counts_for_other_machines_only() {
    if let Ok(urls) = std::env::var(CASE) {
        return write_to(&urls).await;
    }
    let proxy = Server::start([stored()]).await;
    let here = Server::start([stored()]).await;
    let run = |variable: &str, exempt: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command.env(CASE, format!("{ELSEWHERE} {}", here.url())).env(variable, proxy.url()).env("NO_PROXY", exempt);
        command.args(["--exact", "proxy::the_environment_counts_for_other_machines_only", "--nocapture"]);
        tokio::task::spawn_blocking(move || command.output().unwrap())
    };
    let output = run("HTTP_PROXY", "").await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let lines: Vec<String> = proxy.seen().iter().map(|seen| seen.line().to_owned()).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("POST http://influx.invalid:8086/write"), "{lines:?}");
    assert_eq!(here.seen().len(), 1);

    let output = run("ALL_PROXY", "influx.invalid").await.unwrap();
    assert!(!output.status.success(), "without the proxy the host is not known");
    assert_eq!((proxy.seen().len(), here.seen().len()), (1, 1));
}

/// The variable that tells the test that it is to be the client.
const CASE: &str = "INFLUX_CLIENT_TEST_PROXY_URLS";

async fn write_to(urls: &str) {
    for url in urls.split(' ') {
        let client = Client::builder().endpoint(url).database("db").retry(NoRetry).build().unwrap();
        let _ = client.write(&batch(1)).await.unwrap();
    }
}
