//! From files and pipes to packs of lines: opened, decompressed, cut where a server would cut, in bounded memory.

mod dump;
mod feed;
mod headers;
mod lines;
mod pack;
mod source;
mod unit;
mod walk;
mod zstd;

pub(crate) use dump::{Dump, Event, Start, Stretch};
pub(crate) use feed::{Feed, FeedOptions, Next};
#[cfg(test)]
pub(crate) use headers::Context;
pub(crate) use headers::{Mark, is_statement, shown};
pub(crate) use lines::{Kind, Line, Lines, Piece};
pub(crate) use pack::{Pack, Place, Rules};
pub(crate) use source::Source;
pub(crate) use unit::{UnitDoubt, unit};
pub(crate) use walk::{Found, Reading, Target, Targets, walk};
