//! Acknowledgements and errors of writes.

use std::error::Error as _;

use influx_client::{
    Ack, Attempt, ConsistencyLevel, Dropped, Endpoint, ErrorKind, Refusal, ServerVersion, Tally, WriteError,
};

use super::details::{put_kind, put_reason};
use crate::frame::Writer;

/// Writes an acknowledgement.
pub(crate) fn put_ack(frame: &mut Writer, ack: &Ack) {
    frame.size(ack.points()).str(ack.asked().as_str()).str(ack.level().as_str());
    put_endpoint(frame, ack.endpoint());
    frame
        .i32_or_none(ack.status())
        .str_or_none(ack.request_id())
        .str_or_none(ack.server_version().map(ServerVersion::as_str))
        .list(ack.attempts(), put_attempt)
        .list(ack.caveats(), |frame, caveat| {
            frame.str(caveat.id()).shown(caveat);
        });
}

/// Writes the error of a write.
pub(crate) fn put_write_error(frame: &mut Writer, error: &WriteError) {
    frame
        .str(error.class().id())
        .str(error.kind().name())
        .str(error.outcome().id())
        .str(error.advice().id())
        .str(error.advice().resend().id())
        .str(error.level().as_str())
        .str_or_none(error.lowered_to().map(ConsistencyLevel::as_str))
        .str_or_none(error.stop().map(influx_client::Stop::id))
        // How many acknowledged and how many had to is on no wire that is known.
        .i32(-1)
        .i32(-1)
        .i32_or_none(error.status())
        .str_or_none(error.request_id())
        .str_or_none(error.server_message())
        .str_or_none(error.server_version().map(ServerVersion::as_str));
    put_endpoint(frame, error.endpoint());
    frame.shown(error).str_or_none(error.source().map(ToString::to_string).as_deref());
    put_dropped(
        frame,
        match error.kind() {
            ErrorKind::Rejected { dropped, .. } => Some(*dropped),
            ErrorKind::Invalid { .. } => Some(Dropped::All),
            _ => None,
        },
    );
    put_tally(frame, &error.tally());
    frame.list(error.refusals(), put_refusal).list(error.attempts(), put_attempt);
    put_kind(frame, Some(error.kind()));
}

fn put_endpoint(frame: &mut Writer, endpoint: Option<&Endpoint>) {
    frame.str_or_none(endpoint.map(ToString::to_string).as_deref());
}

/// Writes how many points a server says it refused.
pub(super) fn put_dropped(frame: &mut Writer, dropped: Option<Dropped>) {
    match dropped {
        None => frame.u8(0).i64(-1),
        Some(Dropped::AtLeast(points)) => frame.u8(1).u64(points),
        Some(Dropped::All) => frame.u8(2).i64(-1),
    };
}

/// Writes how many points ended how.
pub(crate) fn put_tally(frame: &mut Writer, tally: &Tally) {
    let Tally { stored, below_level, deferred, refused, unknown, not_stored } = *tally;
    for points in [stored, below_level, deferred, refused, unknown, not_stored] {
        frame.size(points);
    }
}

fn put_refusal(frame: &mut Writer, refusal: &Refusal) {
    let reason = &refusal.reason;
    frame
        .i32_or_none(refusal.line)
        .str_or_none(refusal.text.as_deref())
        .str(reason.name())
        .str(reason.class().id())
        .shown(reason);
    put_reason(frame, reason);
}

fn put_attempt(frame: &mut Writer, attempt: &Attempt) {
    frame
        .shown(&attempt.endpoint)
        .duration(attempt.started)
        .duration(attempt.elapsed)
        .size(attempt.points)
        .u64(attempt.sent)
        .i32_or_none(attempt.status)
        .str(attempt.class.id())
        .str(attempt.outcome.id())
        .str_or_none(attempt.message.as_deref())
        .str_or_none(attempt.request_id.as_deref());
}
