//! Calls that are wrong in themselves (rows 1, 2, 17 to 20, 25 to 27, 29, 72, 73 of the captured table).

use crate::error::scan::{Text, between};
use crate::error::verdict::Finding;
use crate::error::{ErrorKind, RequestProblem, SizeLimit};

const WHOLE: &[(u8, &str, RequestProblem)] = &[
    (1, "Method Not Allowed", RequestProblem::Method),
    (2, "404 page not found", RequestProblem::Path),
    (20, "database is required", RequestProblem::DatabaseMissing),
    (29, "invalid consistency level", RequestProblem::ConsistencyLevel),
    (72, "missing parameter: db", RequestProblem::DatabaseMissing),
    (72, "unable to decode gzip body", RequestProblem::Compression),
    (72, "unable to parse points", RequestProblem::RelayPoints),
    (73, "invalid write endpoint", RequestProblem::Path),
    (73, "invalid write method", RequestProblem::Method),
];

/// How the gzip reader fails. Two of them are words that any part of a server could say, so they count
/// only with the status that the handler gives them.
const COMPRESSION: &[&str] = &["gzip: invalid header", "gzip: invalid checksum", "unexpected EOF", "EOF"];

pub(super) fn find(text: &Text<'_>) -> Option<Finding> {
    if text.is_wrapped() {
        return None;
    }
    let bad = |row, problem| Some(Finding::absent(row, ErrorKind::BadRequest { problem }));
    if let Some((row, _, problem)) = WHOLE.iter().find(|(_, words, _)| text.is(words)) {
        return bad(*row, problem.clone());
    }
    if let Some(rest) = text.after("invalid precision \"") {
        let forms = [(17, "\" (use n, u, ms, s, m or h)"), (18, "\" (use ns, us, ms or s)")];
        let known = forms.into_iter().find_map(|(row, end)| Some((row, rest.strip_suffix(end)?)));
        return match known {
            Some((row, given)) => bad(row, RequestProblem::Precision { given: Some(given.into()) }),
            None if text.whole => None,
            None => bad(17, RequestProblem::Precision { given: None }),
        };
    }
    if text.after("bucket name ").is_some() {
        return bad(19, RequestProblem::Bucket);
    }
    if text.is("Request Entity Too Large") {
        return Some(Finding::absent(25, ErrorKind::TooLarge { limit: SizeLimit::RequestBody }));
    }
    if text.status != 400 {
        return None;
    }
    let offset = || between(text.all, "flate: corrupt input before offset ", "");
    let damaged = COMPRESSION.iter().any(|words| text.is(words))
        || offset().is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if damaged {
        return bad(26, RequestProblem::Compression);
    }
    // The server lost the connection while it read the body: parsing comes later, so nothing is stored.
    text.after("read tcp ").map(|_| {
        Finding::absent(
            27,
            ErrorKind::Connect { reason: format!("the server could not read the body: {}", text.all).into() },
        )
    })
}
