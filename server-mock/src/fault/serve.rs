//! Answers requests to the public API as ordered.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::{Replies, ReplyCut, ReplyFault};

/// Longer bodies of requests that nobody handles are not read to their end.
const DISCARDED: usize = 64 << 20;

impl Replies {
    /// Has a request answered: by `handle`, unless an order says otherwise.
    ///
    /// # Errors
    /// The connection is to be closed without an answer.
    pub(crate) async fn answer<B, F>(
        &self,
        request: Request<Incoming>,
        handle: impl FnOnce(Request<Incoming>) -> F,
    ) -> io::Result<Response<ReplyBody<B>>>
    where
        B: Body<Data = Bytes, Error = io::Error> + Unpin,
        F: Future<Output = Response<B>>,
    {
        let Some(rule) = self.take(request.uri().path()) else {
            return Ok(handle(request).await.map(ReplyBody::Own));
        };
        let fault = &rule.fault;
        tracing::info!(path = request.uri().path(), %fault, "answered as ordered");
        let response = give(fault, request, handle).await;
        let held = async {
            match fault.cut {
                ReplyCut::Never => std::future::pending().await,
                ReplyCut::None | ReplyCut::BeforeHead | ReplyCut::AfterHead | ReplyCut::MidBody => {
                    tokio::time::sleep(fault.delay).await;
                }
            }
        };
        tokio::select! {
            () = held => {}
            () = self.withdrawn(rule.id) => {}
        }
        cut(response, fault.cut).await
    }
}

/// The whole answer, canned or the node's own.
async fn give<B, F>(
    fault: &ReplyFault,
    request: Request<Incoming>,
    handle: impl FnOnce(Request<Incoming>) -> F,
) -> Response<ReplyBody<B>>
where
    F: Future<Output = Response<B>>,
{
    let canned = fault.reply().and_then(|canned| Some((canned.head().ok()?, canned.text())));
    let Some((head, text)) = canned else {
        return handle(request).await.map(ReplyBody::Own);
    };
    if fault.handled {
        handle(request).await;
    } else {
        // A client that is still sending would take an early answer for a broken connection.
        let _ = Limited::new(request.into_body(), DISCARDED).collect().await;
    }
    let body = |text: &str| ReplyBody::Part {
        bytes: text.to_owned().into(),
        announced: text.len() as u64,
        breaks: Breaks::No,
    };
    head.body(body(text)).expect("the head was checked when it was read above")
}

/// As much of an answer as may leave.
async fn cut<B>(response: Response<ReplyBody<B>>, cut: ReplyCut) -> io::Result<Response<ReplyBody<B>>>
where
    B: Body<Data = Bytes, Error = io::Error> + Unpin,
{
    let closed = || Err(io::ErrorKind::ConnectionAborted.into());
    let share = match cut {
        ReplyCut::None => return Ok(response),
        ReplyCut::BeforeHead | ReplyCut::Never => return closed(),
        ReplyCut::AfterHead => 0,
        ReplyCut::MidBody => 2,
    };
    let (mut head, body) = response.into_parts();
    let whole = body.collect().await?.to_bytes();
    if whole.is_empty() {
        return closed();
    }
    // The length is that of the whole answer, which hyper takes from the body.
    head.headers.remove(CONTENT_LENGTH);
    let bytes = whole.slice(..whole.len().checked_div(share).unwrap_or(0));
    Ok(Response::from_parts(head, ReplyBody::Part { bytes, announced: whole.len() as u64, breaks: Breaks::Soon }))
}

/// The body of an answer, as the server has it or as ordered.
pub(crate) enum ReplyBody<B> {
    /// The server's own.
    Own(B),
    /// These bytes.
    Part {
        /// What is left to send.
        bytes: Bytes,
        /// The length that the head names.
        announced: u64,
        /// Whether the connection breaks afterwards.
        breaks: Breaks,
    },
}

/// Whether the connection breaks after the bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Breaks {
    No,
    /// Once what was given so far has left: the server sends it when it finds nothing more to be had for the moment.
    Soon,
    Now,
}

impl<B> Body for ReplyBody<B>
where
    B: Body<Data = Bytes, Error = io::Error> + Unpin,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Own(body) => Pin::new(body).poll_frame(cx),
            Self::Part { bytes, .. } if !bytes.is_empty() => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Part { breaks: Breaks::No, .. } => Poll::Ready(None),
            Self::Part { breaks: Breaks::Now, .. } => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
            Self::Part { breaks, .. } => {
                *breaks = Breaks::Now;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(body) => body.is_end_stream(),
            Self::Part { bytes, breaks, .. } => bytes.is_empty() && matches!(breaks, Breaks::No),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(body) => body.size_hint(),
            Self::Part { announced, .. } => SizeHint::with_exact(*announced),
        }
    }
}
