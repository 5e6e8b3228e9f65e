//! Batches and buffers that are used again, so that writes of one size settle to no allocation.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use influx_client::{Batch, Precision};

/// How many of each kind are kept: as many as are encoded at a time, and some.
const KEPT: usize = 8;
/// The largest that is kept, in bytes: an odd large write must not be paid for ever.
const LARGEST: usize = 8 << 20;

static BUFFERS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
static BATCHES: [Mutex<Vec<Batch>>; Precision::ALL.len()] = [const { Mutex::new(Vec::new()) }; Precision::ALL.len()];

fn take<T>(kept: &Mutex<Vec<T>>) -> Option<T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn keep<T>(kept: &Mutex<Vec<T>>, object: T) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < KEPT {
        kept.push(object);
    }
}

/// An empty buffer.
pub(crate) fn buffer() -> PooledBuffer {
    PooledBuffer(take(&BUFFERS).unwrap_or_default())
}

/// An empty batch with all settings as they are from the start.
pub(crate) fn batch(precision: Precision) -> PooledBatch {
    PooledBatch(take(&BATCHES[precision as usize]).unwrap_or_else(|| Batch::new(precision)))
}

/// A buffer that goes back when it is dropped.
#[derive(Debug)]
pub(crate) struct PooledBuffer(Vec<u8>);

impl Deref for PooledBuffer {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for PooledBuffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for PooledBuffer {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.0);
        if buffer.capacity() <= LARGEST && !std::thread::panicking() {
            buffer.clear();
            keep(&BUFFERS, buffer);
        }
    }
}

/// A batch that goes back when it is dropped.
#[derive(Debug)]
pub(crate) struct PooledBatch(Batch);

impl Deref for PooledBatch {
    type Target = Batch;

    fn deref(&self) -> &Batch {
        &self.0
    }
}

impl DerefMut for PooledBatch {
    fn deref_mut(&mut self) -> &mut Batch {
        &mut self.0
    }
}

impl Drop for PooledBatch {
    fn drop(&mut self) {
        // What a panic has left is not to be trusted.
        if self.0.bytes() <= LARGEST && !std::thread::panicking() {
            let mut batch = std::mem::take(&mut self.0);
            batch.clear();
            batch.check_field_types(true).missing_time(influx_client::MissingTime::default());
            let kept = &BATCHES[batch.precision() as usize];
            keep(kept, batch);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_comes_back_is_as_new() {
        {
            let mut batch = batch(Precision::Hours);
            batch.check_field_types(false);
            batch.point("m").field("f", 1.0).at(1).unwrap();
        }
        let mut again = batch(Precision::Hours);
        assert!(again.is_empty());
        assert_eq!(again.precision(), Precision::Hours);
        again.point("m").field("f", 1.0).at(1).unwrap();
        assert!(again.point("m").field("f", 1).at(2).is_err(), "field types are checked again");
    }
}
