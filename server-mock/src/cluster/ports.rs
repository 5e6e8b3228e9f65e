//! Ports for nodes that come back to the same port after a kill.
//!
//! A dead node's port is free as far as the system knows, and another cluster of the same machine could take it. So a
//! cluster reserves whole blocks of ports by a file for each block, which says how to tell that the cluster is gone.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

/// Below the range from which systems take the ports of outgoing connections: one of those could otherwise sit on the
/// port of a node that is dead for a moment.
const FIRST: u16 = 12_000;
const BLOCKS: u16 = 400;
const BLOCK: u16 = 50;

/// Who holds a block: as long as the path exists and the process, where there is one, lives.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) path: PathBuf,
    pub(crate) process: Option<u32>,
}

/// Finds free ports on loopback.
#[derive(Debug)]
pub(crate) struct Ports {
    holder: Holder,
    reservations: PathBuf,
    free: VecDeque<u16>,
    taken: Vec<PathBuf>,
    /// The next port of a row that was asked for.
    row: Option<u16>,
}

impl Ports {
    /// Ports from `first` on, in a row. One that somebody else has is an error, not passed over.
    pub(crate) fn in_a_row(holder: Holder, first: u16) -> Self {
        Self { row: Some(first), ..Self::new(holder) }
    }

    pub(crate) fn new(holder: Holder) -> Self {
        Self {
            holder,
            reservations: std::env::temp_dir().join("influx-mock-ports"),
            free: VecDeque::new(),
            taken: Vec::new(),
            row: None,
        }
    }

    /// The address of another free port.
    pub(crate) fn next(&mut self) -> io::Result<String> {
        if let Some(port) = self.row {
            let taken = |why| io::Error::new(io::ErrorKind::AddrInUse, format!("port {port}: {why}"));
            self.row =
                Some(port.checked_add(1).ok_or_else(|| taken("the row is longer than there are ports".to_owned()))?);
            self.hold(port)?;
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| taken(error.to_string()))?;
            return Ok(format!("127.0.0.1:{port}"));
        }
        loop {
            let Some(port) = self.free.pop_front() else {
                self.reserve()?;
                continue;
            };
            if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(format!("127.0.0.1:{port}"));
            }
        }
    }

    fn reserve(&mut self) -> io::Result<()> {
        let _alone = alone(&self.reservations);
        // Where reservations cannot be kept (somebody else's directory), a free port is still a good guess.
        let kept = fs::create_dir_all(&self.reservations).is_ok();
        let start = fastrand::u16(..BLOCKS);
        for step in 0..BLOCKS {
            let block = (start + step) % BLOCKS;
            if !kept || self.take(block) {
                let first = FIRST + block * BLOCK;
                self.free.extend(first..first + BLOCK);
                return Ok(());
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }

    /// Keeps other clusters from the block of a port, where it is in one.
    fn hold(&mut self, port: u16) -> io::Result<()> {
        let Some(block) = port.checked_sub(FIRST).map(|above| above / BLOCK).filter(|block| *block < BLOCKS) else {
            return Ok(());
        };
        let ours = self.taken.contains(&self.reservations.join(block.to_string()));
        let _alone = alone(&self.reservations);
        let kept = ours || fs::create_dir_all(&self.reservations).is_err();
        if kept || self.take(block) {
            Ok(())
        } else {
            let whose = fs::read_to_string(self.reservations.join(block.to_string())).unwrap_or_default();
            let whose = whose.trim_end().split_once(' ').map_or("another cluster", |(_, path)| path).to_owned();
            Err(io::Error::new(io::ErrorKind::AddrInUse, format!("port {port} is reserved for {whose}")))
        }
    }

    fn take(&mut self, block: u16) -> bool {
        let path = self.reservations.join(block.to_string());
        if is_stale(&path) {
            // Another cluster may be quicker here; then the file is there again, and the block is not ours.
            let _ = fs::remove_file(&path);
        }
        let Ok(mut file) = fs::OpenOptions::new().write(true).create_new(true).open(&path) else { return false };
        let process = self.holder.process.unwrap_or_default();
        let written = writeln!(file, "{process} {}", self.holder.path.display()).is_ok();
        self.taken.push(path);
        written
    }

    /// The files that hold the blocks, to be given to [`release`].
    pub(crate) fn into_reservations(self) -> Vec<PathBuf> {
        self.taken
    }
}

/// Keeps other clusters of this machine from reserving and releasing until it is dropped; nothing where there can be no such
/// file. Of two that find the same stale file one would remove what the other has just written, and one that releases the
/// last block would remove the directory in which another is about to write.
fn alone(reservations: &Path) -> Option<fs::File> {
    let path = reservations.with_extension("lock");
    let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(path).ok()?;
    file.lock().ok().map(|()| file)
}

/// Gives blocks back.
pub(crate) fn release(reservations: &[PathBuf]) {
    let _alone = reservations.first().and_then(|first| alone(first.parent()?));
    for reservation in reservations {
        // Whoever finds the file later sees that its holder is gone.
        let _ = fs::remove_file(reservation);
        // Refused while other clusters hold blocks.
        let _ = reservation.parent().map(fs::remove_dir);
    }
}

fn is_stale(reservation: &Path) -> bool {
    let Ok(text) = fs::read_to_string(reservation) else { return false };
    let Some((process, path)) = text.trim_end().split_once(' ') else {
        // Still being written, or cut short by a full disk long ago.
        let age = fs::metadata(reservation).and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
        return age.is_some_and(|age| age.as_secs() > 60);
    };
    !Path::new(path).exists() || process.parse().is_ok_and(|process| process != 0 && is_gone(process))
}

#[cfg(target_os = "linux")]
fn is_gone(process: u32) -> bool {
    !Path::new("/proc").join(process.to_string()).exists()
}

/// Elsewhere a reservation ends with its directory.
#[cfg(not(target_os = "linux"))]
fn is_gone(_: u32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ports(dir: &Path, holder: &str, process: Option<u32>) -> Ports {
        Ports { reservations: dir.join("blocks"), ..Ports::new(Holder { path: dir.join(holder), process }) }
    }

    fn block_of(address: &str) -> u16 {
        let port: u16 = address.rsplit_once(':').unwrap().1.parse().unwrap();
        (port - FIRST) / BLOCK
    }

    #[test]
    fn two_clusters_never_share_a_block() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "").unwrap();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..50 {
            let mut cluster = ports(dir.path(), "a", Some(std::process::id()));
            assert!(seen.insert(block_of(&cluster.next().unwrap())));
        }
    }

    /// Stale files of clusters that are gone, and many clusters that begin at once.
    #[test]
    fn blocks_that_are_free_again_are_shared_by_nobody() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "").unwrap();
        let blocks = dir.path().join("blocks");
        fs::create_dir_all(&blocks).unwrap();
        for block in 0..BLOCKS {
            fs::write(blocks.join(block.to_string()), "0 /nobody/made/this\n").unwrap();
        }
        let start = std::sync::Barrier::new(8);
        let reserve = || {
            start.wait();
            let take = |_| {
                let mut cluster = ports(dir.path(), "a", None);
                cluster.reserve().unwrap();
                (cluster.free[0] - FIRST) / BLOCK
            };
            (0..usize::from(BLOCKS) / 8).map(take).collect::<Vec<_>>()
        };
        let taken = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(reserve)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        let distinct: std::collections::HashSet<_> = taken.iter().collect();
        assert_eq!(distinct.len(), taken.len());
    }

    #[test]
    fn the_block_of_a_cluster_that_is_gone_is_free_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut cluster = ports(dir.path(), "never-made", None);
        fs::create_dir_all(&cluster.reservations).unwrap();
        assert!(cluster.take(7), "free at first");
        assert!(cluster.take(7), "its holder's path does not exist");
        fs::write(dir.path().join("never-made"), "").unwrap();
        assert!(!cluster.take(7), "now it does");
    }

    #[test]
    fn a_cluster_larger_than_a_block_takes_another() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "").unwrap();
        let mut cluster = ports(dir.path(), "a", None);
        let addresses: std::collections::HashSet<_> = (0..2 * BLOCK).map(|_| cluster.next().unwrap()).collect();
        assert_eq!(addresses.len(), usize::from(2 * BLOCK));
        let blocks = dir.path().join("blocks");
        assert!(blocks.exists());
        release(&cluster.into_reservations());
        assert!(!blocks.exists(), "nothing is left behind");
    }
}
