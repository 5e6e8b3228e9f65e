//! The spool as its user holds it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::error::SpoolError;
use super::log::{Log, SpoolRecovery};
use crate::line::lines;
use crate::line::time_of;
use crate::writer::UnitTimes;

/// A durable queue of points on disk, for a [`BatchWriter`](crate::BatchWriter) that must not lose what it accepted.
///
/// ```no_run
/// use influx_client::{Client, Spool};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder().endpoint("http://localhost:8086").database("metrics").build()?;
/// let spool = Spool::open("/var/lib/agent/spool", 256 << 20)?;
/// println!("{} points are left from before", spool.recovery().points);
/// let writer = client.batch_writer().spool(spool).start()?;
/// // Returns when the point is on disk.
/// writer.push_with(|batch| batch.point("cpu").field("usage", 0.5).now()).await?;
/// # Ok(())
/// # }
/// ```
///
/// # What it promises
/// * A push returns once its points are on disk (`fdatasync`; pushes that wait at the same time share one). From then on
///   they outlive the process and the machine.
/// * They are sent in the order they were accepted in, and stay on disk until their batch is acknowledged, refused for
///   good, or taken into a hinted handoff queue. Until then the writer tries again, without end, whatever the
///   error is; each time it logs a warning.
/// * After a crash they are sent again from the first that is not known to be settled. A point may so be sent twice, which is
///   harmless as every point has its time: the writer refuses points without one. (Had somebody else written another value to
///   the same series, field and time meanwhile, the older one would come back.) What a server then refuses is not called
///   refused but unknown, except where the line alone is the reason: it may have been stored the first time.
/// * It never has more bytes than allowed. A push waits while it is full, or fails, as the writer's
///   [`Overflow`](crate::Overflow) says.
/// * A record that was cut short by a crash is cut off, and one that has changed on disk is told: each has a checksum.
///
/// # Safety of its files
/// The directory is made for this user alone and locked: a second writer is refused. A directory or file that is a link, belongs to
/// another user or can be written by others is refused. (On systems other than Unix, the lock alone is checked.)
pub struct Spool {
    pub(crate) log: Log,
    path: PathBuf,
    recovery: SpoolRecovery,
    /// Of the points that were found, in units of their precision.
    pub(crate) times: UnitTimes,
}

impl Spool {
    /// Opens the spool in the directory `path`, or makes one, with `limit` bytes at most. Its parent has to be there.
    ///
    /// It reads what is there, so it blocks for as long as that takes.
    ///
    /// # Errors
    /// [`SpoolError`] where the directory is not safe to use, in use or damaged, or where the system fails.
    pub fn open(path: impl AsRef<Path>, limit: u64) -> Result<Self, SpoolError> {
        let path = path.as_ref();
        let mut times = UnitTimes::default();
        let (log, recovery) = Log::open(path, limit, |payload| {
            let mut points = 0;
            for line in lines(payload) {
                times.add(time_of(line));
                points += 1;
            }
            points
        })?;
        Ok(Self { log, path: path.into(), recovery, times })
    }

    /// What was found when it was opened.
    #[must_use]
    pub const fn recovery(&self) -> &SpoolRecovery {
        &self.recovery
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool").field("path", &self.path).field("recovery", &self.recovery).finish_non_exhaustive()
    }
}
