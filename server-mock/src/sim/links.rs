//! The network between the processes.

use std::collections::{BTreeMap, BTreeSet};

/// What each direction of each link does. Processes go by their number: data nodes first, then meta nodes.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// By how many cuts that last at the same time.
    cut: BTreeMap<(usize, usize), u32>,
    /// Added to each message of a direction, in nanoseconds.
    slow: Vec<((usize, usize), u64)>,
    /// Pairs of data nodes with an idle connection that the first one opened.
    connected: BTreeSet<(usize, usize)>,
    /// Pairs where the first one, in its present life, ever had a connection to the second.
    connected_before: BTreeSet<(usize, usize)>,
}

impl Links {
    /// Cuts a direction once more; whether it was open.
    pub(super) fn cut(&mut self, from: usize, to: usize) -> bool {
        let cuts = self.cut.entry((from, to)).or_default();
        *cuts += 1;
        *cuts == 1
    }

    /// Ends one cut of a direction.
    pub(super) fn mend(&mut self, from: usize, to: usize) {
        if let Some(cuts) = self.cut.get_mut(&(from, to)) {
            *cuts -= 1;
            if *cuts == 0 {
                self.cut.remove(&(from, to));
            }
        }
    }

    pub(super) fn is_cut(&self, from: usize, to: usize) -> bool {
        self.cut.contains_key(&(from, to))
    }

    pub(super) fn slow(&mut self, from: usize, to: usize, extra: u64) {
        self.slow.push(((from, to), extra));
    }

    /// Ends one slowness of a direction.
    pub(super) fn quicken(&mut self, from: usize, to: usize, extra: u64) {
        if let Some(at) = self.slow.iter().position(|slow| *slow == ((from, to), extra)) {
            self.slow.swap_remove(at);
        }
    }

    pub(super) fn extra(&self, from: usize, to: usize) -> u64 {
        self.slow.iter().filter(|(link, _)| *link == (from, to)).map(|(_, extra)| *extra).max().unwrap_or(0)
    }

    pub(super) fn heal(&mut self) {
        self.cut.clear();
        self.slow.clear();
    }

    pub(super) fn is_connected(&self, from: usize, to: usize) -> bool {
        self.connected.contains(&(from, to))
    }

    pub(super) fn was_connected(&self, from: usize, to: usize) -> bool {
        self.connected_before.contains(&(from, to))
    }

    pub(super) fn connect(&mut self, from: usize, to: usize) {
        self.connected.insert((from, to));
        self.connected_before.insert((from, to));
    }

    pub(super) fn disconnect(&mut self, from: usize, to: usize) {
        self.connected.remove(&(from, to));
    }

    /// A process ended: its connections with it, and what it knew of others.
    pub(super) fn forget(&mut self, process: usize) {
        self.connected.retain(|(from, to)| *from != process && *to != process);
        self.connected_before.retain(|(from, _)| *from != process);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_cut_until_its_last_cut_ends() {
        let mut links = Links::default();
        assert!(links.cut(0, 1));
        assert!(!links.cut(0, 1));
        links.mend(0, 1);
        assert!(links.is_cut(0, 1) && !links.is_cut(1, 0));
        links.mend(0, 1);
        links.mend(0, 1);
        assert!(!links.is_cut(0, 1));
    }
}
