//! Connections between nodes, with faults that need no root.
//!
//! Every connection that a node opens or accepts is a [`Stream`] of its [`Network`]. A partition stalls the streams of
//! the cut links as a network that drops packets would: nothing arrives and nothing fails until a deadline does.
//! A frozen node stalls all of its streams.

mod faults;
mod stream;

pub use faults::{LinkState, Network};
pub use stream::Stream;
