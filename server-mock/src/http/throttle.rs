//! How many writes are served at once, and how many wait (profile 1.8).

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, TryAcquireError};

use crate::{Options, Profile};

/// Lets a number of writes in, makes a number of others wait, and turns the rest away.
///
/// It comes before authentication, and before anything of the body is read. Who waits is let in in the order of coming.
#[derive(Debug)]
pub(crate) struct Throttle {
    serving: Semaphore,
    /// Those served and those waiting; absent when any number may wait.
    present: Option<Semaphore>,
    /// How long a write waits; absent for as long as it takes.
    patience: Option<Duration>,
}

/// A place among the writes served; it is free again when this is dropped, however the request ended.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    // Freed in this order: who waits is let in before a newcomer is let wait.
    _serving: SemaphorePermit<'a>,
    _present: Option<SemaphorePermit<'a>>,
}

/// Why a write was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Throttled {
    /// Too many are waiting.
    QueueFull,
    /// It waited too long.
    Timeout,
}

impl Throttled {
    /// The body of the answer.
    pub(super) fn body(self) -> &'static str {
        match self {
            Self::QueueFull => "request throttled, queue full\n",
            Self::Timeout => "request throttled, exceeds timeout\n",
        }
    }
}

impl Throttle {
    /// The throttle of these options, if they ask for one.
    pub(crate) fn new(profile: Profile, options: &Options) -> Option<Self> {
        let (served, waiting) = (options.max_concurrent_write_limit, options.max_enqueued_write_limit);
        match profile {
            Profile::V1_8 if served > 0 => Some(Self {
                serving: semaphore(served),
                present: (waiting > 0).then(|| semaphore(served.saturating_add(waiting))),
                patience: Some(options.enqueued_write_timeout).filter(|limit| !limit.is_zero()),
            }),
            Profile::V1_8 | Profile::V0_10 => None,
        }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// [`Throttled`] when there is none to wait for, or none came free in time.
    ///
    /// # Cancellation
    /// Cancel safe: whoever gives up waits no more.
    pub(super) async fn enter(&self) -> Result<Slot<'_>, Throttled> {
        let present = match self.present.as_ref().map(Semaphore::try_acquire) {
            None => None,
            Some(Ok(place)) => Some(place),
            Some(Err(TryAcquireError::NoPermits | TryAcquireError::Closed)) => return Err(Throttled::QueueFull),
        };
        let wait = self.serving.acquire();
        let serving = match self.patience {
            Some(limit) => tokio::time::timeout(limit, wait).await.map_err(|_| Throttled::Timeout)?,
            None => wait.await,
        };
        let serving = serving.expect("nobody closes this semaphore");
        Ok(Slot { _serving: serving, _present: present })
    }
}

fn semaphore(permits: usize) -> Semaphore {
    Semaphore::new(permits.min(Semaphore::MAX_PERMITS))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn throttle(settings: &[(&str, &str)]) -> Option<Throttle> {
        let mut options = Options::new(Profile::V1_8);
        for (name, value) in settings {
            options.set(name, value).unwrap();
        }
        Throttle::new(Profile::V1_8, &options)
    }

    const ONE: (&str, &str) = ("max-concurrent-write-limit", "1");
    const QUEUE: (&str, &str) = ("max-enqueued-write-limit", "1");

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn only_1_8_throttles_and_only_when_asked() {
        assert!(throttle(&[]).is_none());
        assert!(throttle(&[QUEUE]).is_none());
        let mut options = Options::new(Profile::V0_10);
        options.max_concurrent_write_limit = 1;
        assert!(Throttle::new(Profile::V0_10, &options).is_none());
    }

    #[tokio::test]
    async fn one_is_served_one_waits_and_the_third_is_turned_away() {
        let throttle = throttle(&[ONE, QUEUE]).unwrap();
        let first = throttle.enter().await.unwrap();
        let mut second = pin!(throttle.enter());
        assert!(poll(second.as_mut()).is_pending());
        assert_eq!(throttle.enter().await.unwrap_err(), Throttled::QueueFull);
        drop(first);
        let second = second.await.unwrap();
        // There is room to wait again.
        let mut third = pin!(throttle.enter());
        assert!(poll(third.as_mut()).is_pending());
        drop(second);
        assert!(poll(third.as_mut()).is_ready());
    }

    #[tokio::test]
    async fn whoever_gives_up_leaves_room_to_wait() {
        let throttle = throttle(&[ONE, QUEUE]).unwrap();
        let _first = throttle.enter().await.unwrap();
        {
            let mut gone = pin!(throttle.enter());
            assert!(poll(gone.as_mut()).is_pending());
        }
        let mut next = pin!(throttle.enter());
        assert!(poll(next.as_mut()).is_pending());
    }

    #[tokio::test]
    async fn without_a_limit_any_number_waits() {
        let throttle = throttle(&[ONE]).unwrap();
        let first = throttle.enter().await.unwrap();
        let mut second = pin!(throttle.enter());
        let mut third = pin!(throttle.enter());
        assert!(poll(second.as_mut()).is_pending());
        assert!(poll(third.as_mut()).is_pending());
        drop(first);
        // In the order of coming.
        assert!(poll(third.as_mut()).is_pending());
        assert!(poll(second.as_mut()).is_ready());
    }

    #[tokio::test]
    async fn patience_ends() {
        let throttle = throttle(&[ONE, QUEUE, ("enqueued-write-timeout", "1ms")]).unwrap();
        let _first = throttle.enter().await.unwrap();
        assert_eq!(throttle.enter().await.unwrap_err(), Throttled::Timeout);
        // Its place in the queue is free again: the next one waits, too.
        assert_eq!(throttle.enter().await.unwrap_err(), Throttled::Timeout);
    }
}
