//! Writing a batch until every point is acknowledged, refused or given up.

mod ack;
mod attempt;
mod bodies;
mod call;
mod destination;
mod error;
mod job;
mod naming;
mod piece;
mod request;
mod stop;
mod tally;
mod trace;
mod types;
mod watch;
mod window;

pub(crate) use bodies::Bodies;
pub(crate) use destination::Destination;

pub use ack::{Ack, Caveat};
pub use attempt::Attempt;
pub use call::Write;
pub use error::WriteError;
pub use stop::Stop;
pub use tally::Tally;
pub use watch::WriteWatch;
