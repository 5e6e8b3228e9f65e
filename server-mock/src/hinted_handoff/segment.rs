//! One file of a queue: a header, then records of length, CRC and payload.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Eight bytes at the start of each file; the last one is the version of the format.
const HEADER: [u8; 8] = *b"hhqueue\x01";
const RECORD_HEADER: u64 = 8;
/// Nothing larger is ever written; a longer length can only be damage.
const MAX_PAYLOAD: u32 = 256 << 20;

/// An open segment file.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    len: u64,
}

impl Segment {
    /// Offset of the first record.
    pub(super) const FIRST: u64 = HEADER.len() as u64;

    /// Opens a segment, or makes an empty one.
    ///
    /// A torn or damaged record ends the segment: it and all behind it were never acknowledged or cannot be trusted, and
    /// are cut off.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let size = file.metadata()?.len();
        if size < Self::FIRST {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(&HEADER)?;
            sync_name(path)?;
            return Ok(Self { file, len: Self::FIRST });
        }
        let mut header = HEADER;
        file.read_exact(&mut header)?;
        check_header(header, path)?;
        let mut segment = Self { file, len: size };
        let mut end = Self::FIRST;
        while let Some(payload) = segment.read(end)? {
            end += RECORD_HEADER + payload.len() as u64;
        }
        if end < size {
            tracing::warn!(path = %path.display(), kept = end, cut = size - end, "cut a damaged tail off a handoff segment");
            segment.file.set_len(end)?;
        }
        segment.len = end;
        Ok(segment)
    }

    /// Bytes of the file.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Adds a record; it is durable after the next [`sync`](Self::sync) of the file.
    pub(super) fn append(&mut self, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let mut record = Vec::with_capacity(payload.len() + 8);
        record.extend_from_slice(&length.to_le_bytes());
        record.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
        record.extend_from_slice(payload);
        self.file.seek(SeekFrom::Start(self.len))?;
        if let Err(error) = self.file.write_all(&record) {
            // A record cut short by a full disk must not stand before a later one.
            let _ = self.file.set_len(self.len);
            return Err(error);
        }
        self.len += record.len() as u64;
        Ok(())
    }

    /// The payload at an offset; `None` at the end, or where the record is damaged.
    pub(super) fn read(&mut self, offset: u64) -> io::Result<Option<Vec<u8>>> {
        if offset + RECORD_HEADER > self.len {
            return Ok(None);
        }
        self.file.seek(SeekFrom::Start(offset))?;
        let (mut length, mut crc) = ([0; 4], [0; 4]);
        self.file.read_exact(&mut length)?;
        self.file.read_exact(&mut crc)?;
        let length = u32::from_le_bytes(length);
        if length > MAX_PAYLOAD || offset + RECORD_HEADER + u64::from(length) > self.len {
            return Ok(None);
        }
        let mut payload = vec![0; length as usize];
        self.file.read_exact(&mut payload)?;
        Ok((crc32fast::hash(&payload) == u32::from_le_bytes(crc)).then_some(payload))
    }

    /// Offset of the record behind the one at `offset` with a payload of this length.
    pub(super) fn after(offset: u64, payload: usize) -> u64 {
        offset + RECORD_HEADER + payload as u64
    }

    /// A second handle, so that the file can be synced without holding up appends.
    pub(super) fn handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }
}

/// Makes the name of a new file durable, without which its content is not.
fn sync_name(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(dir) = path.parent() {
        File::open(dir)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn check_header(header: [u8; 8], path: &Path) -> io::Result<()> {
    if header == HEADER {
        return Ok(());
    }
    let newer = header[..7] == HEADER[..7] && header[7] > HEADER[7];
    let why = if newer { "was written by a newer version" } else { "is no handoff segment" };
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("{} {why}", path.display())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn payloads(segment: &mut Segment) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let mut offset = Segment::FIRST;
        while let Some(payload) = segment.read(offset).unwrap() {
            offset = Segment::after(offset, payload.len());
            all.push(payload);
        }
        all
    }

    /// A crash may cut the file anywhere: what was whole before the cut is recovered, and appending goes on behind it.
    #[test]
    fn a_tail_torn_at_any_byte_leaves_the_records_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1.seg");
        let mut segment = Segment::open(&path).unwrap();
        for payload in [b"one".as_slice(), b"twotwo", b"three"] {
            segment.append(payload).unwrap();
        }
        let whole = std::fs::read(&path).unwrap();
        let ends = [8, 8 + 11, 8 + 11 + 14, whole.len()];
        for cut in 8..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let mut segment = Segment::open(&path).unwrap();
            let kept = ends.iter().filter(|end| **end <= cut).count() - 1;
            assert_eq!(payloads(&mut segment).len(), kept, "cut at {cut}");
            segment.append(b"next").unwrap();
            assert_eq!(payloads(&mut segment).last().unwrap(), b"next");
        }
    }

    #[test]
    fn a_flipped_bit_is_never_returned_as_a_record() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1.seg");
        Segment::open(&path).unwrap().append(b"payload").unwrap();
        let whole = std::fs::read(&path).unwrap();
        for at in 8..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&path, &damaged).unwrap();
            assert!(payloads(&mut Segment::open(&path).unwrap()).is_empty(), "flip at {at}");
        }
    }

    #[test]
    fn a_newer_format_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1.seg");
        std::fs::write(&path, b"hhqueue\x02").unwrap();
        assert!(Segment::open(&path).unwrap_err().to_string().contains("newer version"));
    }

    #[test]
    fn a_segment_of_any_bytes_gives_records_or_is_cut() {
        use crate::hinted_handoff::block::Block;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1");
        bolero::check!().with_iterations(300).for_each(|bytes: &[u8]| {
            let record =
                [&u32::try_from(bytes.len()).unwrap().to_le_bytes(), &crc32fast::hash(bytes).to_le_bytes(), bytes];
            for content in [[HEADER.as_slice(), bytes].concat(), [HEADER.as_slice(), &record.concat(), bytes].concat()]
            {
                std::fs::write(&path, &content).unwrap();
                let mut segment = Segment::open(&path).unwrap();
                for payload in payloads(&mut segment) {
                    let _ = Block::decode(&payload);
                }
                assert!(segment.len() <= content.len() as u64);
                let _ = Block::decode(bytes);
            }
        });
    }
}
