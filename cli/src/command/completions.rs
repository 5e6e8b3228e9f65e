//! `completions SHELL`.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::start;

/// Print the completion script of a shell.
///
/// For bash: put it into ~/.local/share/bash-completion/completions/influx-cli. For zsh: into a directory of $fpath, as
/// _influx-cli. For fish: into ~/.config/fish/completions/influx-cli.fish. For PowerShell: into $PROFILE.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

const NAME: &str = "influx-cli";

impl CompletionsArgs {
    pub(crate) fn run(self, console: &Console) -> Result<Exit, Failure> {
        let mut command = shown(&start::definition());
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, NAME, &mut script);
        let mut script = String::from_utf8_lossy(&script).into_owned();
        if self.shell == Shell::Bash {
            // The generator takes the dash of the name for one thing where it finds out the command, and for another where
            // it lists what belongs to it.
            script = script.replace("influx__subcmd__cli", "influx__cli");
        }
        console.print(&script)?;
        Ok(Exit::OK)
    }
}

/// The command without hidden ones, which are nobody's to type; the generators do not leave them out.
fn shown(command: &Command) -> Command {
    let visible = || command.get_subcommands().filter(|below| !below.is_hide_set());
    if visible().count() == 0 {
        return command.clone();
    }
    let bare = Command::new(command.get_name().to_owned()).args(command.get_arguments().cloned());
    let bare = match command.get_about() {
        Some(about) => bare.about(about.clone()),
        None => bare,
    };
    bare.subcommands(visible().map(shown))
}
