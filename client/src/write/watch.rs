//! What is known of a write whose future is gone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Outcome;
use crate::transport::Sent;

/// Tells of a write whether its points may be stored, where its future was dropped and told nothing.
///
/// ```no_run
/// use std::time::Duration;
/// use influx_client::{Batch, Client, WriteWatch};
///
/// # async fn example(client: Client, batch: Batch) {
/// let watch = WriteWatch::default();
/// let write = client.write(&batch).watch(&watch);
/// if tokio::time::timeout(Duration::from_millis(50), write.into_future()).await.is_err() {
///     println!("given up; {}", if watch.abandon() { "points may be stored" } else { "nothing is stored" });
/// }
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct WriteWatch(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// A request ended otherwise than with nothing stored.
    doubt: AtomicBool,
    /// How much of the request under way was sent.
    under_way: Mutex<Option<Sent>>,
}

impl WriteWatch {
    /// Whether any of the points may be stored, now or later. Nothing of them is sent from then on, so that the answer stays
    /// true: call it when the future is dropped or done. (A [`Transport`](crate::Transport) of the caller's own has to see to
    /// that itself.)
    #[must_use]
    pub fn abandon(&self) -> bool {
        let under_way = self.under_way().as_ref().map_or(0, Sent::seal);
        under_way > 0 || self.0.doubt.load(Ordering::SeqCst)
    }

    fn under_way(&self) -> MutexGuard<'_, Option<Sent>> {
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begins(&self, sent: &Sent) {
        *self.under_way() = Some(sent.clone());
    }

    pub(super) fn ended(&self, outcome: Outcome) {
        if outcome != Outcome::NotStored {
            self.0.doubt.store(true, Ordering::SeqCst);
        }
        *self.under_way() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubt_begins_with_the_first_byte_and_stays() {
        let watch = WriteWatch::default();
        assert!(!watch.abandon(), "nothing was begun");
        let sent = Sent::default();
        watch.begins(&sent);
        sent.add(1);
        assert!(watch.abandon());
        watch.ended(Outcome::NotStored);
        assert!(!watch.abandon(), "the server has told that it took nothing");
        watch.ended(Outcome::Unknown);
        watch.begins(&Sent::default());
        assert!(watch.abandon());
    }
}
