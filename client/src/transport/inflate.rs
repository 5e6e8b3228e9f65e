//! Answers that come compressed, and are never inflated beyond what is read of an answer.

use std::io::{self, Read as _};
use std::sync::Arc;

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::HeaderValue;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH};

use super::{Answer, Cut, OpenAnswer, Request, Transport, TransportError};

/// Asks for compressed answers to queries and inflates them, up to [`Request::answer_limit`].
#[derive(Debug)]
pub(crate) struct Inflating(pub(crate) Arc<dyn Transport>);

impl Transport for Inflating {
    fn send(&self, mut request: Request) -> BoxFuture<'_, Result<Answer, TransportError>> {
        // An answer to a write is a sentence at most.
        if request.url.path().ends_with("/query") {
            request.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let limit = request.answer_limit;
        async move { self.0.send(request).await.map(|answer| plain(answer, limit)) }.boxed()
    }

    /// What is read as it arrives is not asked for compressed: a server keeps much back before it compresses a block.
    fn open(&self, request: Request) -> BoxFuture<'_, Result<OpenAnswer, TransportError>> {
        self.0.open(request)
    }
}

/// The answer as it was before it was compressed. What is encoded otherwise stays so, and says so in its headers.
fn plain(mut answer: Answer, limit: usize) -> Answer {
    let compressed = answer.headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
    if !compressed || answer.body.is_empty() {
        return answer;
    }
    let (body, cut) = inflate(&answer.body, limit);
    answer.headers.remove(CONTENT_ENCODING);
    answer.headers.remove(CONTENT_LENGTH);
    answer.body = body;
    // An answer that was cut ends too early in its compressed form as well; why it was cut is the better reason.
    answer.cut = answer.cut.or(cut);
    answer
}

/// Inflates up to `limit` bytes, and says what is wrong with the rest.
fn inflate(body: &[u8], limit: usize) -> (Bytes, Option<Cut>) {
    /// How much is inflated between two looks at the limit.
    const STEP: usize = 64 << 10;
    let mut decoder = MultiGzDecoder::new(body);
    let mut plain = Vec::with_capacity(limit.min(body.len().saturating_mul(4)));
    loop {
        let room = limit - plain.len();
        // One byte more than fits tells whether there is more.
        let step = room.saturating_add(1).min(STEP);
        let before = plain.len();
        let read = decoder.by_ref().take(step as u64).read_to_end(&mut plain);
        if plain.len() > limit {
            plain.truncate(limit);
            return (plain.into(), Some(Cut::TooLarge));
        }
        match read {
            Ok(_) if plain.len() == before => return (plain.into(), None),
            Ok(_) => {}
            Err(error) => return (plain.into(), Some(Cut::Lost(TransportError::lost(Damaged(error))))),
        }
    }
}

/// The answer cannot be inflated.
#[derive(Debug, thiserror::Error)]
#[error("the compressed answer is damaged")]
struct Damaged(#[source] io::Error);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write as _;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn ends(body: &[u8], limit: usize) -> (usize, &'static str) {
        let (plain, cut) = inflate(body, limit);
        let end = match cut {
            None => "whole",
            Some(Cut::TooLarge) => "too large",
            Some(Cut::Lost(_)) => "damaged",
        };
        (plain.len(), end)
    }

    #[test]
    fn a_bomb_is_inflated_up_to_the_limit() {
        let bomb = gzip(&vec![0; 8 << 20]);
        assert!(bomb.len() < 10 << 10);
        assert_eq!(ends(&bomb, 1 << 20), (1 << 20, "too large"));
        assert_eq!(ends(&bomb, 0), (0, "too large"));
        let members = gzip(&vec![0; 1 << 18]).repeat(20);
        assert_eq!(ends(&members, 3 << 20), (3 << 20, "too large"));
        let empty = gzip(b"").repeat(5_000);
        assert_eq!(ends(&empty, 10), (0, "whole"), "members that hold nothing end as well");
    }

    #[test]
    fn a_damaged_answer_is_not_whole() {
        let body = gzip(b"{\"results\":[]}");
        assert_eq!(ends(&body, 100), (14, "whole"));
        assert_eq!(ends(&body, 14), (14, "whole"));
        assert_eq!(ends(&body, 13), (13, "too large"));
        for length in 0..body.len() {
            let (_, end) = ends(&body[..length], 100);
            assert_eq!(end, "damaged", "cut after {length}");
        }
        for at in [body.len() - 1, body.len() - 5, body.len() - 8] {
            let mut wrong = body.clone();
            wrong[at] ^= 1;
            assert_eq!(ends(&wrong, 100).1, "damaged", "check sum or length at {at}");
        }
        assert_eq!(ends(&[&body[..], b"junk"].concat(), 100).1, "damaged");
    }

    #[test]
    fn what_is_encoded_otherwise_is_left_alone() {
        for encoding in ["br", "gzip, gzip", "deflate", "GZIP ", "identity"] {
            let mut headers = http::HeaderMap::new();
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            let answer = Answer { status: 200, headers, body: gzip(b"x").into(), cut: None };
            let same = plain(answer.clone(), 100);
            assert_eq!((&same.headers, &same.body), (&answer.headers, &answer.body), "{encoding}");
        }
    }

    proptest! {
        /// Whatever comes, no more than the limit is made of it, and what was compressed comes back.
        #[test]
        fn nothing_outgrows_the_limit(
            bytes in prop::collection::vec(any::<u8>(), 0..3_000),
            limit in 0_usize..300_000,
            junk in any::<bool>(),
        ) {
            if junk {
                prop_assert!(ends(&[&[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0], &bytes[..]].concat(), limit).0 <= limit);
            } else {
                let (plain, cut) = inflate(&gzip(&bytes), limit);
                prop_assert_eq!(cut.is_none(), bytes.len() <= limit);
                prop_assert_eq!(&plain[..], &bytes[..bytes.len().min(limit)]);
            }
        }
    }
}
