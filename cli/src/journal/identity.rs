//! Telling an input of one run from another that has its name.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use super::record::{FileIdentity, Identity, Tail};
use crate::input::Source;
use crate::settings::grouped;

/// How much is hashed at each end.
const PIECE: u64 = 1 << 20;

impl Identity {
    /// Looks at an input.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn of(source: &Source) -> io::Result<Self> {
        match source {
            Source::File(path) => {
                let absolute = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path))?;
                let absolute = absolute.to_string_lossy().into_owned();
                if !path.metadata()?.is_file() {
                    // Not opened: the writer of a pipe would take it for its reader.
                    return Ok(Self { path: absolute, file: None });
                }
                let mut file = File::open(path)?;
                let found = file.metadata()?;
                let head = hash_of(&mut file, 0, PIECE)?;
                let file = FileIdentity { size: found.len(), modified: modified(&found), head };
                Ok(Self { path: absolute, file: Some(file) })
            }
            Source::Stdin => Ok(Self { path: "-".to_owned(), file: None }),
            Source::Embedded(name, _) => Ok(Self { path: (*name).to_owned(), file: None }),
        }
    }

    /// What sets this input apart from what it was, if anything does.
    pub(crate) fn change_since(&self, before: &Self) -> Option<String> {
        match (&before.file, &self.file) {
            (None, None) => None,
            (Some(before), Some(now)) if before.size != now.size => {
                Some(format!("it had {} bytes and has {}", grouped(before.size), grouped(now.size)))
            }
            (Some(before), Some(now)) if before.head != now.head => Some("its first MiB is another".to_owned()),
            (Some(before), Some(now)) if before.modified != now.modified => {
                Some("it was written to in the meantime".to_owned())
            }
            (Some(_), Some(_)) => None,
            (Some(_), None) => Some("it was a file and is none".to_owned()),
            (None, Some(_)) => Some("it was no file and is one".to_owned()),
        }
    }
}

impl Tail {
    /// The bytes before `at` of a plain file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn of(path: &Path, at: u64) -> io::Result<Self> {
        let from = at.saturating_sub(PIECE);
        Ok(Self { at, hash: hash_of(&mut File::open(path)?, from, at - from)? })
    }
}

/// How the first point of a stream reads, in few bytes.
pub(crate) fn line_hash(line: &[u8]) -> String {
    hex(&Sha256::digest(line))
}

/// A name for what these bytes say.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    let mut name = hex(&Sha256::digest(bytes));
    name.truncate(16);
    name
}

fn modified(found: &std::fs::Metadata) -> i64 {
    let since = |time: std::time::SystemTime| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
    };
    // Where the system keeps no such time, size and content have to do.
    found.modified().map_or(0, since)
}

fn hash_of(file: &mut File, from: u64, length: u64) -> io::Result<String> {
    file.seek(SeekFrom::Start(from))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut input = file.take(length);
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(hex(&hash.finalize())),
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn a_file_is_told_from_what_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lp");
        fs::write(&path, "m v=1 1\nm v=2 2\n").unwrap();
        let source = Source::File(path.clone());
        let before = Identity::of(&source).unwrap();
        assert_eq!(Identity::of(&source).unwrap().change_since(&before), None);
        let stamp = |time| File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        let then = fs::metadata(&path).unwrap().modified().unwrap();

        fs::write(&path, "m v=1 1\nm v=3 2\n").unwrap();
        stamp(then);
        let change = |identity: &Identity| identity.change_since(&before).unwrap();
        assert!(change(&Identity::of(&source).unwrap()).contains("first MiB"));

        fs::write(&path, "m v=1 1\nm v=2 2\n").unwrap();
        stamp(SystemTime::now() + Duration::from_secs(5));
        assert!(change(&Identity::of(&source).unwrap()).contains("written to"));

        fs::write(&path, "m v=1 1\nm v=2 2\nm v=3 3\n").unwrap();
        assert!(change(&Identity::of(&source).unwrap()).contains("it had 16 bytes and has 24"));
    }

    #[test]
    fn the_tail_is_what_stands_before_the_mark() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lp");
        let mut bytes = vec![b'a'; (2 << 20) + 10];
        fs::write(&path, &bytes).unwrap();
        let at = bytes.len() as u64 - 5;
        let tail = Tail::of(&path, at).unwrap();
        let len = bytes.len();
        bytes[len - 1] = b'b';
        bytes[(1 << 20) - 1] = b'b';
        fs::write(&path, &bytes).unwrap();
        assert_eq!(Tail::of(&path, at).unwrap(), tail, "behind the mark, and more than a MiB before it");
        bytes[len - 6] = b'b';
        fs::write(&path, &bytes).unwrap();
        assert_ne!(Tail::of(&path, at).unwrap(), tail);
    }
}
