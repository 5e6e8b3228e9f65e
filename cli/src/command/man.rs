//! `man`: manual pages from the definitions of the commands.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};
use influx_client::Class;

use crate::command::explain::OTHERS;
use crate::config::apply;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::start;

/// Print the manual page, or write that of every command into a directory.
///
/// `influx-cli man | man -l -` shows it.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write influx-cli.1 and a page for each command into this directory, which is made if need be.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    dir: Option<PathBuf>,
    /// The command whose page is printed, such as `write` or `cluster up`; that of the whole if left out.
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl ManArgs {
    pub(crate) fn run(self, console: &Console) -> Result<Exit, Failure> {
        let root = root();
        if let Some(dir) = &self.dir {
            let failed = |path: &Path, error: &io::Error| Failure::local_io(format!("{}: {error}", path.display()));
            fs::create_dir_all(dir).map_err(|error| failed(dir, &error))?;
            for command in pages(&root) {
                let path = dir.join(format!("{}.1", name(command)));
                fs::write(&path, page(command, &root)?).map_err(|error| failed(&path, &error))?;
            }
            return Ok(Exit::OK);
        }
        let mut command = &root;
        for word in &self.command {
            command =
                command.get_subcommands().find(|it| it.get_name() == word && !it.is_hide_set()).ok_or_else(|| {
                    Failure::Usage(format!(
                        "there is no command {:?}: `influx-cli help` lists them",
                        self.command.join(" ")
                    ))
                })?;
        }
        console.print(&page(command, &root)?)?;
        Ok(Exit::OK)
    }
}

/// The whole definition, with what commands inherit in its place.
fn root() -> Command {
    let mut root = start::definition().disable_help_subcommand(true);
    root.build();
    root
}

/// The commands that have a page: those that are shown.
fn pages(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|it| !it.is_hide_set()).flat_map(pages);
    std::iter::once(command).chain(below).collect()
}

/// `influx-cli-cluster-up`
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command, root: &Command) -> Result<String, Failure> {
    let source = format!("influx-cli {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).title(name(command)).source(source).manual("influx-cli");
    let mut text = Vec::new();
    let rendered = man
        .render_title(&mut text)
        .and_then(|()| man.render_name_section(&mut text))
        .and_then(|()| man.render_synopsis_section(&mut text))
        .and_then(|()| man.render_description_section(&mut text))
        .and_then(|()| man.render_options_section(&mut text))
        .and_then(|()| {
            if command.get_subcommands().any(|it| !it.is_hide_set()) {
                man.render_subcommands_section(&mut text)
            } else {
                Ok(())
            }
        });
    rendered.map_err(|error| Failure::Internal(error.to_string()))?;
    let mut roff = Roff::new();
    let is_root = name(command) == name(root);
    if is_root || apply::has_target(command) {
        exit_status(&mut roff);
    }
    if is_root {
        environment(&mut roff, root);
        files(&mut roff);
    }
    examples(&mut roff, name(command));
    see_also(&mut roff, command, root);
    roff.to_writer(&mut text).map_err(|error| Failure::Internal(error.to_string()))?;
    let text = String::from_utf8(text).map_err(|error| Failure::Internal(error.to_string()))?;
    Ok(ascii(&text))
}

/// The page with other characters as escapes: not every reader of pages knows their encoding.
fn ascii(text: &str) -> String {
    let mut page = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() { page.push(c) } else { page.push_str(&format!("\\[u{:04X}]", u32::from(c))) }
    }
    page
}

fn entry(roff: &mut Roff, term: &str, text: &str) {
    roff.control("TP", []);
    roff.text([bold(term)]);
    roff.text([roman(text)]);
}

fn exit_status(roff: &mut Roff) {
    roff.control("SH", ["EXIT STATUS"]);
    roff.text([roman(
        "The tens say what to do: 1x try again (16: only wait), 2x fix the set-up, 3x fix the data. influx-cli explain CODE \
         tells more.",
    )]);
    for class in Class::ALL {
        let text = format!("{}: {}. What to do: {}.", class.id(), class.meaning(), class.advice().text());
        entry(roff, &class.exit_code().to_string(), &text);
    }
    for other in OTHERS {
        entry(roff, &other.code.to_string(), &format!("{}: {}.", other.name, other.meaning));
    }
}

/// Variables that are no default of a flag.
const VARIABLES: [(&str, &str); 13] = [
    ("INFLUX_CONFIG", "the configuration file; none reads no file"),
    ("INFLUX_USERNAME, INFLUX_PASSWORD", "user and password"),
    ("INFLUX_PASSWORD_FILE", "a file with the password"),
    ("INFLUX_TOKEN", "a JWT; USER:PASSWORD, as the tools of version 2 have it for a 1.8 server, is taken for that"),
    ("INFLUX_TOKEN_FILE", "a file with the token"),
    ("INFLUX_NO_PROGRESS", "no progress is shown, as with --progress never"),
    ("INFLUX_LOG", "a filter of the log on standard error, such as influx_client=debug"),
    ("NO_COLOR", "no colours, if it is set to anything"),
    ("CLICOLOR_FORCE", "colours even where standard output is no terminal"),
    ("HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY", "proxies, for other machines than this one"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "the certificates to trust, instead of the machine's"),
    ("XDG_CONFIG_HOME", "where the configuration file is looked for (~/.config)"),
    ("XDG_STATE_HOME", "where journals and the local cluster are kept (~/.local/state)"),
];

fn environment(roff: &mut Roff, root: &Command) {
    roff.control("SH", ["ENVIRONMENT"]);
    roff.text([roman(
        "A flag counts before a variable, a variable before the profile. One that is empty counts as unset.",
    )]);
    let args = apply::commands(root).filter(|it| !it.is_hide_set()).flat_map(Command::get_arguments);
    let mut flags: Vec<(String, String)> = args
        .filter_map(|arg| {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let first = help.split(". ").next().unwrap_or_default().to_owned();
            Some((arg.get_env()?.to_string_lossy().into_owned(), format!("--{}: {first}", arg.get_long()?)))
        })
        .collect();
    flags.sort();
    flags.dedup_by(|one, other| one.0 == other.0);
    for (variable, text) in &flags {
        entry(roff, variable, text);
    }
    for (variable, text) in VARIABLES {
        entry(roff, variable, text);
    }
}

fn files(roff: &mut Roff) {
    roff.control("SH", ["FILES"]);
    roff.control("TP", []);
    roff.text([italic("~/.config/influx-cli/config.toml")]);
    roff.text([roman(
        "Profiles: [profile.NAME] with keys named as the flags, and default = \"NAME\". A file that holds a password or a \
         token must be readable for its owner alone.",
    )]);
    roff.control("TP", []);
    roff.text([italic("~/.local/state/influx-cli/")]);
    roff.text([roman("Journals of imports, and the local cluster.")]);
}

/// Command lines worth copying, by page.
const EXAMPLES: &[(&str, &[(&str, &str)])] = &[
    (
        "influx-cli",
        &[
            ("Write a file and know what became of it:", "influx-cli write -c quorum -d app points.lp"),
            ("What an exit code means:", "influx-cli explain 12"),
            ("A cluster to try it on, on this machine:", "influx-cli cluster up --meta 3 --data 3"),
        ],
    ),
    (
        "influx-cli-write",
        &[
            ("Lines from another program, refused ones put aside:", "influx-cli write -d app --rejects bad.lp -"),
            (
                "To a cluster with TLS, as a user:",
                "influx-cli write -H https://data1:8086,https://data2:8086 --ca ca.pem --username app --password-file pw -d app points.lp",
            ),
        ],
    ),
    ("influx-cli-query", &[("For a script:", "influx-cli query -d app --format csv 'SELECT mean(v) FROM cpu'")]),
    ("influx-cli-status", &[("Is hinted handoff done?", "influx-cli status --json")]),
    (
        "influx-cli-retry",
        &[
            (
                "Until it is stored on all replicas, or on a quorum as a last resort:",
                "influx-cli retry --level all -- write -c {level} -d app points.lp",
            ),
            ("Begin a policy of one's own:", "influx-cli retry --print-policy"),
        ],
    ),
    (
        "influx-cli-config",
        &[
            (
                "A profile, and what holds then:",
                "influx-cli config set host https://data1:8086,https://data2:8086 --profile prod",
            ),
            ("", "influx-cli config use prod"),
            ("", "influx-cli config show"),
        ],
    ),
    (
        "influx-cli-lab-run",
        &[
            (
                "The study's register under partitions, on a cluster of this machine:",
                "influx-cli lab run register-partition-any --dir /tmp/run",
            ),
            (
                "Does the client ever lie? A hundred thousand simulated schedules:",
                "influx-cli lab run truth --sim --seeds 100000 --dir /tmp/sim",
            ),
            (
                "Against a cluster of yours, whose faults you make yourself:",
                "influx-cli lab run register-healthy-all --hosts http://data1:8086,http://data2:8086 --dir /tmp/ours",
            ),
        ],
    ),
    ("influx-cli-lab-check", &[("A history from anywhere:", "influx-cli lab check history.jsonl --picture why.svg")]),
    ("influx-cli-man", &[("Install the pages:", "influx-cli man --dir /usr/local/share/man/man1")]),
    ("influx-cli-completions", &[("For this shell alone:", "influx-cli completions bash")]),
];

fn examples(roff: &mut Roff, page: &str) {
    let Some((_, examples)) = EXAMPLES.iter().find(|(name, _)| *name == page) else { return };
    roff.control("SH", ["EXAMPLES"]);
    for (text, line) in *examples {
        if !text.is_empty() {
            roff.control("PP", []);
            roff.text([roman(*text)]);
        }
        roff.control("PP", []);
        roff.control("RS", []);
        roff.control("nf", []);
        roff.text([roman(*line)]);
        roff.control("fi", []);
        roff.control("RE", []);
    }
}

fn see_also(roff: &mut Roff, command: &Command, root: &Command) {
    let page = name(command);
    let parent = page.rsplit_once('-').map(|(parent, _)| parent).unwrap_or_default();
    let related = |other: &&Command| {
        let other = name(other);
        other != page
            && (other == name(root) || other == parent || other.rsplit_once('-').is_some_and(|(up, _)| up == page))
    };
    let names: Vec<String> = pages(root).iter().filter(|it| related(it)).map(|it| format!("{}(1)", name(it))).collect();
    if !names.is_empty() {
        roff.control("SH", ["SEE ALSO"]);
        roff.text([roman(names.join(", "))]);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_example_is_a_command_line() {
        let root = root();
        for (page, examples) in EXAMPLES {
            assert!(pages(&root).iter().any(|command| name(command) == *page), "{page}");
            for (_, line) in *examples {
                let quoted: Vec<&str> = line.split('\'').collect();
                let words = quoted.iter().enumerate().flat_map(|(at, piece)| match at % 2 {
                    0 => piece.split_whitespace().collect::<Vec<_>>(),
                    _ => vec![*piece],
                });
                let parsed = start::definition().try_get_matches_from(words.collect::<Vec<_>>());
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            }
        }
    }
}
