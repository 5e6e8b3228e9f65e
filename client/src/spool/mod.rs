//! A durable queue of points on disk, for a writer that must not lose what it accepted.

mod directory;
mod error;
mod format;
mod log;

pub use error::SpoolError;
pub use log::Recovery;
