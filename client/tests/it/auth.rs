//! Who the client says it is, to a cluster that asks.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use influx_client::{BuildError, Class, Client, ClientBuilder, ErrorKind, Outcome};
use influx_server_mock::{Profile, TestCluster};
use sha2::Sha256;

use crate::fixture::{count, eventually, points};
use crate::server::NOBODY;

const SIGNED_WITH: &str = "a shared secret";

/// A token (JWT) for a user, valid until this time in seconds from 1970.
fn token(user: &str, until: u64, secret: &str) -> String {
    let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let claims = serde_json::json!({ "username": user, "exp": until });
    let signed = format!("{}.{}", part(serde_json::json!({ "alg": "HS256", "typ": "JWT" })), part(claims));
    let mut code = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    code.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(code.finalize().into_bytes()))
}

/// A node that asks for users: `admin`, and `reader` who may not write.
async fn start(profile: Profile, settings: &[(&str, &str)]) -> (TestCluster, Vec<String>) {
    let mut builder = TestCluster::builder().profile(profile).nodes(1, 1).set("auth-enabled", "true");
    for (name, value) in settings {
        builder = builder.set(name, value);
    }
    let cluster = builder.start().await.unwrap();
    let urls = cluster.urls();
    let nobody = Client::builder().endpoint(&urls[0]).build().unwrap();
    let first = "CREATE USER admin WITH PASSWORD 'p:w d@é' WITH ALL PRIVILEGES";
    nobody.query(first).await.unwrap().checked().unwrap();
    let admin = as_admin(&urls[0]).build().unwrap();
    for text in ["CREATE DATABASE db", "CREATE USER reader WITH PASSWORD 'pw'", "GRANT READ ON db TO reader"] {
        admin.query(text).await.unwrap().checked().unwrap();
    }
    (cluster, urls)
}

fn node(url: &str) -> ClientBuilder {
    Client::builder().endpoint(url).database("db")
}

fn as_admin(url: &str) -> ClientBuilder {
    node(url).basic_auth("admin", "p:w d@é")
}

async fn refused(builder: ClientBuilder) -> ErrorKind {
    let error = builder.build().unwrap().write(&points("m", 0, 1)).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::Auth, Outcome::NotStored), "{error}");
    assert_eq!(error.attempts().len(), 1, "asking again helps nobody");
    error.kind().clone()
}

/// Passwords with every odd character pass, wrong ones do not, and who may not write is told so.
#[tokio::test]
async fn users_are_told_apart() {
    for profile in [Profile::V1_8, Profile::V0_10] {
        let (_cluster, urls) = start(profile, &[]).await;
        let url = &urls[0];
        let _ = as_admin(url).build().unwrap().write(&points("m", 0, 1)).await.unwrap();
        let in_address = url.replace("http://", "http://admin:p%3Aw%20d%40%C3%A9@");
        let _ = node(&in_address).build().unwrap().write(&points("m", 1, 1)).await.unwrap();
        assert_eq!(refused(node(url)).await, ErrorKind::Unauthorized);
        assert_eq!(refused(node(url).basic_auth("admin", "wrong")).await, ErrorKind::Unauthorized);
        let forbidden = refused(node(url).basic_auth("reader", "pw")).await;
        assert!(matches!(forbidden, ErrorKind::Forbidden { .. } | ErrorKind::Unauthorized), "{forbidden:?}");
        assert_eq!(count(&in_address, "db", "m").await, 2, "what was refused is nowhere");
    }
}

/// A token that has run out is refused at once and for good; so is one that somebody else signed.
#[tokio::test]
async fn tokens_are_taken_while_they_are_valid() {
    let (_cluster, urls) = start(Profile::V1_8, &[("shared-secret", SIGNED_WITH)]).await;
    let url = &urls[0];
    let far = 4_000_000_000;
    let good = node(url).token(&token("admin", far, SIGNED_WITH)).build().unwrap();
    eventually("the token's user is known", async || good.write(&points("m", 0, 1)).await.is_ok()).await;
    for token in [token("admin", 1_000_000_000, SIGNED_WITH), token("admin", far, "another"), "a.b.c".into()] {
        assert_eq!(refused(node(url).token(&token)).await, ErrorKind::Unauthorized);
    }
}

#[test]
fn a_user_with_a_colon_is_refused() {
    let refused = Client::builder().endpoint(NOBODY).basic_auth("a:b", "c").build().unwrap_err();
    assert_eq!(refused, BuildError::UserName);
    let refused = Client::builder().endpoint("http://a%3Ab:c@127.0.0.1:1").build().unwrap_err();
    assert!(matches!(refused, BuildError::Endpoint { index: 0, .. }), "{refused:?}");
}
