//! `config show`: every setting that holds, and where it comes from.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::parser::ValueSource;
use serde_json::{Value, json};

use crate::command::job::{Defaults, WindowChoice};
use crate::config::credentials::{Choice, Kept, Layer, Origin, choose};
use crate::config::keys::{KEYS, Key, Shape};
use crate::config::{self, Profile, apply};
use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::policy::Tries;
use crate::render::{Table, one_line};
use crate::secret::without_credentials;
use crate::{settings, start, target};

/// Show every setting that holds, and where it comes from. Secrets are not shown.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Profile; the file's default if left out.
    #[arg(long, value_name = "NAME", env = "INFLUX_PROFILE")]
    profile: Option<String>,
    /// The command whose settings are shown: what is built in differs between them.
    #[arg(long = "for", value_name = "COMMAND", default_value = "write")]
    command: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Variable(String),
    Profile { name: String, file: PathBuf, line: usize },
    BuiltIn,
}

/// A setting that holds.
struct Row {
    key: &'static str,
    /// `None` where nothing is set.
    value: Option<Shown>,
    source: Source,
}

enum Shown {
    Values(Vec<String>),
    /// There is a secret, of which only this may be told.
    Hidden(String),
}

impl ShowArgs {
    pub(super) fn run(self, console: &Console) -> Result<Exit, Failure> {
        let root = apply::without_empty_variables(start::definition());
        let profile = config::select(&root, self.profile.as_deref().filter(|name| !name.is_empty()))?;
        let rows = self.rows(&root, profile.as_ref())?;
        if self.json {
            console.print_json(&json!({
                "v": 1,
                "type": "config",
                "command": self.command,
                "file": profile.as_ref().map(|it| it.file.to_string_lossy()),
                "profile": profile.as_ref().map(|it| &it.name),
                "settings": rows.iter().map(Row::object).collect::<Vec<_>>(),
            }))?;
            return Ok(Exit::OK);
        }
        let mut table = Table::new(&["setting", "value", "source"]);
        for row in &rows {
            let value = match &row.value {
                None => console.painted("-", Paint::Faint),
                Some(Shown::Values(values)) => one_line(&values.join(",")),
                Some(Shown::Hidden(text)) => one_line(text),
            };
            table.row([row.key.to_owned(), value, row.source.text()]);
        }
        console.print(&table.fitted(console.width()))?;
        Ok(Exit::OK)
    }

    /// What the parser of the command itself finds, without a single word on its command line.
    fn rows(&self, root: &clap::Command, profile: Option<&Profile>) -> Result<Vec<Row>, Failure> {
        let fed = match profile {
            Some(profile) => apply::with_profile(root.clone(), profile),
            None => root.clone(),
        };
        let with_target = || fed.get_subcommands().filter(|it| apply::has_target(it) && !it.is_hide_set());
        let Some(command) = with_target().find(|it| it.get_name() == self.command) else {
            let names: Vec<&str> = with_target().map(clap::Command::get_name).collect();
            return Err(Failure::Usage(format!("--for: {:?} is none of {}", self.command, names.join(", "))));
        };
        let fed = apply::with_refusals(command.clone());
        // What is required is as yet to be typed.
        let command = fed.mut_args(|arg| arg.required(false)).no_binary_name(true);
        let matches = command.clone().try_get_matches_from([] as [OsString; 0]).map_err(|error| {
            let wrong = apply::Sketch::bare(&command).and_then(|sketch| sketch.wrong_variable(&command, &error));
            Failure::Usage(wrong.unwrap_or_else(|| error.render().to_string()))
        })?;
        let mut rows = Vec::new();
        let of_profile = |key: &Key| {
            let profile = profile?;
            let entry = profile.entry(key.name)?;
            Some(Source::Profile { name: profile.name.clone(), file: profile.file.clone(), line: entry.line })
        };
        let mut told = false;
        for key in KEYS {
            if key.is_credential() {
                if !std::mem::replace(&mut told, true) {
                    let hosts: Vec<String> =
                        matches.get_many::<String>("hosts").into_iter().flatten().cloned().collect();
                    rows.extend(credentials(profile.filter(|it| target::may_have_secrets(it, &hosts)))?);
                }
                continue;
            }
            let flag = key.flag();
            let Some(arg) = command.get_arguments().find(|arg| arg.get_long() == flag.as_deref()) else { continue };
            let id = arg.get_id().as_str();
            let values = matches
                .get_raw(id)
                .map(|all| all.map(|value| without_credentials(&value.to_string_lossy())).collect::<Vec<_>>());
            let source = match (matches.value_source(id), arg.get_env()) {
                _ if arg.get_long().and_then(apply::said_no).is_some() => {
                    Source::Variable(arg.get_long().and_then(apply::said_no).unwrap_or_default().to_owned())
                }
                (Some(ValueSource::EnvVariable), Some(name)) => Source::Variable(name.to_string_lossy().into_owned()),
                _ => of_profile(key).unwrap_or(Source::BuiltIn),
            };
            rows.push(Row { key: key.name, value: values.map(Shown::Values), source });
        }
        let budget = rows.iter().find(|row| row.key == "retry_budget").and_then(Row::text);
        for row in rows.iter_mut().filter(|row| row.value.is_none()) {
            row.value = unwritten(&self.command, row.key, budget.as_deref()).map(Shown::Values);
        }
        Ok(rows)
    }
}

/// What holds where a flag has no default of its own, because the commands differ or because it hangs on another.
fn unwritten(command: &str, key: &str, retry_budget: Option<&str>) -> Option<Vec<String>> {
    let defaults = match command {
        "write" => Defaults::WRITE,
        "import" => Defaults::IMPORT,
        _ => return None,
    };
    let one = match key {
        "in_flight" => defaults.in_flight.to_string(),
        "retry_budget" => format!("{}s", defaults.retry_budget.as_secs()),
        "window" => match defaults.window {
            WindowChoice::Auto => "auto".to_owned(),
            WindowChoice::Off => "off".to_owned(),
            WindowChoice::Every(duration) => format!("{}s", duration.as_secs()),
        },
        "retries" => {
            let budget = retry_budget.map_or(Ok(defaults.retry_budget), settings::duration);
            if budget.is_ok_and(|budget| budget.is_zero()) { "0".to_owned() } else { "unlimited".to_owned() }
        }
        "retry_on" => {
            return Some(Tries::CLASSES.iter().map(|class| class.exit_code().to_string()).collect());
        }
        "gzip" => "off".to_owned(),
        _ => return None,
    };
    Some(vec![one])
}

/// User, password and token as the commands choose them.
fn credentials(profile: Option<&Profile>) -> Result<Vec<Row>, Failure> {
    let choice = choose(&Layer::default(), &target::environment()?, &target::of_profile(profile))?;
    let source = |origin: Origin, key: &str, variable: &str| match (origin, profile) {
        (Origin::Profile, Some(profile)) => Source::Profile {
            name: profile.name.clone(),
            file: profile.file.clone(),
            line: profile.entry(key).map_or(0, |entry| entry.line),
        },
        _ => Source::Variable(variable.to_owned()),
    };
    let shown = |kept: &Kept| match kept {
        Kept::Inline(_) => Some(Shown::Hidden("(hidden)".to_owned())),
        Kept::File(path) => Some(Shown::Hidden(format!("(in {})", path.display()))),
        Kept::Nowhere => None,
    };
    let none = |key| Row { key, value: None, source: Source::BuiltIn };
    Ok(match choice {
        Choice::Nobody => vec![none("username"), none("password"), none("token")],
        Choice::User { username, username_from, password, password_from } => {
            let username = Row {
                key: "username",
                value: Some(Shown::Values(vec![username])),
                source: source(username_from, "username", "INFLUX_USERNAME"),
            };
            let password = Row {
                key: "password",
                value: shown(&password),
                source: password_from.map_or(Source::BuiltIn, |(origin, name)| source(origin, name, name)),
            };
            vec![username, password, none("token")]
        }
        Choice::Token { token, from: (origin, name) } => {
            let token = Row { key: "token", value: shown(&token), source: source(origin, name, name) };
            vec![none("username"), none("password"), token]
        }
    })
}

impl Row {
    /// Its value as a flag would take it.
    fn text(&self) -> Option<String> {
        match self.value.as_ref()? {
            Shown::Values(values) => Some(values.join(",")),
            Shown::Hidden(_) => None,
        }
    }

    fn object(&self) -> Value {
        let mut object = match &self.value {
            None => json!({"key": self.key, "value": null}),
            Some(Shown::Values(values)) if Key::named(self.key).is_some_and(|key| key.shape == Shape::List) => {
                json!({"key": self.key, "value": values})
            }
            Some(Shown::Values(values)) => json!({"key": self.key, "value": values.join(",")}),
            Some(Shown::Hidden(text)) => json!({"key": self.key, "value": null, "hidden": text}),
        };
        match &self.source {
            Source::Variable(name) => {
                object["source"] = json!("environment");
                object["variable"] = json!(name);
            }
            Source::Profile { name, file, line } => {
                object["source"] = json!("profile");
                object["profile"] = json!(name);
                object["file"] = json!(file.to_string_lossy());
                object["line"] = json!(line);
            }
            Source::BuiltIn => object["source"] = json!("built-in"),
        }
        object
    }
}

impl Source {
    fn text(&self) -> String {
        match self {
            Self::Variable(name) => format!("environment: {name}"),
            Self::Profile { name, file, line } => format!("profile {name}: {}:{line}", file.display()),
            Self::BuiltIn => "built in".to_owned(),
        }
    }
}
