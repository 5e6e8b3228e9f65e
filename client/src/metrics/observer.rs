//! Hooks that a client calls as it writes.

use std::fmt::Debug;
use std::time::Duration;

use crate::{Ack, Attempt, WriteError};

/// Is told what a client does, to count or to log it; see [`ClientBuilder::observer`](crate::ClientBuilder::observer).
///
/// The calls are made in the task that writes, between two requests: an observer should return at once, and one that panics ends
/// that write. Every call of [`Client::write`](crate::Client::write) that is carried to its end is told once, as an
/// acknowledgement or an error; one whose future is dropped is not. [`Counters`](crate::Counters) is one ready to be used.
///
/// ```
/// use influx_client::{Attempt, Client, Observer};
///
/// #[derive(Debug)]
/// struct SlowRequests;
///
/// impl Observer for SlowRequests {
///     fn attempt(&self, attempt: &Attempt) {
///         if attempt.elapsed.as_secs() >= 5 {
///             eprintln!("slow: {attempt}");
///         }
///     }
/// }
///
/// let client = Client::builder().endpoint("http://localhost:8086").observer(SlowRequests).build()?;
/// # Ok::<(), influx_client::BuildError>(())
/// ```
pub trait Observer: Send + Sync + Debug {
    /// A request ended, well or not. [`Attempt::sent`] has its bytes.
    fn attempt(&self, attempt: &Attempt) {
        let _ = attempt;
    }

    /// The points of a failed request will be sent again, after this wait.
    fn retry(&self, failed: &Attempt, wait: Duration) {
        let _ = (failed, wait);
    }

    /// A call ended: every point was acknowledged.
    fn acknowledged(&self, ack: &Ack) {
        let _ = ack;
    }

    /// A call ended otherwise.
    fn failed(&self, error: &WriteError) {
        let _ = error;
    }
}

/// Many share one.
impl<O: Observer + ?Sized> Observer for std::sync::Arc<O> {
    fn attempt(&self, attempt: &Attempt) {
        (**self).attempt(attempt);
    }

    fn retry(&self, failed: &Attempt, wait: Duration) {
        (**self).retry(failed, wait);
    }

    fn acknowledged(&self, ack: &Ack) {
        (**self).acknowledged(ack);
    }

    fn failed(&self, error: &WriteError) {
        (**self).failed(error);
    }
}
