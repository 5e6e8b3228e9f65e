//! What a write is given to send: rows in a buffer of Java's, or lines that were copied out of an array.

use influx_client::{Batch, LineSplitter, MissingTime, PointErrorKind, Precision};

use crate::pool;
use crate::refused::RefusedPoints;
use crate::rows::{self, RowsFault};

/// Rows in memory that belongs to Java.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    address: *const u8,
    len: usize,
}

// SAFETY: the address is only read, by one copy; who made it promised that it stays valid for as long as it is used.
unsafe impl Send for Rows {}

impl Rows {
    /// Rows at this address.
    ///
    /// # Safety
    /// `len` bytes at `address` can be read until the last completion of the call that gets the rows is fetched.
    pub(crate) unsafe fn new(address: *const u8, len: usize) -> Self {
        Self { address, len }
    }

    /// Copies the rows, so that what is read cannot change under the reader's feet, whoever writes there meanwhile.
    fn copy_to(self, buffer: &mut Vec<u8>) {
        buffer.clear();
        buffer.reserve(self.len);
        // SAFETY: `new` was promised that the bytes can be read, `reserve` made room for them, and the two do not overlap
        // because the room is the vector's own. All of the new length is written.
        unsafe {
            std::ptr::copy_nonoverlapping(self.address, buffer.as_mut_ptr(), self.len);
            buffer.set_len(self.len);
        }
    }
}

/// How lines are taken in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineRules {
    pub(crate) missing_time: MissingTime,
    /// The server is to judge them.
    pub(crate) unchecked: bool,
}

/// What is to be sent.
#[derive(Debug)]
pub(crate) enum Input {
    Rows(Rows),
    Lines(Vec<u8>, LineRules),
}

/// Why it cannot be.
#[derive(Debug)]
pub(crate) enum Refused {
    Rows(RowsFault),
    Points(RefusedPoints),
}

/// Work on more bytes than this keeps a thread busy for so long that others must be told.
const LONG: usize = 1 << 20;

impl Input {
    fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len,
            Self::Lines(lines, _) => lines.len(),
        }
    }

    /// The points as a batch.
    pub(crate) fn into_batch(self, precision: Precision, checks_types: bool) -> Result<pool::PooledBatch, Refused> {
        let mut batch = pool::batch(precision);
        batch.check_field_types(checks_types);
        if self.len() > LONG && tokio::runtime::Handle::try_current().is_ok() {
            tokio::task::block_in_place(|| self.write_to(&mut batch))?;
        } else {
            self.write_to(&mut batch)?;
        }
        Ok(batch)
    }

    /// Writes the points into a batch.
    pub(crate) fn write_to(self, batch: &mut Batch) -> Result<(), Refused> {
        let mut refused = RefusedPoints::default();
        match self {
            Self::Rows(rows) => {
                let mut buffer = pool::buffer();
                rows.copy_to(&mut buffer);
                rows::decode(&buffer, batch, &mut refused).map_err(Refused::Rows)?;
            }
            Self::Lines(lines, rules) => push_lines(&lines, rules, batch, &mut refused),
        }
        if refused.is_empty() { Ok(()) } else { Err(Refused::Points(refused)) }
    }
}

fn push_lines(lines: &[u8], rules: LineRules, batch: &mut Batch, refused: &mut RefusedPoints) {
    batch.missing_time(rules.missing_time);
    let mut splitter = LineSplitter::new();
    let mut rest = lines;
    let mut index = 0;
    while !rest.is_empty() {
        let end = splitter.end_of_line(rest).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        splitter = LineSplitter::new();
        rest = behind;
        let pushed = if rules.unchecked { batch.push_unchecked_line(line) } else { batch.push_line(line) };
        match pushed {
            Ok(()) => index += 1,
            Err(error) if is_no_point(error.kind()) => {}
            Err(error) => {
                refused.add(index, error.kind());
                index += 1;
            }
        }
    }
}

/// Blank lines and comments are passed over, as servers do.
fn is_no_point(kind: &PointErrorKind) -> bool {
    use influx_client::LineErrorKind::{Blank, Comment};
    matches!(kind, PointErrorKind::Line(error) if matches!(error.kind, Blank | Comment))
}
