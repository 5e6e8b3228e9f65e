//! `config`: what holds, where it comes from, and changing it.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::command::job::{Defaults, WindowChoice};
use crate::config::credentials::{Choice, Kept, Layer, Origin, choose};
use crate::config::keys::{self, KEYS, Key, Shape};
use crate::config::{self, ConfigFile, Edit, Place, Profile, VARIABLE, apply, edited, privacy, write_private};
use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::policy::Tries;
use crate::render::{Table, one_line};
use crate::secret::{Secret, somebody_is_there};
use crate::{settings, start, target};

/// Show and change settings: profiles in a TOML file.
///
/// A flag counts before the environment, the environment before the profile, the profile before what is built in. The
/// profile is that of --profile, of INFLUX_PROFILE, or the file's default.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Show(ShowArgs),
    List(ListArgs),
    Set(SetArgs),
    Unset(UnsetArgs),
    Use(UseArgs),
    Path(PathArgs),
    Init(InitArgs),
}

/// Show every setting that holds, and where it comes from. Secrets are not shown.
#[derive(Debug, Args)]
struct ShowArgs {
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

/// List the profiles of the file.
#[derive(Debug, Args)]
struct ListArgs {
    /// One JSON object a profile.
    #[arg(long)]
    json: bool,
}

/// Give a key of a profile a value. Comments and order of the file stay.
#[derive(Debug, Args)]
struct SetArgs {
    /// The key, named as the flag.
    #[arg(value_name = "KEY")]
    key: String,
    /// The value; several hosts with commas between them. That of a password or token is asked for, or read from standard
    /// input.
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: Option<String>,
    /// Profile; the file's default if left out. A new one is made.
    #[arg(long, value_name = "NAME", env = "INFLUX_PROFILE")]
    profile: Option<String>,
}

/// Remove a key from a profile.
#[derive(Debug, Args)]
struct UnsetArgs {
    /// The key.
    #[arg(value_name = "KEY")]
    key: String,
    /// Profile; the file's default if left out.
    #[arg(long, value_name = "NAME", env = "INFLUX_PROFILE")]
    profile: Option<String>,
}

/// Make a profile the file's default.
#[derive(Debug, Args)]
struct UseArgs {
    /// The profile.
    #[arg(value_name = "PROFILE")]
    profile: String,
}

/// Print where the file is.
#[derive(Debug, Args)]
struct PathArgs {}

/// Make a file with an example in comments, if there is none.
#[derive(Debug, Args)]
struct InitArgs {}

const EXAMPLE: &str = "\
# Settings of influx-cli. A flag counts before the environment, the environment before a profile.
# `influx-cli config show` tells what holds and why. Keys are named as the flags, with _ for -.

# default = \"prod\"

# [profile.prod]
# host = [\"https://data1:8086\", \"https://data2:8086\"]
# database = \"telegraf\"
# consistency = \"quorum\"
# username = \"writer\"
# password_file = \"~/.config/influx-cli/prod.password\"
# ca = \"ca.pem\"
# timeout = \"15s\"
";

impl ConfigArgs {
    pub(crate) fn run(self, console: &Console) -> Result<Exit, Failure> {
        match self.action {
            Action::Show(args) => args.run(console),
            Action::List(args) => args.run(console),
            Action::Set(args) => args.run(console),
            Action::Unset(args) => args.run(console),
            Action::Use(args) => args.run(console),
            Action::Path(PathArgs {}) => {
                console.print(&format!("{}\n", place()?.path.display()))?;
                Ok(Exit::OK)
            }
            Action::Init(InitArgs {}) => init(console),
        }
    }
}

fn place() -> Result<Place, Failure> {
    Place::find().ok_or_else(|| Failure::Usage(format!("no place for a configuration file is known: set {VARIABLE}")))
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
    fn run(self, console: &Console) -> Result<Exit, Failure> {
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
                    rows.extend(credentials(profile)?);
                }
                continue;
            }
            let flag = key.flag();
            let Some(arg) = command.get_arguments().find(|arg| arg.get_long() == flag.as_deref()) else { continue };
            let id = arg.get_id().as_str();
            let values = matches.get_raw(id).map(|all| {
                all.map(|value| crate::secret::without_credentials(&value.to_string_lossy())).collect::<Vec<_>>()
            });
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

impl ListArgs {
    fn run(self, console: &Console) -> Result<Exit, Failure> {
        let place = place()?;
        let config = place.read()?.unwrap_or_default();
        let mut table = Table::new(&["profile", "default", "host", "database"]);
        for profile in &config.profiles {
            let is_default = config.default.as_ref() == Some(&profile.name);
            let hosts = match profile.entry("host").map(|entry| &entry.setting) {
                Some(config::Setting::Values(values)) => {
                    values.iter().map(|host| crate::secret::without_credentials(host)).collect()
                }
                _ => Vec::new(),
            };
            if self.json {
                console.print_json(&json!({
                    "v": 1, "type": "profile", "profile": profile.name, "default": is_default, "host": hosts,
                    "database": profile.text("database"),
                }))?;
            } else {
                table.row([
                    one_line(&profile.name),
                    if is_default { "yes" } else { "" }.to_owned(),
                    one_line(&hosts.join(",")),
                    one_line(profile.text("database").unwrap_or_default()),
                ]);
            }
        }
        if config.profiles.is_empty() {
            console.say(&format!("no profiles in {}", place.path.display()));
        } else if !self.json {
            console.print(&table.fitted(console.width()))?;
        }
        Ok(Exit::OK)
    }
}

fn known(name: &str) -> Result<&'static Key, Failure> {
    Key::named(name).or_else(|| Key::of_flag(name)).ok_or_else(|| Failure::Usage(keys::unknown(name)))
}

/// The profile that a change is about: the named one, the file's default, or the first there will be.
fn changed_profile(named: Option<String>, config: &ConfigFile) -> Result<String, Failure> {
    match named.filter(|name| !name.is_empty()).or_else(|| config.default.clone()) {
        Some(name) => Ok(name),
        None if config.profiles.is_empty() => Ok("default".to_owned()),
        None => Err(Failure::Usage("the file has no default profile: give --profile NAME".to_owned())),
    }
}

/// Makes a change, after the result was read as any command would read it.
fn change(place: &Place, edit: &Edit<'_>) -> Result<(), Failure> {
    let old = Place { asked_for: false, ..place.clone() }.text()?.unwrap_or_default();
    let named = |error: String| Failure::Usage(format!("{}: {error}", place.path.display()));
    let new = edited(&old, edit).map_err(named)?;
    let config = place.parse(&new)?;
    let root = start::definition();
    config.profiles.iter().try_for_each(|profile| apply::check(&root, profile))?;
    write_private(&place.path, &new).map_err(|error| Failure::local_io(format!("{}: {error}", place.path.display())))
}

impl SetArgs {
    fn run(self, console: &Console) -> Result<Exit, Failure> {
        let key = known(&self.key)?;
        let value = match (key.shape, self.value) {
            (Shape::Secret, Some(_)) => {
                return Err(Failure::Usage(format!(
                    "a command line can be read by every user of the machine: leave the {0} out and be asked for it, \
                     write it to standard input, or set {0}_file",
                    key.name
                )));
            }
            (Shape::Secret, None) => read_secret(key.name)?.expose().to_owned(),
            (_, Some(value)) => value,
            (_, None) => return Err(Failure::Usage(format!("{}: a value is missing", key.name))),
        };
        if matches!(key.name, "host" | "proxy") && value.contains('@') {
            let instead = if key.name == "host" { "set username and password_file" } else { "use HTTPS_PROXY" };
            return Err(Failure::Usage(format!("{}: an address holds no credentials: {instead}", key.name)));
        }
        let place = place()?;
        let config = Place { asked_for: false, ..place.clone() }.read()?.unwrap_or_default();
        let profile = changed_profile(self.profile, &config)?;
        change(&place, &Edit::Set { profile: &profile, key, value: &value })?;
        console.say(&format!("{} of profile {profile} is set in {}", key.name, place.path.display()));
        if key.shape == Shape::File
            && let Some(path) = config_path(&place, &profile, key)
            && key.name != "ca"
            && key.name != "cert"
            && let Some(warning) = privacy::warning(&path)
        {
            console.warn(&warning);
        }
        Ok(Exit::OK)
    }
}

/// The path that a key of a profile now means.
fn config_path(place: &Place, profile: &str, key: &Key) -> Option<PathBuf> {
    let config = place.read().ok()??;
    Some(config.profile(profile)?.text(key.name)?.into())
}

fn read_secret(name: &str) -> Result<Secret, Failure> {
    if std::io::stdin().is_terminal() && somebody_is_there() {
        Secret::ask(&format!("{name}: "))
    } else {
        Secret::read("-".as_ref())
    }
}

impl UnsetArgs {
    fn run(self, console: &Console) -> Result<Exit, Failure> {
        let key = known(&self.key)?;
        let place = place()?;
        let config = place.read()?.unwrap_or_default();
        let profile = changed_profile(self.profile, &config)?;
        change(&place, &Edit::Unset { profile: &profile, key })?;
        console.say(&format!("{} of profile {profile} is no longer set in {}", key.name, place.path.display()));
        Ok(Exit::OK)
    }
}

impl UseArgs {
    fn run(self, console: &Console) -> Result<Exit, Failure> {
        let place = place()?;
        let config = place.read()?.unwrap_or_default();
        if config.profile(&self.profile).is_none() {
            return Err(Failure::Usage(format!("{}: {}", place.path.display(), config.no_such_profile(&self.profile))));
        }
        change(&place, &Edit::Use { profile: &self.profile })?;
        console.say(&format!("{} is the default profile now", self.profile));
        Ok(Exit::OK)
    }
}

fn init(console: &Console) -> Result<Exit, Failure> {
    let place = place()?;
    if place.path.exists() {
        return Err(Failure::Usage(format!("{} is there already", place.path.display())));
    }
    write_private(&place.path, EXAMPLE)
        .map_err(|error| Failure::local_io(format!("{}: {error}", place.path.display())))?;
    console.print(&format!("{}\n", place.path.display()))?;
    Ok(Exit::OK)
}
