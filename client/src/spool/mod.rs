//! A durable queue of points on disk, for a writer that must not lose what it accepted.

mod directory;
mod error;
mod format;
mod log;
mod queue;

pub use error::SpoolError;
pub(crate) use log::Log;
pub use log::SpoolRecovery;
pub use queue::Spool;
