//! What is handed to Java.

use crate::frame::Writer;
use crate::hold::Hold;

/// What a completion tells; the first byte of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Ack = 1,
    WriteError = 2,
    PointsRefused = 3,
    RowsError = 4,
    Cancelled = 5,
    Internal = 6,
    Question = 7,
    QueryResponse = 10,
    QueryError = 11,
    QueryChunk = 12,
    End = 13,
    Answer = 20,
    Body = 21,
    RequestError = 22,
    Pongs = 23,
    Resolution = 24,
    Pushed = 30,
    PushError = 31,
    Delivered = 32,
    Flushed = 33,
    Report = 34,
    WriterClosed = 35,
}

impl Kind {
    /// Begins the frame of a completion.
    pub(crate) fn frame(self, call: i64) -> Writer {
        let mut frame = Writer::new();
        frame.u8(self as u8).i64(call);
        frame
    }
}

/// A frame for Java, and what was held until now.
#[derive(Debug)]
pub(crate) struct Completion {
    pub(crate) frame: Vec<u8>,
    pub(crate) hold: Option<Hold>,
}

impl Completion {
    pub(crate) fn new(frame: Writer, call: i64, hold: Option<Hold>) -> Self {
        let frame = frame.into_bytes().unwrap_or_else(|_| internal(call, "the answer is larger than a Java array"));
        Self { frame, hold }
    }
}

/// The frame of a call that cannot end otherwise.
pub(crate) fn internal(call: i64, why: &str) -> Vec<u8> {
    let mut frame = Kind::Internal.frame(call);
    frame.str(why);
    frame.into_bytes().unwrap_or_default()
}
