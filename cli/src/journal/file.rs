//! The file of a journal: whose it is, who has it, and how it reaches the disk.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::state::looks_like_one;
use crate::failpoint;

/// How long another process may have it before that counts as a run.
const PATIENCE: Duration = Duration::from_millis(200);

/// What went wrong with a journal's file.
#[derive(Debug)]
pub(crate) enum FileError {
    /// Another process has it.
    InUse,
    /// It is not one that only this user can have made.
    Unsafe(&'static str),
    /// The system failed.
    Io(&'static str, io::Error),
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InUse => f.write_str("another process has it"),
            Self::Unsafe(why) => f.write_str(why),
            Self::Io(what, error) => write!(f, "cannot {what}: {error}"),
        }
    }
}

/// An open journal, locked by this process.
#[derive(Debug)]
pub(crate) struct JournalFile {
    path: PathBuf,
    /// Shared with the thread that syncs. The lock goes with the last of them.
    file: Arc<File>,
    length: u64,
}

impl JournalFile {
    /// Opens the file, or makes it; gives what is in it.
    ///
    /// # Errors
    /// It cannot be opened or read, another process has it, or it is not this user's own plain file.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<u8>), FileError> {
        let begun = Instant::now();
        loop {
            let mut file = open_private(path, OpenOptions::new().create(true))?;
            let locked = lock(&file);
            // Who only looks whether it is in use has it for a moment; and another process may put a compacted file in
            // its place between these two steps.
            if matches!(locked, Ok(()) if !is_still_at(&file, path)) || matches!(locked, Err(FileError::InUse)) {
                if begun.elapsed() >= PATIENCE {
                    return Err(FileError::InUse);
                }
                std::thread::sleep(PATIENCE / 20);
                continue;
            }
            locked?;
            remove_leftover(&new_path(path))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(|error| FileError::Io("read it", error))?;
            let length = bytes.len() as u64;
            return Ok((Self { path: path.to_owned(), file: Arc::new(file), length }, bytes));
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file itself, to be synced.
    pub(crate) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// How many bytes it has.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Cuts off what does not hold.
    ///
    /// # Errors
    /// The file cannot be changed.
    pub(crate) fn cut(&mut self, length: u64) -> Result<(), FileError> {
        if length < self.length {
            self.file.set_len(length).map_err(|error| FileError::Io("cut it", error))?;
            self.length = length;
        }
        Ok(())
    }

    /// Adds a record. It survives the end of this process from here on, and that of the machine once it is synced.
    ///
    /// # Errors
    /// The file cannot be written; part of the record may be in it.
    pub(crate) fn append(&mut self, record: &[u8]) -> Result<(), FileError> {
        let fail = |error| FileError::Io("write to it", error);
        if failpoint::is_due("journal-torn") {
            (&*self.file).write_all(&record[..record.len() / 2]).map_err(fail)?;
            failpoint::die();
        }
        (&*self.file).write_all(record).map_err(fail)?;
        self.length += record.len() as u64;
        failpoint::pass("journal-written");
        Ok(())
    }

    /// Puts other content in the place of all there is: all of it or nothing, and durable at once.
    ///
    /// # Errors
    /// The new file cannot be written or take the place; the old one is then as it was.
    pub(crate) fn replace(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let path = new_path(&self.path);
        remove_leftover(&path)?;
        let file = open_private(&path, OpenOptions::new().create_new(true))?;
        lock(&file)?;
        let written = (&file).write_all(bytes).and_then(|()| file.sync_all());
        failpoint::pass("compact-written");
        if let Err(error) = written.and_then(|()| fs::rename(&path, &self.path)) {
            let _ = fs::remove_file(&path);
            return Err(FileError::Io("write a new copy of it", error));
        }
        failpoint::pass("compact-renamed");
        sync_directory_of(&self.path).map_err(|error| FileError::Io("sync its directory", error))?;
        (self.file, self.length) = (Arc::new(file), bytes.len() as u64);
        Ok(())
    }

    /// Brings it to the disk.
    ///
    /// # Errors
    /// It may not be there, now or later.
    pub(crate) fn sync(&self) -> Result<(), FileError> {
        failpoint::pass("before-sync");
        self.file.sync_data().map_err(|error| FileError::Io("sync it", error))
    }
}

/// Where the new content of a journal is written.
fn new_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".new");
    PathBuf::from(name)
}

/// Removes what a killed process has left behind; only who has the lock of the journal may do so.
fn remove_leftover(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::Io("remove an old copy of it", error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Reads a journal without locking it; what a running process has half written is not there yet.
///
/// # Errors
/// As [`JournalFile::open`], but for the lock.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let mut file = open_private(path, &mut OpenOptions::new())?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| FileError::Io("read it", error))?;
    Ok(bytes)
}

/// Whether a file is a journal, also one that cannot be read any more; told by its first bytes, since it may be anything.
pub(crate) fn is_journal(path: &Path) -> bool {
    let mut head = Vec::new();
    open_private(path, &mut OpenOptions::new())
        .and_then(|file| file.take(64).read_to_end(&mut head).map_err(|error| FileError::Io("read it", error)))
        .is_ok_and(|read| read > 0 && looks_like_one(&head))
}

/// Removes a journal that no process has.
///
/// # Errors
/// It cannot be removed, or is not this user's own plain file.
pub(crate) fn remove(path: &Path) -> Result<(), FileError> {
    let file = open_private(path, &mut OpenOptions::new())?;
    lock(&file)?;
    fs::remove_file(path).map_err(|error| FileError::Io("remove it", error))
}

/// Whether a process has it at this moment.
pub(crate) fn is_in_use(path: &Path) -> bool {
    let file = open_private(path, &mut OpenOptions::new());
    file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

fn lock(file: &File) -> Result<(), FileError> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => FileError::InUse,
        TryLockError::Error(error) => FileError::Io("lock it", error),
    })
}

/// Opens a plain file that is this user's own, to read and to append.
fn open_private(path: &Path, options: &mut OpenOptions) -> Result<File, FileError> {
    let fail = |error| FileError::Io("open it", error);
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => return Err(FileError::Unsafe("it is a symbolic link")),
        // Before it is opened: to open a device or a pipe may do something, or wait for ever.
        Ok(found) if !found.is_file() => return Err(FileError::Unsafe("it is not a plain file")),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(fail(error)),
    }
    let file = private(options.read(true).append(true)).open(path).map_err(fail)?;
    check_owner(&file.metadata().map_err(fail)?)?;
    Ok(file)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::CLOEXEC;
    options.mode(0o600).custom_flags(flags.bits().cast_signed())
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn check_owner(found: &fs::Metadata) -> Result<(), FileError> {
    use std::os::unix::fs::MetadataExt as _;
    if !found.is_file() {
        return Err(FileError::Unsafe("it is not a plain file"));
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(FileError::Unsafe("it belongs to another user"));
    }
    if found.mode() & 0o022 != 0 {
        return Err(FileError::Unsafe("others may write to it"));
    }
    if found.nlink() > 1 {
        return Err(FileError::Unsafe("the file has other names"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(_: &fs::Metadata) -> Result<(), FileError> {
    Ok(())
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let same = |a: fs::Metadata, b: fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata().is_ok_and(|opened| fs::symlink_metadata(path).is_ok_and(|there| same(opened, there)))
}

#[cfg(not(unix))]
fn is_still_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(unix)]
fn sync_directory_of(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

/// A directory cannot be opened for this here; the system writes it with the files.
#[cfg(not(unix))]
fn sync_directory_of(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a directory that is this user's own, and those above it.
///
/// # Errors
/// It cannot be made, or what is there is another's.
#[cfg(unix)]
pub(crate) fn make_directory(path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| FileError::Io("make its directory", error))?;
    let found = fs::symlink_metadata(path).map_err(|error| FileError::Io("look at its directory", error))?;
    if !found.is_dir() {
        return Err(FileError::Unsafe("its directory is a symbolic link"));
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(FileError::Unsafe("its directory belongs to another user"));
    }
    if found.mode() & 0o022 != 0 {
        return Err(FileError::Unsafe("others may write to its directory"));
    }
    Ok(())
}

/// Makes a directory, and those above it.
///
/// # Errors
/// It cannot be made.
#[cfg(not(unix))]
pub(crate) fn make_directory(path: &Path) -> Result<(), FileError> {
    fs::create_dir_all(path).map_err(|error| FileError::Io("make its directory", error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn open(path: &Path) -> (JournalFile, Vec<u8>) {
        JournalFile::open(path).unwrap()
    }

    fn why(path: &Path) -> String {
        JournalFile::open(path).unwrap_err().to_string()
    }

    #[test]
    fn what_is_added_is_there_and_the_rest_can_be_cut() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("j");
        let (mut file, bytes) = open(&path);
        assert!(bytes.is_empty());
        file.append(b"one\n").unwrap();
        file.append(b"tw").unwrap();
        drop(file);
        let (mut file, bytes) = open(&path);
        assert_eq!(bytes, b"one\ntw");
        file.cut(4).unwrap();
        file.append(b"three\n").unwrap();
        file.sync().unwrap();
        assert_eq!((read(&path).unwrap(), file.length()), (b"one\nthree\n".to_vec(), 10));
    }

    #[test]
    fn one_process_has_it_at_a_time_also_after_it_was_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("j");
        let (mut file, _) = open(&path);
        assert_eq!(why(&path), "another process has it");
        assert!(is_in_use(&path));
        file.append(b"long\n").unwrap();
        fs::write(dir.path().join("j.new"), "left behind").unwrap();
        file.replace(b"new\n").unwrap();
        assert!(matches!(JournalFile::open(&path), Err(FileError::InUse)));
        file.append(b"more\n").unwrap();
        drop(file);
        assert!(!is_in_use(&path));
        assert_eq!(open(&path).1, b"new\nmore\n");
        assert!(!dir.path().join("j.new").exists());
    }

    #[cfg(unix)]
    #[test]
    fn what_others_may_have_put_there_is_not_touched() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str| dir.path().join(name);
        fs::write(place("victim"), "cpu v=1\n").unwrap();
        symlink(place("victim"), place("link")).unwrap();
        assert_eq!(why(&place("link")), "it is a symbolic link");
        symlink(place("nothing"), place("dangling")).unwrap();
        assert_eq!(why(&place("dangling")), "it is a symbolic link");
        assert!(!place("nothing").exists());
        fs::hard_link(place("victim"), place("second")).unwrap();
        assert_eq!(why(&place("second")), "the file has other names");
        assert!(std::process::Command::new("mkfifo").arg(place("pipe")).status().unwrap().success());
        assert_eq!(why(&place("pipe")), "it is not a plain file");
        assert_eq!(why(Path::new("/dev/null")), "it is not a plain file");
        assert_eq!(why(dir.path()), "it is not a plain file");
        fs::write(place("open"), "").unwrap();
        fs::set_permissions(place("open"), fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(why(&place("open")), "others may write to it");
        assert_eq!(fs::read(place("victim")).unwrap(), b"cpu v=1\n");
        assert_eq!(open(&place("made")).0.file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn its_directory_is_made_private() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        make_directory(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        make_directory(&path).unwrap();
        symlink(&path, dir.path().join("link")).unwrap();
        assert!(matches!(make_directory(&dir.path().join("link")), Err(FileError::Unsafe(_))));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(make_directory(&path), Err(FileError::Unsafe(_))));
    }
}
