//! Changing a configuration file: comments and order stay, and a crash leaves the old file or the new one.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Table, Value, value};

use super::keys::{Key, Shape};

/// A change of a file.
#[derive(Debug)]
pub(crate) enum Edit<'a> {
    /// Give a key of a profile a value.
    Set { profile: &'a str, key: &'static Key, value: &'a str },
    /// Remove a key of a profile.
    Unset { profile: &'a str, key: &'static Key },
    /// Make a profile the default.
    Use { profile: &'a str },
}

/// The text with the change made. The first profile of a file becomes its default. Pure.
///
/// # Errors
/// The text is no TOML, has something else where profiles belong, or the value has another shape.
pub(crate) fn edited(text: &str, edit: &Edit<'_>) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    if document.is_empty() && !text.trim().is_empty() {
        // Comments alone stand behind everything as the editor sees it; what explains the file stays above it.
        let line_end = if text.ends_with('\n') { "" } else { "\n" };
        return edited("", edit).map(|added| format!("{text}{line_end}{added}"));
    }
    match edit {
        Edit::Use { profile } => set_default(&mut document, profile),
        Edit::Set { profile, key, value } => {
            let value = shaped(key.shape, value)?;
            if document.get("profile").is_none() && document.get("default").is_none() {
                set_default(&mut document, profile);
            }
            let profiles = document.entry("profile").or_insert_with(|| {
                let mut table = Table::new();
                // No line of its own: each profile has one.
                table.set_implicit(true);
                Item::Table(table)
            });
            let profiles = profiles.as_table_like_mut().ok_or("profile is no table")?;
            let table = profiles.entry(profile).or_insert_with(|| Item::Table(Table::new()));
            let table = table.as_table_like_mut().ok_or("the profile is no table")?;
            // The other spelling of the same key would stand beside it.
            let name = if key.name == "host" && table.contains_key("hosts") { "hosts" } else { key.name };
            match table.get_mut(name).and_then(Item::as_value_mut) {
                Some(old) => {
                    let decor = old.decor().clone();
                    *old = value;
                    *old.decor_mut() = decor;
                }
                None => {
                    table.insert(name, Item::Value(value));
                }
            }
        }
        Edit::Unset { profile, key } => {
            let table = document.get_mut("profile").and_then(|profiles| profiles.get_mut(profile));
            let table =
                table.and_then(Item::as_table_like_mut).ok_or_else(|| format!("there is no profile {profile:?}"))?;
            let name = if key.name == "host" && table.contains_key("hosts") { "hosts" } else { key.name };
            table.remove(name).ok_or_else(|| format!("{} is not set in profile {profile}", key.name))?;
        }
    }
    Ok(document.to_string())
}

fn set_default(document: &mut DocumentMut, profile: &str) {
    document.insert("default", value(profile));
}

/// A value as it stands in the file.
fn shaped(shape: Shape, text: &str) -> Result<Value, String> {
    let wrong = || format!("{text:?} is not {shape}");
    let switch = || match text {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    };
    let number = || text.parse::<i64>().ok();
    match shape {
        Shape::Text | Shape::File | Shape::Secret => Ok(text.into()),
        Shape::List if text.contains(',') => Ok(Value::Array(text.split(',').map(str::trim).collect::<Array>())),
        Shape::List => Ok(text.into()),
        Shape::Number => number().map(Value::from).ok_or_else(wrong),
        Shape::TextOrNumber => Ok(number().map_or_else(|| text.into(), Value::from)),
        Shape::Switch => switch().map(Value::from).ok_or_else(wrong),
        Shape::SwitchOrNumber => switch().map(Value::from).or_else(|| number().map(Value::from)).ok_or_else(wrong),
    }
}

/// Replaces a file at once, through a new one beside it, readable for the user alone. A link to a file elsewhere stays one.
///
/// # Errors
/// As the system says; the old file is then as it was.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let path = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_private_dir(directory)?;
    let name = path.file_name().ok_or_else(|| io::Error::other("is no name of a file"))?;
    let new = directory.join(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written = create_private(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &path)
    });
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&new);
    }
    written
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(unix)]
fn create_private_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_private_dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn set(text: &str, profile: &str, name: &str, value: &str) -> Result<String, String> {
        edited(text, &Edit::Set { profile, key: Key::named(name).unwrap(), value })
    }

    #[test]
    fn a_first_setting_makes_a_profile_and_the_default() {
        let text = set("", "prod", "host", "a:1, b:2").unwrap();
        assert_eq!(text, "default = \"prod\"\n\n[profile.prod]\nhost = [\"a:1\", \"b:2\"]\n");
        let text = set(&text, "prod", "retries", "3").unwrap();
        let text = set(&text, "test", "insecure", "yes").unwrap();
        assert!(text.ends_with("retries = 3\n\n[profile.test]\ninsecure = true\n"), "{text}");
        assert!(text.starts_with("default = \"prod\"\n"), "{text}");
    }

    #[test]
    fn comments_alone_stay_above_what_is_added() {
        let key = Key::named("database").unwrap();
        let text = edited("# mine\n# default = \"x\"", &Edit::Set { profile: "prod", key, value: "db" }).unwrap();
        assert!(text.starts_with("# mine\n# default = \"x\"\ndefault = \"prod\"\n"), "{text}");
        assert!(text.parse::<DocumentMut>().is_ok());
    }

    #[test]
    fn comments_and_order_stay() {
        let text = "# top\ndefault = \"a\" # why\n\n[profile.a] # here\n# about the host\nhosts = \"x\"   # old\ntimeout = \"1s\"\n";
        let changed = set(text, "a", "host", "y").unwrap();
        assert_eq!(changed, text.replace("\"x\"", "\"y\""));
        let without = edited(text, &Edit::Unset { profile: "a", key: Key::named("timeout").unwrap() }).unwrap();
        assert_eq!(without, text.replace("timeout = \"1s\"\n", ""));
        assert!(edited(text, &Edit::Use { profile: "b" }).unwrap().contains("default = \"b\""));
    }

    #[test]
    fn values_need_their_shape() {
        for (name, value) in [("in_flight", "many"), ("insecure", "perhaps"), ("gzip", "very")] {
            assert!(set("", "a", name, value).is_err(), "{name}");
        }
        for (name, value, line) in
            [("gzip", "6", "gzip = 6"), ("gzip", "off", "gzip = false"), ("host", "a", "host = \"a\"")]
        {
            assert!(set("", "a", name, value).unwrap().contains(line), "{line}");
        }
        assert!(edited("", &Edit::Unset { profile: "a", key: Key::named("host").unwrap() }).is_err());
        assert!(set("profile = 1\n", "a", "host", "x").is_err());
    }
}
