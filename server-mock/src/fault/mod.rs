//! What can be wrong with a node or a link, on order.
//!
//! A [`Fault`] is one order, in the words that both kinds of cluster and the command line share. [`Board`] is what is in
//! force in a whole cluster, pure and easily saved; [`FaultState`] is one node's share of it, which the node's own
//! [`Faults`] put into effect: links in its network, disks, its [`Clock`], replies of its public API.

mod board;
mod clock;
mod disk;
mod error;
mod live;
mod order;
mod reply;
mod serve;

pub(crate) use board::{Board, Member, find};
pub use clock::{Clock, ClockSkew, NotASkew};
pub use disk::{Disk, DiskState};
pub use error::FaultError;
pub(crate) use error::suggest;
pub(crate) use live::{FaultState, Faults};
pub use order::Fault;
pub use reply::{CannedReply, ReplyCut, ReplyError, ReplyFault};
pub(crate) use reply::{Replies, ReplyRule};
