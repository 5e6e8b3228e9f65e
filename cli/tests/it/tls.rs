//! Encryption as a process meets it: whom it trusts, what it shows of itself, and what it says when that fails.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::harness::{Ran, program, run_command};

/// An authority, and files signed by it.
struct Files {
    dir: tempfile::TempDir,
    authority: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Files {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap().pem();
        let files = Self { dir: tempfile::tempdir().unwrap(), authority, issuer: Issuer::new(params, key) };
        files.write("ca.pem", &files.authority.clone());
        for (name, client) in [("server", false), ("client", true)] {
            let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
            if client {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }
            let key = KeyPair::generate().unwrap();
            files.write(&format!("{name}.pem"), &params.signed_by(&key, &files.issuer).unwrap().pem());
            files.write(&format!("{name}.key"), &key.serialize_pem());
        }
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Runs the program in the directory of the files.
    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = program();
        command.current_dir(self.dir.path()).args(arguments);
        run_command(command, b"m v=1 1\n")
    }

    /// A server of 204s that asks for a client's certificate, or not; its address, and the heads of its requests.
    fn server(&self, ask: bool) -> (String, Arc<Mutex<Vec<String>>>) {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = if ask {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(self.authority.as_bytes()).unwrap()).unwrap();
            let roots = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            config.with_client_cert_verifier(roots.build().unwrap())
        } else {
            config.with_no_client_auth()
        };
        let chain = vec![CertificateDer::from_pem_file(self.path("server.pem")).unwrap()];
        let key = PrivateKeyDer::from_pem_file(self.path("server.key")).unwrap();
        let config = Arc::new(config.with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
                let mut request = vec![0; 8192];
                let Ok(read @ 1..) = stream.read(&mut request) else { continue };
                seen.lock().unwrap().push(String::from_utf8_lossy(&request[..read]).into_owned());
                let _ = stream
                    .write_all(b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8.10\r\nConnection: close\r\n\r\n");
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        (url, heads)
    }
}

#[test]
fn a_server_is_trusted_for_a_reason() {
    let files = Files::new();
    let (url, heads) = files.server(false);
    let unknown = files.run(&["write", "-d", "db", "-H", &url]);
    assert_eq!(unknown.code, 10, "{unknown:?}");
    assert!(unknown.err.contains("--ca FILE"), "the next step is named: {}", unknown.err);
    assert!(heads.lock().unwrap().is_empty(), "nothing was sent");
    let known = files.run(&["write", "-d", "db", "-H", &url, "--ca", "ca.pem"]);
    assert_eq!(known.code, 0, "{known:?}");
    for variable in ["INFLUX_CA_FILE", "SSL_CERT_FILE"] {
        let mut command = program();
        command.args(["ping", "-H", &url]).env(variable, files.path("ca.pem"));
        assert_eq!(run_command(command, b"").code, 0, "{variable}");
    }
    let anybody = files.run(&["write", "-d", "db", "-H", &url, "--insecure"]);
    assert_eq!(anybody.code, 0, "{anybody:?}");
    assert!(anybody.err.contains("warning: --insecure"), "loud: {}", anybody.err);
    let mut command = program();
    command.args(["ping", "-H", &url]).env("INFLUX_SKIP_VERIFY", "1");
    let ran = run_command(command, b"");
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("--insecure"), "{}", ran.err);
    let plain = files.run(&["ping", "-H", &url.replace("https", "http")]);
    assert_eq!(plain.code, 10, "never in plain text: {plain:?}");
    files.write("junk.pem", "junk");
    for (arguments, code) in [
        (["--ca", "junk.pem"], 2),
        (["--ca", "missing.pem"], 23),
        (["--cert", "client.pem"], 2),
        (["--key", "client.key"], 2),
    ] {
        let ran = files.run(&["ping", "-H", &url, arguments[0], arguments[1]]);
        assert_eq!(ran.code, code, "{arguments:?} {ran:?}");
    }
}

#[test]
fn a_client_shows_its_certificate_and_keeps_its_key() {
    let files = Files::new();
    let (url, heads) = files.server(true);
    let identity = ["--ca", "ca.pem", "--cert", "client.pem", "--key", "client.key"];
    let with = |arguments: &[&str]| files.run(&[&["write", "-d", "db", "-H", &url][..], arguments].concat());
    assert_ne!(with(&["--ca", "ca.pem"]).code, 0, "the server asks for a certificate");
    let ran = with(&identity);
    assert_eq!((ran.code, ran.err.contains("warning")), (0, false), "{ran:?}");
    fs::set_permissions(files.path("client.key"), fs::Permissions::from_mode(0o644)).unwrap();
    let open = with(&identity);
    assert_eq!(open.code, 0);
    assert!(open.err.contains("warning: client.key") && open.err.contains("chmod 600"), "{}", open.err);
    // Pipes are files too, and can be read once.
    files.write("pw", "S3cr3t-Canary-%40\n");
    let script = "\"$0\" status --json -H \"$1,$1\" --ca <(cat ca.pem) --cert <(cat client.pem) --key <(cat client.key) \
                  --user app --password-file <(cat pw)";
    let mut command = std::process::Command::new("bash");
    command.current_dir(files.dir.path()).env("XDG_CONFIG_HOME", "/dev/null");
    command.args(["-c", script, env!("CARGO_BIN_EXE_influx-cli"), &url]);
    let ran = run_command(command, b"");
    assert_eq!(ran.events()[0]["up"], 2, "{ran:?}");
    let heads = heads.lock().unwrap();
    let sent = heads.last().unwrap().to_lowercase();
    assert!(sent.contains("authorization: basic "), "{sent}");
}

#[test]
fn a_proxy_is_gone_through_or_not() {
    // Whatever is asked of it, it was asked.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 4096];
        let read = stream.read(&mut request).unwrap();
        let _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    let files = Files::new();
    let none = files.run(&["ping", "-H", "http://127.0.0.1:1", "--proxy", "none"]);
    assert_eq!(none.code, 10);
    let ran = files.run(&["ping", "-H", "http://influx.invalid:8086", "--proxy", &proxy]);
    assert_eq!(ran.code, 10, "{ran:?}");
    assert!(asked.join().unwrap().starts_with("GET http://influx.invalid:8086/ping"));
    let secret = files.run(&["ping", "--proxy", "http://app:S3cr3t@127.0.0.1:1"]);
    assert_eq!(secret.code, 2);
    assert!(secret.err.contains("HTTPS_PROXY") && !secret.err.contains("S3cr3t"), "{}", secret.err);
}
