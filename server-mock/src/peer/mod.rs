//! How data nodes talk to each other: shard writes and reads over TCP.
//!
//! A connection begins with a [`Hello`] that names the cluster and the version of the protocol; then request and answer
//! alternate, each a frame of a 4-byte length and a postcard message.

mod error;
mod frame;
mod message;
mod pool;
mod server;

pub use error::PeerError;
pub use message::{Answer, Hello, Request};
pub use pool::{PeerTimeouts, Peers};
pub use server::{Handle, serve};
