//! The node that a client asked: it maps points to shards, fans them out to the owners and counts answers; and it reads
//! shards for queries.

mod mapping;
mod owners;
mod plan;
mod points;
mod sight;
mod statements;
mod under_way;

pub(crate) use mapping::ShardPart;
pub(crate) use owners::{Delivery, Owners};
pub(crate) use plan::{Plan, Step, WriteError, after_all_shards};
pub(crate) use points::Coordinator;
pub(crate) use sight::{NEXT_MESSAGE, Sight, beside_leader};
pub(crate) use statements::RunningQuery;
pub(crate) use statements::{Monitor, RunningQueries, Scope, Statements};
pub(crate) use under_way::UnderWay;
