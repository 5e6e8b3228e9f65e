//! Who the client is to the server.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderValue;
use zeroize::Zeroizing;

/// A user with a password, or a token. It is sent in a header, never in an address, and never shown.
///
/// Its memory is wiped when the last client that has it goes. (What the HTTP library copied into its buffers for
/// a request is not.)
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials(HeaderValue);

impl Credentials {
    /// Basic authentication. `None` where the user name has a colon, which the scheme cannot carry.
    #[must_use]
    pub fn basic(user: &str, password: &str) -> Option<Self> {
        if user.contains(':') {
            return None;
        }
        let pair = Zeroizing::new(format!("{user}:{password}"));
        let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
        Self::header("Basic ", &encoded)
    }

    /// A bearer token (JWT). `None` where it holds something else than visible ASCII.
    #[must_use]
    pub fn bearer(token: &str) -> Option<Self> {
        let token = token.trim();
        let visible = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
        if visible { Self::header("Bearer ", token) } else { None }
    }

    fn header(scheme: &str, secret: &str) -> Option<Self> {
        // Long enough from the start: a buffer that grows leaves copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(scheme.len() + secret.len()));
        text.extend_from_slice(scheme.as_bytes());
        text.extend_from_slice(secret.as_bytes());
        let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(text)).ok()?;
        value.set_sensitive(true);
        Some(Self(value))
    }

    pub(crate) const fn value(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(<redacted>)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn headers_are_as_the_schemes_ask() {
        let basic = Credentials::basic("Aladdin", "open sesame").unwrap();
        assert_eq!(basic.value(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let bearer = Credentials::bearer(" a.b.c\n").unwrap();
        assert_eq!(bearer.value(), "Bearer a.b.c");
    }

    #[test]
    fn what_a_header_cannot_carry_is_refused() {
        assert!(Credentials::basic("a:b", "c").is_none());
        for token in ["", " ", "a b", "a\nb", "é"] {
            assert!(Credentials::bearer(token).is_none(), "{token:?}");
        }
        assert!(Credentials::basic("ü", "p:w\n").is_some(), "base64 carries anything");
    }

    #[test]
    fn nothing_is_shown() {
        let shown = format!("{:?} {:?}", Credentials::basic("u", "S3cr3t"), Credentials::bearer("S3cr3t"));
        assert!(!shown.contains("S3cr3t") && !shown.contains(&STANDARD.encode("u:S3cr3t")), "{shown}");
    }
}
