//! `lab …`: experiments on the bundled cluster, and what can be done with what they leave behind.

mod check;
mod list;
mod netns;
mod replay;
mod report;
mod run;
mod watch;

use clap::{Args, Subcommand};
use influx_client::Class;
use influx_lab::experiment::LabError;

use crate::console::Console;
use crate::failure::{Exit, Failure};
use check::CheckArgs;
use list::ListArgs;
use netns::NetnsArgs;
use replay::ReplayArgs;
use report::{CompareArgs, ReportArgs};
use run::RunArgs;

/// Experiments: what the cluster does to data, and whether what the client says of it is true.
#[derive(Debug, Args)]
pub(crate) struct LabArgs {
    #[command(subcommand)]
    action: Action,
}

/// What to do in the lab.
#[derive(Debug, Subcommand)]
enum Action {
    List(ListArgs),
    Run(Box<RunArgs>),
    Check(CheckArgs),
    Replay(ReplayArgs),
    Report(ReportArgs),
    Compare(CompareArgs),
    Netns(NetnsArgs),
}

impl LabArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        match self.action {
            Action::List(list) => list.run(console),
            Action::Run(run) => run.run(console).await,
            Action::Check(check) => check.run(console),
            Action::Replay(replay) => replay.run(console).await,
            Action::Report(report) => report.run(console),
            Action::Compare(compare) => compare.run(console),
            Action::Netns(netns) => netns.run(console),
        }
    }
}

/// What to do about a file that holds something else than it should: the advice of the class is about points.
const NO_SUCH_FILE: &str =
    "`influx-cli lab check --help` tells what a history is; any other file of a run comes from `lab run` alone";

impl From<LabError> for Failure {
    fn from(error: LabError) -> Self {
        let text = error.to_string();
        match error {
            LabError::Order(_) => Self::Usage(text),
            LabError::Cluster(_) | LabError::Target(_) => Self::Cluster(text),
            LabError::Server { class, .. } => Self::classed(class, text),
            // The advice of the class is about points.
            LabError::Content { .. } => {
                Self::Classed { class: Class::Malformed, message: text, hint: NO_SUCH_FILE.into() }
            }
            LabError::File { .. } => Self::local_io(text),
            // A picture that cannot be drawn is a defect, and so is what this version does not know of.
            _ => Self::Internal(text),
        }
    }
}
