//! A small cluster of processes for one run, with each replica within reach.

mod cluster;
mod faults;
mod moment;
mod only;
mod replica;
mod said;
mod table;

pub use cluster::{Row, Setting, Stage, TICK, batch};
pub use moment::{TIME, WEEK};
pub use only::{only, unused};
pub use replica::{Replica, differing, render};
pub use said::Said;
pub use table::Table;
