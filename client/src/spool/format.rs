//! The bytes of a segment. Pure.
//!
//! A segment has a header and records behind it. Integers are little-endian; a CRC-32 covers whatever it stands in.
//!
//! ```text
//! header: "IFXSPOOL" | version u32 | first record u64 | target: length u16, text | crc u32
//! record: payload length u32 | crc u32 | kind u8 | number u64 | durable before u64 | payload
//! ```

/// The format that is written.
pub(super) const VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"IFXSPOOL";
/// Bytes of a record before its payload.
pub(super) const RECORD_HEAD: usize = 4 + 4 + 1 + 8 + 8;
/// Bytes of a header around its target.
const HEADER: usize = 8 + 4 + 8 + 2 + 4;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Lines of points.
    Points,
    /// A note that all records before the number in the payload are settled.
    Settled,
}

/// What the points of a segment are for, and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) first: u64,
    pub(super) target: Box<str>,
}

impl Header {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + self.target.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.first.to_le_bytes());
        let length = u16::try_from(self.target.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&self.target.as_bytes()[..usize::from(length)]);
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        out
    }

    /// The header at the start of a segment, and its length.
    pub(super) fn decode(bytes: &[u8]) -> Result<(Self, usize), BadHeader> {
        let magic: [u8; 8] = take(bytes, 0).ok_or(BadHeader::Torn)?;
        if magic != *MAGIC {
            return Err(BadHeader::Torn);
        }
        let version = u32::from_le_bytes(take(bytes, 8).ok_or(BadHeader::Torn)?);
        let first = u64::from_le_bytes(take(bytes, 12).ok_or(BadHeader::Torn)?);
        let length = usize::from(u16::from_le_bytes(take(bytes, 20).ok_or(BadHeader::Torn)?));
        let crc = u32::from_le_bytes(take(bytes, 22 + length).ok_or(BadHeader::Torn)?);
        if crc32fast::hash(&bytes[..22 + length]) != crc {
            return Err(BadHeader::Torn);
        }
        if version != VERSION {
            return Err(BadHeader::Version(version));
        }
        let target = std::str::from_utf8(&bytes[22..22 + length]).map_err(|_| BadHeader::Torn)?;
        Ok((Self { first, target: target.into() }, 22 + length + 4))
    }
}

/// Why a header cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadHeader {
    /// It is not complete, or not one.
    Torn,
    /// Of a newer version.
    Version(u32),
}

/// A record as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) kind: Kind,
    pub(super) number: u64,
    /// All records before this one were durable when it was written.
    pub(super) durable: u64,
    pub(super) payload: &'a [u8],
}

impl<'a> Record<'a> {
    pub(super) const fn len(&self) -> usize {
        RECORD_HEAD + self.payload.len()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&(self.payload.len() as u32).to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.push(match self.kind {
            Kind::Points => 1,
            Kind::Settled => 2,
        });
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.durable.to_le_bytes());
        out.extend_from_slice(self.payload);
        let crc = checksum(&out[start..]);
        out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
    }

    /// The record at the start of `bytes`; `None` where there is no whole and sound one.
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let length = u32::from_le_bytes(take(bytes, 0)?) as usize;
        let crc = u32::from_le_bytes(take(bytes, 4)?);
        let record = bytes.get(..RECORD_HEAD.checked_add(length)?)?;
        if checksum(record) != crc {
            return None;
        }
        let kind = match record[8] {
            1 => Kind::Points,
            2 => Kind::Settled,
            _ => return None,
        };
        let number = u64::from_le_bytes(take(record, 9)?);
        let durable = u64::from_le_bytes(take(record, 17)?);
        Some(Self { kind, number, durable, payload: &record[RECORD_HEAD..] })
    }

    /// The number that a note of settled records names.
    pub(super) fn settled_before(&self) -> Option<u64> {
        Some(u64::from_le_bytes(take(self.payload, 0)?))
    }
}

/// Of a whole record: everything but the checksum itself.
fn checksum(record: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&record[..4]);
    hasher.update(&record[8..]);
    hasher.finalize()
}

fn take<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// What a segment has behind its header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// The number behind the last sound record.
    pub(super) next: u64,
    /// Where the last sound record ends.
    pub(super) end: usize,
    /// The highest number before which all is said to be settled.
    pub(super) settled: u64,
    /// Whether a record behind the end was durable, so that what was lost there was too.
    pub(super) lost_durable: bool,
}

/// Reads the records of a segment that begins with `first`, from `start` on, and shows each that has points.
pub(super) fn scan(bytes: &[u8], start: usize, first: u64, mut show: impl FnMut(usize, &Record<'_>)) -> Scan {
    let mut scan = Scan { next: first, end: start, settled: 0, lost_durable: false };
    while let Some(record) = Record::decode(&bytes[scan.end..]) {
        if record.number != scan.next {
            break;
        }
        match record.kind {
            Kind::Points => {
                show(scan.end, &record);
                scan.next += 1;
            }
            Kind::Settled => scan.settled = scan.settled.max(record.settled_before().unwrap_or(0)),
        }
        scan.end += record.len();
    }
    // A write that was cut short leaves garbage, perhaps with whole records in it; but none that was written after what is
    // missing had become durable.
    let behind = (scan.end + 1..bytes.len().saturating_sub(RECORD_HEAD - 1)).filter_map(|at| plausible(&bytes[at..]));
    scan.lost_durable = { behind }.any(|record| record.durable > scan.next);
    scan
}

/// A record, looked for where there may be none: what is cheap to see is seen first.
fn plausible(bytes: &[u8]) -> Option<Record<'_>> {
    let is_kind = matches!(bytes.get(8), Some(1 | 2));
    if is_kind { Record::decode(bytes) } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn segment() -> (Vec<u8>, usize, Vec<usize>) {
        let header = Header { first: 7, target: "db".into() };
        let mut bytes = header.encode();
        let start = bytes.len();
        let mut ends = vec![start];
        for (number, payload) in [(7, "one"), (8, "two two"), (9, ""), (10, "four")] {
            Record { kind: Kind::Points, number, durable: number, payload: payload.as_bytes() }.encode(&mut bytes);
            ends.push(bytes.len());
        }
        (bytes, start, ends)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (bytes, start, _) = segment();
        let (header, end) = Header::decode(&bytes).unwrap();
        assert_eq!((header.first, &*header.target, end), (7, "db", start));
        let mut payloads = Vec::new();
        let scan = scan(&bytes, start, 7, |_, record| payloads.push(record.payload.to_vec()));
        assert_eq!(payloads, [&b"one"[..], b"two two", b"", b"four"]);
        assert_eq!(scan, Scan { next: 11, end: bytes.len(), settled: 0, lost_durable: false });
    }

    /// Cut anywhere, the whole records before the cut are read and nothing else.
    #[test]
    fn a_torn_tail_is_cut_at_the_last_whole_record() {
        let (bytes, start, ends) = segment();
        for cut in start..bytes.len() {
            let whole = ends.iter().rposition(|end| *end <= cut).unwrap();
            let read = scan(&bytes[..cut], start, 7, |_, _| {});
            assert_eq!((read.next, read.end), (7 + whole as u64, ends[whole]), "cut at {cut}");
            let mut zeros = bytes[..cut].to_vec();
            zeros.resize(bytes.len() + 100, 0);
            let read = scan(&zeros, start, 7, |_, _| {});
            // Zeros may stand for zeros that were there.
            assert!(read.next - 7 >= whole as u64 && read.end <= bytes.len(), "zeros from {cut}");
        }
        for cut in 0..start {
            assert_eq!(Header::decode(&bytes[..cut]), Err(BadHeader::Torn));
        }
    }

    /// Whatever bit flips, no record is read that was not written, and a flip before a later durable record is told
    /// apart from a torn tail.
    #[test]
    fn a_flipped_bit_is_seen_at_every_byte() {
        let (bytes, start, ends) = segment();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                if at < start {
                    assert!(Header::decode(&flipped).is_err(), "byte {at}");
                    continue;
                }
                let hit = ends.iter().rposition(|end| *end <= at).unwrap();
                let read = scan(&flipped, start, 7, |_, _| {});
                assert_eq!(read.next, 7 + hit as u64, "byte {at}");
                assert_eq!(read.lost_durable, hit + 2 < ends.len(), "byte {at}");
            }
        }
    }

    #[test]
    fn a_newer_version_is_told() {
        let mut bytes = segment().0;
        bytes[8] = 2;
        let crc = crc32fast::hash(&bytes[..24]).to_le_bytes();
        bytes[24..28].copy_from_slice(&crc);
        assert_eq!(Header::decode(&bytes), Err(BadHeader::Version(2)));
    }
}
