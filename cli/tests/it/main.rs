//! `influx-cli` as a process: what a shell sees of it.
#![allow(clippy::unwrap_used)]

mod classify;
mod cluster;
mod demo;
mod explain;
mod harness;
mod input;
mod outcomes;
mod query;
mod signals;
mod streams;
mod usage;
