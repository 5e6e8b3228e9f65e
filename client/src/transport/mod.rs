//! The only input and output of the client: one request out, one answer back, and how far it got.

mod body;
mod credentials;
mod error;
mod http;
mod inflate;
mod open;
mod proxy;
mod tls;
#[cfg(feature = "tls")]
mod trust;

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ::http::{HeaderMap, Method};
use bytes::Bytes;
use futures::future::BoxFuture;
use url::Url;

pub(crate) use self::http::{HttpSettings, HttpTransport};
pub use credentials::Credentials;
pub use error::TransportError;
pub(crate) use inflate::Inflating;
pub use open::OpenAnswer;
pub(crate) use proxy::Proxy;
pub use tls::TlsError;
pub(crate) use tls::TlsSettings;

/// Carries requests to servers.
///
/// The client comes with one over HTTP/1.1; another one can be given to
/// [`ClientBuilder::transport`](crate::ClientBuilder::transport), for example to go through a tunnel. It has to keep three promises, on
/// which claims about data are built: a request is sent at most once, redirects are not followed, and
/// [`Request::sent`] is raised before a byte of the body leaves the machine.
pub trait Transport: Send + Sync + Debug {
    /// Sends a request and reads the answer, up to [`Request::answer_limit`].
    ///
    /// # Errors
    /// [`TransportError`] where no status came back in time. An answer whose body is not complete is not an
    /// error but an [`Answer`] with [`Answer::cut`].
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, TransportError>>;

    /// Sends a request and returns with the head of the answer; its body is read as it arrives, without a limit on its
    /// size. [`Request::time_limit`] is the longest wait for the head and for each piece of the body.
    ///
    /// Unless implemented, the whole answer is read first, up to [`Request::answer_limit`].
    ///
    /// # Errors
    /// [`TransportError`] where no status came back in time.
    fn open(&self, request: Request) -> BoxFuture<'_, Result<OpenAnswer, TransportError>> {
        open::whole(self, request)
    }
}

/// A request on its way out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The address, with its query.
    pub url: Url,
    /// The headers; that of the credentials is marked as sensitive.
    pub headers: HeaderMap,
    /// The body. It has to be sent with its length, not in chunks.
    pub body: Bytes,
    /// Where to count the bytes of the body that were taken to be sent.
    pub sent: Sent,
    /// The time for the whole exchange.
    pub time_limit: Duration,
    /// How many bytes of the answer's body are read.
    pub answer_limit: usize,
}

impl Request {
    pub(crate) fn new(method: Method, url: Url, time_limit: Duration) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            sent: Sent::default(),
            time_limit,
            answer_limit: 1 << 20,
        }
    }
}

/// Marks a count that is final. No body has so many bytes.
const SEALED: u64 = 1 << 63;

/// How many bytes of a request's body were taken to be sent; shared with whoever sends them.
#[derive(Clone, Debug, Default)]
pub struct Sent(Arc<AtomicU64>);

impl Sent {
    /// Counts bytes that are about to be sent.
    pub fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::SeqCst);
    }

    /// The bytes so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::SeqCst) & !SEALED
    }

    /// Counts bytes that are about to be sent; if not, they must not be: nobody waits for the answer any more, and the
    /// count was read.
    pub(crate) fn admits(&self, bytes: u64) -> bool {
        self.0.fetch_add(bytes, Ordering::SeqCst) & SEALED == 0
    }

    /// The bytes so far, to which the built-in transport adds no more: what is read when an exchange is given up stays true,
    /// whatever a connection does at that moment on another thread.
    pub(crate) fn seal(&self) -> u64 {
        self.0.fetch_or(SEALED, Ordering::SeqCst) & !SEALED
    }
}

/// A server's answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as far as it was read.
    pub body: Bytes,
    /// Why the body is not complete, if it is not.
    pub cut: Option<Cut>,
}

/// Why the body of an answer is not complete.
#[derive(Clone, Debug)]
pub enum Cut {
    /// It is larger than [`Request::answer_limit`].
    TooLarge,
    /// The connection was lost, or the time ran out.
    Lost(TransportError),
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The id that the server gave the request, for finding it in the server's log.
    pub(crate) fn request_id(&self) -> Option<Box<str>> {
        let id = self.header("x-request-id").or_else(|| self.header("request-id"))?;
        Some(id.chars().take(128).collect())
    }
}
