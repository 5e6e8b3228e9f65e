//! A request body that knows how much of it was taken.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::Sent;

/// Bytes that are counted as the HTTP library pulls them, before they can reach a socket.
///
/// The length is known, so that the request carries `Content-Length`.
pub(super) struct CountedBody {
    rest: Bytes,
    sent: Sent,
}

/// The exchange was given up before its body was taken.
#[derive(Debug, thiserror::Error)]
#[error("the request was given up")]
pub(super) struct GivenUp;

impl CountedBody {
    /// Small enough to tell how far a large body got, large enough to cost nothing.
    const PIECE: usize = 64 * 1024;

    pub(super) const fn new(bytes: Bytes, sent: Sent) -> Self {
        Self { rest: bytes, sent }
    }
}

impl Body for CountedBody {
    type Data = Bytes;
    type Error = GivenUp;

    fn poll_frame(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, GivenUp>>> {
        let length = self.rest.len().min(Self::PIECE);
        if length == 0 {
            return Poll::Ready(None);
        }
        let piece = self.rest.split_to(length);
        let admitted = self.sent.admits(length as u64);
        Poll::Ready(Some(if admitted { Ok(Frame::data(piece)) } else { Err(GivenUp) }))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_was_given_up_stays_here() {
        let sent = Sent::default();
        let pull =
            |body: &mut CountedBody| Pin::new(body).poll_frame(&mut Context::from_waker(std::task::Waker::noop()));
        let mut body = CountedBody::new(vec![0; CountedBody::PIECE + 1].into(), sent.clone());
        assert!(matches!(pull(&mut body), Poll::Ready(Some(Ok(_)))));
        assert_eq!(sent.seal(), CountedBody::PIECE as u64);
        assert!(matches!(pull(&mut body), Poll::Ready(Some(Err(GivenUp)))));
        let untouched = Sent::default();
        assert_eq!((untouched.seal(), untouched.bytes()), (0, 0));
        let mut body = CountedBody::new(vec![0; 1].into(), untouched);
        assert!(matches!(pull(&mut body), Poll::Ready(Some(Err(GivenUp)))));
    }
}
