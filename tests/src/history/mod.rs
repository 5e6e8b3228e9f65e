//! What clients asked a cluster and what they were told: the histories that checkers judge and plots draw.

mod event;
mod faults;
mod operation;

pub use event::{Event, Function, Kind};
pub use faults::{FaultEvent, Interval, intervals};
pub use operation::{Completion, NotAHistory, Operation, operations};
