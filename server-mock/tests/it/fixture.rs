//! What the tests of a cluster share.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Longer than anything a test waits for, short enough to end a run that hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// An answer, whole.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }
}

/// Sends one request on a connection of its own; `path` is used as given, with its query.
pub(crate) async fn send(
    url: &str,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Reply {
    let host = url.strip_prefix("http://").unwrap();
    let mut request = Request::builder().method(method).uri(path.parse::<Uri>().unwrap()).header(HOST, host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).unwrap();
    let exchange = async {
        let tcp = TcpStream::connect(host).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tcp)).await.unwrap();
        let connection = tokio::spawn(connection);
        let response = sender.send_request(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        connection.abort();
        Reply { status: head.status, headers: head.headers, body }
    };
    within("an answer", exchange).await
}

/// `POST /write` with parameters such as `db=d&consistency=all`.
pub(crate) async fn write(url: &str, parameters: &str, lines: &str) -> Reply {
    send(url, Method::POST, &format!("/write?{parameters}"), &[], lines.to_owned()).await
}

/// One or more statements by `GET`, which both profiles take; `parameters` such as `db=d&epoch=ns`.
pub(crate) async fn query(url: &str, parameters: &str, statements: &str) -> Reply {
    let q: String = url::form_urlencoded::byte_serialize(statements.as_bytes()).collect();
    send(url, Method::GET, &format!("/query?{parameters}&q={q}"), &[], "").await
}

/// Fails instead of waiting for ever.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, future).await {
        Ok(done) => done,
        Err(_) => panic!("not within {LIMIT:?}: {what}"),
    }
}

/// Looks again and again until something holds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let look = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    within(what, look).await;
}

/// Makes a database and waits until every data node knows it.
pub(crate) async fn create_database(cluster: &influx_server_mock::TestCluster, name: &str) {
    let urls = cluster.urls();
    query(&urls[0], "", &format!("CREATE DATABASE {name}")).await;
    for url in urls {
        until("the database on every node", || async {
            query(&url, "", "SHOW DATABASES").await.text().contains(&format!("\"{name}\""))
        })
        .await;
    }
}

/// The rows of the first series that a statement answers with; none where it has none.
pub(crate) async fn values(url: &str, database: &str, statement: &str) -> Vec<Vec<Value>> {
    let answer = query(url, &format!("db={database}&epoch=ns"), statement).await.json();
    assert!(answer["results"][0].get("error").is_none(), "{answer}");
    serde_json::from_value(answer["results"][0]["series"][0]["values"].clone()).unwrap_or_default()
}
