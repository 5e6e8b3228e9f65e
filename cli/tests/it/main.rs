//! `influx-cli` as a process: what a shell sees of it.
// Shells, signals and paused processes: the program runs elsewhere too, this suite does not.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod bad_inputs;
mod check;
mod classify;
mod cluster;
mod cluster_watch;
mod config;
mod crashes;
mod defects;
mod demo;
mod explain;
mod fault_times;
mod faults;
mod harness;
mod import;
mod in_flight;
mod input;
mod journal;
mod lab;
mod man;
mod members;
mod outcomes;
mod output;
mod place;
mod query;
mod recipes;
mod resume;
mod retry;
mod schema;
mod schemas;
mod secrets;
mod signals;
mod sink;
mod stamp;
mod status;
mod streams;
mod tls;
mod usage;
mod verify;
