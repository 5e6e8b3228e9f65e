//! Settings that are not on the command line: profiles in a file, and which of them is in force.
//!
//! Flag before environment before profile before what is built in. The environment is read by the parser of the command
//! line, and a profile becomes the defaults of the flags, so that `--help` shows what holds and each command knows only its
//! own arguments. Only passwords and tokens go another way, since no flag takes them.

pub(crate) mod apply;
pub(crate) mod credentials;
mod edit;
mod file;
pub(crate) mod keys;
mod place;

use std::sync::OnceLock;

use clap::Command;

pub(crate) use apply::Sketch;
pub(crate) use edit::{Edit, edited, write_private};
pub(crate) use file::{ConfigFile, Profile, Setting};
pub(crate) use place::{NONE, Place, VARIABLE, privacy};

use crate::failure::Failure;

/// The profile in force, found once at the start.
static ACTIVE: OnceLock<Option<Profile>> = OnceLock::new();

/// The profile in force, if there is one.
pub(crate) fn active() -> Option<&'static Profile> {
    ACTIVE.get()?.as_ref()
}

/// Makes a profile the one in force. Only the first call counts: what is in force does not change while a command runs.
pub(crate) fn activate(profile: Option<Profile>) {
    let _ = ACTIVE.set(profile);
}

/// Finds the profile that a command line means: the one it names, or the file's default.
///
/// # Errors
/// There is no such profile, or the file cannot be used.
pub(crate) fn select(root: &Command, named: Option<&str>) -> Result<Option<Profile>, Failure> {
    // None at all, not even the file's default, nor what is wrong with the file.
    if named == Some(NONE) {
        return Ok(None);
    }
    let Some(place) = Place::find() else {
        return match named {
            Some(name) => {
                Err(Failure::Usage(format!("profile {name:?}: there is no configuration file: set {VARIABLE}")))
            }
            None => Ok(None),
        };
    };
    let config = match (place.read()?, named) {
        (Some(config), _) => config,
        (None, Some(name)) => {
            return Err(Failure::Usage(format!(
                "profile {name:?}: there is no file {}: `influx-cli config init` makes one",
                place.path.display()
            )));
        }
        (None, None) => return Ok(None),
    };
    let name = named.or(config.default.as_deref());
    let Some(name) = name else { return Ok(None) };
    let Some(profile) = config.profile(name) else {
        return Err(Failure::Usage(format!("{}: {}", place.path.display(), config.no_such_profile(name))));
    };
    apply::check(root, profile)?;
    Ok(Some(profile.clone()))
}
