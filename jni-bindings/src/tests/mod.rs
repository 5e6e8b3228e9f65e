//! Calls from their frames to their completions, against the bundled cluster.

#![allow(clippy::unwrap_used)]

mod writes;
