//! `influx-cli` as a process: what a shell sees of it.
// Shells, signals and paused processes: the program runs elsewhere too, this suite does not.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod check;
mod classify;
mod cluster;
mod crashes;
mod demo;
mod explain;
mod faults;
mod harness;
mod in_flight;
mod input;
mod members;
mod outcomes;
mod query;
mod signals;
mod stamp;
mod streams;
mod usage;
mod verify;
