//! What a client does, shown to whoever counts it.

mod counters;
mod observer;

pub use counters::{Counters, Counts};
pub use observer::Observer;
