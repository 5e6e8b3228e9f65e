//! From the words of a command line to a command: which profile counts, what the flags then say, and how errors are told.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use crate::args::Cli;
use crate::config::{self, Sketch, apply};
use crate::console::{ColorChoice, Console, Paint, Verbosity};
use crate::failure::{Exit, Failure};
use crate::secret::without_credentials;
use crate::target;

/// Reads the command line, with the profile's settings as defaults.
///
/// # Errors
/// The exit code, after everything was said.
pub(crate) fn read(arguments: Vec<OsString>) -> Result<Cli, Exit> {
    let root = apply::without_empty_variables(Cli::command());
    let sketch = Sketch::of(&root, &arguments);
    // Commands that speak to no server do not care what the file says, not even that it is broken.
    let selected = match sketch.as_ref().and_then(|sketch| Some((sketch, sketch.command(&root)?))) {
        Some((sketch, command)) if apply::has_target(command) => {
            config::select(&root, sketch.profile().filter(|name| !name.is_empty()).as_deref())
        }
        Some(_) | None => Ok(None),
    };
    let (command, broken) = match selected {
        Ok(Some(profile)) => {
            let command = apply::with_profile(root.clone(), &profile);
            config::activate(Some(profile));
            (command, None)
        }
        Ok(None) => (root.clone(), None),
        Err(failure) => (root.clone(), Some(failure)),
    };
    let colour = if never_coloured(&arguments) { clap::ColorChoice::Never } else { clap::ColorChoice::Auto };
    let parsed = apply::with_refusals(command).color(colour).try_get_matches_from(&arguments);
    let console = console(&arguments);
    // Help is given with whatever is there.
    let for_help = |error: &clap::Error| !error.use_stderr();
    if let Some(failure) = broken
        && !parsed.as_ref().err().is_some_and(for_help)
    {
        failure.report(&console);
        return Err(failure.exit());
    }
    let told = parsed.and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches)?;
        Ok((cli, matches))
    });
    match told {
        Ok((cli, matches)) => {
            let console = Console::new(cli.output.verbosity(), cli.output.color);
            target::warnings(innermost(&matches)).iter().for_each(|warning| console.warn(warning));
            Ok(cli)
        }
        Err(error) if for_help(&error) => {
            // A reader that has gone away has read enough.
            let _ = error.print();
            Err(Exit::OK)
        }
        // Nothing was typed that could be wrong: what there is to type is the answer.
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            console.error(error.render().to_string().trim_end());
            Err(Exit::USAGE)
        }
        Err(error) => {
            let wrong_variable = sketch.as_ref().and_then(|sketch| sketch.wrong_variable(&root, &error));
            if let Some(message) = wrong_variable.or_else(|| meant_as_secret(&error)) {
                Failure::Usage(message).report(&console);
            } else {
                console.error(&shown(&error, &console));
            }
            Err(Exit::USAGE)
        }
    }
}

fn innermost(matches: &ArgMatches) -> &ArgMatches {
    let mut innermost = matches;
    while let Some((_, below)) = innermost.subcommand() {
        innermost = below;
    }
    innermost
}

/// A console for what is said before the command line is understood: as quiet as it asks for.
fn console(arguments: &[OsString]) -> Console {
    let quiet: usize = arguments
        .iter()
        .map_while(|argument| argument.to_str().filter(|text| *text != "--"))
        .map(|text| match text {
            "--quiet" => 1,
            _ if text.starts_with("-q") && text[1..].chars().all(|c| c == 'q') => text.len() - 1,
            _ => 0,
        })
        .sum();
    let verbosity = match quiet {
        0 => Verbosity::Normal,
        1 => Verbosity::Errors,
        _ => Verbosity::Silent,
    };
    Console::new(verbosity, ColorChoice::Auto)
}

/// Whether help is not to be coloured either.
fn never_coloured(arguments: &[OsString]) -> bool {
    let words = || arguments.iter().map_while(|argument| argument.to_str().filter(|text| *text != "--"));
    words().any(|word| word == "--color=never") || words().zip(words().skip(1)).any(|pair| pair == ("--color", "never"))
}

/// What to say to somebody who types a password. The parser's own words may repeat it.
fn meant_as_secret(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return None };
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let name = flag.split(['=', ' ']).next().unwrap_or_default();
    match name {
        "--password" | "--pass" | "--passwd" | "-p" => Some(format!(
            "{name}: no password is taken from a command line, where every user of the machine can read it: give \
             --password-file FILE (- for standard input), set INFLUX_PASSWORD, or give --username alone and be asked"
        )),
        "--token" | "-t" => Some(format!(
            "{name}: no token is taken from a command line, where every user of the machine can read it: give \
             --token-file FILE (- for standard input) or set INFLUX_TOKEN"
        )),
        _ => None,
    }
}

/// The parser's own message in the form that all errors have.
fn shown(error: &clap::Error, console: &Console) -> String {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    format!("{} {}", console.painted_err("error[2]:", Paint::Bad), without_credentials(text))
}

/// The command line's definition as it is built in, without anybody's settings.
pub(crate) fn definition() -> Command {
    Cli::command()
}
