//! Encrypted connections: whom the client trusts, and that it never falls back to plain text.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use influx_client::{BuildError, Class, Client, ClientBuilder, Outcome, TlsError, WriteError};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::server::{Act, Server, batch, builder, reply, stored};

/// Who signs certificates.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self { pem: params.self_signed(&key).unwrap().pem(), issuer: Issuer::new(params, key) }
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        Identity { chain: params.signed_by(&key, &self.issuer).unwrap().pem(), key: key.serialize_pem() }
    }

    fn server(&self, names: &[&str]) -> Identity {
        self.sign(&certificate(names))
    }

    fn client(&self) -> Identity {
        let mut params = certificate(&["a client"]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(&params)
    }

    /// Itself as what a server trusts.
    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()).unwrap();
        Arc::new(roots)
    }
}

struct Identity {
    chain: String,
    key: String,
}

fn certificate(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

/// A server that answers 204 to anything, and counts what was asked.
struct Encrypted {
    url: String,
    requests: Arc<AtomicUsize>,
}

impl Encrypted {
    async fn start(identity: &Identity) -> Self {
        Self::start_for(identity, None).await
    }

    /// Asks for client certificates of this authority, if there is one.
    async fn start_for(identity: &Identity, clients: Option<&Authority>) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(identity.chain.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(authority) => config.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(authority.roots(), provider).build().unwrap(),
            ),
        };
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, count) = (acceptor.clone(), Arc::clone(&count));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut bytes = vec![0; 4096];
                    if stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {
                        count.fetch_add(1, Ordering::SeqCst);
                        let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
                        let _ = stream.write_all(answer).await;
                        let _ = stream.shutdown().await;
                    }
                });
            }
        });
        Self { url, requests }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn refused(builder: ClientBuilder) -> WriteError {
    let error = builder.build().unwrap().write(&batch(1)).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::Unreachable, Outcome::NotStored), "{error}");
    assert_eq!(error.attempts()[0].sent, 0);
    error
}

/// Whatever is wrong with a server's certificate: nothing is sent, and the error says what it was.
#[tokio::test]
async fn a_server_that_is_not_who_it_should_be_gets_nothing() {
    let authority = Authority::new();
    let mut expired = certificate(&["127.0.0.1"]);
    (expired.not_before, expired.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
    let mut early = certificate(&["127.0.0.1"]);
    (early.not_before, early.not_after) = (rcgen::date_time_ymd(4000, 1, 1), rcgen::date_time_ymd(4001, 1, 1));
    let mut for_clients = certificate(&["127.0.0.1"]);
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let own_key = KeyPair::generate().unwrap();
    let own = certificate(&["127.0.0.1"]).self_signed(&own_key).unwrap();
    for (what, identity, words) in [
        ("expired", authority.sign(&expired), "expired"),
        ("not valid yet", authority.sign(&early), "not valid yet"),
        ("another host", authority.server(&["db.example", "10.0.0.1"]), "not valid for name"),
        ("no address in it", authority.server(&["localhost"]), "not valid for name"),
        ("no names at all", authority.server(&[]), "not valid"),
        ("made for clients", authority.sign(&for_clients), "certificate"),
        ("of an unknown authority", Authority::new().server(&["127.0.0.1"]), "certificate"),
        ("self-signed", Identity { chain: own.pem(), key: own_key.serialize_pem() }, "certificate"),
    ] {
        let server = Encrypted::start(&identity).await;
        let error = refused(builder(&server.url).root_certificates(authority.pem.clone())).await;
        assert!(error.to_string().contains(words), "{what}: {error}");
        assert_eq!(server.requests(), 0, "{what}");
        // What was wrong was the certificate, and nothing else.
        let trusting = builder(&server.url).danger_trust_any_server(true).build().unwrap();
        let _ = trusting.write(&batch(1)).await.unwrap();
        assert_eq!(server.requests(), 1, "{what}");
    }
}

#[tokio::test]
async fn an_authority_given_to_the_client_is_trusted_by_it_alone() {
    let authority = Authority::new();
    let server = Encrypted::start(&authority.server(&["127.0.0.1", "localhost"])).await;
    for url in [server.url.clone(), server.url.replace("127.0.0.1", "localhost")] {
        let client = builder(&url).root_certificates(authority.pem.clone()).build().unwrap();
        let _ = client.write(&batch(1)).await.unwrap();
    }
    let error = refused(builder(&server.url)).await;
    assert!(error.to_string().contains("certificate"), "it says why: {error}");
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_gets_it() {
    let authority = Authority::new();
    let server = Encrypted::start_for(&authority.server(&["127.0.0.1"]), Some(&authority)).await;
    let with = |identity: &Identity| {
        let builder = builder(&server.url).root_certificates(authority.pem.clone());
        builder.identity(identity.chain.clone(), identity.key.clone())
    };
    let _ = with(&authority.client()).build().unwrap().write(&batch(1)).await.unwrap();
    // The server's refusal comes when the client thinks that the connection stands, so it may have sent something.
    let strangers = [builder(&server.url).root_certificates(authority.pem.clone()), with(&Authority::new().client())];
    for builder in strangers {
        let error = builder.build().unwrap().write(&batch(1)).await.unwrap_err();
        assert!(matches!(error.class(), Class::Unreachable | Class::Timeout), "{error}");
        let nothing_sent = error.attempts()[0].sent == 0;
        assert_eq!(error.outcome() == Outcome::NotStored, nothing_sent, "{error}");
    }
    assert_eq!(server.requests(), 1);
}

#[test]
fn an_identity_that_cannot_be_used_is_refused_and_not_shown() {
    let (one, other) = (Authority::new().client(), Authority::new().client());
    let build = |chain: &str, key: &str| {
        let builder = Client::builder().endpoint("https://127.0.0.1").identity(chain, key);
        assert!(!format!("{builder:?}").contains("PRIVATE"));
        builder.build().unwrap_err()
    };
    for error in [build(&one.chain, &other.key), build(&one.chain, "junk"), build("", &one.key)] {
        assert!(matches!(error, BuildError::Tls(TlsError::Identity(_))), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("PRIVATE"), "{error:?}");
    }
}

#[tokio::test]
async fn there_is_no_fall_back_to_plain_text() {
    let plain = Server::start([stored()]).await;
    refused(builder(&plain.url().replace("http://", "https://"))).await;
    assert!(plain.seen().is_empty());
}

/// A server that speaks nothing newer than TLS 1.0, one that ends the handshake half-way, and one that never goes on.
#[tokio::test]
async fn a_handshake_that_does_not_end_well_sends_nothing() {
    let old_alert = [0x15, 3, 1, 0, 2, 2, 70];
    // A ServerHello that chooses TLS 1.0.
    let mut old_hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    old_hello.extend([7; 32]);
    old_hello.extend([0, 0xC0, 0x13, 0]);
    let half = old_hello[..20].to_vec();
    for hello in [old_alert.to_vec(), old_hello, half, Vec::new()] {
        let (address, _keep) = answers_once(hello, false).await;
        refused(builder(&format!("https://{address}"))).await;
    }
    let (address, _keep) = answers_once(Vec::new(), true).await;
    let begun = std::time::Instant::now();
    refused(builder(&format!("https://{address}")).connect_timeout(Duration::from_millis(200))).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "the handshake is a part of connecting");
}

/// Reads what comes first, answers these bytes, and then closes or stays silent.
async fn answers_once(bytes: Vec<u8>, silent: bool) -> (std::net::SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 4096];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(&bytes).await;
            if silent {
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        }
    });
    (address, task)
}

/// Plain text to a port that wants TLS: the server answers with an alert or a complaint, which is no acknowledgement.
#[tokio::test]
async fn plain_text_on_an_encrypted_port_is_no_success() {
    let server = Encrypted::start(&Authority::new().server(&["127.0.0.1"])).await;
    let client = builder(&server.url.replace("https://", "http://")).build().unwrap();
    let error = client.write(&batch(1)).await.unwrap_err();
    assert!(error.attempts()[0].sent > 0 && error.outcome() == Outcome::Unknown, "{error}");
    assert_eq!(server.requests(), 0);
}

/// Reads and pings go nowhere else either, least of all with credentials: a redirect is an answer, and nobody goes there.
#[tokio::test]
async fn redirects_of_reads_are_not_followed() {
    let elsewhere = Server::start([stored()]).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("Location: {}/query\r\n", elsewhere.url());
        let server = Server::start([Act::Answer(reply(status, &location, ""))]).await;
        let client = builder(&server.url()).basic_auth("user", "secret").build().unwrap();
        let error = client.query("SELECT 1").await.unwrap_err();
        assert_eq!(error.class(), Class::Refused, "{status}");
        assert!(client.ping().await[0].result.is_err());
    }
    assert!(elsewhere.seen().is_empty());
}
