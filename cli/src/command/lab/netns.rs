//! `lab netns`: what `lab run --namespaces` needs of the system.

use clap::{Args, ValueEnum};
use influx_lab::netns;

use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Look after the network namespaces of `lab run --namespaces`.
#[derive(Debug, Args)]
pub(super) struct NetnsArgs {
    /// What to do.
    #[arg(value_enum, value_name = "WHAT")]
    what: What,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Say what is missing.
    Check,
    /// Install the programs that are missing, with the system's apt-get, dnf or apk.
    Install,
    /// Remove namespaces of runs that were killed.
    Sweep,
}

impl NetnsArgs {
    pub(super) fn run(self, console: &Console) -> Result<Exit, Failure> {
        match self.what {
            What::Check => {}
            What::Install => netns::install()?,
            What::Sweep => {
                netns::sweep()?;
                return Ok(Exit::OK);
            }
        }
        match netns::missing() {
            None => {
                console.say("network namespaces can be used");
                Ok(Exit::OK)
            }
            Some(missing) => Err(Failure::Cluster(format!("network namespaces need {missing}"))),
        }
    }
}
