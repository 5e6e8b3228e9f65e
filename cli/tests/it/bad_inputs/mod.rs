//! Inputs, streams, signals, names and files as bad as they come: no panic, no hang, bounded memory, and counts that add up.

mod arguments;
mod files;
mod interrupted;
mod output;
mod stdin;

use std::process::Command;

use crate::harness::{Ran, run_command};

/// The program, for scripts.
const PROGRAM: &str = env!("CARGO_BIN_EXE_influx-cli");

/// Runs a line of shell without the settings of whoever runs the tests.
fn shell(script: &str) -> Ran {
    let mut shell = Command::new("sh");
    shell.args(["-c", script]);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("INFLUX_")) {
        shell.env_remove(name);
    }
    run_command(shell, b"")
}

/// A run that may have gone wrong, but in good order.
fn in_order(ran: &Ran) {
    assert!(!ran.err.contains("panicked") && ran.code != 1 && ran.code != 101, "a defect: {ran:?}");
}
