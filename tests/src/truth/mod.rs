//! Does the client ever lie? What it said of every batch is held against what each replica holds in the end.
//!
//! Many clients write batches of points of which no two are alike, in every way and at every level, while faults of every
//! kind strike the bundled cluster, a process for each node. Then all faults end, the queues drain, and each replica is read
//! by itself. A claim that does not hold is the servers' fault only where their own logs name the points and say what was
//! done to them, or the record of the faults says that the node which acknowledged it was killed just then; every other one
//! is the client's, and the run fails with its story.
//!
//! # Layout
//!
//! * [`Claim`] is what a client said of a batch, [`PointEnd`] where a point is in the end, [`Causes`] what the servers'
//!   records say; [`judge`] holds the one against the others. All of that is pure.
//! * `load` and `nemesis` make batches and faults from a seed; `writers` and `strike` carry them out.
//! * `settle`, `collect` and `story` bring the cluster to rest, read it, and tell of a false claim; `owners` says who ought
//!   to have what nobody has.
//! * `hosts` does the same to a cluster that is not ours.
//! * [`run`] makes a run of several rounds, each with a cluster of its own.

mod claim;
mod collect;
mod ending;
mod evidence;
mod hosts;
mod judge;
mod lines;
mod load;
mod nemesis;
mod owners;
mod round;
mod run;
mod seen;
mod server_lie;
mod settle;
mod story;
mod strike;
mod summary;
mod writers;

use std::time::Duration;

pub use claim::{Claim, Request, Sent};
pub use collect::losses;
pub use evidence::{Affected, Causes, Copy, PointEnd, PointId, ServerCause};
pub use judge::{FalseClaim, Liar, Promise, judge};
pub use nemesis::Evil;
pub(crate) use run::check;
pub use run::run;
pub use server_lie::ServerLie;
pub use story::{Story, ToldRequest};
pub use summary::{Met, RoundSummary, Row, Summary};

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Saturates after half a millennium.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
