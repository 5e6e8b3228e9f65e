//! Whether requests go through a proxy.

use std::fmt;

use crate::{Credentials, Endpoint, EndpointError};

/// Whether requests go through a proxy.
#[derive(Clone, Default)]
pub(crate) enum Proxy {
    /// As the variables `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say, but never to this machine itself.
    #[default]
    Environment,
    /// Never.
    Never,
    /// Always, whatever the variables say.
    Always { address: Endpoint, credentials: Option<Credentials> },
}

impl Proxy {
    /// The proxy at an `http` or `https` address, with user and password in it if it wants them.
    pub(crate) fn at(address: &str) -> Result<Self, EndpointError> {
        let (address, credentials) = Endpoint::parse(address)?;
        Ok(Self::Always { address, credentials })
    }

    pub(crate) fn is_https(&self) -> bool {
        matches!(self, Self::Always { address, .. } if address.is_https())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("Environment"),
            Self::Never => f.write_str("Never"),
            Self::Always { address, .. } => write!(f, "{address}"),
        }
    }
}
