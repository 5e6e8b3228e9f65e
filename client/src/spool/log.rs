//! Records in segments on disk: added in groups, read in order, removed from the old end.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::directory::Directory;
use super::error::SpoolError;
use crate::writer::trace;

use super::format::{BadHeader, Header, Kind, RECORD_HEAD, Record, Scan, scan};

/// Bytes of a segment, at most, unless one group is larger.
const SEGMENT: u64 = 8 << 20;

/// The file that records are added to.
pub(super) trait LogFile: Send {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts it to this length, where the next record goes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl LogFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.seek(SeekFrom::Start(length)).map(drop)
    }
}

/// What was found in a spool when it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpoolRecovery {
    /// Records that are not settled, each with the points of one push.
    pub records: u64,
    /// Their points.
    pub points: u64,
    /// Bytes at the end of the last file that were no whole record, and were cut: what was being written when a process or
    /// machine stopped, and had not been accepted.
    pub cut: u64,
}

/// A segment.
#[derive(Debug)]
struct Segment {
    first: u64,
    /// The number behind its last record.
    next: u64,
    /// Where its records begin.
    start: u64,
    bytes: u64,
}

/// Where the next record is read.
struct Reader {
    number: u64,
    file: File,
    segment: u64,
    offset: u64,
}

/// Records in segments, in a directory of its own.
///
/// A record is durable when [`Log::append`] returns, and stays until it and all before it are settled.
pub(crate) struct Log {
    directory: Directory,
    limit: u64,
    segment_bytes: u64,
    /// What the records are for; known once there is one.
    target: Option<Box<str>>,
    segments: VecDeque<Segment>,
    /// Of the last segment, if records may be added to it.
    head: Option<Box<dyn LogFile>>,
    next: u64,
    /// All records before this one are settled.
    settled: u64,
    reader: Option<Reader>,
    broken: bool,
}

impl Log {
    /// Opens a spool of so many bytes at most; `show` is shown the lines of each record that is not settled, and
    /// counts its points.
    pub(super) fn open(
        path: &Path,
        limit: u64,
        mut show: impl FnMut(&[u8]) -> u64,
    ) -> Result<(Self, SpoolRecovery), SpoolError> {
        let directory = Directory::open(path)?;
        let mut log = Self {
            directory,
            limit,
            segment_bytes: SEGMENT.min(limit / 4).max(1),
            target: None,
            segments: VecDeque::new(),
            head: None,
            next: 0,
            settled: 0,
            reader: None,
            broken: false,
        };
        let mut recovery = SpoolRecovery::default();
        // Where the records of each segment lie, to be shown once it is known which are settled.
        let mut found: Vec<(u64, u64, Range<usize>)> = Vec::new();
        let segments = log.directory.segments()?;
        for (index, first) in segments.iter().enumerate() {
            log.recover(*first, index + 1 == segments.len(), &mut recovery, &mut found)?;
        }
        if let Some(oldest) = log.segments.front()
            && log.settled < oldest.first
        {
            let path = log.directory.segment_path(oldest.first);
            return Err(SpoolError::Damaged { path, offset: 0, why: "the file before it is missing" });
        }
        log.show_unsettled(&found, &mut recovery, &mut show)?;
        log.trim()?;
        Ok((log, recovery))
    }

    fn recover(
        &mut self,
        first: u64,
        is_last: bool,
        recovery: &mut SpoolRecovery,
        found: &mut Vec<(u64, u64, Range<usize>)>,
    ) -> Result<(), SpoolError> {
        let path = self.directory.segment_path(first);
        let damaged = |offset: usize, why| SpoolError::Damaged { path: path.clone(), offset: offset as u64, why };
        let mut file = self.directory.open_segment(first, false)?;
        let bytes = read_all(&mut file, &path)?;
        let (header, start) = match Header::decode(&bytes) {
            Ok(decoded) => decoded,
            Err(BadHeader::Version(version)) => return Err(SpoolError::Version { path, version }),
            // The file was being made; a header that was whole once has records behind it.
            Err(BadHeader::Torn) if is_last && !has_records(&bytes) => {
                recovery.cut += bytes.len() as u64;
                self.directory.remove_segment(first)?;
                return self.directory.sync();
            }
            Err(BadHeader::Torn) => return Err(damaged(0, "its header is not sound")),
        };
        if header.first != first {
            return Err(damaged(12, "it is another file than its name says"));
        }
        if self.segments.back().is_some_and(|before| before.next != first) {
            return Err(damaged(0, "the file before it is missing"));
        }
        let Scan { next, end, settled, lost_durable } =
            scan(&bytes, start, first, |at, record| found.push((first, record.number, at..at + record.len())));
        if lost_durable || (end < bytes.len() && !is_last) {
            return Err(damaged(end, "a record that was durable is not sound"));
        }
        if end < bytes.len() {
            let cut = bytes.len() - end;
            recovery.cut += cut as u64;
            trace::spool_cut(&path, cut);
        }
        self.target = Some(header.target);
        self.settled = self.settled.max(settled);
        self.next = next;
        self.segments.push_back(Segment { first, next, start: start as u64, bytes: end as u64 });
        if is_last {
            self.continue_in(first, end as u64)?;
        }
        Ok(())
    }

    /// Adds to a segment that was there, whose sound records end at `end`.
    fn continue_in(&mut self, first: u64, end: u64) -> Result<(), SpoolError> {
        let path = self.directory.segment_path(first);
        let mut file = self.directory.open_segment(first, true)?;
        file.cut(end).and_then(|()| file.sync_all()).map_err(|error| SpoolError::io("cut", &path, error))?;
        self.head = Some(Box::new(file));
        Ok(())
    }

    fn show_unsettled(
        &self,
        found: &[(u64, u64, Range<usize>)],
        recovery: &mut SpoolRecovery,
        show: &mut impl FnMut(&[u8]) -> u64,
    ) -> Result<(), SpoolError> {
        let mut open: Option<(u64, Vec<u8>)> = None;
        for (segment, _, range) in found.iter().filter(|(_, number, _)| *number >= self.settled) {
            if open.as_ref().is_none_or(|(first, _)| first != segment) {
                let path = self.directory.segment_path(*segment);
                let mut file = self.directory.open_segment(*segment, false)?;
                open = Some((*segment, read_all(&mut file, &path)?));
            }
            let Some((_, bytes)) = &open else { continue };
            let payload = &bytes[range.start + RECORD_HEAD..range.end];
            recovery.records += 1;
            recovery.points += show(payload);
        }
        Ok(())
    }

    /// Says what its records are for.
    pub(crate) fn bind(&mut self, target: &str) -> Result<(), SpoolError> {
        match &self.target {
            Some(held) if **held == *target => Ok(()),
            Some(held) if self.settled < self.next => {
                Err(SpoolError::OtherTarget { held: held.clone(), wanted: target.into() })
            }
            Some(_) | None => {
                self.target = Some(target.into());
                // What is settled may go; the next record begins a file for the new target.
                self.head = None;
                Ok(())
            }
        }
    }

    /// The number of the next record.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }

    /// The first record that is not known to be settled.
    pub(crate) const fn settled(&self) -> u64 {
        self.settled
    }

    /// Whether records of so many bytes may be added.
    #[cfg(test)]
    pub(crate) fn has_room(&self, bytes: u64) -> bool {
        self.bytes() + bytes <= self.limit
    }

    /// What a record with such a payload takes.
    pub(crate) const fn record_bytes(payload: usize) -> u64 {
        (RECORD_HEAD + payload) as u64
    }

    /// How many bytes it may have.
    pub(crate) const fn limit(&self) -> u64 {
        self.limit
    }

    /// How many bytes it has.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Adds a record for each payload; when it returns, they are durable. Returns the number of the first one.
    ///
    /// After an error none of them is accepted: they are taken back, or the log is broken and takes no more.
    pub(crate) fn append(&mut self, payloads: &[&[u8]]) -> Result<u64, SpoolError> {
        let (first, durable) = (self.next, self.next);
        let mut group = Vec::with_capacity(payloads.iter().map(|payload| RECORD_HEAD + payload.len()).sum());
        for (number, payload) in (first..).zip(payloads) {
            Record { kind: Kind::Points, number, durable, payload }.encode(&mut group);
        }
        self.write(&group)?;
        self.next += payloads.len() as u64;
        if let Some(head) = self.segments.back_mut() {
            head.next = self.next;
        }
        Ok(first)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        if self.broken {
            return Err(SpoolError::Broken);
        }
        let is_full = self.segments.back().is_none_or(|head| head.bytes >= self.segment_bytes);
        if self.head.is_none() || is_full {
            self.begin_segment()?;
        }
        let (Some(head), Some(segment)) = (&mut self.head, self.segments.back_mut()) else {
            return Err(SpoolError::Broken);
        };
        let path = self.directory.segment_path(segment.first);
        if let Err(error) = head.append(bytes) {
            // Nothing was promised, so it can be taken back; if not even that, nobody knows what is there.
            self.broken = head.cut(segment.bytes).is_err();
            return Err(SpoolError::io("write to", &path, error));
        }
        if let Err(error) = head.sync() {
            // A second sync may succeed although the data is lost: only reading the file again tells.
            self.broken = true;
            return Err(SpoolError::io("sync", &path, error));
        }
        segment.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Begins a new segment, with a note of what is settled.
    fn begin_segment(&mut self) -> Result<(), SpoolError> {
        let first = self.next;
        if self.segments.back().is_some_and(|segment| segment.first == first) {
            // It has no records, and is for something else.
            self.segments.pop_back();
            self.directory.remove_segment(first)?;
        }
        let target = self.target.clone().unwrap_or_default();
        let mut bytes = Header { first, target }.encode();
        let start = bytes.len() as u64;
        self.note().encode_into(&mut bytes);
        let path = self.directory.segment_path(first);
        let mut file = self.directory.create_segment(first)?;
        let written = file.append(&bytes).and_then(|()| file.sync_all());
        if let Err(error) = written {
            let error = SpoolError::io("write to", &path, error);
            self.head = None;
            let _ = self.directory.remove_segment(first);
            return Err(error);
        }
        self.directory.sync()?;
        self.segments.push_back(Segment { first, next: first, start, bytes: bytes.len() as u64 });
        self.head = Some(Box::new(file));
        Ok(())
    }

    fn note(&self) -> Note {
        Note { number: self.next, settled: self.settled }
    }

    /// All records before this one are settled: what holds only such records is removed.
    pub(crate) fn settle(&mut self, before: u64) -> Result<(), SpoolError> {
        if before <= self.settled {
            return Ok(());
        }
        self.settled = before;
        self.trim()
    }

    /// Notes on disk what is settled, so that it is not sent again. It need not be durable.
    pub(crate) fn write_note(&mut self) -> Result<(), SpoolError> {
        if self.broken {
            return Err(SpoolError::Broken);
        }
        let (Some(head), Some(segment)) = (&mut self.head, self.segments.back_mut()) else { return Ok(()) };
        let mut bytes = Vec::new();
        Note { number: self.next, settled: self.settled }.encode_into(&mut bytes);
        if let Err(error) = head.append(&bytes) {
            self.broken = head.cut(segment.bytes).is_err();
            return Err(SpoolError::io("write to", &self.directory.segment_path(segment.first), error));
        }
        segment.bytes += bytes.len() as u64;
        Ok(())
    }

    fn trim(&mut self) -> Result<(), SpoolError> {
        if self.segments.front().is_none_or(|oldest| oldest.next > self.settled || oldest.first == oldest.next) {
            return Ok(());
        }
        let head_is_done = self.segments.back().is_some_and(|head| head.next <= self.settled);
        let head_is_large = self.segments.back().is_some_and(|head| head.bytes >= self.segment_bytes / 2);
        if self.segments.len() == 1 && !head_is_large {
            return Ok(());
        }
        if head_is_done && head_is_large {
            self.begin_segment()?;
        } else {
            // The note of what is settled has to be there before what is settled goes.
            self.write_note()?;
            if let Some(head) = &mut self.head {
                head.sync().map_err(|error| {
                    self.broken = true;
                    SpoolError::io("sync", &self.directory.segment_path(self.next), error)
                })?;
            }
        }
        while self.segments.len() > 1
            && let Some(oldest) = self.segments.front()
            && oldest.next <= self.settled
        {
            let first = oldest.first;
            self.reader.take_if(|reader| reader.segment == first);
            self.segments.pop_front();
            self.directory.remove_segment(first)?;
        }
        self.directory.sync()
    }

    /// The lines of the record with this number, which is one that was not settled when the log was opened or since.
    pub(crate) fn read(&mut self, number: u64) -> Result<Vec<u8>, SpoolError> {
        loop {
            let mut reader = match self.reader.take() {
                Some(reader) if reader.number <= number => reader,
                Some(_) | None => self.reader_for(number)?,
            };
            let path = self.directory.segment_path(reader.segment);
            let end = self.segments.iter().find(|s| s.first == reader.segment).map_or(0, |s| s.bytes);
            if reader.offset >= end {
                // The next segment goes on.
                self.reader = None;
                continue;
            }
            let bytes = read_record(&mut reader, &path)?;
            let damaged = SpoolError::Damaged { path, offset: reader.offset, why: "a record has changed" };
            let Some(record) = Record::decode(&bytes) else { return Err(damaged) };
            reader.offset += bytes.len() as u64;
            let is_it = record.kind == Kind::Points && record.number == number;
            reader.number += u64::from(record.kind == Kind::Points);
            self.reader = Some(reader);
            if is_it {
                return Ok(bytes[RECORD_HEAD..].to_vec());
            }
        }
    }

    /// A reader at the start of the segment that has this record.
    fn reader_for(&self, number: u64) -> Result<Reader, SpoolError> {
        let segment = self.segments.iter().find(|segment| (segment.first..segment.next).contains(&number));
        let Some(segment) = segment else {
            let path: PathBuf = self.directory.segment_path(number);
            return Err(SpoolError::Damaged { path, offset: 0, why: "there is no such record" });
        };
        let file = self.directory.open_segment(segment.first, false)?;
        Ok(Reader { number: segment.first, file, segment: segment.first, offset: segment.start })
    }
}

/// A note of what is settled.
struct Note {
    number: u64,
    settled: u64,
}

impl Note {
    fn encode_into(&self, out: &mut Vec<u8>) {
        let payload = self.settled.to_le_bytes();
        Record { kind: Kind::Settled, number: self.number, durable: self.number, payload: &payload }.encode(out);
    }
}

fn has_records(bytes: &[u8]) -> bool {
    (0..bytes.len().saturating_sub(RECORD_HEAD - 1)).any(|at| Record::decode(&bytes[at..]).is_some())
}

fn read_all(file: &mut File, path: &Path) -> Result<Vec<u8>, SpoolError> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| SpoolError::io("read", path, error))?;
    Ok(bytes)
}

fn read_record(reader: &mut Reader, path: &Path) -> Result<Vec<u8>, SpoolError> {
    let mut read = || {
        reader.file.seek(SeekFrom::Start(reader.offset))?;
        let mut bytes = vec![0; RECORD_HEAD];
        reader.file.read_exact(&mut bytes)?;
        let length = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
        // A length that was changed on disk must not ask for memory that there is no data for.
        let mut payload = Vec::new();
        (&mut reader.file).take(length as u64).read_to_end(&mut payload)?;
        bytes.extend_from_slice(&payload);
        Ok(bytes)
    };
    read().map_err(|error: io::Error| SpoolError::io("read", path, error))
}

#[cfg(test)]
mod tests;
