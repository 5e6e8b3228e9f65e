//! One workload and one schedule of faults under several rules of resending.
//!
//! Each [`Sender`] has a database of its own on the same cluster, so that the same faults strike all of them at the same
//! moment; in 1.8 hints are queued by shard, so even the queues are each sender's own. All get the same batches at the
//! same times. When everything has healed and the queues are empty, every replica is read, and what a sender told of
//! each point is held against it.
//!
//! * [`Rule`] has the rules of others as pure decisions, [`Sender`] names them all, our client among them.
//! * [`workload()`] and [`schedule()`] follow from a seed.
//! * [`Told`] is what the caller of a sender knows of a point; [`Score`] what that comes to.

mod collect;
mod delivery;
mod expectations;
mod judge;
mod rule;
mod run;
mod schedule;
mod score;
mod sender;
mod table;
mod workload;

pub use judge::{Copies, Dropped, Told, judge};
pub use rule::{Heard, Rule, Step};
pub(crate) use run::check;
pub use run::{COMPARE, run};
pub use schedule::{Act, schedule};
pub use score::Score;
pub use sender::Sender;
use table::markdown;
pub use table::{reading, table};
pub use workload::{Kind, Shipment, workload};
