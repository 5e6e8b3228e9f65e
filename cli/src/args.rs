//! The command line as a whole; each command's own arguments are in its file.

use clap::{Args, Parser, Subcommand};

use crate::command::{
    check::CheckArgs, classify::ClassifyArgs, cluster::ClusterArgs, completions::CompletionsArgs, config::ConfigArgs,
    demo::DemoArgs, explain::ExplainArgs, fault::FaultArgs, import::ImportArgs, journal::JournalArgs, lab::LabArgs,
    man::ManArgs, node::NodeArgs, ping::PingArgs, query::QueryArgs, retry::RetryArgs, schema::SchemaArgs,
    stamp::StampArgs, status::StatusArgs, verify::VerifyArgs, write::WriteArgs,
};
use crate::console::{ColorChoice, Verbosity};

/// Writes line protocol to InfluxDB 1.x nodes and clusters at a chosen consistency level, and tells a script what
/// became of every point.
#[derive(Debug, Parser)]
#[command(name = "influx-cli", version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Exit codes: 0 ok, 2 usage, 10-16 try again (16: only wait), 20-24 fix the set-up,
30-35 fix the data, 129, 130 and 143 ended by a signal. `influx-cli explain` lists them all.
Settings: flag before environment before profile; `influx-cli config show` tells each one's source.";

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct OutputArgs {
    /// Less on standard error: -q errors only, -qq nothing but the exit code.
    #[arg(short, long, global = true, display_order = 900, action = clap::ArgAction::Count, conflicts_with = "verbose")]
    quiet: u8,
    /// More on standard error: each batch, and the log (whose filter is INFLUX_LOG).
    #[arg(short, long, global = true, display_order = 901, action = clap::ArgAction::Count)]
    verbose: u8,
    /// When to colour.
    #[arg(long, global = true, display_order = 902, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: ColorChoice,
}

impl OutputArgs {
    /// How much standard error is told.
    pub(crate) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (0, 0) => Verbosity::Normal,
            (0, _) => Verbosity::Verbose,
            (1, _) => Verbosity::Errors,
            (_, _) => Verbosity::Silent,
        }
    }

    /// How often `-v` was given.
    pub(crate) fn verbose(&self) -> u8 {
        self.verbose
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Write(Box<WriteArgs>),
    Import(Box<ImportArgs>),
    Journal(JournalArgs),
    Check(CheckArgs),
    Stamp(StampArgs),
    Verify(VerifyArgs),
    Query(QueryArgs),
    Ping(PingArgs),
    Status(StatusArgs),
    Classify(ClassifyArgs),
    Explain(ExplainArgs),
    Schema(SchemaArgs),
    Retry(RetryArgs),
    Config(ConfigArgs),
    Cluster(ClusterArgs),
    Fault(FaultArgs),
    Demo(DemoArgs),
    Lab(LabArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    Node(NodeArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }
}
