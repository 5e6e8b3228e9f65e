//! Where a queue's delivery has got to.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// The first record not yet delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) segment: u64,
    pub(super) offset: u64,
}

/// The file that remembers a [`Position`].
///
/// It is rewritten in place after each delivery and never synced: a kill keeps it, and after a power cut an older
/// position only sends again what had arrived.
#[derive(Debug)]
pub(super) struct Cursor {
    file: File,
}

impl Cursor {
    /// Opens the file and reads the position; `None` when there is none that can be trusted.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Option<Position>)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((Self { file }, decode(&bytes)))
    }

    /// Remembers a position.
    pub(super) fn save(&mut self, position: Position) -> io::Result<()> {
        self.file.rewind()?;
        self.file.write_all(&encode(position))
    }
}

fn encode(position: Position) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&position.segment.to_le_bytes());
    bytes[8..16].copy_from_slice(&position.offset.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..16]);
    bytes[16..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<Position> {
    let (segment, rest) = bytes.split_first_chunk()?;
    let (offset, _) = rest.split_first_chunk()?;
    let position = Position { segment: u64::from_le_bytes(*segment), offset: u64::from_le_bytes(*offset) };
    (encode(position) == bytes).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_position_is_not_trusted() {
        let position = Position { segment: 3, offset: 77 };
        let bytes = encode(position);
        assert_eq!(decode(&bytes), Some(position));
        for at in 0..bytes.len() {
            let mut damaged = bytes;
            damaged[at] ^= 0x80;
            assert_eq!(decode(&damaged), None, "flip at {at}");
        }
        assert_eq!(decode(&bytes[..19]), None);
    }
}
