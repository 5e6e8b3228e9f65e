//! The directory of a spool: whose it is, who has it, and the files in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::SpoolError;

/// A directory that belongs to this user alone and is locked by this process.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Unlocked when dropped.
    _lock: File,
}

impl Directory {
    /// Opens the directory, or makes it.
    pub(super) fn open(path: &Path) -> Result<Self, SpoolError> {
        make(path).map_err(|error| SpoolError::io("make the directory", path, error))?;
        let found = fs::symlink_metadata(path).map_err(|error| SpoolError::io("look at", path, error))?;
        if !found.is_dir() {
            return Err(SpoolError::Unsafe { path: path.into(), why: "it is not a directory, or a link to one" });
        }
        check_owner(path, &found, true)?;
        let lock_path = path.join("lock");
        let lock = open_file(&lock_path, OpenOptions::new().read(true).write(true).create(true).truncate(false))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SpoolError::Locked { path: path.into() }),
            Err(TryLockError::Error(error)) => return Err(SpoolError::io("lock", &lock_path, error)),
        }
        Ok(Self { path: path.into(), _lock: lock })
    }

    pub(super) fn segment_path(&self, first: u64) -> PathBuf {
        self.path.join(format!("{first:020}.points"))
    }

    /// The first record of each segment, in order.
    pub(super) fn segments(&self) -> Result<Vec<u64>, SpoolError> {
        let fail = |error| SpoolError::io("list", &self.path, error);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(fail)? {
            let name = entry.map_err(fail)?.file_name();
            // Other files are none of ours.
            let number =
                name.to_str().and_then(|name| name.strip_suffix(".points")).filter(|digits| digits.len() == 20);
            found.extend(number.and_then(|digits| digits.parse::<u64>().ok()));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Opens a segment that is there.
    pub(super) fn open_segment(&self, first: u64, writes: bool) -> Result<File, SpoolError> {
        open_file(&self.segment_path(first), OpenOptions::new().read(true).write(writes))
    }

    /// Makes a new segment, which must not be there.
    pub(super) fn create_segment(&self, first: u64) -> Result<File, SpoolError> {
        open_file(&self.segment_path(first), OpenOptions::new().read(true).write(true).create_new(true))
    }

    pub(super) fn remove_segment(&self, first: u64) -> Result<(), SpoolError> {
        let path = self.segment_path(first);
        fs::remove_file(&path).map_err(|error| SpoolError::io("remove", &path, error))
    }

    /// Makes the list of files durable.
    pub(super) fn sync(&self) -> Result<(), SpoolError> {
        sync_directory(&self.path).map_err(|error| SpoolError::io("sync", &self.path, error))
    }
}

fn open_file(path: &Path, options: &mut OpenOptions) -> Result<File, SpoolError> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => {
            return Err(SpoolError::Unsafe { path: path.into(), why: "it is not a plain file" });
        }
        Ok(_) | Err(_) => {}
    }
    let file = private(options).open(path).map_err(|error| SpoolError::io("open", path, error))?;
    let found = file.metadata().map_err(|error| SpoolError::io("look at", path, error))?;
    check_owner(path, &found, false)?;
    Ok(file)
}

#[cfg(unix)]
fn make(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

#[cfg(not(unix))]
fn make(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Files that others cannot read, and that are no links to elsewhere.
#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::CLOEXEC;
    options.mode(0o600).custom_flags(flags.bits().cast_signed())
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn check_owner(path: &Path, found: &fs::Metadata, is_directory: bool) -> Result<(), SpoolError> {
    use std::os::unix::fs::MetadataExt as _;
    let fail = |why| Err(SpoolError::Unsafe { path: path.into(), why });
    if found.uid() != rustix::process::geteuid().as_raw() {
        return fail("it belongs to another user");
    }
    if found.mode() & 0o022 != 0 {
        return fail("others may write to it");
    }
    if !is_directory && found.nlink() != 1 {
        return fail("the file has other names");
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &fs::Metadata, _: bool) -> Result<(), SpoolError> {
    Ok(())
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// A directory cannot be opened for this here; the system writes it with the files.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
