//! Texts that are not listed: what rule 2 says of `partial write: …`, what the status alone says, and else nothing
//! (rows 76, 84, 85 of the captured table).

use crate::error::scan::{Text, cut_dropped};
use crate::error::verdict::{Finding, Others};
use crate::error::{Dropped, ErrorKind, Outcome, Overload, Reason, SizeLimit, shortened};

/// How much of an unexpected body is kept in the kind, in bytes.
const KEPT: usize = 4096;

pub(super) fn find(text: &Text<'_>) -> Finding {
    partial(text).or_else(|| by_status(text)).unwrap_or_else(|| unlisted(text))
}

/// `partial write: REASON`: points were refused, whatever the reason.
fn partial(text: &Text<'_>) -> Option<Finding> {
    let (reason, count) = cut_dropped(text.inner.strip_prefix("partial write:")?.trim_start());
    if reason.is_empty() {
        return None;
    }
    let message = shortened(reason, KEPT);
    let dropped = Dropped::AtLeast(count.unwrap_or(1).max(1));
    Some(Finding::rejected(None, Reason::Other { message }, dropped, Others::Unsettled))
}

/// Statuses with a meaning of their own, which proxies give in their own words.
fn by_status(text: &Text<'_>) -> Option<Finding> {
    let finding = |kind, outcome| Finding {
        row: Some(76).filter(|_| matches!(text.status, 502..=504)),
        kind,
        outcome,
        others: Others::Unsettled,
        unparsable: Vec::new(),
    };
    let status = text.status;
    Some(match status {
        401 => finding(ErrorKind::Unauthorized, Outcome::NotStored),
        403 => finding(ErrorKind::Forbidden { user: None, database: None }, Outcome::NotStored),
        408 | 502 | 504 => finding(ErrorKind::ServerTimeout { status }, Outcome::Unknown),
        413 => finding(ErrorKind::TooLarge { limit: SizeLimit::RequestBody }, Outcome::NotStored),
        429 | 503 => finding(ErrorKind::Overloaded { cause: Overload::Status { status } }, Outcome::Unknown),
        _ => return None,
    })
}

pub(super) fn unlisted(text: &Text<'_>) -> Finding {
    let outcome = match text.status {
        // A text whose end is missing may have been one that stored points.
        _ if !text.whole => Outcome::Unknown,
        300..=499 => Outcome::NotStored,
        // Success other than 204 was never a promise; statuses outside 100 to 599 are read as 5xx (RFC 9110
        // section 15); an interim answer settles nothing.
        _ => Outcome::Unknown,
    };
    let row = if text.status == 200 { 84 } else { 85 };
    Finding::new(row, ErrorKind::UnexpectedResponse { status: text.status, body: shortened(text.all, KEPT) }, outcome)
}
