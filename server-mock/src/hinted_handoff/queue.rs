//! The files of one queue: append at the tail, deliver from the head.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::block::Block;
use super::cursor::{Cursor, Position};
use super::segment::Segment;
use crate::Profile;
use crate::core::handoff::HandoffError;

/// How much a queue may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// In whose format the bytes are counted.
    pub(crate) profile: Profile,
    /// Bytes of the whole queue.
    pub(crate) queue: u64,
    /// Bytes of one segment, and so of one block.
    pub(crate) segment: u64,
}

impl Limits {
    /// Whether a queue whose files hold so many bytes takes a block of so many.
    pub(crate) fn check(self, held: u64, block: u64) -> Result<(), HandoffError> {
        if held + block > self.queue {
            return Err(HandoffError::Full);
        }
        if block > self.segment { Err(HandoffError::SegmentFull) } else { Ok(()) }
    }
}

/// A queue on disk. All calls block on files.
#[derive(Debug)]
pub(super) struct Queue {
    dir: PathBuf,
    limits: Limits,
    /// Ids of the segment files, oldest first; never empty. The last one is open as `tail`.
    ids: VecDeque<u64>,
    tail: Segment,
    /// The oldest segment, when it is not the tail.
    head: Option<Segment>,
    /// In the oldest segment.
    offset: u64,
    cursor: Cursor,
    depth: Depth,
    /// Bytes of the oldest segment that were delivered: they count for the limit until its file goes, as in the real
    /// servers, which measure the files.
    consumed: u64,
}

/// What waits in a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Depth {
    pub(super) blocks: u64,
    pub(super) points: u64,
    /// As the real format counts them.
    pub(super) bytes: u64,
}

impl Depth {
    fn add(&mut self, block: &Block, profile: Profile) {
        self.blocks += 1;
        self.points += block.points.len() as u64;
        self.bytes += block.accounted_len(profile);
    }

    fn remove(&mut self, block: &Block, profile: Profile) {
        self.blocks = self.blocks.saturating_sub(1);
        self.points = self.points.saturating_sub(block.points.len() as u64);
        self.bytes = self.bytes.saturating_sub(block.accounted_len(profile));
    }
}

impl Queue {
    /// Opens the queue in `dir`, making it when there is none, and recovers what was not delivered.
    pub(super) fn open(dir: &Path, limits: Limits) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let mut ids: VecDeque<u64> = segment_ids(dir)?.into();
        if ids.is_empty() {
            ids.push_back(1);
        }
        let (cursor, position) = Cursor::open(&dir.join("cursor"))?;
        // Segments before the cursor were delivered; a kill came between that and their removal.
        while let Some(position) = position
            && ids.len() > 1
            && ids[0] < position.segment
        {
            remove_segment(dir, ids[0])?;
            ids.pop_front();
        }
        let tail = Segment::open(&segment_path(dir, ids[ids.len() - 1]))?;
        let offset = position.filter(|at| at.segment == ids[0]).map_or(Segment::FIRST, |at| at.offset);
        let mut queue = Self {
            dir: dir.to_owned(),
            limits,
            ids,
            tail,
            head: None,
            offset,
            cursor,
            depth: Depth::default(),
            consumed: 0,
        };
        queue.count()?;
        Ok(queue)
    }

    /// Counts what waits, for a queue that was just opened.
    fn count(&mut self) -> io::Result<()> {
        for position in 0..self.ids.len() {
            let mut segment = Segment::open(&segment_path(&self.dir, self.ids[position]))?;
            let mut offset = Segment::FIRST;
            let mut sound = false;
            while let Some(payload) = segment.read(offset)? {
                let delivered = position == 0 && offset < self.offset;
                sound |= offset == self.offset;
                offset = Segment::after(offset, payload.len());
                let Ok(block) = Block::decode(&payload) else { continue };
                if delivered {
                    self.consumed += block.accounted_len(self.limits.profile);
                } else {
                    self.depth.add(&block, self.limits.profile);
                }
            }
            if position > 0 {
                continue;
            }
            sound |= offset == self.offset;
            if offset < self.offset {
                // The segment lost its end. All that is left of it was delivered.
                tracing::warn!(dir = %self.dir.display(), at = self.offset, end = offset, "a cursor stood behind its segment");
                self.offset = offset;
                self.save_cursor()?;
            } else if !sound {
                // Sending again is harmless; what stands at a place that is no record could never be delivered.
                tracing::warn!(dir = %self.dir.display(), at = self.offset, "a cursor stood within a record");
                self.offset = Segment::FIRST;
                self.save_cursor()?;
                self.depth = Depth::default();
                self.consumed = 0;
                return self.count();
            }
        }
        Ok(())
    }

    /// Removes the oldest segments that nothing was appended to since `cutoff`, with all that waits in them, and says
    /// how many blocks that were.
    pub(super) fn purge_older_than(&mut self, cutoff: SystemTime, mut dropped: impl FnMut(&Block)) -> io::Result<u64> {
        let before = self.depth.blocks;
        while self.depth.blocks > 0 && fs::metadata(segment_path(&self.dir, self.ids[0]))?.modified()? < cutoff {
            if self.ids.len() == 1 {
                self.add_segment()?;
            }
            while let Some(payload) = self.head_segment()?.read_at_head()? {
                if let Ok(block) = Block::decode(&payload) {
                    self.depth.remove(&block, self.limits.profile);
                    dropped(&block);
                }
                self.offset = Segment::after(self.offset, payload.len());
            }
            self.drop_finished_head()?;
        }
        Ok(before - self.depth.blocks)
    }

    /// Removes the files. Nothing may be done with the queue afterwards.
    pub(super) fn remove(&mut self) -> io::Result<()> {
        self.depth = Depth::default();
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// What waits.
    pub(super) fn depth(&self) -> Depth {
        self.depth
    }

    /// Where the first record that was not delivered stands in the oldest segment, and where the newest segment ends, both
    /// as `path:offset` and as the real format counts: its files end with eight bytes where these begin with them.
    pub(super) fn ends(&self) -> (String, String) {
        let place = |id, offset: u64| format!("{}:{offset}", segment_path(&self.dir, id).display());
        let head = place(self.ids[0], self.offset - Segment::FIRST);
        (head, place(self.ids[self.ids.len() - 1], self.tail.len()))
    }

    /// Adds a block at the tail and returns the file to sync before it may be called durable.
    pub(super) fn append(&mut self, block: &Block) -> Result<File, HandoffError> {
        let payload = block.encode();
        let profile = self.limits.profile;
        self.limits.check(self.depth.bytes + self.consumed, block.accounted_len(profile))?;
        self.append_payload(&payload).inspect(|_| self.depth.add(block, profile)).map_err(|error| {
            let path = segment_path(&self.dir, self.ids[self.ids.len() - 1]);
            HandoffError::Storage(match error.kind() {
                io::ErrorKind::StorageFull => format!("write {}: no space left on device", path.display()),
                _ => format!("write {}: {error}", path.display()),
            })
        })
    }

    fn append_payload(&mut self, payload: &[u8]) -> io::Result<File> {
        if self.tail.len() > Segment::FIRST && self.tail.len() + payload.len() as u64 > self.limits.segment {
            self.add_segment()?;
        }
        self.tail.append(payload)?;
        self.tail.handle()
    }

    /// Goes on in a new file.
    fn add_segment(&mut self) -> io::Result<()> {
        let next = self.ids[self.ids.len() - 1] + 1;
        let segment = Segment::open(&segment_path(&self.dir, next))?;
        // What is in the old tail may not have been synced yet by those who wait for it.
        self.tail.handle()?.sync_data()?;
        let old = std::mem::replace(&mut self.tail, segment);
        if self.ids.len() == 1 {
            self.head = Some(old);
        }
        self.ids.push_back(next);
        Ok(())
    }

    /// All blocks that wait, oldest first.
    pub(super) fn blocks(&mut self) -> io::Result<Vec<Block>> {
        let mut all = Vec::new();
        for (position, id) in self.ids.iter().enumerate() {
            let mut segment = Segment::open(&segment_path(&self.dir, *id))?;
            let mut offset = if position == 0 { self.offset } else { Segment::FIRST };
            while let Some(payload) = segment.read(offset)? {
                offset = Segment::after(offset, payload.len());
                all.extend(Block::decode(&payload).ok());
            }
        }
        Ok(all)
    }

    /// The block at the head.
    pub(super) fn peek(&mut self) -> io::Result<Option<Block>> {
        loop {
            let Some(payload) = self.head_segment()?.read_at_head()? else {
                if !self.drop_finished_head()? {
                    return Ok(None);
                }
                continue;
            };
            match Block::decode(&payload) {
                Ok(block) => return Ok(Some(block)),
                Err(error) => {
                    tracing::warn!(dir = %self.dir.display(), %error, "skipped an unreadable handoff block");
                    self.step(payload.len())?;
                }
            }
        }
    }

    /// Takes the block at the head off, once it was delivered or given up.
    pub(super) fn advance(&mut self) -> io::Result<()> {
        let Some(payload) = self.head_segment()?.read_at_head()? else { return Ok(()) };
        if let Ok(block) = Block::decode(&payload) {
            self.depth.remove(&block, self.limits.profile);
            self.consumed += block.accounted_len(self.limits.profile);
        }
        self.step(payload.len())
    }

    fn step(&mut self, payload: usize) -> io::Result<()> {
        self.offset = Segment::after(self.offset, payload);
        self.save_cursor()
    }

    fn save_cursor(&mut self) -> io::Result<()> {
        self.cursor.save(Position { segment: self.ids[0], offset: self.offset })
    }

    fn head_segment(&mut self) -> io::Result<Head<'_>> {
        let offset = self.offset;
        if self.ids.len() == 1 {
            return Ok(Head { segment: &mut self.tail, offset });
        }
        if self.head.is_none() {
            self.head = Some(Segment::open(&segment_path(&self.dir, self.ids[0]))?);
        }
        let segment = self.head.as_mut().expect("the oldest segment was opened just above");
        Ok(Head { segment, offset })
    }

    /// Removes the oldest segment when a newer one follows; an emptied tail is started afresh instead.
    fn drop_finished_head(&mut self) -> io::Result<bool> {
        if self.ids.len() == 1 {
            if self.offset > self.limits.segment / 2 {
                self.add_segment()?;
                return self.drop_finished_head();
            }
            return Ok(false);
        }
        let finished = self.ids.pop_front().expect("there are at least two segments here");
        self.head = None;
        self.offset = Segment::FIRST;
        self.consumed = 0;
        self.save_cursor()?;
        remove_segment(&self.dir, finished)?;
        Ok(true)
    }
}

struct Head<'a> {
    segment: &'a mut Segment,
    offset: u64,
}

impl Head<'_> {
    fn read_at_head(self) -> io::Result<Option<Vec<u8>>> {
        self.segment.read(self.offset)
    }
}

fn segment_path(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("{id:08}.seg"))
}

fn remove_segment(dir: &Path, id: u64) -> io::Result<()> {
    match fs::remove_file(segment_path(dir, id)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The id in the name of a segment file; `None` for any other file.
fn segment_id(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".seg")?.parse().ok()
}

/// Whether a file of a queue's directory is one of its segments.
pub(crate) fn is_segment(path: &Path) -> bool {
    segment_id(path).is_some()
}

fn segment_ids(dir: &Path) -> io::Result<Vec<u64>> {
    let mut ids = Vec::new();
    for entry in fs::read_dir(dir)? {
        ids.extend(segment_id(&entry?.path()));
    }
    ids.sort_unstable();
    Ok(ids)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Point;

    const LIMITS: Limits = Limits { profile: Profile::V1_8, queue: 1 << 20, segment: 200 };

    fn block(n: i64) -> Block {
        Block { shard: 7, points: [Point { key: b"m,k=v", fields: b"v=1", time: n }].into_iter().collect() }
    }

    #[test]
    fn what_waits_can_be_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let mut queue = Queue::open(dir.path(), LIMITS).unwrap();
        (0..9).for_each(|n| drop(queue.append(&block(n)).unwrap()));
        for _ in 0..2 {
            queue.peek().unwrap();
            queue.advance().unwrap();
        }
        let waiting = queue.blocks().unwrap();
        assert_eq!(waiting, (2..9).map(block).collect::<Vec<_>>());
        assert_eq!(times(&mut queue), (2..9).collect::<Vec<_>>());
    }

    fn times(queue: &mut Queue) -> Vec<i64> {
        let mut all = Vec::new();
        while let Some(block) = queue.peek().unwrap() {
            all.push(block.points.get(0).unwrap().time);
            queue.advance().unwrap();
        }
        all
    }

    #[test]
    fn blocks_leave_in_the_order_they_came_across_segments() {
        let dir = tempfile::tempdir().unwrap();
        let mut queue = Queue::open(dir.path(), LIMITS).unwrap();
        for n in 0..50 {
            queue.append(&block(n)).unwrap();
        }
        assert_eq!(queue.depth().points, 50);
        assert_eq!(times(&mut queue), (0..50).collect::<Vec<_>>());
        assert_eq!(queue.depth(), Depth::default());
        assert_eq!(segment_ids(dir.path()).unwrap().len(), 1, "delivered segments are removed");
    }

    /// Reopening at any point of a delivery goes on where it stopped.
    #[test]
    fn a_reopened_queue_goes_on_where_it_stopped() {
        let dir = tempfile::tempdir().unwrap();
        for delivered in 0..20 {
            let mut queue = Queue::open(dir.path(), LIMITS).unwrap();
            if delivered == 0 {
                for n in 0..20 {
                    queue.append(&block(n)).unwrap();
                }
            }
            assert_eq!(queue.depth().blocks, 20 - delivered);
            assert_eq!(queue.peek().unwrap().unwrap().points.get(0).unwrap().time, i64::try_from(delivered).unwrap());
            queue.advance().unwrap();
        }
        assert_eq!(Queue::open(dir.path(), LIMITS).unwrap().depth(), Depth::default());
    }

    #[test]
    fn limits_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let mut queue = Queue::open(dir.path(), Limits { queue: 100, segment: 60, ..LIMITS }).unwrap();
        queue.append(&block(0)).unwrap();
        assert_eq!(queue.append(&block(1)).unwrap_err(), HandoffError::Full);
        let mut large = block(2);
        large.points.push(Point { key: b"m", fields: b"v=1", time: 3 });
        let dir = tempfile::tempdir().unwrap();
        let mut queue = Queue::open(dir.path(), Limits { queue: 1000, segment: 60, ..LIMITS }).unwrap();
        assert_eq!(queue.append(&large).unwrap_err(), HandoffError::SegmentFull);
        // As lines the same two points are shorter.
        let dir = tempfile::tempdir().unwrap();
        let limits = Limits { profile: Profile::V0_10, queue: 1000, segment: 60 };
        let mut queue = Queue::open(dir.path(), limits).unwrap();
        queue.append(&large).unwrap();
        let lines = "m,k=v v=1 2\nm v=1 3\n".len() as u64;
        assert_eq!(queue.depth().bytes, 16 + lines);
        let reopened = Queue::open(dir.path(), limits).unwrap();
        assert_eq!(reopened.depth().bytes, 16 + lines);
    }
}
