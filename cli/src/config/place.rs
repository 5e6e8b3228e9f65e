//! Where the configuration file is, and whether it may be believed.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::file::{ConfigFile, Wrong};
use crate::failure::Failure;

/// The variable that names the file.
pub(crate) const VARIABLE: &str = "INFLUX_CONFIG";
/// What the variable says where no file is to be read.
pub(crate) const NONE: &str = "none";
/// Longer files are none of settings.
const LONGEST: u64 = 1 << 20;

/// Where the file is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// Named by the variable, so that it has to be there.
    pub(crate) asked_for: bool,
}

impl Place {
    /// INFLUX_CONFIG, then the user's directory of settings. `None` where the variable says none, or the environment tells
    /// of no directory.
    pub(crate) fn find() -> Option<Self> {
        let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        place(&variable, cfg!(windows), cfg!(target_os = "macos"))
    }

    /// The file's text, if there is a file.
    ///
    /// # Errors
    /// It cannot be read, or somebody else could have written it.
    pub(crate) fn text(&self) -> Result<Option<String>, Failure> {
        let unreadable = |error: &io::Error| Failure::local_io(format!("{}: {error}", self.path.display()));
        match fs::metadata(&self.path) {
            Ok(metadata) if !metadata.is_file() => {
                return Err(Failure::local_io(format!("{}: is no regular file", self.path.display())));
            }
            Ok(_) => {}
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
                    && !self.asked_for =>
            {
                return Ok(None);
            }
            Err(error) => return Err(unreadable(&error)),
        }
        let file = File::open(&self.path).map_err(|error| unreadable(&error))?;
        let mut text = String::new();
        file.take(LONGEST + 1).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
        if text.len() as u64 > LONGEST {
            return Err(Failure::Usage(format!("{}: larger than 1 MiB, which no settings are", self.path.display())));
        }
        Ok(Some(text))
    }

    /// Reads the file, if there is one.
    ///
    /// # Errors
    /// It cannot be read, says what cannot be, or holds secrets and is not private.
    pub(crate) fn read(&self) -> Result<Option<ConfigFile>, Failure> {
        let Some(text) = self.text()? else { return Ok(None) };
        let config = self.parse(&text)?;
        if let Err(reason) = privacy::check(&self.path, config.has_secrets()) {
            return Err(Failure::Usage(format!("{}: refused: {reason}", self.path.display())));
        }
        Ok(Some(config))
    }

    /// Reads text as this file's.
    ///
    /// # Errors
    /// It says what cannot be.
    pub(crate) fn parse(&self, text: &str) -> Result<ConfigFile, Failure> {
        let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE")).map(PathBuf::from);
        let absolute = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        ConfigFile::read(text, &absolute, home.as_deref()).map_err(|wrong| self.failure(&wrong))
    }

    fn failure(&self, wrong: &Wrong) -> Failure {
        let Wrong { line, message } = wrong;
        Failure::Usage(match line {
            Some(line) => format!("{}:{line}: {message}", self.path.display()),
            None => format!("{}: {message}", self.path.display()),
        })
    }
}

fn place(variable: &dyn Fn(&str) -> Option<OsString>, windows: bool, macos: bool) -> Option<Place> {
    if let Some(path) = variable(VARIABLE) {
        if path == NONE {
            return None;
        }
        return Some(Place { path: path.into(), asked_for: true });
    }
    // A relative directory would mean another file in each directory.
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let directory = absolute("XDG_CONFIG_HOME").or_else(|| {
        if windows {
            absolute("APPDATA")
        } else if macos {
            absolute("HOME").map(|home| home.join("Library/Application Support"))
        } else {
            absolute("HOME").map(|home| home.join(".config"))
        }
    })?;
    Some(Place { path: directory.join("influx-cli").join("config.toml"), asked_for: false })
}

/// Who may read and write files of settings and secrets.
pub(crate) mod privacy {
    use super::{Path, fs};

    /// Whether the settings in a file can be the user's own, and its secrets be secret.
    ///
    /// # Errors
    /// Why not, and what to do about it.
    #[cfg(unix)]
    pub(crate) fn check(path: &Path, secrets: bool) -> Result<(), String> {
        use std::os::unix::fs::MetadataExt;
        let unseen = |error: std::io::Error| error.to_string();
        let (link, file) = (fs::symlink_metadata(path).map_err(unseen)?, fs::metadata(path).map_err(unseen)?);
        let me = rustix::process::geteuid().as_raw();
        let mine = |owner: u32| owner == me || owner == 0;
        // Whoever writes the file says where the secrets of the environment are sent to.
        if !mine(link.uid()) {
            return Err(format!("it is a link that belongs to another user (id {})", link.uid()));
        }
        if !mine(file.uid()) {
            return Err(format!("it belongs to another user (id {})", file.uid()));
        }
        if file.mode() & 0o002 != 0 {
            return Err(format!("everybody can write it (mode {:o}): chmod 600", file.mode() & 0o777));
        }
        if secrets && file.mode() & 0o077 != 0 {
            return Err(format!(
                "it holds a secret and others can read it (mode {:o}): chmod 600, or use password_file",
                file.mode() & 0o777
            ));
        }
        Ok(())
    }

    /// Who may read a file is not told here by its mode.
    #[cfg(not(unix))]
    pub(crate) fn check(_path: &Path, _secrets: bool) -> Result<(), String> {
        Ok(())
    }

    /// A warning about a file with a secret that others can read, if they can.
    pub(crate) fn warning(path: &Path) -> Option<String> {
        // What cannot be looked at cannot be read either, which is told then.
        if !fs::metadata(path).ok()?.is_file() {
            return None;
        }
        check(path, true).err().map(|reason| {
            let reason = reason.replace(", or use password_file", "");
            format!("{}: {reason}", path.display())
        })
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn found(variables: &[(&str, &str)], windows: bool, macos: bool) -> Option<String> {
        let variable =
            |name: &str| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| OsString::from(*value));
        place(&variable, windows, macos).map(|place| place.path.to_string_lossy().into_owned())
    }

    #[test]
    fn the_file_is_where_the_system_keeps_settings() {
        let home = ("HOME", "/home/me");
        assert_eq!(found(&[home], false, false).unwrap(), "/home/me/.config/influx-cli/config.toml");
        assert_eq!(found(&[home, ("XDG_CONFIG_HOME", "/x")], false, false).unwrap(), "/x/influx-cli/config.toml");
        assert_eq!(
            found(&[home, ("XDG_CONFIG_HOME", "x")], false, false).unwrap(),
            "/home/me/.config/influx-cli/config.toml"
        );
        assert_eq!(found(&[home], false, true).unwrap(), "/home/me/Library/Application Support/influx-cli/config.toml");
        assert_eq!(found(&[("APPDATA", "/roaming")], true, false).unwrap(), "/roaming/influx-cli/config.toml");
        assert_eq!(found(&[home, ("INFLUX_CONFIG", "here.toml")], false, false).unwrap(), "here.toml");
        assert_eq!(found(&[], false, false), None);
        assert_eq!(found(&[home, ("INFLUX_CONFIG", "none")], false, false), None);
    }
}
