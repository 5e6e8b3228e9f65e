//! `--summary-file`: the summary as one JSON object, there as a whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::output_file::{self, Found};

/// A file that is going to hold the summary.
///
/// A regular file is replaced at the end, so that whoever reads it meanwhile finds the summary of the run before; pipes and
/// devices are written to.
#[derive(Debug)]
pub(crate) struct SummaryFile {
    path: PathBuf,
    file: File,
    /// Where the text waits to take its place.
    beside: Option<PathBuf>,
}

impl SummaryFile {
    /// Opens it before anything is sent, so that a wrong path costs nothing.
    ///
    /// # Errors
    /// Nothing can be written there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        // A link keeps pointing where it points: what it points to is replaced.
        let (path, found) = output_file::look(path)?;
        if found == Found::Stream {
            let (file, _) = output_file::append(&path)?;
            return Ok(Self { path, file, beside: None });
        }
        let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "has no name"))?;
        let mut beside = OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}", std::process::id()));
        let beside = path.with_file_name(beside);
        let file = output_file::create_new(&beside)?;
        Ok(Self { path, file, beside: Some(beside) })
    }

    /// Takes away what an earlier run left: this one ends without a summary, and must not be taken for that one.
    pub(crate) fn forget(self) {
        if self.beside.is_some() {
            // It may not have been there at all.
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Writes the text and puts it in place.
    ///
    /// # Errors
    /// It could not be written; what was there before still is.
    pub(crate) fn write(mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        if let Some(beside) = &self.beside {
            self.file.sync_all()?;
            fs::rename(beside, &self.path)?;
            self.beside = None;
        }
        Ok(())
    }
}

impl Drop for SummaryFile {
    fn drop(&mut self) {
        // Left over only if it was not put in place; then it is of no use to anybody.
        if let Some(beside) = &self.beside {
            let _ = fs::remove_file(beside);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_old_summary_stays_until_the_new_one_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.json");
        fs::write(&path, "old").unwrap();
        let file = SummaryFile::open(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        drop(file);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
        SummaryFile::open(&path).unwrap().write("new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        SummaryFile::open(&path).unwrap().forget();
        assert!(!path.exists());
        SummaryFile::open(&path).unwrap().write("newer").unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_wrong_path_is_found_at_once() {
        let dir = tempfile::tempdir().unwrap();
        assert!(SummaryFile::open(dir.path()).is_err());
        assert!(SummaryFile::open(&dir.path().join("absent/s.json")).is_err());
    }
}
