//! How long commands take that have nothing to do: from the start of the process to its end.
//!
//! `cargo bench -p influx-cli --bench startup`; `INFLUX_CLI` names another build of the program.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 200;

fn main() {
    let program: OsString = std::env::var_os("INFLUX_CLI").unwrap_or_else(|| env!("CARGO_BIN_EXE_influx-cli").into());
    let bytes = std::fs::metadata(&program).expect("the program is there").len();
    println!("{bytes} bytes; {RUNS} runs each");
    println!("{:<24} {:>10} {:>10} {:>10}", "", "median ms", "fastest", "slowest");
    for args in [["--version"].as_slice(), &["explain", "11"], &["write", "--help"]] {
        let mut times: Vec<Duration> = (0..RUNS).map(|_| time(&program, args)).collect();
        times.sort();
        let [median, fastest, slowest] =
            [times[RUNS / 2], times[0], times[RUNS - 1]].map(|time| time.as_secs_f64() * 1e3);
        println!("{:<24} {median:>10.2} {fastest:>10.2} {slowest:>10.2}", args.join(" "));
    }
}

fn time(program: &OsString, args: &[&str]) -> Duration {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().expect("the program runs");
    let took = start.elapsed();
    assert!(status.success(), "{args:?}: {status}");
    took
}
