//! What can go wrong with a spool.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What went wrong with a [`Spool`](crate::Spool). Cloning it is cheap.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// Another process, or another writer of this one, has it open.
    #[error("the spool {} is in use: one writer has it at a time", path.display())]
    Locked {
        /// Its directory.
        path: PathBuf,
    },
    /// The directory, or a file in it, is not one that only this user can have made.
    #[error("the spool {} is not safe to use: {why}", path.display())]
    Unsafe {
        /// What was looked at.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Points that were stored durably have changed on disk, or are gone.
    #[error("the spool is damaged in {} at byte {offset}: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong there.
        why: &'static str,
    },
    /// It was written by a newer version of this library.
    #[error("the spool file {} has format {version}, which this version does not know", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: u32,
    },
    /// It holds points for another database, retention policy or precision.
    #[error("the spool holds points for {held}, not for {wanted}: let a writer with those settings send them first")]
    OtherTarget {
        /// What its points are for.
        held: Box<str>,
        /// What the writer is for.
        wanted: Box<str>,
    },
    /// It has as many bytes as it may have.
    #[error("the spool is full")]
    Full,
    /// The disk is full, or the user's share of it. Nothing of what was pushed is kept.
    #[error("no space is left for the spool")]
    NoSpace,
    /// The system failed. Points that were being pushed are not accepted, though a later writer may find them.
    #[error("cannot {action} {}: {error}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: Arc<io::Error>,
    },
    /// An earlier failure left it unclear what is on disk, so nothing more is accepted until the spool is opened anew.
    #[error("the spool failed before and takes no more points: open it anew")]
    Broken,
}

impl SpoolError {
    pub(crate) fn io(action: &'static str, path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace,
            _ => Self::Io { action, path: path.into(), error: Arc::new(error) },
        }
    }
}
