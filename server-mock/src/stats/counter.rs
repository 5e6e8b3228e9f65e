//! One number that goes up, and sometimes down.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// A statistic of a module. Cheap enough for every point: one relaxed addition.
#[derive(Debug, Default)]
pub struct Counter {
    value: AtomicI64,
    /// Profile 0.10 shows a value only once it has been counted.
    touched: AtomicBool,
}

impl Counter {
    /// Adds one.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds a number, which may be negative.
    pub fn add(&self, amount: i64) {
        self.value.fetch_add(amount, Ordering::Relaxed);
        // Looked at first: writing would make every counting core wait for the others.
        if !self.touched.load(Ordering::Relaxed) {
            self.touched.store(true, Ordering::Relaxed);
        }
    }

    /// Adds a length or a number of points.
    pub fn add_len(&self, amount: usize) {
        self.add(i64::try_from(amount).unwrap_or(i64::MAX));
    }

    /// Counts one for as long as what is returned lives: requests under way.
    pub fn during(&self) -> During<'_> {
        self.inc();
        During(self)
    }

    /// The sum so far.
    #[must_use]
    pub fn get(&self) -> i64 {
        self.value.load(Ordering::Relaxed)
    }

    /// Whether it was ever counted.
    #[must_use]
    pub fn is_touched(&self) -> bool {
        self.touched.load(Ordering::Relaxed)
    }
}

/// One that is taken off again when this is dropped.
#[derive(Debug)]
pub struct During<'a>(&'a Counter);

impl Drop for During<'_> {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_knows_whether_it_was_used() {
        let counter = Counter::default();
        assert!(!counter.is_touched());
        {
            let _one = counter.during();
            assert_eq!(counter.get(), 1);
        }
        assert_eq!(counter.get(), 0);
        assert!(counter.is_touched());
    }
}
