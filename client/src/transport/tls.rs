//! What is trusted when the connection is encrypted.

use zeroize::Zeroizing;

/// How encrypted connections are made.
#[derive(Clone, Default)]
pub(crate) struct TlsSettings {
    /// Certificates trusted beside the usual ones, as PEM.
    pub(crate) roots: Vec<Vec<u8>>,
    /// The client's own certificate chain and key, as PEM. The key is wiped from memory with the last copy of it.
    pub(crate) identity: Option<(Vec<u8>, Zeroizing<Vec<u8>>)>,
    /// Trust any server.
    pub(crate) trust_any: bool,
}

/// Why encrypted connections cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// No certificate could be read from the given PEM text.
    #[error("the certificates to trust are not PEM, or hold no certificate")]
    Roots,
    /// The client's certificate or key could not be read, or they do not belong together.
    #[error("the client's certificate and key cannot be used: {0}")]
    Identity(String),
    /// The library refused the settings.
    #[error("encryption cannot be set up: {0}")]
    Library(String),
    /// An address is `https`, or certificates were given, and this build has no TLS.
    #[error("influx-client was built without its feature `tls`: neither https addresses nor certificates can be used")]
    NotBuilt,
}

#[cfg(not(feature = "tls"))]
impl TlsSettings {
    /// Refuses what would need encryption, or what was set in the belief that there is some.
    pub(crate) fn build(&self, needed: bool) -> Result<(), TlsError> {
        let wanted = needed || self.trust_any || self.identity.is_some() || !self.roots.is_empty();
        if wanted { Err(TlsError::NotBuilt) } else { Ok(()) }
    }
}
