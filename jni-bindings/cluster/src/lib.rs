//! Native library of the JUnit 5 extension: the bundled cluster behind the static methods of
//! `io.influxclient.junit.internal.NativeCluster`.
//!
//! * `natives` has the exports: each reads its arguments, calls one function of `calls`, and turns what comes back into
//!   Java's terms; a failure or a panic becomes an exception. The call runs on a thread of its own. No thread of this
//!   library ever enters the JVM, and those of the nodes know nothing of it.
//! * `calls` knows the clusters by their handles (`handles`), and works on one with a tokio runtime for each call.
//! * `order` reads faults in the words of `influx-cli fault`, `carry_out` puts them into effect.

// A panic has to become an exception, and not the end of the JVM.
#[cfg(panic = "abort")]
compile_error!("build this library with panic = \"unwind\"");

mod calls;
mod carry_out;
mod failure;
mod handles;
mod natives;
mod order;

/// Compared with a constant of the Java side after loading: both change together, whenever a method does.
pub const ABI_VERSION: i32 = 1;
