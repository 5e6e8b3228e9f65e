//! What became of each batch, for whoever wants to listen.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use super::fate::Fate;
use crate::Batch;

/// What became of one batch of a [`BatchWriter`](crate::BatchWriter).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Which batch of the writer it was, counted from 0 in the order of settling.
    pub number: u64,
    /// How many points it had.
    pub points: usize,
    /// How many bytes of line protocol.
    pub bytes: usize,
    /// The acknowledgement, or what went wrong.
    pub fate: Fate,
    /// The points themselves, if they were not all acknowledged.
    pub failed: Option<Arc<Batch>>,
}

/// The reports of a [`BatchWriter`](crate::BatchWriter) from the moment of [`BatchWriter::reports`](crate::BatchWriter::reports) on.
///
/// It keeps a limited number and size of reports. Where the reader falls behind, the oldest ones are lost and
/// [`Reports::missed`] counts them; writing never waits for a reader.
#[derive(Debug)]
pub struct Reports(Arc<Mailbox>);

#[derive(Debug)]
struct Mailbox {
    kept: Mutex<Kept>,
    arrival: Notify,
    most: usize,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct Kept {
    reports: VecDeque<Report>,
    /// Bytes of points in the reports.
    bytes: usize,
    missed: u64,
    ended: bool,
}

impl Reports {
    /// The next report; `None` once the writer has ended and all were read.
    ///
    /// # Cancellation
    /// Cancel safe: no report is lost.
    pub async fn recv(&mut self) -> Option<Report> {
        loop {
            if let Some(report) = self.try_recv() {
                return Some(report);
            }
            if self.0.has_ended() {
                return None;
            }
            // What arrived meanwhile has left a permit.
            self.0.arrival.notified().await;
        }
    }

    /// The next report, if one is there.
    pub fn try_recv(&mut self) -> Option<Report> {
        let mut kept = self.0.kept();
        let report = kept.reports.pop_front()?;
        kept.bytes -= held(&report);
        Some(report)
    }

    /// How many reports were lost because they were not read in time.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.0.kept().missed
    }
}

impl Mailbox {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last report is out and read.
    fn has_ended(&self) -> bool {
        let kept = self.kept();
        kept.ended && kept.reports.is_empty()
    }

    fn put(&self, report: Report) {
        let mut kept = self.kept();
        kept.bytes += held(&report);
        kept.reports.push_back(report);
        while kept.reports.len() > self.most || (kept.bytes > self.most_bytes && kept.reports.len() > 1) {
            if let Some(lost) = kept.reports.pop_front() {
                kept.bytes -= held(&lost);
                kept.missed += 1;
            }
        }
        drop(kept);
        self.arrival.notify_one();
    }
}

/// The bytes of points that a report keeps in memory.
fn held(report: &Report) -> usize {
    report.failed.as_ref().map_or(0, |batch| batch.bytes())
}

/// Everybody who wants reports.
#[derive(Debug, Default)]
pub(super) struct Readers {
    mailboxes: Vec<Weak<Mailbox>>,
    next: u64,
    ended: bool,
}

impl Readers {
    /// A new reader that keeps so many reports, with so many bytes of points, but always the last report.
    pub(super) fn subscribe(&mut self, most: usize, most_bytes: usize) -> Reports {
        let kept = Mutex::new(Kept { ended: self.ended, ..Kept::default() });
        let mailbox = Arc::new(Mailbox { kept, arrival: Notify::new(), most: most.max(1), most_bytes });
        self.mailboxes.push(Arc::downgrade(&mailbox));
        Reports(mailbox)
    }

    pub(super) fn tell(&mut self, batch: &Arc<Batch>, fate: &Fate) {
        let number = self.next;
        self.next += 1;
        self.mailboxes.retain(|mailbox| {
            let Some(mailbox) = mailbox.upgrade() else { return false };
            mailbox.put(Report {
                number,
                points: batch.points(),
                bytes: batch.bytes(),
                fate: fate.clone(),
                failed: fate.is_err().then(|| Arc::clone(batch)),
            });
            true
        });
    }

    pub(super) fn end(&mut self) {
        self.ended = true;
        for mailbox in self.mailboxes.drain(..).filter_map(|mailbox| mailbox.upgrade()) {
            mailbox.kept().ended = true;
            mailbox.arrival.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::DeliveryError;
    use futures::FutureExt as _;

    fn batch() -> Arc<Batch> {
        let mut batch = Batch::default();
        batch.point("m").field("f", 1.0).at(1).unwrap();
        Arc::new(batch)
    }

    #[test]
    fn a_slow_reader_loses_the_oldest_and_is_told_how_many() {
        let mut readers = Readers::default();
        let mut few = readers.subscribe(2, usize::MAX);
        let mut small = readers.subscribe(100, batch().bytes());
        for _ in 0..5 {
            readers.tell(&batch(), &Err(DeliveryError::Dropped));
        }
        let numbers: Vec<u64> = std::iter::from_fn(|| few.try_recv()).map(|report| report.number).collect();
        assert_eq!((numbers, few.missed()), (vec![3, 4], 3));
        assert_eq!((small.try_recv().unwrap().number, small.missed()), (4, 4));
        assert!(few.recv().now_or_never().is_none());
        readers.end();
        assert!(few.recv().now_or_never().unwrap().is_none());
        assert!(readers.subscribe(1, 1).recv().now_or_never().unwrap().is_none());
    }
}
