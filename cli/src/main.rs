//! `influx-cli`: writes line protocol to InfluxDB 1.x at a chosen consistency level, and tells what became of it.

mod args;
mod check;
mod cluster_dir;
mod command;
mod config;
mod console;
mod demo;
mod failpoint;
mod failure;
mod input;
mod job;
mod journal;
mod logging;
mod meter;
mod output_file;
mod policy;
mod prompt;
mod queries;
mod render;
mod retry;
mod secret;
mod settings;
mod signals;
mod start;
mod target;
mod times;
mod verify;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use crate::args::{Cli, Command};
use crate::console::Console;
use crate::failure::{Exit, Failure};

fn main() -> ExitCode {
    let cli: Cli = match start::read(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(exit) => return ExitCode::from(exit.0),
    };
    let console = Console::new(cli.output.verbosity(), cli.output.color);
    match &cli.command {
        Command::Node(_) => logging::start_node(),
        _ => logging::start(cli.output.verbose()),
    }
    // A script has to know a defect of this program by its own code.
    let ended = panic::catch_unwind(AssertUnwindSafe(|| run(cli.command, &console)));
    let exit = match ended {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            failure.report(&console);
            failure.exit()
        }
        Err(_) => Exit::INTERNAL,
    };
    ExitCode::from(exit.0)
}

fn run(command: Command, console: &Console) -> Result<Exit, Failure> {
    let runtime = || tokio::runtime::Runtime::new().map_err(|error| Failure::Internal(error.to_string()));
    match command {
        Command::Write(args) => runtime()?.block_on(args.run(console)),
        Command::Import(args) => runtime()?.block_on(args.run(console)),
        Command::Journal(args) => args.run(console),
        Command::Query(args) => runtime()?.block_on(args.run(console)),
        Command::Ping(args) => runtime()?.block_on(args.run(console)),
        Command::Check(args) => args.run(console),
        Command::Stamp(args) => args.run(console),
        Command::Verify(args) => runtime()?.block_on(args.run(console)),
        Command::Status(args) => runtime()?.block_on(args.run(console)),
        Command::Retry(args) => runtime()?.block_on(args.run(console)),
        Command::Explain(args) => args.run(console),
        Command::Schema(args) => args.run(console),
        Command::Classify(args) => args.run(console),
        Command::Cluster(args) => runtime()?.block_on(args.run(console)),
        Command::Fault(args) => runtime()?.block_on(args.run(console)),
        Command::Demo(args) => runtime()?.block_on(args.run(console)),
        Command::Lab(args) => runtime()?.block_on(args.run(console)),
        Command::Config(args) => args.run(console),
        Command::Completions(args) => args.run(console),
        Command::Man(args) => args.run(console),
        Command::Node(args) => runtime()?.block_on(args.run(console)),
    }
}
