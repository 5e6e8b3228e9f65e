//! What it costs to encode a point, and to send a batch, beside other clients.
//!
//! `cargo run --release` in this folder prints the tables of `docs/benchmarks.md`; an argument (`encode` or `send`)
//! prints one of them. Only what comes of one run may be compared: each round times every case in turn, and the median
//! of the rounds is shown.

mod clock;
mod encode;
mod encoders;
mod sample;
mod send;

fn main() {
    let only = std::env::args().nth(1);
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wanted("encode") {
        encode::print();
    }
    if wanted("send") {
        send::print();
    }
}
