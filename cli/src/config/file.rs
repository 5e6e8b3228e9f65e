//! Reading a configuration file: TOML, profiles, and nothing that is not known. Pure.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, TableLike, Value};

use super::keys::{self, Key, Shape};
use crate::secret::Secret;

/// What a configuration file says.
#[derive(Debug, Default)]
pub(crate) struct ConfigFile {
    /// The profile of commands that name none.
    pub(crate) default: Option<String>,
    /// In the order of the file.
    pub(crate) profiles: Vec<Profile>,
}

/// Settings under one name.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) name: String,
    /// The file that it stands in.
    pub(crate) file: PathBuf,
    pub(crate) entries: Vec<Entry>,
}

/// One setting of a profile.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: &'static Key,
    pub(crate) setting: Setting,
    /// Where it stands, from 1.
    pub(crate) line: usize,
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// As a flag would take it; several for a list, none for a switch that is off.
    Values(Vec<String>),
    /// Not to be shown.
    Secret(Secret),
}

impl Profile {
    /// The entry of a key.
    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.name == name)
    }

    /// The one value of a key that is no list and no secret.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match &self.entry(name)?.setting {
            Setting::Values(values) => values.first().map(String::as_str),
            Setting::Secret(_) => None,
        }
    }

    /// The secret of a key.
    pub(crate) fn secret(&self, name: &str) -> Option<&Secret> {
        match &self.entry(name)?.setting {
            Setting::Secret(secret) => Some(secret),
            Setting::Values(_) => None,
        }
    }
}

/// What is wrong with a file, and where. Values are not repeated where they might be secrets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// From 1; `None` for the file as a whole.
    pub(crate) line: Option<usize>,
    pub(crate) message: String,
}

impl ConfigFile {
    /// Reads a file's text; relative paths in it count from the file's directory, `~/` from `home`.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(crate) fn read(text: &str, file: &Path, home: Option<&Path>) -> Result<Self, Wrong> {
        let document = Document::parse(text).map_err(|error| Wrong {
            line: error.span().map(|span| line_of(text, &span)),
            // The library's own display repeats the line, which may hold a password.
            message: format!("not TOML: {}", error.message().trim()),
        })?;
        let at = |item: &Item| item.span().map(|span| line_of(text, &span));
        let mut config = Self::default();
        for (name, item) in document.as_table() {
            let wrong = |message: String| Wrong { line: at(item), message };
            match name {
                "default" => {
                    let profile = item
                        .as_str()
                        .ok_or_else(|| wrong("default must be the name of a profile, in quotes".to_owned()))?;
                    config.default = Some(profile.to_owned());
                }
                "profile" => {
                    let profiles = item
                        .as_table_like()
                        .ok_or_else(|| wrong("profile must be tables: write [profile.NAME]".to_owned()))?;
                    for (name, item) in profiles.iter() {
                        let table = item.as_table_like().ok_or_else(|| Wrong {
                            line: at(item),
                            message: format!("settings stand in a profile: write [profile.NAME] above {name}"),
                        })?;
                        let place = Place { text, file, home };
                        config.profiles.push(place.profile(name, table)?);
                    }
                }
                other => {
                    let hint = if Key::named(other).is_some() {
                        "settings stand in a profile: write [profile.NAME] above it"
                    } else {
                        "there are default and [profile.NAME]"
                    };
                    return Err(wrong(format!("unknown key {other:?}: {hint}")));
                }
            }
        }
        if let Some(name) = &config.default
            && config.profile(name).is_none()
        {
            return Err(Wrong { line: None, message: format!("default: {}", config.no_such_profile(name)) });
        }
        Ok(config)
    }

    /// The profile of this name.
    pub(crate) fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// What to say about a profile that does not exist.
    pub(crate) fn no_such_profile(&self, name: &str) -> String {
        let names: Vec<&str> = self.profiles.iter().map(|profile| profile.name.as_str()).collect();
        if names.is_empty() {
            return format!("there is no profile {name:?}, nor any other");
        }
        match keys::nearest(name, names.iter().copied()) {
            Some(near) => format!("there is no profile {name:?}: did you mean {near:?}?"),
            None => format!("there is no profile {name:?}: there are {}", names.join(", ")),
        }
    }

    /// Whether it holds a password or a token.
    pub(crate) fn has_secrets(&self) -> bool {
        let mut entries = self.profiles.iter().flat_map(|profile| &profile.entries);
        entries.any(|entry| matches!(entry.setting, Setting::Secret(_)))
    }
}

/// Where text comes from.
struct Place<'a> {
    text: &'a str,
    file: &'a Path,
    home: Option<&'a Path>,
}

impl Place<'_> {
    fn profile(&self, name: &str, table: &dyn TableLike) -> Result<Profile, Wrong> {
        let mut entries: Vec<Entry> = Vec::new();
        for (given, item) in table.iter() {
            let key_at = table.key(given).and_then(toml_edit::Key::span);
            let span = key_at.or_else(|| item.span()).unwrap_or_default();
            let line = line_of(self.text, &span);
            let wrong = |message: String| Wrong { line: Some(line), message: format!("profile {name}: {message}") };
            let key = Key::named(given).ok_or_else(|| wrong(keys::unknown(given)))?;
            if entries.iter().any(|entry| entry.key == key) {
                return Err(wrong(format!("{} is given twice", key.name)));
            }
            let value = item.as_value().and_then(|value| self.setting(key.shape, value));
            let setting = value.ok_or_else(|| wrong(format!("{given} must be {}", key.shape)))?;
            // It would be shown wherever the address is.
            if let (Setting::Values(values), "host" | "proxy") = (&setting, key.name)
                && values.iter().any(|value| value.contains('@'))
            {
                let instead = if key.name == "host" { "give username and password_file" } else { "set HTTPS_PROXY" };
                return Err(wrong(format!("{given}: an address holds no credentials: {instead}")));
            }
            entries.push(Entry { key, setting, line });
        }
        for [one, other] in
            [["password", "password_file"], ["token", "token_file"], ["username", "token"], ["username", "token_file"]]
        {
            let both = [one, other].map(|name| entries.iter().find(|entry| entry.key.name == name));
            if let [Some(_), Some(second)] = both {
                return Err(Wrong {
                    line: Some(second.line),
                    message: format!("profile {name}: {one} and {other} exclude each other"),
                });
            }
        }
        Ok(Profile { name: name.to_owned(), file: self.file.to_owned(), entries })
    }

    /// The value as a flag takes it, if it has the shape.
    fn setting(&self, shape: Shape, value: &Value) -> Option<Setting> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let values = match shape {
            Shape::Secret => return Some(Setting::Secret(Secret::new(value.as_str()?))),
            Shape::Text => vec![text(value)?],
            Shape::File => vec![self.path(value.as_str()?)],
            Shape::List => match value.as_array() {
                Some(array) => array.iter().map(text).collect::<Option<Vec<_>>>().filter(|all| !all.is_empty())?,
                None => vec![text(value)?],
            },
            Shape::Number => vec![value.as_integer()?.to_string()],
            Shape::TextOrNumber => match value.as_integer() {
                Some(number) => vec![number.to_string()],
                None => vec![text(value)?],
            },
            Shape::Switch => {
                if value.as_bool()? {
                    vec!["true".to_owned()]
                } else {
                    Vec::new()
                }
            }
            Shape::SwitchOrNumber => match (value.as_bool(), value.as_integer()) {
                (Some(true), _) => vec!["1".to_owned()],
                (Some(false), _) => Vec::new(),
                (None, Some(number)) => vec![number.to_string()],
                (None, None) => return None,
            },
        };
        Some(Setting::Values(values))
    }

    fn path(&self, text: &str) -> String {
        let path = match (text.strip_prefix("~/"), self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            // What is absolute stays so.
            _ => self.file.parent().unwrap_or(Path::new("")).join(text),
        };
        path.to_string_lossy().into_owned()
    }
}

/// The line of a place in a text, from 1.
fn line_of(text: &str, span: &Range<usize>) -> usize {
    let before = text.as_bytes().get(..span.start).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<ConfigFile, Wrong> {
        ConfigFile::read(text, Path::new("/etc/influx/config.toml"), Some(Path::new("/home/me")))
    }

    fn wrong(text: &str) -> (Option<usize>, String) {
        let wrong = read(text).unwrap_err();
        (wrong.line, wrong.message)
    }

    #[test]
    fn values_are_read_as_flags_take_them() {
        let config = read(
            "# mine\ndefault = \"prod\"\n[profile.prod]\nhosts = [\"a:1\", \"b:2\"]\ntimeout = \"15s\"\nretries = 3\n\
             ca = \"ca.pem\"\nkey = \"~/k.pem\"\ncert = \"/c.pem\"\ngzip = true\ninsecure = false\npassword = \"x\"\n\
             [profile.\"two words\"]\ngzip = 6\nhost = \"c\"\n",
        )
        .unwrap();
        let prod = config.profile("prod").unwrap();
        let values = |name: &str| match &prod.entry(name).unwrap().setting {
            Setting::Values(values) => values.clone(),
            Setting::Secret(_) => panic!("{name}"),
        };
        assert_eq!(values("host"), ["a:1", "b:2"]);
        assert_eq!((values("retries"), values("gzip")), (vec!["3".to_owned()], vec!["1".to_owned()]));
        assert_eq!(values("insecure"), [] as [&str; 0]);
        assert_eq!(prod.text("ca"), Some("/etc/influx/ca.pem"));
        assert_eq!((prod.text("key"), prod.text("cert")), (Some("/home/me/k.pem"), Some("/c.pem")));
        assert_eq!(prod.entry("timeout").unwrap().line, 5);
        assert!(config.has_secrets() && prod.secret("password").is_some() && prod.text("password").is_none());
        assert_eq!(config.profile("two words").unwrap().text("gzip"), Some("6"));
        assert!(read("").unwrap().profiles.is_empty());
        assert_eq!(read("profile.a.host = \"x\"\n").unwrap().profile("a").unwrap().text("host"), Some("x"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, part) in [
            ("[profile.a]\nconsistancy = \"all\"\n", 2, "did you mean \"consistency\"?"),
            ("host = \"x\"\n", 1, "write [profile.NAME]"),
            ("[profile]\nhost = \"x\"\n", 2, "write [profile.NAME]"),
            ("[profile.a]\n\ntimeout = 15\n", 3, "timeout must be a string in quotes"),
            ("[profile.a]\nhost = []\n", 2, "an array of them"),
            ("[profile.a]\nin_flight = \"3\"\n", 2, "in_flight must be a whole number"),
            ("[profile.a]\ninsecure = \"yes\"\n", 2, "true or false"),
            ("[profile.a]\nhost = \"x\"\nhosts = \"y\"\n", 3, "host is given twice"),
            ("[profile.a]\npassword = \"x\"\npassword_file = \"y\"\n", 3, "exclude each other"),
            ("[profile.a.b]\nhost = \"x\"\n", 1, "unknown key \"b\""),
            ("[profile.a]\nhost = [\"a\", \"http://u:S3cr3t@h\"]\n", 2, "give username"),
            ("[profile.a]\nproxy = \"http://u:S3cr3t@h\"\n", 2, "HTTPS_PROXY"),
            ("default = 1\n", 1, "the name of a profile"),
            ("[profile.a]\nhost = \"x\n", 2, "not TOML"),
        ] {
            let (at, message) = wrong(text);
            assert!(message.contains(part) && !message.contains("S3cr3t"), "{text}: {message}");
            assert_eq!(at, Some(line), "{text}: {message}");
        }
        assert!(wrong("default = \"prd\"\n[profile.prod]\n").1.contains("did you mean \"prod\"?"));
    }

    #[test]
    fn no_message_repeats_a_secret() {
        for text in [
            "[profile.a]\npassword = \"S3cr3t",
            "[profile.a]\npassword = S3cr3t\n",
            "[profile.a]\npassword = 53\ntoken = [\"S3cr3t\"]\n",
        ] {
            let (_, message) = wrong(text);
            assert!(!message.contains("S3cr3t"), "{message}");
        }
    }
}
