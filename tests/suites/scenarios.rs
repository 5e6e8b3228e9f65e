//! Plays every scenario on real processes; this program runs the nodes as well.

use std::path::Path;
use std::process::ExitCode;

use influx_lab::become_node;
use influx_lab::scenario::{Suite, run};

fn main() -> ExitCode {
    if let Some(code) = become_node() {
        return code;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    run(&Suite { scenarios: here.join("scenarios"), must_fail: here.join("must-fail") })
}
