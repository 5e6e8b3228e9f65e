//! `completions SHELL`.

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use crate::args::{Cli, OutputArgs};
use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Print the completion script of a shell.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl CompletionsArgs {
    pub(crate) fn run(self, console: &Console) -> Result<Exit, Failure> {
        let whole = Cli::command();
        let name = "influx-cli";
        // The generators know nothing of hidden commands, which are nobody's to type.
        let shown = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
        let mut command = OutputArgs::augment_args(Command::new(name)).subcommands(shown);
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        console.print(&String::from_utf8_lossy(&script))?;
        Ok(Exit::OK)
    }
}
