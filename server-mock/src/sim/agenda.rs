//! What is going to happen, in the order of time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A heap of events: the earliest first, of the same time the one that was put in first.
#[derive(Debug)]
pub(super) struct Agenda<E> {
    heap: BinaryHeap<Entry<E>>,
    next: u64,
}

#[derive(Debug)]
struct Entry<E> {
    time: u64,
    number: u64,
    event: E,
}

impl<E> Default for Agenda<E> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), next: 0 }
    }
}

impl<E> Agenda<E> {
    pub(super) fn put(&mut self, time: u64, event: E) {
        self.next += 1;
        self.heap.push(Entry { time, number: self.next, event });
    }

    pub(super) fn next_time(&self) -> Option<u64> {
        self.heap.peek().map(|entry| entry.time)
    }

    /// The next event, if it is due at `now`, and its time.
    pub(super) fn take_due(&mut self, now: u64) -> Option<(u64, E)> {
        if self.next_time()? > now {
            return None;
        }
        self.heap.pop().map(|entry| (entry.time, entry.event))
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    /// The heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.time, other.number).cmp(&(self.time, self.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_the_order_of_time_and_then_of_coming() {
        let mut agenda = Agenda::default();
        for (time, name) in [(5, 'c'), (1, 'a'), (5, 'd'), (2, 'b')] {
            agenda.put(time, name);
        }
        assert_eq!(agenda.take_due(0), None);
        let all: String = std::iter::from_fn(|| agenda.take_due(9)).map(|(_, name)| name).collect();
        assert_eq!(all, "abcd");
    }
}
