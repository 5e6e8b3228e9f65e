//! `write [FILE…|-]`.

use std::path::PathBuf;

use clap::Args;

use super::job::{Defaults, JobArgs};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::signals::{Second, Signals};

/// Write line protocol and tell what became of every point.
///
/// Each batch is sent once, unless --retries or --retry-budget say otherwise, so that a script can own the policy; only an
/// address that cannot be reached is passed over at once for the next. Where a server refuses some points of a batch, the
/// others are sent again until they are acknowledged, and only the refused ones are reported as such. Lines that cannot
/// be parsed are kept back; --no-validate sends them, and shows the server's verdict. The exit code names the
/// class of what went wrong (`influx-cli explain`), and the counts add up:
/// read = accepted + below level + deferred + rejected + unknown + not stored + unsent.
///
/// A run goes on after a batch that was refused, unanswered or below its level. It ends at once when nothing can be
/// reached (10) or the set-up is wrong (20 to 24), and leaves the rest of the input unread.
#[derive(Clone, Debug, Args)]
pub(crate) struct WriteArgs {
    /// Files of line protocol, plain, gzip or zstd (told by their first bytes); - is standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    job: JobArgs,
    /// Give lines without a timestamp this time, in nanoseconds since 1970, and later by the number of their line, instead of
    /// the time at which they are read: so the same input is stamped alike by every run, and can be sent again without harm.
    #[arg(long, value_name = "NS", env = "INFLUX_STAMP_FROM", help_heading = "Batches", allow_negative_numbers = true)]
    stamp_from: Option<i64>,
}

impl WriteArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let signals = Signals::listen(Second::Leaves).map_err(|error| Failure::Internal(error.to_string()))?;
        let sources = self.job.sources(&self.files, console)?;
        Ok(self.job.run(sources, Defaults::WRITE, signals, console, self.stamp_from, None).await?.exit())
    }
}
