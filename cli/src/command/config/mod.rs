//! `config`: what holds, where it comes from, and changing it.

mod show;

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use self::show::ShowArgs;
use crate::config::keys::{self, Key, Shape};
use crate::config::{self, ConfigFile, Edit, Place, VARIABLE, apply, edited, privacy, write_private};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::render::{Table, one_line};
use crate::secret::{Secret, somebody_is_there, without_credentials};
use crate::start;

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

impl ListArgs {
    fn run(self, console: &Console) -> Result<Exit, Failure> {
        let place = place()?;
        let config = place.read()?.unwrap_or_default();
        let mut table = Table::new(&["profile", "default", "host", "database"]);
        for profile in &config.profiles {
            let is_default = config.default.as_ref() == Some(&profile.name);
            let hosts = match profile.entry("host").map(|entry| &entry.setting) {
                Some(config::Setting::Values(values)) => values.iter().map(|host| without_credentials(host)).collect(),
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
    if named.as_deref() == Some(config::NONE) {
        return Err(Failure::Usage(format!("no profile can be called {}: it means none", config::NONE)));
    }
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
