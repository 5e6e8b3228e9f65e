//! Leases: which data node does what only one of them should do.

use std::collections::BTreeMap;

/// Somebody's right to do something until a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What for.
    pub name: String,
    /// The data node.
    pub owner: u64,
    /// First moment (nanoseconds, Unix time) at which it is free again.
    pub expires: i64,
}

/// The leases that a leader gave out. They live in its memory: the next leader starts without any (cluster 0.10
/// facts § 5).
#[derive(Clone, Debug, Default)]
pub struct Leases {
    given: BTreeMap<String, Lease>,
}

/// How long (nanoseconds) a lease lasts.
const DURATION: i64 = 60_000_000_000;

/// Names kept at once, so that a stream of made-up names cannot fill the memory.
const MOST: usize = 1_000;

impl Leases {
    /// Gives the lease to the data node that asks, or prolongs it, unless another one has it at `now`.
    ///
    /// # Errors
    /// The lease of the node that has it; of node 0 when no more names can be kept.
    pub fn acquire(&mut self, name: &str, node: u64, now: i64) -> Result<Lease, Lease> {
        match self.given.get(name) {
            Some(lease) if lease.owner != node && now < lease.expires => return Err(lease.clone()),
            Some(_) | None => {}
        }
        if self.given.len() >= MOST {
            self.given.retain(|_, lease| now < lease.expires);
        }
        if self.given.len() >= MOST && !self.given.contains_key(name) {
            return Err(Lease { name: name.to_owned(), owner: 0, expires: now });
        }
        let lease = Lease { name: name.to_owned(), owner: node, expires: now.saturating_add(DURATION) };
        self.given.insert(name.to_owned(), lease.clone());
        Ok(lease)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_node_has_it_until_it_runs_out() {
        let mut leases = Leases::default();
        assert_eq!(leases.acquire("cq", 4, 0).unwrap().expires, DURATION);
        assert_eq!(leases.acquire("cq", 5, DURATION - 1).unwrap_err().owner, 4);
        assert_eq!(leases.acquire("other", 5, 1).unwrap().owner, 5);
        assert_eq!(leases.acquire("cq", 4, 10).unwrap().expires, DURATION + 10, "prolonged by asking again");
        assert_eq!(leases.acquire("cq", 5, DURATION + 9).unwrap_err().owner, 4);
        assert_eq!(leases.acquire("cq", 5, DURATION + 10).unwrap().owner, 5);
    }

    #[test]
    fn made_up_names_do_not_pile_up() {
        let mut leases = Leases::default();
        for n in 0..MOST {
            leases.acquire(&n.to_string(), 1, 0).unwrap();
        }
        assert_eq!(leases.acquire("one more", 1, 0).unwrap_err().owner, 0);
        leases.acquire("7", 1, 0).unwrap();
        leases.acquire("late", 2, DURATION).unwrap();
        assert_eq!(leases.given.len(), 1);
    }
}
