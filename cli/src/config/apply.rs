//! How settings reach the commands: as the defaults of their flags, so that each command knows only its own arguments.

use std::ffi::{OsStr, OsString};

use clap::builder::{ArgPredicate, Resettable};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::file::{Entry, Profile, Setting};
use crate::failure::Failure;

/// The argument that all commands have which speak to a server.
const TARGET: &str = "hosts";

/// Whether a command speaks to a server, so that profiles mean anything to it.
pub(crate) fn has_target(command: &Command) -> bool {
    command.get_arguments().any(|arg| arg.get_id() == TARGET)
}

/// The command with variables that are set to nothing taken for unset.
pub(crate) fn without_empty_variables(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let empty = arg.get_env().is_some_and(|name| std::env::var_os(name).is_some_and(|value| value.is_empty()));
        if empty { arg.env(Resettable::<clap::builder::OsStr>::Reset) } else { arg }
    });
    command.mut_subcommands(without_empty_variables)
}

/// A variable that says no to something, and what that makes of a flag.
const NO: (&str, &str, &str) = ("INFLUX_NO_PROGRESS", "progress", "never");

/// The name of the variable that decides a flag by saying no, if it is set.
pub(crate) fn said_no(flag: &str) -> Option<&'static str> {
    let set = || std::env::var_os(NO.0).is_some_and(|value| !matches!(value.to_str(), Some("" | "0" | "false" | "no")));
    (flag == NO.1 && set()).then_some(NO.0)
}

/// The command with the flags decided that a variable says no to.
pub(crate) fn with_refusals(command: Command) -> Command {
    let no = |arg: Arg| {
        let decided = arg.get_long().is_some_and(|flag| said_no(flag).is_some());
        if decided { arg.default_value(NO.2) } else { arg }
    };
    command.mut_args(no).mut_subcommands(with_refusals)
}

/// The command with a profile's settings as the defaults of its flags, and of those of all commands below it.
pub(crate) fn with_profile(mut command: Command, profile: &Profile) -> Command {
    if has_target(&command) {
        for entry in &profile.entries {
            let Setting::Values(values) = &entry.setting else { continue };
            if entry.key.is_credential() {
                continue;
            }
            let Some(id) = arg_of(&command, entry).map(|arg| arg.get_id().clone()) else { continue };
            if values.is_empty() {
                continue;
            }
            // Whoever types --no-gzip means to be rid of what the profile says.
            let opposite = entry.key.flag().map(|flag| format!("no-{flag}"));
            let opposite = command.get_arguments().find(|arg| arg.get_long() == opposite.as_deref());
            let opposite = opposite.map(|arg| arg.get_id().clone());
            command = command.mut_arg(id, |arg| {
                let arg = arg.required(false).default_values(values.clone());
                match opposite {
                    Some(opposite) => arg.default_value_if(opposite, ArgPredicate::Equals("true".into()), None::<&str>),
                    None => arg,
                }
            });
        }
    }
    command.mut_subcommands(|sub| with_profile(sub, profile))
}

/// The argument of a command that an entry sets.
fn arg_of<'a>(command: &'a Command, entry: &Entry) -> Option<&'a Arg> {
    let flag = entry.key.flag()?;
    command.get_arguments().find(|arg| arg.get_long() == Some(flag.as_str()))
}

/// Checks every value of a profile as its flag would.
///
/// # Errors
/// The first that its flag would refuse.
pub(crate) fn check(root: &Command, profile: &Profile) -> Result<(), Failure> {
    for entry in &profile.entries {
        let Setting::Values(values) = &entry.setting else { continue };
        let Some(arg) = commands(root).filter(|it| has_target(it)).find_map(|it| arg_of(it, entry)) else { continue };
        for value in values {
            if let Some(reason) = refusal(arg, OsStr::new(value)) {
                let (file, line, name, key) = (profile.file.display(), entry.line, &profile.name, entry.key.name);
                return Err(Failure::Usage(format!("{file}:{line}: profile {name}: {key}: {reason}")));
            }
        }
    }
    Ok(())
}

/// Every command, the whole first.
pub(crate) fn commands(root: &Command) -> Box<dyn Iterator<Item = &Command> + '_> {
    Box::new(std::iter::once(root).chain(root.get_subcommands().flat_map(commands)))
}

/// Why an argument would not take a value, if it would not.
pub(crate) fn refusal(arg: &Arg, value: &OsStr) -> Option<String> {
    // Only how the value is read; what goes with what is for the whole command line.
    let probe = Arg::new("value").long("value").value_parser(arg.get_value_parser().clone()).num_args(1);
    let mut given = OsString::from("--value=");
    given.push(value);
    let error = Command::new("probe").no_binary_name(true).arg(probe).try_get_matches_from([given]).err()?;
    let possible = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => Some(values.join(", ")),
        _ => None,
    };
    let reason = match (possible, std::error::Error::source(&error)) {
        (Some(values), _) => format!("{value:?} is none of {values}"),
        (None, Some(reason)) => reason.to_string(),
        (None, None) => format!("{value:?} cannot be used"),
    };
    Some(reason)
}

/// What a command line was found to be, as far as it could be read.
pub(crate) struct Sketch {
    path: Vec<String>,
    matches: ArgMatches,
}

impl Sketch {
    /// Reads a command line as far as it goes: enough to know which command it is and which profile it names.
    pub(crate) fn of(root: &Command, arguments: &[OsString]) -> Option<Self> {
        // Asking for help ends the reading, and help too tells what the profile makes of the defaults.
        let helpless = arguments.iter().filter(|it| *it != "--help" && *it != "-h");
        let mut matches = root.clone().ignore_errors(true).try_get_matches_from(helpless).ok()?;
        let mut path = Vec::new();
        while let Some((name, below)) = matches.remove_subcommand() {
            path.push(name);
            matches = below;
        }
        Some(Self { path, matches })
    }

    /// Nothing typed, of one command.
    pub(crate) fn bare(command: &Command) -> Option<Self> {
        Self::of(command, &[])
    }

    /// The command among those of `root`.
    pub(crate) fn command<'a>(&self, root: &'a Command) -> Option<&'a Command> {
        self.path.iter().try_fold(root, |command, name| command.find_subcommand(name))
    }

    /// The value of `--profile` or of its variable.
    pub(crate) fn profile(&self) -> Option<String> {
        self.matches.try_get_one::<String>("profile").ok().flatten().cloned()
    }

    /// Whether a flag was typed.
    fn typed(&self, arg: &Arg) -> bool {
        self.matches.try_contains_id(arg.get_id().as_str()).is_ok()
            && self.matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
    }

    /// What is wrong with a variable of the environment, where that is what the parser complains of. The parser itself
    /// would name the flag, which nobody typed.
    pub(crate) fn wrong_variable(&self, root: &Command, error: &clap::Error) -> Option<String> {
        if !matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
            return None;
        }
        self.command(root)?.get_arguments().filter(|arg| !self.typed(arg)).find_map(|arg| {
            let name = arg.get_env()?;
            let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
            let delimited = arg.get_value_delimiter().is_some();
            let reason = if delimited { None } else { refusal(arg, &value) }?;
            Some(format!("{}: {reason}", name.to_string_lossy()))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;
    use crate::config::keys::{KEYS, Key};

    /// What names a profile, and what is about one run alone.
    const NEVER: [&str; 2] = ["profile", "stamp_from"];

    #[test]
    fn every_key_is_a_flag_and_every_variable_a_key() {
        let root = Cli::command();
        let with_target: Vec<&Command> = commands(&root).filter(|it| has_target(it)).collect();
        let args = || with_target.iter().flat_map(|command| command.get_arguments());
        for flag in KEYS.iter().filter_map(Key::flag) {
            assert!(args().any(|arg| arg.get_long() == Some(&flag)), "no command has --{flag}");
        }
        for arg in args().filter(|arg| arg.get_env().is_some() && !NEVER.iter().any(|id| arg.get_id() == id)) {
            assert!(Key::of_flag(arg.get_long().unwrap()).is_some(), "a profile cannot set {}", arg.get_id());
        }
    }

    #[test]
    fn the_variables_are_those_that_are_documented() {
        let root = Cli::command();
        let write = root.find_subcommand("write").unwrap();
        for name in [
            "INFLUX_HOST",
            "INFLUX_DATABASE",
            "INFLUX_RP",
            "INFLUX_CONSISTENCY",
            "INFLUX_PRECISION",
            "INFLUX_PROFILE",
            "INFLUX_TIMEOUT",
            "INFLUX_IN_FLIGHT",
            "INFLUX_RETRIES",
            "INFLUX_RETRY_BUDGET",
            "INFLUX_CA_FILE",
            "INFLUX_SKIP_VERIFY",
        ] {
            assert!(write.get_arguments().any(|arg| arg.get_env() == Some(OsStr::new(name))), "{name}");
        }
    }

    #[test]
    fn a_flag_takes_the_place_of_what_the_profile_says() {
        let text = "[profile.a]\ndatabase = \"db\"\ngzip = 6\nhost = [\"a\", \"b\"]\nretries = 3\nfail_fast = true\n";
        let config = crate::config::ConfigFile::read(text, std::path::Path::new("/c.toml"), None).unwrap();
        let command = with_profile(Cli::command(), config.profile("a").unwrap());
        let written = |words: &[&str]| {
            let words = ["influx-cli", "write"].iter().chain(words);
            let matches = command.clone().try_get_matches_from(words).unwrap();
            matches.subcommand_matches("write").unwrap().clone()
        };
        let gzip = |words: &[&str]| written(words).get_one::<u8>("gzip").copied();
        assert_eq!([gzip(&[]), gzip(&["--gzip=2"]), gzip(&["--no-gzip"])], [Some(6), Some(2), None]);
        assert_eq!(written(&[]).get_one::<String>("database").unwrap(), "db");
        assert!(written(&[]).get_flag("fail_fast"));
        assert_eq!(written(&[]).get_many::<String>("hosts").unwrap().len(), 2);
        assert_eq!(written(&["-H", "c"]).get_many::<String>("hosts").unwrap().len(), 1);
    }

    #[test]
    fn values_are_refused_as_their_flags_refuse_them() {
        let root = Cli::command();
        let write = root.find_subcommand("write").unwrap();
        let reason = |flag: &str, value: &str| {
            refusal(write.get_arguments().find(|arg| arg.get_long() == Some(flag)).unwrap(), OsStr::new(value))
        };
        assert_eq!(reason("precision", "us"), None, "as the tools of version 2 spell it");
        assert_eq!(reason("precision", "u"), None);
        assert_eq!(reason("consistency", "quorum"), None);
        assert!(reason("progress", "loud").unwrap().contains("never"));
        assert!(reason("timeout", "0s").unwrap().contains("more than zero"));
        assert!(reason("batch-lines", "0").unwrap().contains('0'));
    }
}
