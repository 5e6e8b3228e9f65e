//! Packed rows on their way into a batch. Pure; nothing in them is trusted.

use influx_client::__bindings::Spelled;
use influx_client::{Batch, PointErrorKind, Value};

use crate::refused::RefusedPoints;

/// What a word stands for.
mod op {
    pub(super) const NAME: u8 = 0x01;
    pub(super) const POINT: u8 = 0x02;
    pub(super) const TAG: u8 = 0x03;
    pub(super) const F64: u8 = 0x10;
    pub(super) const I64: u8 = 0x11;
    pub(super) const U64: u8 = 0x12;
    pub(super) const BOOL: u8 = 0x13;
    pub(super) const STR: u8 = 0x14;
    pub(super) const AT: u8 = 0x20;
    pub(super) const SERVER_TIME: u8 = 0x22;
}

/// Rows that cannot be read. It shows no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rows cannot be read: at byte {at}, {what}")]
pub(crate) struct RowsFault {
    /// Where in the rows.
    pub(crate) at: usize,
    /// What is wrong there.
    pub(crate) what: &'static str,
}

/// Writes the rows into the batch. Points that no server could store are left out and noted in `refused`.
///
/// # Errors
/// Where the rows are not what a packer makes; the batch has then some of the points, and is of no use.
pub(crate) fn decode(rows: &[u8], batch: &mut Batch, refused: &mut RefusedPoints) -> Result<(), RowsFault> {
    let mut input = Input { rows, at: 0 };
    let mut names = Names(Vec::new());
    let mut index = 0;
    while !input.is_over() {
        let word = input.word()?;
        match word.op {
            op::NAME => names.define(&mut input, word)?,
            op::POINT => {
                if let Err(kind) = point(&mut input, &mut names, batch, word)? {
                    refused.add(index, &kind);
                }
                index += 1;
            }
            _ => return Err(input.fault("a point should begin")),
        }
    }
    Ok(())
}

/// Reads one point behind its first word; the inner error is that of the point.
fn point<'a>(
    input: &mut Input<'a>,
    names: &mut Names<'a>,
    batch: &mut Batch,
    begin: Word,
) -> Result<Result<(), PointErrorKind>, RowsFault> {
    let mut tags = batch.spelled_point(names.get(input, begin)?);
    let mut fields = loop {
        let word = input.word()?;
        match word.op {
            op::NAME => names.define(input, word)?,
            op::TAG => {
                let key = names.get(input, word)?;
                tags = tags.spelled_tag(key, input.text()?);
            }
            op::F64 | op::I64 | op::U64 | op::BOOL | op::STR => {
                let key = names.get(input, word)?;
                break tags.spelled_field(key, input.value(word.op)?);
            }
            op::AT | op::SERVER_TIME => {
                input.time(word)?;
                return Ok(Err(PointErrorKind::NoField));
            }
            _ => return Err(input.fault("an unknown op")),
        }
    };
    loop {
        let word = input.word()?;
        match word.op {
            op::NAME => names.define(input, word)?,
            op::F64 | op::I64 | op::U64 | op::BOOL | op::STR => {
                let key = names.get(input, word)?;
                fields = fields.spelled_field(key, input.value(word.op)?);
            }
            op::AT | op::SERVER_TIME => {
                let finished = match input.time(word)? {
                    Some(units) => fields.at(units),
                    None => fields.server_time(),
                };
                return Ok(finished.map_err(|error| error.kind().clone()));
            }
            op::TAG => return Err(input.fault("a tag behind a field")),
            _ => return Err(input.fault("an unknown op")),
        }
    }
}

/// The names that were spelled so far.
struct Names<'a>(Vec<Spelled<'a>>);

impl<'a> Names<'a> {
    #[inline(always)]
    fn get(&self, input: &Input<'_>, word: Word) -> Result<&Spelled<'a>, RowsFault> {
        match self.0.get(word.name) {
            Some(name) => Ok(name),
            None => Err(input.fault("a name that was not defined")),
        }
    }

    #[inline(never)]
    fn define(&mut self, input: &mut Input<'a>, word: Word) -> Result<(), RowsFault> {
        if word.name != self.0.len() {
            return Err(input.fault("a name out of turn"));
        }
        let name = input.text()?;
        self.0.push(Spelled::new(name));
        Ok(())
    }
}

#[derive(Clone, Copy, Debug)]
struct Word {
    op: u8,
    name: usize,
}

/// The rows, and how far they were read.
struct Input<'a> {
    rows: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn is_over(&self) -> bool {
        self.at == self.rows.len()
    }

    #[cold]
    fn fault(&self, what: &'static str) -> RowsFault {
        RowsFault { at: self.at, what }
    }

    #[inline(always)]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], RowsFault> {
        match self.rows[self.at..].first_chunk() {
            Some(array) => {
                self.at += N;
                Ok(*array)
            }
            None => Err(self.fault("they end in the middle of a point")),
        }
    }

    #[inline(always)]
    fn word(&mut self) -> Result<Word, RowsFault> {
        let word = u32::from_ne_bytes(self.array()?);
        Ok(Word { op: (word >> 24) as u8, name: (word & 0x00ff_ffff) as usize })
    }

    #[inline(always)]
    fn text(&mut self) -> Result<&'a str, RowsFault> {
        let len = u32::from_ne_bytes(self.array()?) as usize;
        match self.rows[self.at..].get(..len) {
            Some(bytes) => {
                self.at += len;
                // Most texts are short and ASCII, which is told apart faster.
                if bytes.is_ascii() {
                    // SAFETY: ASCII is UTF-8, and the bytes are borrowed: nobody can change them.
                    return Ok(unsafe { std::str::from_utf8_unchecked(bytes) });
                }
                std::str::from_utf8(bytes).map_err(|_| self.fault("a text that is not UTF-8"))
            }
            None => Err(self.fault("a text that goes past the end")),
        }
    }

    #[inline(always)]
    fn value(&mut self, op: u8) -> Result<Value<'a>, RowsFault> {
        Ok(match op {
            op::F64 => Value::Float(f64::from_ne_bytes(self.array()?)),
            op::I64 => Value::Integer(i64::from_ne_bytes(self.array()?)),
            op::U64 => Value::Unsigned(u64::from_ne_bytes(self.array()?)),
            op::BOOL => match self.array()? {
                [0] => Value::Boolean(false),
                [1] => Value::Boolean(true),
                [_] => return Err(self.fault("neither 0 nor 1 for a boolean")),
            },
            _ => Value::String(self.text()?),
        })
    }

    /// The time behind the word that ends a point; none where the server is to give it.
    #[inline(always)]
    fn time(&mut self, word: Word) -> Result<Option<i64>, RowsFault> {
        if word.name != 0 {
            return Err(self.fault("a name where a time belongs"));
        }
        Ok(match word.op {
            op::AT => Some(i64::from_ne_bytes(self.array()?)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests;
