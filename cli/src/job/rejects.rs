//! The rejects file: refused lines with their reasons, in a form that can be mended and sent again.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::output_file::{self, Found};
use crate::render::one_line;

/// A file to which refused lines are added, each below a comment that says why.
///
/// What an earlier run left there stays: rejects that nobody has looked at must not vanish.
pub(crate) struct Rejects {
    path: PathBuf,
    file: BufWriter<File>,
    /// The file was made by this run and may go again if nothing is put into it.
    made: bool,
    /// No pipe and no terminal, which cannot be synced.
    regular: bool,
    count: u64,
}

impl Rejects {
    /// Opens the file before anything is sent, so that a wrong path costs nothing.
    ///
    /// # Errors
    /// The file cannot be opened for writing.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let (file, found) = output_file::append(path)?;
        let (made, regular) = (found == Found::Nothing, found != Found::Stream);
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), made, regular, count: 0 })
    }

    /// Adds a line as it was read, or only the comment where its text was not kept.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn add(&mut self, place: &str, reason: &str, text: Option<&[u8]>) -> io::Result<()> {
        self.count += 1;
        writeln!(self.file, "# {place}: {}", one_line(reason))?;
        if let Some(text) = text {
            self.file.write_all(text)?;
            self.file.write_all(b"\n")?;
        }
        // Whoever reads the summary may read the file, also if this process is killed in between.
        self.file.flush()
    }

    /// Makes the lines durable that were added so far.
    ///
    /// # Errors
    /// They may not be on the disk.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.file.flush()?;
        if self.regular { self.file.get_ref().sync_data() } else { Ok(()) }
    }

    /// The path, if anything was put there.
    pub(crate) fn path(&self) -> Option<&Path> {
        (self.count > 0).then_some(&self.path)
    }

    /// Makes the lines durable, or removes a file that stayed empty.
    ///
    /// # Errors
    /// The file cannot be written through to the disk.
    pub(crate) fn close(mut self) -> io::Result<()> {
        self.file.flush()?;
        if self.count > 0 {
            if self.regular {
                self.file.get_ref().sync_all()?;
            }
        } else if self.made {
            std::fs::remove_file(&self.path)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lines_are_added_to_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bad.lp");
        for run in 0..2 {
            let mut rejects = Rejects::open(&path).unwrap();
            assert_eq!(rejects.path(), None);
            rejects.add(&format!("a.lp:{run}"), "missing\nfields", Some(b"m")).unwrap();
            assert_eq!(rejects.path(), Some(path.as_path()));
            rejects.close().unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "# a.lp:0: missing\\nfields\nm\n# a.lp:1: missing\\nfields\nm\n");
    }

    #[test]
    fn a_run_without_rejects_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bad.lp");
        Rejects::open(&path).unwrap().close().unwrap();
        assert!(!path.exists());
        std::fs::write(&path, "").unwrap();
        Rejects::open(&path).unwrap().close().unwrap();
        assert!(path.exists(), "a file that was there before stays");
    }
}
