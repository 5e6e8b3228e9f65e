//! Native library of the Java client: `influx-client` behind the static methods of `io.influxclient.internal.Native`.
//!
//! What crosses, and who may call what when, is in this crate's README.

mod answer;
mod call;
mod completion;
mod exports;
mod frame;
mod handle;
mod hold;
mod inbox;
mod input;
mod policy;
mod pool;
mod query;
mod refused;
mod request;
mod resolve;
mod rows;
mod runtime;
mod session;
mod settings;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod write;
mod writer;

/// Compared with a constant of the Java side after loading: both change together, whenever a method or a frame does.
pub const ABI_VERSION: i32 = 2;
