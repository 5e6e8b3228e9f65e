//! What is done to a cluster while clients use it.

mod partition;

pub use partition::{Cut, Halves, cut_and_heal};
