//! What a write is answered, and in which order it is checked. Pure: the I/O around it is in `write`, or simulated.

use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, Collected};

use super::auth::forbidden;
use super::reply::{Body, empty, identify_as, plain, sign, type_of_route, write_error};
use super::throttle::Throttled;
use crate::auth::Caller;
use crate::coordinator::WriteError;
use crate::core::consistency::{Level, UnknownLevel};
use crate::core::meta::MetaData;
use crate::go::Quoted;
use crate::line::{self, InvalidPrecision, Precision};
use crate::query::render::Style;
use crate::{Points, Profile};

/// A failed write: the status and the text of the answer.
pub(crate) type Refusal = (StatusCode, String);

/// What the body of a write comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// There is nothing to write.
    None,
    /// Points to be written at a level; the text about the lines that are none, told only when nothing else goes wrong.
    Points { points: Points, level: Level, bad_lines: Option<String> },
}

/// The unit of the timestamps, by the name in the request.
pub(crate) fn precision(profile: Profile, name: &str) -> Result<Precision, Refusal> {
    let refused = |unknown: InvalidPrecision| (StatusCode::BAD_REQUEST, unknown.to_string());
    Precision::parse(name, profile).map_err(refused)
}

/// What is looked at before the points: whether the database is named, there, and this caller's to write to.
pub(crate) fn check_database(
    profile: Profile,
    meta: &MetaData,
    caller: &Caller,
    database: &str,
) -> Result<(), Refusal> {
    if database.is_empty() {
        return Err((StatusCode::BAD_REQUEST, "database is required".to_owned()));
    }
    if meta.database(database).is_none() {
        return Err((StatusCode::NOT_FOUND, format!("database not found: {}", Quoted(database))));
    }
    caller.may_write(database).map_err(|text| (forbidden(profile), text))
}

/// Reads the body of a write; 0.10 looks at the database only then, 1.8 has done so before the body came.
pub(crate) fn read_lines(
    profile: Profile,
    body: &[u8],
    precision: Precision,
    consistency: &str,
    now: i64,
    check_database: impl FnOnce() -> Result<(), Refusal>,
) -> Result<Lines, Refusal> {
    let parsed = line::parse(body, precision, now, profile);
    let bad_lines = parsed.error_text();
    if let (true, Some(lines)) = (parsed.points.is_empty(), &bad_lines) {
        return Err((StatusCode::BAD_REQUEST, lines.clone()));
    }
    if profile == Profile::V0_10 {
        check_database()?;
    }
    if parsed.points.is_empty() {
        return Ok(Lines::None);
    }
    Ok(Lines::Points { level: level(profile, consistency)?, points: parsed.points, bad_lines })
}

/// What a write of points that were parsed comes to.
pub(crate) fn after_write(
    profile: Profile,
    written: Result<(), WriteError>,
    bad_lines: Option<String>,
) -> Result<(), Refusal> {
    written.map_err(|failure| refusal(profile, &failure))?;
    match (bad_lines, profile) {
        (None, _) => Ok(()),
        (Some(lines), Profile::V1_8) => Err((StatusCode::BAD_REQUEST, format!("partial write: {lines} dropped=0"))),
        (Some(lines), Profile::V0_10) => Err((StatusCode::BAD_REQUEST, format!("partial write:\n{lines}"))),
    }
}

/// How a coordinator's failure is told.
pub(crate) fn refusal(profile: Profile, failure: &WriteError) -> Refusal {
    (status(profile, failure), failure.to_string())
}

/// The answer to a write, as the endpoint gives it.
pub(super) fn reply(style: &Style, result: Result<(), Refusal>) -> Response<Body> {
    match result {
        Ok(()) => empty(StatusCode::NO_CONTENT),
        // What 0.10 says to an empty batch of JSON.
        Err((StatusCode::OK, _)) => empty(StatusCode::OK),
        Err((status, text)) => write_error(style, status, &text),
    }
}

/// An answer as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The whole answer to a write that asks for no form, with the headers that every answer has. `id` is that of the request.
pub(crate) fn answer(profile: Profile, result: Result<(), Refusal>, id: HeaderValue) -> Answered {
    finish(profile, reply(&Style::new(profile), result), id)
}

/// The whole answer to a write that a node had no place for (profile 1.8).
pub(crate) fn turned_away(profile: Profile, waited: bool, id: HeaderValue) -> Answered {
    let why = if waited { Throttled::Timeout } else { Throttled::QueueFull };
    finish(profile, plain(StatusCode::SERVICE_UNAVAILABLE, why.body()), id)
}

/// The whole answer to `/ping`.
pub(crate) fn pong(profile: Profile, id: HeaderValue) -> Answered {
    finish(profile, empty(StatusCode::NO_CONTENT), id)
}

fn finish(profile: Profile, mut response: Response<Body>, id: HeaderValue) -> Answered {
    let headers = response.headers_mut();
    identify_as(profile, &HeaderMap::new(), headers, || id);
    sign(profile, headers);
    type_of_route(&Style::new(profile), headers);
    let (head, body) = response.into_parts();
    // A body in one piece is there at once; only queries have others.
    let body = body.collect().now_or_never().and_then(Result::ok).map(Collected::to_bytes).unwrap_or_default();
    Answered { status: head.status, headers: head.headers, body }
}

fn level(profile: Profile, text: &str) -> Result<Level, Refusal> {
    match profile {
        Profile::V1_8 if text.is_empty() => Ok(Level::One),
        Profile::V1_8 => text.parse().map_err(|unknown: UnknownLevel| (StatusCode::BAD_REQUEST, unknown.to_string())),
        // Case counts, and what is not known is `one`.
        Profile::V0_10 => Ok(match text {
            "any" => Level::Any,
            "quorum" => Level::Quorum,
            "all" => Level::All,
            _ => Level::One,
        }),
    }
}

fn status(profile: Profile, failure: &WriteError) -> StatusCode {
    match (failure, profile) {
        (WriteError::TooOld(_) | WriteError::TooManyGroups(_), _) => StatusCode::BAD_REQUEST,
        (WriteError::Shard(error), Profile::V0_10) if error.to_string().contains("field type conflict") => {
            StatusCode::BAD_REQUEST
        }
        (
            WriteError::RetentionPolicyNotFound(_)
            | WriteError::Meta(_)
            | WriteError::NoShardGroup
            | WriteError::Shard(_),
            Profile::V1_8 | Profile::V0_10,
        ) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
