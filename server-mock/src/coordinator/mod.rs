//! The node that a client asked: it maps points to shards, fans them out to the owners and counts answers; and it reads
//! shards for queries.

mod mapping;
mod owners;
mod points;
mod sight;
mod statements;

pub(crate) use owners::{Delivery, Owners};
pub(crate) use points::{Coordinator, WriteError};
pub(crate) use sight::Sight;
pub(crate) use statements::{Monitor, RunningQueries, Scope, Statements};
