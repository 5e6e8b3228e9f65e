//! Why another node did not do what it was asked. `Display` gives the text that ends up in answers to clients.

/// A failed exchange with another node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// No connection; `dial tcp …`.
    #[error("{0}")]
    Dial(String),
    /// No connection, and there never was one to that node.
    #[error("factory is not able to fill the pool: {0}")]
    FirstDial(String),
    /// The request could not be sent.
    #[error("write message {part}: {why}")]
    Send {
        /// Of the message: its `size` in 1.8, its `type` in 0.10.
        part: &'static str,
        /// In the words of Go's network library.
        why: String,
    },
    /// All connections for writes were busy for as long as one may wait (profile 0.10).
    #[error("timed out waiting for free connection")]
    NoFreeConnection,
    /// No answer came.
    #[error("read message type: {0}")]
    Receive(String),
    /// The other node refused a shard write.
    #[error("error code 1: write shard {shard}: {text}")]
    WriteRefused {
        /// The shard.
        shard: u64,
        /// The store's own text.
        text: String,
    },
    /// The other node refused something else.
    #[error("{0}")]
    Refused(String),
    /// The metadata names no such node.
    #[error("node not found")]
    UnknownNode,
    /// The answer was not one to this request, or not readable.
    #[error("unexpected answer from a node: {0}")]
    Protocol(String),
}
