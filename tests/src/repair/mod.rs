//! Replicas that a cluster leaves different for ever, and what anti-entropy makes of them.
//!
//! Neither real system repairs anything (0.10 facts § 4, cluster 1.8 facts § 7). The bundled cluster does where
//! `anti-entropy` is switched on: owners compare Merkle digests, shard by shard and block of time by block, and take over
//! what they miss. Each [`Cause`] of lasting differences is brought about twice by the same steps: with the option off,
//! where the differences must stay, and with the option on, where the owners must become equal.

mod cause;
mod row;
mod run;

pub use cause::Cause;
pub use row::{REPAIR, Row, Side, table};
pub(crate) use run::check;
pub use run::run;
