//! What is on its way in one direction of a connection. Time and randomness are arguments.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};
use tokio::time::Instant;

use super::LinkFault;

/// As much as a kernel holds of what the other end has not taken.
const HELD: usize = 4 << 20;

/// A run of bytes that was sent at once.
#[derive(Debug)]
struct Packet {
    due: Instant,
    bytes: Bytes,
}

/// One direction of a connection under faults; empty and unused while the link is whole.
#[derive(Debug, Default)]
pub(super) struct Lane {
    packets: VecDeque<Packet>,
    held: usize,
    /// When the connection is reset, once a message was lost.
    lost: Option<Instant>,
    /// The end of the stream came after the packets.
    pub(super) ended: bool,
    rng: Option<(u64, fastrand::Rng)>,
}

/// What a lane has for whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Bytes that are due.
    Ready,
    /// Nothing before this moment.
    At(Instant),
    /// The connection is reset.
    Reset,
    /// Nothing is on its way.
    Nothing,
    /// Nothing will come any more.
    End,
}

impl Lane {
    /// Whether it holds nothing back, so that bytes may pass it by.
    pub(super) fn is_clear(&self) -> bool {
        self.packets.is_empty() && self.lost.is_none() && !self.ended
    }

    /// Whether packets wait that will still be delivered.
    pub(super) fn is_loaded(&self) -> bool {
        !self.packets.is_empty() && self.lost.is_none()
    }

    /// Whether more may be taken in.
    pub(super) fn has_room(&self) -> bool {
        self.held < HELD
    }

    /// Takes bytes in. `begins` where a message begins, which is when it may be lost; `free_at` is when the link has sent
    /// what it was given before; `number` is the connection's, so that each draws numbers of its own.
    pub(super) fn take(
        &mut self,
        bytes: Bytes,
        begins: bool,
        fault: &LinkFault,
        number: u64,
        free_at: &mut Instant,
        now: Instant,
    ) {
        if self.lost.is_some() {
            return;
        }
        if self.rng.as_ref().is_none_or(|(seed, _)| *seed != fault.seed) {
            let seed = fault.seed.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            self.rng = Some((fault.seed, fastrand::Rng::with_seed(seed)));
        }
        let Some((_, rng)) = &mut self.rng else { return };
        if begins && fault.drop.happens(rng) {
            self.lost = Some(now + LinkFault::RESET_AFTER);
            return;
        }
        let sent = if fault.bandwidth > 0 {
            let seconds = bytes.len() as f64 / fault.bandwidth as f64;
            *free_at = (*free_at).max(now) + std::time::Duration::from_secs_f64(seconds);
            *free_at
        } else {
            now
        };
        // Only the first bytes of a message set out; the rest follow them.
        let trip = if begins || self.packets.is_empty() { fault.trip(rng) } else { fault.delay };
        let before = self.packets.back().map_or(now, |packet| packet.due);
        self.held += bytes.len();
        self.packets.push_back(Packet { due: (sent + trip).max(before), bytes });
    }

    /// What there is now; under a fault that holds nothing up any more, all of it.
    pub(super) fn next(&self, fault: &LinkFault, now: Instant) -> Next {
        if let Some(reset) = self.lost {
            // What was lost does not come back with a heal, so the connection cannot be made whole.
            return if reset <= now || fault.drop.is_never() { Next::Reset } else { Next::At(reset) };
        }
        match self.packets.front() {
            None if self.ended => Next::End,
            None => Next::Nothing,
            Some(packet) if packet.due <= now || !fault.shapes() => Next::Ready,
            Some(packet) => Next::At(packet.due),
        }
    }

    /// The bytes at the head; empty where there are none.
    pub(super) fn head(&self) -> &[u8] {
        self.packets.front().map_or(&[], |packet| &packet.bytes)
    }

    /// Takes so many bytes off the head.
    pub(super) fn advance(&mut self, count: usize) {
        let Some(packet) = self.packets.front_mut() else { return };
        packet.bytes.advance(count);
        self.held -= count;
        if packet.bytes.is_empty() {
            self.packets.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::net::Probability;

    fn take(lane: &mut Lane, text: &'static str, fault: &LinkFault, now: Instant) {
        let mut free_at = now;
        lane.take(Bytes::from_static(text.as_bytes()), true, fault, 1, &mut free_at, now);
    }

    #[test]
    fn delayed_bytes_wait_their_time_and_keep_their_order() {
        let start = Instant::now();
        let fault = LinkFault::new().delay(Duration::from_millis(100)).jitter(Duration::from_millis(100));
        let mut lane = Lane::default();
        for step in 0..50 {
            take(&mut lane, "x", &fault, start + Duration::from_millis(step));
        }
        let dues: Vec<Instant> = lane.packets.iter().map(|packet| packet.due).collect();
        assert!(dues.is_sorted(), "TCP delivers in order");
        assert!(dues[0] >= start && dues[49] <= start + Duration::from_millis(250));
        assert_eq!(lane.next(&fault, start + Duration::from_secs(1)), Next::Ready);
    }

    #[test]
    fn a_heal_lets_go_of_what_was_delayed() {
        let now = Instant::now();
        let fault = LinkFault::new().delay(Duration::from_secs(3600));
        let mut lane = Lane::default();
        take(&mut lane, "abc", &fault, now);
        assert!(matches!(lane.next(&fault, now), Next::At(_)));
        assert_eq!(lane.next(&LinkFault::new(), now), Next::Ready);
        lane.advance(1);
        assert_eq!(lane.head(), b"bc");
        lane.advance(2);
        assert!(lane.is_clear());
    }

    #[test]
    fn a_lost_message_ends_its_connection_after_a_while_or_at_the_heal() {
        let now = Instant::now();
        let fault = LinkFault::new().drop(Probability::ALWAYS);
        let mut lane = Lane::default();
        take(&mut lane, "abc", &fault, now);
        assert_eq!(lane.next(&fault, now), Next::At(now + LinkFault::RESET_AFTER));
        assert_eq!(lane.next(&fault, now + LinkFault::RESET_AFTER), Next::Reset);
        assert_eq!(lane.next(&LinkFault::new(), now), Next::Reset);
    }

    #[test]
    fn bandwidth_is_shared_by_what_uses_the_link() {
        let now = Instant::now();
        let fault = LinkFault::new().bandwidth(1000);
        let (mut one, mut other, mut free_at) = (Lane::default(), Lane::default(), now);
        one.take(vec![0; 500].into(), true, &fault, 1, &mut free_at, now);
        other.take(vec![0; 500].into(), true, &fault, 2, &mut free_at, now);
        assert_eq!(one.next(&fault, now), Next::At(now + Duration::from_millis(500)));
        assert_eq!(other.next(&fault, now), Next::At(now + Duration::from_secs(1)));
    }
}
