//! Hostile replies for the classifier: a bounded number within `cargo test`, and as many as wanted with
//! `cargo bolero test -p influx-client fuzz::…`. Those of the encoder stand beside it, in `line::tests::fuzz`.

use crate::{Class, ConsistencyLevel, Context, ErrorKind, Outcome, Reply, Verdict, classify};

const ITERATIONS: usize = 3_000;

/// Words and signs of real replies, in place of arbitrary bytes, so that chance goes deep.
const WORDS: [&str; 40] = [
    "write failed: ",
    "error code 1: ",
    "write shard 7: ",
    "create shard 7: ",
    "[shard 3] ",
    "partial write",
    "partial write: ",
    "unable to parse '",
    "': missing fields",
    " dropped=0",
    " dropped=99999999999999999999",
    "field type conflict",
    ": input field \"f\" on measurement \"m\" is type string",
    ", already exists as type float",
    "points beyond retention policy",
    "max-values-per-tag limit exceeded (1/1): ",
    "measurement=\"m\" tag=\"t\" value=\"v\"",
    "timeout",
    "hinted handoff queue not empty",
    "queue is full",
    "engine: cache-max-memory-size exceeded: (1/2)",
    "request throttled, queue full",
    "database not found: ",
    "retention policy not found: ",
    "\"a\"",
    "authorization failed",
    "meta service unavailable",
    "meta service returned 503 Service Unavailable",
    "dial tcp 1.2.3.4:8088: connect: connection refused",
    "invalid precision \"x\" (use n, u, ms, s, m or h)",
    "Request Entity Too Large",
    "{\"error\":\"",
    "\"}",
    "\\",
    "\n",
    " ",
    "'",
    "é",
    "0",
    ":",
];

fn spelled(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| WORDS[usize::from(byte) % WORDS.len()]).collect()
}

fn status(bytes: &[u8]) -> u16 {
    const COMMON: [u16; 16] = [200, 204, 301, 400, 401, 403, 404, 405, 408, 413, 429, 500, 500, 502, 503, 504];
    match bytes.first().copied().unwrap_or_default() {
        byte @ ..128 => COMMON[usize::from(byte % 16)],
        byte => u16::from(byte) * 4,
    }
}

/// What holds of the reading of any reply.
fn read(reply: &Reply<'_>) -> Verdict {
    let context = Context::new(ConsistencyLevel::Quorum, 10);
    let verdict = classify(reply, &context);
    assert!(verdict.class().outcomes().contains(&verdict.outcome()), "{verdict:?}");
    assert_eq!(verdict.class() == Class::Ok, reply.status == 204, "204 alone is success");
    if let Some(kind) = verdict.kind() {
        assert!(verdict.class().kinds().contains(&kind.name()), "{verdict:?}");
    }
    // Whether a resend is safe changes the advice and nothing else.
    let unstamped = classify(reply, &context.not_idempotent());
    assert_eq!((unstamped.class(), unstamped.outcome()), (verdict.class(), verdict.outcome()));
    verdict
}

#[test]
fn replies_of_any_bytes() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|bytes: &[u8]| {
        let (head, body) = bytes.split_at(bytes.len().min(2));
        let reply = Reply::new(status(head), body);
        read(&reply);
        read(&reply.clone().cut());
        read(&Reply::new(status(head), b"").error_header(body));
        let version = String::from_utf8_lossy(body);
        read(&Reply::new(status(head), b"timeout").version(&version, Some(&version)).retry_after(&version, None));
    });
}

#[test]
fn replies_of_their_own_words() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|bytes: &[u8]| {
        let (head, body) = bytes.split_at(bytes.len().min(1));
        let text = spelled(body);
        let verdict = read(&Reply::new(status(head), text.as_bytes()));
        // What a replica said of one shard is never turned into absence from all of them.
        if text.starts_with("write failed: ") && ![401, 403, 413].contains(&status(head)) {
            assert_ne!(verdict.outcome(), Outcome::NotStored, "{text}");
        }
    });
}

/// Listed words between others that are not decide nothing: they may be a user's.
#[test]
fn what_is_unknown_stays_unexpected() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|bytes: &[u8]| {
        let text = format!("zyx {} xyz", spelled(bytes));
        for (status, outcome) in [(200, Outcome::Unknown), (400, Outcome::NotStored), (500, Outcome::Unknown)] {
            let verdict = read(&Reply::new(status, text.as_bytes()));
            let unexpected =
                matches!(verdict.kind(), Some(ErrorKind::UnexpectedResponse { status: s, .. }) if *s == status);
            assert!(unexpected, "{text}: {verdict:?}");
            assert_eq!(verdict.outcome(), outcome, "{text}");
        }
    });
}
