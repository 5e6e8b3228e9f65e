//! Answers that are read as they arrive.

use std::fmt;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt as _};
use futures::{FutureExt as _, TryFutureExt as _};
use http::HeaderMap;

use super::{Answer, Cut, Request, Transport, TransportError};

/// An answer whose head is there and whose body is still to come.
#[non_exhaustive]
pub struct OpenAnswer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, piece by piece. It ends without an error only where it is complete.
    pub body: BoxStream<'static, Result<Bytes, TransportError>>,
}

impl OpenAnswer {
    /// An answer of these parts.
    #[must_use]
    pub fn new(status: u16, headers: HeaderMap, body: BoxStream<'static, Result<Bytes, TransportError>>) -> Self {
        Self { status, headers, body }
    }
}

impl fmt::Debug for OpenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A body was larger than its reader takes.
#[derive(Debug, thiserror::Error)]
#[error("the answer is larger than what is read of it")]
struct TooLarge;

/// Opens an answer by way of a transport that only knows whole ones.
pub(super) fn whole<T: Transport + ?Sized>(
    transport: &T,
    request: Request,
) -> BoxFuture<'_, Result<OpenAnswer, TransportError>> {
    let open = |Answer { status, headers, body, cut }| {
        let end = match cut {
            None => None,
            Some(Cut::Lost(error)) => Some(Err(error)),
            Some(Cut::TooLarge) => Some(Err(TransportError::lost(TooLarge))),
        };
        OpenAnswer::new(status, headers, stream::iter([Ok(body)].into_iter().chain(end)).boxed())
    };
    transport.send(request).map_ok(open).boxed()
}
