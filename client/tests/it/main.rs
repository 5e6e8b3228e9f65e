//! What the client makes of servers that behave badly, over real sockets.
#![allow(clippy::unwrap_used)]

mod framing;
mod loop_over_http;
mod queries;
mod requests;
mod secrets;
mod server;
mod tls;
