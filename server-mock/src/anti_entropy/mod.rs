//! Anti-entropy: owners of a shard compare what they hold and fetch from each other what they miss.
//!
//! Off unless `anti-entropy` is set, as in the real servers, whose open version never repairs anything (cluster 1.8 facts,
//! § 7). The rules are in [`core::anti_entropy`](crate::core::anti_entropy); here is what carries them out. Every owner
//! compares itself with every other owner of its shards at each `anti-entropy-check-interval`:
//!
//! * only shards that took no write for half that time on both sides, so that a write on its way is no difference;
//! * `anti-entropy-max-sync` shards at once and `anti-entropy-max-fetch` blocks a check, the rest at the next one;
//! * what it takes over goes the way of any write, in small batches, so that writers never wait for a repair.

mod question;
mod service;
mod status;

pub(crate) use question::answer;
pub use question::{Question, Reply};
pub(crate) use service::AntiEntropy;
pub use status::{Divergent, Status};

#[cfg(test)]
mod tests;
