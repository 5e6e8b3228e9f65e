//! Encrypted connections: whom the client trusts, and that it never falls back to plain text.

use std::sync::Arc;

use influx_client::{Class, Outcome};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::server::{Server, batch, builder, stored};

const CERTIFICATE: &[u8] = include_bytes!("../data/tls-cert.pem");
const KEY: &[u8] = include_bytes!("../data/tls-key.pem");

/// A server with a certificate of its own making, which answers 204 to anything.
async fn start() -> String {
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut bytes = vec![0; 4096];
                let _ = stream.read(&mut bytes).await;
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
                let _ = stream.shutdown().await;
            });
        }
    });
    url
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_before_anything_is_sent() {
    let client = builder(&start().await).build().unwrap();
    let error = client.write(&batch(1)).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::Unreachable, Outcome::NotStored), "{error}");
    assert!(error.to_string().contains("certificate"), "it says why: {error}");
}

#[tokio::test]
async fn a_certificate_given_to_the_client_is_trusted() {
    let url = start().await;
    let client = builder(&url).root_certificates(CERTIFICATE).build().unwrap();
    let _ = client.write(&batch(1)).await.unwrap();
    // The certificate is for 127.0.0.1 and localhost, not for this name of the same machine.
    let other = url.replace("127.0.0.1", "127.0.0.2");
    let client = builder(&other).root_certificates(CERTIFICATE).build().unwrap();
    assert_eq!(client.write(&batch(1)).await.unwrap_err().class(), Class::Unreachable);
    let client = builder(&url).danger_trust_any_server(true).build().unwrap();
    let _ = client.write(&batch(1)).await.unwrap();
}

#[tokio::test]
async fn there_is_no_fall_back_to_plain_text() {
    let plain = Server::start([stored()]).await;
    let client = builder(&plain.url().replace("http://", "https://")).build().unwrap();
    let error = client.write(&batch(1)).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::Unreachable, Outcome::NotStored));
    assert!(plain.seen().is_empty());
}
