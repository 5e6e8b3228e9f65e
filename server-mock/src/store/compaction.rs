//! Making the journal of a shard shorter.
//!
//! A journal that only grows is read whole at each start. From time to time its records give way to what they amount to:
//! the field types and the columns as they are in memory. The old records go and the new ones come in one batch, so a
//! crash leaves the one or the other.

use super::content::Content;
use super::record::{self, Change};

/// Below this many bytes a journal is read in no time.
const SHORT: usize = 8 << 20;
/// How many times longer than the last replacement the new records may be: the price of copying is paid by a share of
/// what was written.
const SHARE: usize = 2;
/// Bytes of values in one record.
const PIECE: usize = 4 << 20;

/// How long the journal of a shard is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Bytes of the last replacement.
    replacement: usize,
    /// Bytes of the records since.
    since: usize,
}

impl Tally {
    pub(super) fn grown(&mut self, bytes: usize) {
        self.since += bytes;
    }

    pub(super) fn replaced(&mut self, bytes: usize) {
        *self = Self { replacement: bytes, since: 0 };
    }

    pub(super) fn is_long(self) -> bool {
        self.since > SHORT.max(self.replacement.saturating_mul(SHARE))
    }
}

/// The records that make the same content.
pub(super) fn records(content: &Content) -> Vec<Vec<u8>> {
    let (fields, pieces) = content.save(PIECE);
    let mut records = vec![record::encode_change(&Change::Define(fields))];
    records.extend(pieces.iter().map(record::encode_columns));
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_long_when_it_outgrows_its_content() {
        let mut tally = Tally::default();
        tally.grown(SHORT);
        assert!(!tally.is_long());
        tally.grown(1);
        assert!(tally.is_long());
        tally.replaced(SHORT);
        tally.grown(SHARE * SHORT);
        assert!(!tally.is_long());
        tally.grown(1);
        assert!(tally.is_long());
    }
}
