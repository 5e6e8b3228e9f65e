//! The address of a server, with secrets kept out of it.

use std::fmt;
use std::sync::Arc;

use url::Url;
use zeroize::Zeroizing;

use crate::transport::Credentials;

/// The address of a server: scheme, host, port and an optional base path, without credentials.
///
/// It is shown in errors and logs, so user and password of an address are moved out of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    base: Arc<Url>,
}

/// Why an address cannot be used. The address is not repeated, because it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// It is not an address.
    #[error("not an address: expected something like http://host:8086")]
    Syntax,
    /// The scheme is neither `http` nor `https`.
    #[error("the address must begin with http:// or https://")]
    Scheme,
    /// There is something behind the path.
    #[error("the address must not have a query or a fragment: give database and level to the client instead")]
    Parameters,
    /// The user name in the address has a colon, which Basic authentication cannot carry.
    #[error("the user name must not contain a colon")]
    UserName,
}

impl Endpoint {
    /// Reads an address. User and password in it are returned apart.
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<Credentials>), EndpointError> {
        let mut url = Url::parse(text.trim()).map_err(|_| EndpointError::Syntax)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EndpointError::Scheme);
        }
        if !url.has_host() {
            return Err(EndpointError::Syntax);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointError::Parameters);
        }
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => {
                let credentials = Credentials::basic(&decoded(user), &decoded(password.unwrap_or_default()));
                Some(credentials.ok_or(EndpointError::UserName)?)
            }
        };
        // A URL with a host takes both.
        url.set_username("").map_err(|()| EndpointError::Syntax)?;
        url.set_password(None).map_err(|()| EndpointError::Syntax)?;
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok((Self { base: Arc::new(url) }, credentials))
    }

    /// The host name or address.
    #[must_use]
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// The address as text, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Whether this is the server at `address`, which is `host:port`.
    pub(crate) fn is_at(&self, address: &str) -> bool {
        let same = |other: Self| other.host() == self.host() && other.port() == self.port();
        self.base.path() == "/" && self.beside_any(address).is_some_and(same)
    }

    /// The server at `address`, which is `host:port` as a server said of itself to this one, over the same scheme. `None`
    /// where the address means something else here: no host, an unspecified one, or loopback while this server is on another
    /// machine.
    pub(crate) fn beside(&self, address: &str) -> Option<Self> {
        let other = self.beside_any(address)?;
        let elsewhere = other.is_loopback() && !self.is_loopback();
        let unspecified = match other.base.host()? {
            url::Host::Ipv4(ip) => ip.is_unspecified(),
            url::Host::Ipv6(ip) => ip.is_unspecified(),
            url::Host::Domain(_) => false,
        };
        (!elsewhere && !unspecified).then_some(other)
    }

    fn beside_any(&self, address: &str) -> Option<Self> {
        let plain = !address.is_empty() && !address.contains(['/', '@', '?', '#', '\\']);
        let text = format!("{}://{address}", self.base.scheme());
        plain.then(|| Self::parse(&text).ok()).flatten().map(|(endpoint, _)| endpoint)
    }

    fn port(&self) -> Option<u16> {
        self.base.port_or_known_default()
    }

    fn is_loopback(&self) -> bool {
        match self.base.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
    }

    /// The URL of `path` on this server.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = Url::clone(&self.base);
        url.set_path(&format!("{}{path}", self.base.path()));
        url
    }
}

fn decoded(text: &str) -> Zeroizing<String> {
    // `form_urlencoded` would turn a plus into a space, so the bytes are decoded here.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.get(..2).and_then(|p| std::str::from_utf8(p).ok());
        match pair.filter(|p| *first == b'%' && p.bytes().all(|b| b.is_ascii_hexdigit())) {
            Some(pair) => {
                bytes.extend(u8::from_str_radix(pair, 16));
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> Endpoint {
        Endpoint::parse(text).unwrap().0
    }

    #[test]
    fn addresses_are_normalised() {
        assert_eq!(parse("http://n1:8086").to_string(), "http://n1:8086");
        assert_eq!(parse(" http://n1:8086/ ").to_string(), "http://n1:8086");
        assert_eq!(parse("https://[::1]:8086/influx/").to_string(), "https://[::1]:8086/influx");
        assert_eq!(parse("http://n1/influx").join("write").as_str(), "http://n1/influx/write");
        assert_eq!(parse("http://n1:8086").join("write").as_str(), "http://n1:8086/write");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for (text, error) in [
            ("", EndpointError::Syntax),
            ("n1", EndpointError::Syntax),
            ("n1:8086", EndpointError::Scheme),
            ("ftp://n1", EndpointError::Scheme),
            ("http://", EndpointError::Syntax),
            ("http://n1?db=x", EndpointError::Parameters),
            ("http://n1/#x", EndpointError::Parameters),
            ("http://a%3Ab:c@n1", EndpointError::UserName),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn credentials_are_moved_out() {
        let (endpoint, credentials) = Endpoint::parse("http://app:S3cr3t-Canary-%2540%2B+@n1:8086/").unwrap();
        assert_eq!(credentials, Credentials::basic("app", "S3cr3t-Canary-%40++"));
        for shown in [format!("{endpoint}"), format!("{endpoint:?}"), format!("{credentials:?}")] {
            assert!(!shown.contains("S3cr3t"), "{shown}");
        }
    }
}
