//! Whether the machine stood still.
//!
//! A load average does not tell: whoever shares the machine may take all of it for a second, and a load of one is left.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Looks at the clock at short intervals, on a thread of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct StallWatch {
    over: Arc<AtomicBool>,
    late: Arc<Mutex<Vec<Late>>>,
}

/// A look that came too late.
#[derive(Clone, Copy, Debug)]
struct Late {
    at: Instant,
    by: Duration,
}

/// Between two looks.
const TICK: Duration = Duration::from_millis(20);
/// What is late by less is no stall but the usual delay of a machine that has something to do.
const NOTABLE: Duration = Duration::from_millis(50);

impl StallWatch {
    /// Begins to look. Where no thread can be had, nothing is seen.
    pub(crate) fn start() -> Self {
        let watch = Self { over: Arc::default(), late: Arc::default() };
        let (over, late) = (watch.over.clone(), watch.late.clone());
        let looking = move || {
            while !over.load(Ordering::Relaxed) {
                let since = Instant::now();
                thread::sleep(TICK);
                let by = since.elapsed().saturating_sub(TICK);
                if by >= NOTABLE {
                    late.lock().unwrap_or_else(PoisonError::into_inner).push(Late { at: Instant::now(), by });
                }
            }
        };
        // Without it every machine is taken for one that never stands still, which excuses nothing.
        let _ = thread::Builder::new().name("stall-watch".to_owned()).spawn(looking);
        watch
    }

    /// The longest time that the machine stood still since a moment, as far as it is over; zero where it did not.
    pub(crate) fn longest_since(&self, moment: Instant) -> Duration {
        let late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        late.iter().filter(|late| late.at > moment).map(|late| late.by).max().unwrap_or_default()
    }
}

impl Drop for StallWatch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_one_since_a_moment_is_told() {
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        let late = |seconds, millis| Late { at: at(seconds), by: Duration::from_millis(millis) };
        let watch = StallWatch {
            over: Arc::default(),
            late: Arc::new(Mutex::new(vec![late(1, 900), late(3, 80), late(4, 200), late(5, 60)])),
        };
        let longest = |seconds| watch.longest_since(at(seconds)).as_millis();
        assert_eq!([0, 1, 4, 5].map(longest), [900, 200, 60, 0]);
    }
}
