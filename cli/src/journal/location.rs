//! Where journals are kept, and which is whose.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::identity::short_hash;
use super::record::{Identity, Settings};

/// Which journal a run keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// One for these inputs and this target, in the directory of journals.
    Auto,
    /// None.
    Off,
    /// This file.
    File(PathBuf),
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "auto" => Self::Auto,
            "off" => Self::Off,
            "" => return Err("write auto, off or a file".to_owned()),
            path => Self::File(path.into()),
        })
    }
}

/// The directory of journals that were not given a place.
///
/// # Errors
/// The environment does not say where the user's files are.
pub(crate) fn directory() -> Result<PathBuf, String> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    directory_from(variable)
}

fn directory_from(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, String> {
    // A relative path would mean another directory in each place.
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let own = |base: PathBuf| base.join("influx-cli").join("journal");
    if cfg!(windows) {
        let base = absolute("LOCALAPPDATA");
        return base
            .map(own)
            .ok_or_else(|| "no place for journals: give --journal FILE or set LOCALAPPDATA".to_owned());
    }
    // What systemd gives a service is its own already, and its home may be nowhere or not to be written to.
    let of_service = || absolute("STATE_DIRECTORY").map(|base| base.join("journal"));
    let of_user = || absolute("HOME").map(|home| own(home.join(".local/state")));
    let directory = absolute("XDG_STATE_HOME").map(own).or_else(of_service).or_else(of_user);
    directory.ok_or_else(|| {
        "no place for journals: give --journal FILE, or set XDG_STATE_HOME, STATE_DIRECTORY or HOME".to_owned()
    })
}

/// The file in that directory for these inputs and this target; hosts and levels may change from run to run.
pub(crate) fn file_name(inputs: &[Identity], settings: &Settings) -> String {
    let mut text = String::new();
    let paths = inputs.iter().map(|input| Some(input.path.as_str()));
    for part in [settings.database.as_deref(), settings.rp.as_deref()].into_iter().chain(paths) {
        match part {
            // A length before each, so that no two lists read the same.
            Some(part) => text.push_str(&format!("{}:{part};", part.len())),
            None => text.push_str("-;"),
        }
    }
    format!("{}.jsonl", short_hash(text.as_bytes()))
}

/// All journals of the directory, in the order of their names.
///
/// # Errors
/// The directory is there and cannot be read.
pub(crate) fn all(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::state::tests::header;
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_directory_follows_the_environment() {
        let with = |pairs: &[(&str, &str)]| {
            directory_from(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
        };
        let home = ("HOME", "/home/a");
        assert_eq!(with(&[home]).unwrap(), Path::new("/home/a/.local/state/influx-cli/journal"));
        assert_eq!(with(&[home, ("XDG_STATE_HOME", "/s")]).unwrap(), Path::new("/s/influx-cli/journal"));
        assert_eq!(
            with(&[home, ("XDG_STATE_HOME", "s")]).unwrap(),
            Path::new("/home/a/.local/state/influx-cli/journal")
        );
        let service = ("STATE_DIRECTORY", "/var/lib/app");
        assert_eq!(with(&[home, service]).unwrap(), Path::new("/var/lib/app/journal"));
        assert!(with(&[]).unwrap_err().contains("--journal FILE"));
    }

    #[test]
    fn another_input_or_target_has_another_journal() {
        let one = header(2);
        let name = |header: &crate::journal::Header| file_name(&header.inputs, &header.settings);
        let mut others = vec![one.clone(), header(1), header(3)];
        others[0].inputs.reverse();
        for change in [Some("other"), None] {
            let mut other = one.clone();
            other.settings.database = change.map(str::to_owned);
            others.push(other);
        }
        let mut policy = one.clone();
        policy.settings.rp = Some("short".to_owned());
        others.push(policy);
        for other in &others {
            assert_ne!(name(other), name(&one));
        }
        let mut weaker = one.clone();
        weaker.settings.consistency = "any".to_owned();
        weaker.hosts.clear();
        assert_eq!(name(&weaker), name(&one));
    }

    #[test]
    fn a_choice_is_a_word_or_a_file() {
        assert_eq!("auto".parse(), Ok(Choice::Auto));
        assert_eq!("off".parse(), Ok(Choice::Off));
        assert_eq!("./auto".parse(), Ok(Choice::File("./auto".into())));
        assert!("".parse::<Choice>().is_err());
    }
}
