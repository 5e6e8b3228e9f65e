//! What a server's reply means, for callers that sent the request themselves.

use influx_client::{ConsistencyLevel, Context, ErrorKind, Others, Reply, ServerVersion, Verdict, classify};

use super::details::put_kind;
use super::write::put_dropped;
use crate::frame::{Fault, Reader, Writer};

/// Reads a reply and says what it means.
pub(crate) fn judge(frame: &[u8]) -> Result<Writer, Fault> {
    let mut reader = Reader::new(frame);
    let status = reader.i32()?;
    let status = u16::try_from(status).map_err(|_| reader.fault("a status out of range"))?;
    let mut reply = Reply::new(status, reader.bytes()?);
    if !reader.bool()? {
        reply = reply.cut();
    }
    if let Some(error) = reader.str_or_none()? {
        reply = reply.error_header(error.as_bytes());
    }
    let (version, build) = (reader.str_or_none()?, reader.str_or_none()?);
    if let Some(version) = version {
        reply = reply.version(version, build);
    }
    let (after, date) = (reader.str_or_none()?, reader.str_or_none()?);
    if let Some(after) = after {
        reply = reply.retry_after(after, date);
    }
    let level: ConsistencyLevel = reader.name()?;
    let points = reader.i32()?;
    let points = usize::try_from(points).map_err(|_| reader.fault("a negative number of points"))?;
    let mut context = Context::new(level, points);
    if !reader.bool()? {
        context = context.not_idempotent();
    }
    reader.end()?;
    let mut answer = Writer::new();
    put_verdict(&mut answer, &classify(&reply, &context));
    Ok(answer)
}

fn put_verdict(frame: &mut Writer, verdict: &Verdict) {
    frame
        .str(verdict.class().id())
        .str_or_none(verdict.kind().map(ErrorKind::name))
        .str(verdict.outcome().id())
        .str(verdict.advice().id())
        .str(verdict.advice().resend().id())
        .i32_or_none(verdict.row())
        .str_or_none(verdict.message())
        .str_or_none(verdict.kind().map(ToString::to_string).as_deref());
    put_dropped(frame, verdict.dropped());
    frame
        .str(match verdict.others() {
            Others::Acknowledged => "acknowledged",
            Others::AcknowledgedIfParsed => "acknowledged-if-parsed",
            Others::Unsettled => "unsettled",
        })
        .list(verdict.unparsable(), |frame, unparsable| {
            frame.str(&unparsable.line).str(&unparsable.why);
        })
        .duration_or_none(verdict.retry_after())
        .str_or_none(verdict.server_version().map(ServerVersion::as_str))
        .str_or_none(verdict.reason().map(influx_client::Reason::name));
    put_kind(frame, verdict.kind());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn judged(status: i32, body: &[u8]) -> Result<(String, Option<String>, String), Fault> {
        let mut frame = Writer::new();
        frame.i32(status).bytes(body).bool(true).str_or_none(None).str_or_none(Some("1.8.10")).str_or_none(None);
        frame.str_or_none(None).str_or_none(None).str("quorum").i32(5).bool(true);
        let answer = judge(&frame.into_bytes().unwrap())?.into_bytes().unwrap();
        let mut reader = Reader::new(&answer);
        Ok((reader.str()?.into(), reader.str_or_none()?.map(Into::into), reader.str()?.into()))
    }

    #[test]
    fn replies_are_judged_as_the_crate_does() {
        assert_eq!(judged(204, b"").unwrap(), ("ok".into(), None, "stored".into()));
        let partial = judged(500, br#"{"error":"partial write"}"#).unwrap();
        assert_eq!(partial, ("below-level".into(), Some("ConsistencyNotMet".into()), "below-level".into()));
        assert!(judged(-1, b"").is_err());
        assert!(judged(70_000, b"").is_err());
        assert!(judge(b"").is_err());
    }
}
