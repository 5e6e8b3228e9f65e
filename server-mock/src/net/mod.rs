//! Connections between nodes, with faults that need no root.
//!
//! Every connection that a node opens or accepts is a [`Stream`] of its [`Network`]. A partition stalls the streams of
//! the cut links as a network that drops packets would: nothing arrives and nothing fails until a deadline does.
//! A [`LinkFault`] says what else can be wrong with one direction of a link. A frozen node stalls all of its streams.

mod fault;
mod lane;
mod listener;
mod network;
mod retransmission;
mod stream;
#[cfg(test)]
mod tests;

pub use fault::{LinkFault, NotAProbability, Probability};
pub use listener::Listener;
pub use network::{LinkState, Network, Port};
pub use stream::Stream;
