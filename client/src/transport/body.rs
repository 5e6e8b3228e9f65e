//! A request body that knows how much of it was taken.

use std::convert::Infallible;
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

impl CountedBody {
    /// Small enough to tell how far a large body got, large enough to cost nothing.
    const PIECE: usize = 64 * 1024;

    pub(super) const fn new(bytes: Bytes, sent: Sent) -> Self {
        Self { rest: bytes, sent }
    }
}

impl Body for CountedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.rest.len().min(Self::PIECE);
        if length == 0 {
            return Poll::Ready(None);
        }
        let piece = self.rest.split_to(length);
        self.sent.add(length as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
