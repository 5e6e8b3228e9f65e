//! Native library of the JUnit 5 extension: the bundled cluster behind the static methods of
//! `io.influxclient.junit.internal.NativeCluster`.
//!
//! * `natives` has the exports: each reads its arguments, calls one function of `calls`, and turns what comes back into
//!   Java's terms; a failure or a panic becomes an exception.
//! * `calls` knows the clusters by their handles (`handles`), and works on one with a tokio runtime on the calling
//!   thread. No other thread of this library ever enters the JVM: the nodes run on threads of their own, which know
//!   nothing of it.
//! * `order` reads faults in the words of `influx-cli fault`, `carry_out` puts them into effect.

mod calls;
mod carry_out;
mod failure;
mod handles;
mod natives;
mod order;

/// Compared with a constant of the Java side after loading: both change together, whenever a method does.
pub const ABI_VERSION: i32 = 1;
