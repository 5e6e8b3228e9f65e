//! Credentials and privileges (rows 5 to 16, 23, 24 and 80 of the captured table).
//!
//! They are checked before the body is read, so nothing is ever stored.

use crate::error::ErrorKind;
use crate::error::scan::{Text, between, split_once_only};
use crate::error::verdict::Finding;

/// Whole messages.
const WHOLE: &[(u8, &str)] = &[
    (5, "unable to parse authentication credentials"),
    (6, "username required"),
    (7, "authorization failed"),
    (8, "bearer auth disabled"),
    (9, "signature is invalid"),
    (9, "Token is expired"),
    (9, "Token used before issued"),
    (10, "invalid token"),
    (11, "problem authenticating token"),
    (12, "token expiration required"),
    (13, "username in token must be a string"),
    (14, "token must contain a username"),
    (15, "user not found"),
    (16, "unsupported authentication"),
    (80, "unable to parse Basic Auth credentials"),
    (80, "authentication failed"),
];

/// Beginnings of messages of the token library, which go on with a detail. The wording differs between its versions;
/// what is not here is caught by the status 401.
const BEGINNINGS: &[(u8, &str)] = &[
    (9, "token is expired by "),
    (9, "token signature is invalid"),
    (9, "token is malformed"),
    (9, "unexpected signing method: "),
    (9, "token is unverifiable"),
    (9, "token contains "),
];

pub(super) fn find(text: &Text<'_>) -> Option<Finding> {
    if text.is_wrapped() {
        return None;
    }
    let whole = WHOLE.iter().find(|(_, words)| text.is(words));
    let begun = || BEGINNINGS.iter().find(|(_, words)| text.after(words).is_some());
    if let Some(&(row, _)) = whole.or_else(begun) {
        return Some(Finding::absent(row, ErrorKind::Unauthorized));
    }
    privilege(text)
}

/// A user, or the lack of one, without the right to write. Version 0.10 answers 401, later ones 403.
fn privilege(text: &Text<'_>) -> Option<Finding> {
    let row = |row| if text.status == 401 { 80 } else { row };
    if let Some(rest) = text.after("user is required to write to database \"") {
        let database = rest.strip_suffix('"').filter(|_| text.whole).map(Into::into);
        return Some(Finding::absent(row(23), ErrorKind::Forbidden { user: None, database }));
    }
    const MIDDLE: &str = "\" user is not authorized to write to database \"";
    let names = between(text.all, "\"", "\"").filter(|names| text.whole && names.contains(MIDDLE))?;
    let names = split_once_only(names, MIDDLE);
    Some(Finding::absent(
        row(24),
        ErrorKind::Forbidden {
            user: names.map(|(user, _)| user.into()),
            database: names.map(|(_, database)| database.into()),
        },
    ))
}
