//! What a request says of who it is from.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::Profile;

/// Reads what Go's decoder reads: padded, and whatever the bits behind the last byte are.
const BASIC: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The credentials of a request. It has no `Debug`: all of it is secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// A name and a password; each may be empty.
    User {
        /// Bytes that are no UTF-8 become replacement characters, which no name of a user has.
        name: String,
        /// As it came.
        password: Vec<u8>,
    },
    /// A signed token (profile 1.8).
    Bearer(String),
}

impl Credentials {
    /// Takes the credentials from the parameters `u` and `p` of the address, or from the `Authorization` header.
    ///
    /// Both parameters must be there and not be empty; they count before the header then, and otherwise are as if they
    /// were not there. In profile 1.8 the header may also be `Bearer …`, or `Token name:password` as clients of
    /// version 2 send it.
    pub(crate) fn find(profile: Profile, u: &str, p: &str, header: Option<&[u8]>) -> Option<Self> {
        if !u.is_empty() && !p.is_empty() {
            return Some(Self::User { name: u.to_owned(), password: p.as_bytes().to_vec() });
        }
        let header = header?;
        let token = match profile {
            Profile::V1_8 => Self::from_token(header),
            Profile::V0_10 => None,
        };
        token.or_else(|| Self::from_basic(header))
    }

    /// The scheme's name counts as written, and there is exactly one space.
    fn from_token(header: &[u8]) -> Option<Self> {
        let (scheme, token) = header.split_at(header.iter().position(|byte| *byte == b' ')?);
        let token = &token[1..];
        if token.contains(&b' ') {
            return None;
        }
        match scheme {
            b"Bearer" => Some(Self::Bearer(String::from_utf8_lossy(token).into_owned())),
            b"Token" => Self::from_pair(token),
            _ => None,
        }
    }

    fn from_basic(header: &[u8]) -> Option<Self> {
        let (scheme, encoded) = header.split_at_checked("Basic ".len())?;
        if !scheme.eq_ignore_ascii_case(b"Basic ") {
            return None;
        }
        Self::from_pair(&BASIC.decode(encoded).ok()?)
    }

    fn from_pair(pair: &[u8]) -> Option<Self> {
        let colon = pair.iter().position(|byte| *byte == b':')?;
        let name = String::from_utf8_lossy(&pair[..colon]).into_owned();
        Some(Self::User { name, password: pair[colon + 1..].to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name/password`, `bearer/token` or nothing.
    fn found(profile: Profile, u: &str, p: &str, header: &str) -> String {
        let header = (!header.is_empty()).then_some(header.as_bytes());
        match Credentials::find(profile, u, p, header) {
            Some(Credentials::User { name, password }) => format!("{name}/{}", String::from_utf8_lossy(&password)),
            Some(Credentials::Bearer(token)) => format!("bearer/{token}"),
            None => "nothing".to_owned(),
        }
    }

    #[test]
    fn parameters_count_before_the_header_when_both_are_given() {
        for profile in Profile::ALL {
            assert_eq!(found(profile, "u", "p", "Basic cnc6cHc="), "u/p");
            assert_eq!(found(profile, "u", "", "Basic cnc6cHc="), "rw/pw");
            assert_eq!(found(profile, "", "p", "Basic cnc6cHc="), "rw/pw");
            assert_eq!(found(profile, "u", "", ""), "nothing");
            assert_eq!(found(profile, "", "", ""), "nothing");
        }
    }

    #[test]
    fn basic_credentials_are_read_as_go_reads_them() {
        for (header, expected) in [
            ("Basic cnc6cHc=", "rw/pw"),
            ("bAsIc cnc6cHc=", "rw/pw"),
            // ":x" has no name, "rw:" no password, "a:b:c" a colon in the password.
            ("Basic Ong=", "/x"),
            ("Basic cnc6", "rw/"),
            ("Basic YTpiOmM=", "a/b:c"),
            // No colon; no padding; no base64; no space.
            ("Basic cnc=", "nothing"),
            ("Basic cnc6cHc", "nothing"),
            ("Basic !", "nothing"),
            ("Basic", "nothing"),
            // Bits behind the last byte.
            ("Basic cnc6cHd=", "rw/pw"),
            ("Digest cnc6cHc=", "nothing"),
        ] {
            for profile in Profile::ALL {
                assert_eq!(found(profile, "", "", header), expected, "{header}");
            }
        }
    }

    #[test]
    fn tokens_are_for_1_8() {
        for (header, expected) in [
            ("Bearer a.b.c", "bearer/a.b.c"),
            ("Bearer ", "bearer/"),
            ("Token rw:p:w", "rw/p:w"),
            ("Token :", "/"),
            ("Token rwpw", "nothing"),
            ("token rw:pw", "nothing"),
            ("bearer a.b.c", "nothing"),
            ("Bearer a b", "nothing"),
        ] {
            assert_eq!(found(Profile::V1_8, "", "", header), expected, "{header}");
            assert_eq!(found(Profile::V0_10, "", "", header), "nothing", "{header}");
        }
    }
}
