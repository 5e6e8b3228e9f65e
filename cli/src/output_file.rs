//! Opens files that a run writes to, and finds out first that they are what they seem.
//!
//! The name of such a file is often known beforehand and its directory open to others (`/tmp/bad.lp`). Whoever puts a link
//! there must not have a file of the caller's written to, and a pipe that nobody reads must not hold the run up.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing yet.
    Nothing,
    /// A regular file.
    Regular,
    /// A pipe, a terminal or another device.
    Stream,
}

/// Follows a path as far as its links can be trusted.
///
/// # Errors
/// A link that somebody else made, a file with another name, a directory, or the path cannot be looked at.
pub(crate) fn look(path: &Path) -> io::Result<(PathBuf, Found)> {
    let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why.to_owned());
    let itself = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((path.to_owned(), Found::Nothing)),
        itself => itself?,
    };
    if itself.is_symlink() && !made_by_us(&itself) {
        return Err(refused("is a link that somebody else made"));
    }
    let (path, data) = if itself.is_symlink() {
        match fs::canonicalize(path) {
            Ok(target) => {
                let data = fs::symlink_metadata(&target)?;
                (target, data)
            }
            // `/dev/stderr` leads to a pipe without a name.
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::metadata(path).is_ok() => {
                return Ok((path.to_owned(), Found::Stream));
            }
            Err(error) => return Err(error),
        }
    } else {
        (path.to_owned(), itself)
    };
    if data.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
    }
    if !data.is_file() {
        return Ok((path, Found::Stream));
    }
    if names(&data) > 1 {
        return Err(refused("has another name (a hard link), so that it may be somebody else's"));
    }
    Ok((path, Found::Regular))
}

/// Opens a file to add to it, or a stream to write to; makes the file where there is none.
///
/// # Errors
/// As [`look`]; also if a pipe has no reader.
pub(crate) fn append(path: &Path) -> io::Result<(File, Found)> {
    let (path, found) = look(path)?;
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    guarded(&mut options, &found);
    let file = options.open(&path).map_err(|error| explained(error, &found))?;
    let opened = file.metadata()?;
    // Exchanged for something else since it was looked at.
    if opened.is_file() && names(&opened) > 1 {
        return Err(io::Error::other("was exchanged while it was opened"));
    }
    if found == Found::Stream {
        wait_for_room(&file)?;
    }
    Ok((file, found))
}

/// Opens a new file that nobody else has put there.
///
/// # Errors
/// The operating system's.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(unix)]
fn explained(error: io::Error, found: &Found) -> io::Error {
    match rustix::io::Errno::from_io_error(&error) {
        Some(rustix::io::Errno::NXIO) if *found == Found::Stream => {
            io::Error::new(io::ErrorKind::BrokenPipe, "is a pipe that nobody reads")
        }
        _ => error,
    }
}

#[cfg(not(unix))]
fn explained(error: io::Error, _: &Found) -> io::Error {
    error
}

/// Whether a link is the caller's own or the system's.
#[cfg(unix)]
fn made_by_us(link: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    [0, rustix::process::geteuid().as_raw()].contains(&link.uid())
}

#[cfg(not(unix))]
fn made_by_us(_: &fs::Metadata) -> bool {
    true
}

#[cfg(unix)]
fn names(data: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(data)
}

#[cfg(not(unix))]
fn names(_: &fs::Metadata) -> u64 {
    1
}

/// No link is followed that came after the look, and no pipe waited for.
#[cfg(unix)]
fn guarded(options: &mut OpenOptions, found: &Found) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = match found {
        Found::Stream => OFlags::NONBLOCK,
        Found::Nothing | Found::Regular => OFlags::NOFOLLOW | OFlags::NONBLOCK,
    };
    options.custom_flags(flags.bits() as i32);
}

#[cfg(not(unix))]
fn guarded(_: &mut OpenOptions, _: &Found) {}

/// Writing waits for a slow reader from now on.
#[cfg(unix)]
fn wait_for_room(file: &File) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(file)?;
    Ok(rustix::fs::fcntl_setfl(file, flags - rustix::fs::OFlags::NONBLOCK)?)
}

#[cfg(not(unix))]
fn wait_for_room(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;
    use std::os::unix::fs::{lchown, symlink};

    use super::*;

    #[test]
    fn links_are_followed_only_where_they_can_be_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        fs::write(&target, "a").unwrap();
        symlink(&target, &link).unwrap();
        append(&link).unwrap().0.write_all(b"b").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "ab");
        // Only root can give a link away.
        if lchown(&link, Some(65_534), Some(65_534)).is_ok() {
            assert!(append(&link).unwrap_err().to_string().contains("somebody else"));
        }
        let other = dir.path().join("other");
        fs::hard_link(&target, &other).unwrap();
        assert!(append(&other).unwrap_err().to_string().contains("hard link"));
        assert_eq!(fs::read_to_string(&target).unwrap(), "ab");
    }

    #[test]
    fn a_link_to_nowhere_makes_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        symlink(dir.path().join("absent"), &link).unwrap();
        assert!(append(&link).is_err());
        assert!(!dir.path().join("absent").exists());
    }

    #[test]
    fn a_new_file_takes_the_place_of_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        fs::write(&target, "a").unwrap();
        symlink(&target, &link).unwrap();
        create_new(&link).unwrap().write_all(b"b").unwrap();
        assert_eq!(
            (fs::read_to_string(&target).unwrap(), fs::read_to_string(&link).unwrap()),
            ("a".into(), "b".into())
        );
    }
}
