//! Signed tokens (JWT) of profile 1.8, with the texts of the library that the real server reads them with.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::{Sha256, Sha384, Sha512};

use super::SharedSecret;
use crate::go::format_duration;

/// Without padding, and whatever the bits behind the last byte are, as Go's decoder.
const SEGMENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Signatures that the real server knows of but does not take: by public key, or none at all.
const OTHER_SIGNATURES: [&str; 10] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "none"];

/// Why a token is not taken; `Display` gives what the server answers. Nothing of the token is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// It is no token.
    #[error("token is malformed: {0}")]
    Malformed(&'static str),
    /// It is signed in a way that cannot be checked.
    #[error("token is unverifiable: {0}")]
    Unverifiable(&'static str),
    /// It was signed with another secret, or changed.
    #[error("token signature is invalid")]
    Signature,
    /// Its time has passed.
    #[error("token is expired by {0}")]
    Expired(String),
    /// Its time has not come.
    #[error("token is not valid yet; wait {0}")]
    Early(String),
    /// It is meant for somebody in particular.
    #[error("token audience is invalid: audience value was expected but not provided")]
    Audience,
    /// One of its times is no number.
    #[error("json: unsupported type: {0}")]
    Time(&'static str),
    /// It would be valid for ever.
    #[error("token expiration required")]
    NoExpiration,
    /// It names no user, or something that is no name.
    #[error("username in token must be a string")]
    UsernameType,
    /// The name is empty.
    #[error("token must contain a username")]
    NoUsername,
}

/// The user that a token is for. `now` is the time of day in nanoseconds, Unix time.
///
/// The signature is checked before anything that the token says of itself.
pub(super) fn username(token: &str, secret: &SharedSecret, now: i64) -> Result<String, TokenError> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        return Err(TokenError::Malformed("token contains an invalid number of segments"));
    };
    let signed = &token[..header.len() + 1 + claims.len()];
    let header =
        object(header, "failed to decode token header", "failed to unmarshal token header")?.unwrap_or_default();
    let claims =
        object(claims, "failed to decode token claims", "failed to unmarshal token claims")?.unwrap_or_default();
    let Some(Value::String(algorithm)) = header.get("alg") else {
        return Err(TokenError::Unverifiable("signing method (alg) is unspecified."));
    };
    check_signature(algorithm, secret.key(), signed.as_bytes(), signature)?;
    check_claims(&claims, now)?;
    match claims.get("exp").and_then(Value::as_f64) {
        Some(expiration) if expiration > 0.0 => {}
        Some(_) | None => return Err(TokenError::NoExpiration),
    }
    match claims.get("username") {
        Some(Value::String(name)) if name.is_empty() => Err(TokenError::NoUsername),
        Some(Value::String(name)) => Ok(name.clone()),
        Some(_) | None => Err(TokenError::UsernameType),
    }
}

/// The JSON object in a segment; `null` stands for none.
fn object(
    segment: &str,
    undecoded: &'static str,
    unread: &'static str,
) -> Result<Option<Map<String, Value>>, TokenError> {
    let bytes = SEGMENT.decode(segment).map_err(|_| TokenError::Malformed(undecoded))?;
    // Go's decoder of JSON replaces what is no UTF-8.
    serde_json::from_str(&String::from_utf8_lossy(&bytes)).map_err(|_| TokenError::Malformed(unread))
}

fn check_signature(algorithm: &str, key: &[u8], signed: &[u8], signature: &str) -> Result<(), TokenError> {
    fn is_by<M: Mac + KeyInit>(key: &[u8], signed: &[u8], signature: &[u8]) -> bool {
        let mut mac = <M as KeyInit>::new_from_slice(key).expect("a key for HMAC may have any length");
        mac.update(signed);
        // In constant time.
        mac.verify_slice(signature).is_ok()
    }
    let is_by = match algorithm {
        "HS256" => is_by::<Hmac<Sha256>>,
        "HS384" => is_by::<Hmac<Sha384>>,
        "HS512" => is_by::<Hmac<Sha512>>,
        other if OTHER_SIGNATURES.contains(&other) => {
            return Err(TokenError::Unverifiable("Keyfunc returned an error"));
        }
        _ => return Err(TokenError::Unverifiable("signing method (alg) is unavailable.")),
    };
    let signature = SEGMENT.decode(signature).map_err(|_| TokenError::Signature)?;
    if is_by(key, signed, &signature) { Ok(()) } else { Err(TokenError::Signature) }
}

/// The claims of the standard. Where several are not met, the last is told.
fn check_claims(claims: &Map<String, Value>, now: i64) -> Result<(), TokenError> {
    let now = i128::from(now);
    let mut outcome = Ok(());
    if let Some(expiration) = time(claims.get("exp"))?
        && now > expiration
    {
        outcome = Err(TokenError::Expired(duration(now - expiration)));
    }
    if let Some(beginning) = time(claims.get("nbf"))?
        && now < beginning
    {
        outcome = Err(TokenError::Early(duration(beginning - now)));
    }
    match claims.get("aud") {
        None | Some(Value::Null) => {}
        Some(Value::String(_)) => outcome = Err(TokenError::Audience),
        Some(Value::Array(all)) if all.iter().all(Value::is_string) => {
            if !all.is_empty() {
                outcome = Err(TokenError::Audience);
            }
        }
        Some(Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => {
            return Err(TokenError::Malformed("couldn't parse 'aud' value"));
        }
    }
    outcome
}

/// A time in seconds as nanoseconds, in whole microseconds.
///
/// What does not fit 64 bits of nanoseconds becomes the smallest time, as on the machines that were measured; so a time
/// in milliseconds by mistake is long past.
fn time(claim: Option<&Value>) -> Result<Option<i128>, TokenError> {
    let seconds = match claim {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(seconds)) => seconds.as_f64().unwrap_or(f64::NAN),
        Some(Value::String(_)) => return Err(TokenError::Time("string")),
        Some(Value::Bool(_)) => return Err(TokenError::Time("bool")),
        Some(Value::Array(_)) => return Err(TokenError::Time("[]interface {}")),
        Some(Value::Object(_)) => return Err(TokenError::Time("map[string]interface {}")),
    };
    let nanoseconds = seconds * 1e9;
    // The bounds are exact: 2^63 is a float.
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&nanoseconds);
    let nanoseconds = if fits { nanoseconds as i64 } else { i64::MIN };
    Ok(Some(i128::from(nanoseconds).div_euclid(1_000) * 1_000))
}

fn duration(nanoseconds: i128) -> String {
    format_duration(i64::try_from(nanoseconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: i64 = 1_800_000_000_000_000_000;

    /// A token with these claims, signed with HS256.
    pub(crate) fn signed(claims: &str, secret: &str) -> String {
        with_header(r#"{"alg":"HS256","typ":"JWT"}"#, claims, secret)
    }

    fn with_header(header: &str, claims: &str, secret: &str) -> String {
        let text = format!("{}.{}", SEGMENT.encode(header), SEGMENT.encode(claims));
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        format!("{text}.{}", SEGMENT.encode(mac.finalize().into_bytes()))
    }

    fn read(token: &str) -> String {
        match username(token, &SharedSecret::new("s3cret"), NOW) {
            Ok(name) => format!("user {name}"),
            Err(error) => error.to_string(),
        }
    }

    fn claims(claims: &str) -> String {
        read(&signed(claims, "s3cret"))
    }

    #[test]
    fn captured_tokens() {
        for (token, expected) in [
            (
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VybmFtZSI6ICJydyIsICJleHAiOiA0MTAyNDQ0ODAwfQ.bAsDVBCzMJjEI7oLBZ2foTwCWF3Tvx1FBK5AdjQtpYQ",
                "user rw",
            ),
            (
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VybmFtZSI6ICJydyIsICJleHAiOiAxNTAwMDAwMDAwfQ.dQQLA_zxvY_Uy3_W3ZU5pxFhnfQeluLbHJ079yjsfnE",
                "token is expired by 83333h20m0s",
            ),
            (
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VybmFtZSI6ICIiLCAiZXhwIjogNDEwMjQ0NDgwMH0.raPK-A2UtiHLEKV7qgTeNJModOhY7UZrBl5IAGUQxtw",
                "token must contain a username",
            ),
        ] {
            assert_eq!(read(token), expected);
        }
    }

    #[test]
    fn a_token_needs_an_expiration_and_a_name() {
        for (given, expected) in [
            (r#"{"username":"rw","exp":4102444800}"#, "user rw"),
            (r#"{"username":"rw","exp":1800000000}"#, "user rw"),
            (r#"{"username":"rw","exp":1799999999.5}"#, "token is expired by 500ms"),
            (r#"{"username":"rw","exp":0}"#, "token is expired by 500000h0m0s"),
            (r#"{"username":"rw"}"#, "token expiration required"),
            (r#"{"username":"rw","exp":null}"#, "token expiration required"),
            (r#"{"username":"rw","exp":"4102444800"}"#, "json: unsupported type: string"),
            (r#"{"username":"rw","exp":[1]}"#, "json: unsupported type: []interface {}"),
            // Milliseconds do not fit.
            (r#"{"username":"rw","exp":4102444800000}"#, "token is expired by 2562047h47m16.854775807s"),
            (r#"{"exp":4102444800}"#, "username in token must be a string"),
            (r#"{"username":7,"exp":4102444800}"#, "username in token must be a string"),
            (r#"{"username":"rw","exp":4102444800,"nbf":1800000060}"#, "token is not valid yet; wait 1m0s"),
            (r#"{"username":"rw","exp":1,"nbf":1800000060}"#, "token is not valid yet; wait 1m0s"),
            (r#"{"username":"rw","exp":4102444800,"nbf":1799999999}"#, "user rw"),
            (
                r#"{"username":"rw","exp":4102444800,"aud":"x"}"#,
                "token audience is invalid: audience value was expected but not provided",
            ),
            (r#"{"username":"rw","exp":4102444800,"aud":[]}"#, "user rw"),
            (r#"{"username":"rw","exp":1,"aud":[1]}"#, "token is malformed: couldn't parse 'aud' value"),
            ("null", "token expiration required"),
        ] {
            assert_eq!(claims(given), expected, "{given}");
        }
    }

    #[test]
    fn what_is_no_token_is_told() {
        let good = signed(r#"{"username":"rw","exp":4102444800}"#, "s3cret");
        let (body, signature) = good.rsplit_once('.').unwrap();
        for (token, expected) in [
            ("", "token is malformed: token contains an invalid number of segments"),
            ("a.b", "token is malformed: token contains an invalid number of segments"),
            ("!.b.c", "token is malformed: failed to decode token header"),
            ("YQ.e30.c", "token is malformed: failed to unmarshal token header"),
            ("e30.!.c", "token is malformed: failed to decode token claims"),
            ("e30.W10.c", "token is malformed: failed to unmarshal token claims"),
            ("e30.e30.c", "token is unverifiable: signing method (alg) is unspecified."),
            ("bnVsbA.e30.c", "token is unverifiable: signing method (alg) is unspecified."),
            (&format!("{body}."), "token signature is invalid"),
            (&format!("{body}.!"), "token signature is invalid"),
            (&format!("{body}.{signature}="), "token signature is invalid"),
            (&format!("{body}A.{signature}"), "token is malformed: failed to unmarshal token claims"),
            (&format!("{body}=.{signature}"), "token is malformed: failed to decode token claims"),
            (&signed("{}", "other"), "token signature is invalid"),
        ] {
            assert_eq!(read(token), expected, "{token}");
        }
    }

    #[test]
    fn only_signatures_with_the_secret_are_taken() {
        let claims = r#"{"username":"rw","exp":4102444800}"#;
        let with = |algorithm: &str| read(&with_header(&format!("{{\"alg\":\"{algorithm}\"}}"), claims, "s3cret"));
        assert_eq!(with("HS256"), "user rw");
        // The signature is that of HS256.
        assert_eq!(with("HS512"), "token signature is invalid");
        assert_eq!(with("RS256"), "token is unverifiable: Keyfunc returned an error");
        assert_eq!(with("none"), "token is unverifiable: Keyfunc returned an error");
        assert_eq!(with("hs256"), "token is unverifiable: signing method (alg) is unavailable.");
    }

    #[test]
    fn longer_signatures_are_taken_as_well() {
        let text =
            format!("{}.{}", SEGMENT.encode(r#"{"alg":"HS512"}"#), SEGMENT.encode(r#"{"username":"u","exp":4e9}"#));
        let mut mac = <Hmac<Sha512> as KeyInit>::new_from_slice(b"s3cret").unwrap();
        mac.update(text.as_bytes());
        assert_eq!(read(&format!("{text}.{}", SEGMENT.encode(mac.finalize().into_bytes()))), "user u");
    }
}
