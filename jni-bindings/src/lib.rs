//! Native library of the Java client: `influx-client` behind the static methods of `io.influxclient.internal.Native`.
//!
//! What crosses, and who may call what when, is in this crate's README.
//!
//! # Layout
//!
//! * `exports/` has the methods that the JVM calls: arguments looked over, panics and errors thrown. Nothing else knows of JNI but
//!   `hold`, which keeps a Java buffer alive.
//! * `handle` is the table behind the handles; `session` a client, `writer` a background writer.
//! * `frame/` reads and writes control data, `settings`, `policy` and the `…Options` are read from it, `answer/` is written to it.
//! * `call` carries a call out as a task and ends it with one last `completion`; `inbox` keeps completions until Java fetches
//!   them, questions until Java answers them, and calls until they end.
//! * `rows` turns packed rows into a batch, behind `input`, which copies them out of Java's memory first; `pool` keeps batches and
//!   buffers.
//! * `write`, `query`, `request` and `resolve` are what a call can be.

mod answer;
mod call;
mod completion;
mod exports;
mod frame;
mod handle;
mod hold;
mod inbox;
mod input;
mod panics;
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

/// What the benchmarks measure: no part of the boundary.
#[doc(hidden)]
pub mod bench {
    use influx_client::Batch;

    use crate::input::{Input, Rows};
    use crate::refused::RefusedPoints;

    /// Decodes rows; whether all of them could be written.
    pub fn decode(rows: &[u8], batch: &mut Batch) -> bool {
        let mut refused = RefusedPoints::default();
        crate::rows::decode(rows, batch, &mut refused).is_ok() && refused.is_empty()
    }

    /// Decodes rows behind a copy, as it is done with memory of Java's; whether all of them could be written.
    pub fn decode_copied(rows: &[u8], batch: &mut Batch) -> bool {
        // SAFETY: the rows are borrowed for longer than the call that reads them.
        let rows = unsafe { Rows::new(rows.as_ptr(), rows.len()) };
        Input::Rows(rows).write_to(batch).is_ok()
    }
}
