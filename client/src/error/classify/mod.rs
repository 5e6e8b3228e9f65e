//! Reading a reply: from status, text and version to class and outcome.
//!
//! One file a family of messages. A family looks only at whole messages or at their beginnings and ends, after the
//! wrapping of the cluster protocol was removed; nothing is searched for inside a message, because lines, names and tag
//! values of users stand in it.

mod auth;
mod fallback;
mod meta;
mod missing;
mod parse;
mod points;
mod pressure;
mod replicas;
mod request;

#[cfg(test)]
mod tests;

use super::message::Message;
use super::scan::Text;
use super::verdict::{Finding, Others};
use super::{Advice, Context, ErrorKind, Outcome, Reply, RequestProblem, Resend, ServerVersion, Verdict};

/// What a reply to a write means: a pure function of the reply and of what was asked.
///
/// The text decides, the status only where no listed text is found; 204 alone is success. What is not listed is
/// [`ErrorKind::UnexpectedResponse`] and is not guessed into another class.
///
/// ```
/// use influx_client::{Class, ConsistencyLevel, Context, Outcome, Reply, classify};
///
/// let context = Context::new(ConsistencyLevel::Quorum, 5_000);
/// let verdict = classify(&Reply::new(500, br#"{"error":"partial write"}"#), &context);
/// assert_eq!((verdict.class(), verdict.outcome()), (Class::BelowLevel, Outcome::BelowLevel));
/// ```
#[must_use]
pub fn classify(reply: &Reply<'_>, context: &Context) -> Verdict {
    if reply.status == 204 {
        return Verdict {
            kind: None,
            outcome: Outcome::Stored,
            advice: Advice::Nothing,
            row: Some(77),
            message: None,
            others: Others::Acknowledged,
            unparsable: Vec::new(),
            verbatim: true,
            retry_after: None,
            server_version: reply.version.clone(),
        };
    }
    let message = Message::of(reply);
    let mut finding = find(&Text::new(&message.text, message.whole, reply.status), context);
    // A handler that appended further documents went on after the first one.
    for further in &message.further {
        let went_on = find(&Text::new(further, true, reply.status), context);
        finding = join(finding, went_on);
    }
    let whole = message.whole && message.further.is_empty();
    by_version(&mut finding, reply, whole);
    // A success which says that nothing was stored contradicts itself.
    if (200..300).contains(&reply.status) && finding.outcome == Outcome::NotStored {
        finding = fallback::unlisted(&Text::new(&message.text, message.whole, reply.status));
    }
    Verdict {
        advice: advice(&finding.kind, finding.outcome, context.idempotent),
        kind: Some(finding.kind),
        outcome: finding.outcome,
        row: finding.row,
        message: Some(message.text).filter(|text| !text.is_empty()).map(|text| text.into_owned().into()),
        others: finding.others,
        unparsable: finding.unparsable,
        verbatim: message.whole && !message.flattened,
        retry_after: reply.retry_after,
        server_version: reply.version.clone(),
    }
}

fn find(text: &Text<'_>, context: &Context) -> Finding {
    auth::find(text)
        .or_else(|| request::find(text))
        .or_else(|| missing::find(text))
        .or_else(|| meta::find(text))
        .or_else(|| parse::find(text))
        .or_else(|| points::find(text))
        .or_else(|| pressure::find(text))
        .or_else(|| generic_refusal_or_replica(text, context))
        .unwrap_or_else(|| fallback::find(text))
}

/// `partial write: …` behind `write failed: ` is a refusal whatever its reason, not a failure of the replica.
fn generic_refusal_or_replica(text: &Text<'_>, context: &Context) -> Option<Finding> {
    let refusal = text.inner.strip_prefix("partial write:").is_some_and(|rest| !rest.trim().is_empty());
    if refusal { None } else { replicas::find(text, context) }
}

/// The first document says what went wrong, unless its class would then claim more than all of them support.
fn join(first: Finding, further: Finding) -> Finding {
    let outcome = first.outcome.join(further.outcome);
    let is_precision = matches!(first.kind, ErrorKind::BadRequest { problem: RequestProblem::Precision { .. } });
    if is_precision || first.kind.class().outcomes().contains(&outcome) {
        Finding { outcome: if is_precision { first.outcome } else { outcome }, ..first }
    } else {
        Finding { outcome, ..further }
    }
}

/// What the version changes: some servers do not do what they say. `whole` is false where the handler went on
/// after its first error, or may have.
fn by_version(finding: &mut Finding, reply: &Reply<'_>, whole: bool) {
    let version = reply.version.as_ref();
    match finding.kind {
        // 12 of 15 such answers for a new shard group had no copy anywhere (0.10 facts § 8).
        ErrorKind::ConsistencyNotMet { .. } if version.is_some_and(ServerVersion::acknowledges_dropped_writes) => {
            finding.outcome = Outcome::Unknown;
        }
        // The handler refuses and writes all the same, taking the timestamps for nanoseconds.
        ErrorKind::BadRequest { problem: RequestProblem::Precision { .. } }
            if !whole || version.is_some_and(ServerVersion::writes_despite_bad_precision) =>
        {
            finding.outcome = Outcome::Unknown;
        }
        _ => {}
    }
}

/// The advice of the kind, unless a resend could store points twice.
pub(crate) fn advice(kind: &ErrorKind, outcome: Outcome, idempotent: bool) -> Advice {
    let advice = kind.advice();
    let twice = !idempotent && outcome != Outcome::NotStored && advice.resend() == Resend::Yes;
    if twice { Advice::StampFirst } else { advice }
}
