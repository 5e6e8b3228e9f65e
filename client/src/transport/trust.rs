//! Encrypted connections by rustls.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::tls::{TlsError, TlsSettings};

impl TlsSettings {
    /// The settings as the library takes them. The machine's own roots are read only if `needed`: that takes
    /// milliseconds, and a machine may have none.
    pub(crate) fn build(&self, needed: bool) -> Result<ClientConfig, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|e| TlsError::Library(e.to_string()))?;
        let builder = if self.trust_any {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(TrustAny(provider)))
        } else {
            builder.with_root_certificates(self.roots(needed)?)
        };
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let chain = CertificateDer::pem_slice_iter(chain)
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|_| TlsError::Identity("the certificate is not PEM".into()))?;
                // The reason is left out: it could repeat a part of the key.
                let key =
                    PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Identity("the key is not PEM".into()))?;
                builder.with_client_auth_cert(chain, key).map_err(|e| TlsError::Identity(e.to_string()))?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// The roots of the web, those of the machine where it has any, and those of the caller.
    fn roots(&self, needed: bool) -> Result<RootCertStore, TlsError> {
        let mut store = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        if needed {
            // Some certificates of a machine are often unreadable; the others serve.
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        for pem in &self.roots {
            let certificates =
                CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(|_| TlsError::Roots)?;
            if store.add_parsable_certificates(certificates).0 == 0 {
                return Err(TlsError::Roots);
            }
        }
        Ok(store)
    }
}

/// Takes any certificate; signatures are still checked, so that a broken handshake stays one.
#[derive(Debug)]
struct TrustAny(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_build_without_the_machine_and_refuse_what_is_no_certificate() {
        assert!(TlsSettings::default().build(false).is_ok());
        assert!(TlsSettings::default().build(true).is_ok());
        assert!(TlsSettings { trust_any: true, ..TlsSettings::default() }.build(true).is_ok());
        let junk = TlsSettings { roots: vec![b"junk".to_vec()], ..TlsSettings::default() };
        assert_eq!(junk.build(false).err(), Some(TlsError::Roots));
        let secret = b"-----BEGIN PRIVATE KEY-----\nS3cr3t\n-----END PRIVATE KEY-----\n".to_vec();
        let identity = TlsSettings { identity: Some((Vec::new(), secret.into())), ..TlsSettings::default() };
        let error = identity.build(false).err().map(|e| format!("{e} {e:?}")).unwrap_or_default();
        assert!(!error.is_empty() && !error.contains("S3cr3t"), "{error}");
    }
}
