//! `/write` and `/api/v2/write`.

use http::{HeaderMap, Response, StatusCode};
use hyper::body::Incoming;

use super::auth::forbidden;
use super::body;
use super::form::Form;
use super::json_body;
use super::reply::{Body, empty, error};
use crate::Profile;
use crate::auth::Caller;
use crate::coordinator::WriteError;
use crate::core::consistency::Level;
use crate::go::Quoted;
use crate::line::{self, Precision};
use crate::runtime::DataServices;

/// A failed write: the status and the text of the answer.
type Refusal = (StatusCode, String);

/// Where the points go, and how their times are to be read.
struct Target<'a> {
    database: &'a str,
    retention_policy: &'a str,
    consistency: &'a str,
    precision: Precision,
}

/// `POST /write?db=…&rp=…&precision=…&consistency=…`
pub(super) async fn v1(
    services: &DataServices,
    caller: &Caller,
    headers: &HeaderMap,
    form: &Form,
    body: Incoming,
) -> Response<Body> {
    let result = match Precision::parse(form.get("precision"), services.profile) {
        Err(unknown) => Err((StatusCode::BAD_REQUEST, unknown.to_string())),
        Ok(precision) => {
            let target = Target {
                database: form.get("db"),
                retention_policy: form.get("rp"),
                consistency: form.get("consistency"),
                precision,
            };
            write(services, caller, headers, target, body).await
        }
    };
    reply(services.profile, result)
}

/// `POST /api/v2/write?bucket=db/rp&precision=…`, the form that version 2 clients speak.
pub(super) async fn v2(
    services: &DataServices,
    caller: &Caller,
    headers: &HeaderMap,
    form: &Form,
    body: Incoming,
) -> Response<Body> {
    let result = match v2_target(form) {
        Err(refusal) => Err(refusal),
        Ok(target) => write(services, caller, headers, target, body).await,
    };
    reply(services.profile, result)
}

fn v2_target(form: &Form) -> Result<Target<'_>, Refusal> {
    let given = form.get("precision");
    let precision = match given {
        "" | "ns" => Precision::Nanosecond,
        "us" => Precision::Microsecond,
        "ms" => Precision::Millisecond,
        "s" => Precision::Second,
        _ => {
            return Err((
                StatusCode::BAD_REQUEST,
                format!("invalid precision {} (use ns, us, ms or s)", Quoted(given)),
            ));
        }
    };
    let bucket = form.get("bucket");
    // Without a slash the bucket is a database, and its default retention policy is meant.
    let (database, retention_policy) = bucket.split_once('/').unwrap_or((bucket, ""));
    if database.is_empty() {
        let why = if bucket.is_empty() {
            "missing a slash; not in \"database/retention-policy\" format"
        } else {
            "in db/rp form but has an empty database"
        };
        return Err((StatusCode::NOT_FOUND, format!("bucket name {} is {why}", Quoted(bucket))));
    }
    Ok(Target { database, retention_policy, consistency: form.get("consistency"), precision })
}

fn reply(profile: Profile, result: Result<(), Refusal>) -> Response<Body> {
    match result {
        Ok(()) => empty(StatusCode::NO_CONTENT),
        // What 0.10 says to an empty batch of JSON.
        Err((StatusCode::OK, _)) => empty(StatusCode::OK),
        Err((status, text)) => error(profile, status, &text),
    }
}

/// The checks stand in the order in which the real servers make them; the first that fails is the answer.
async fn write(
    services: &DataServices,
    caller: &Caller,
    headers: &HeaderMap,
    target: Target<'_>,
    body: Incoming,
) -> Result<(), Refusal> {
    let profile = services.profile;
    let now = services.now();
    if profile == Profile::V1_8 {
        check_database(services, caller, target.database)?;
    }
    let body = body::read(headers, body, &services.options).await?;
    services.statements.monitor.stats.http.write_req_bytes.add_len(body.len());
    if profile == Profile::V0_10 && json_body::is_json(headers, &body) {
        return write_json(services, caller, &body, now).await;
    }
    let parsed = line::parse(&body, target.precision, now, profile);
    let bad_lines = parsed.error_text();
    if let (true, Some(lines)) = (parsed.points.is_empty(), &bad_lines) {
        return Err((StatusCode::BAD_REQUEST, lines.clone()));
    }
    if profile == Profile::V0_10 {
        check_database(services, caller, target.database)?;
    }
    if parsed.points.is_empty() {
        return Ok(());
    }
    let level = level(profile, target.consistency)?;
    let (http, count) = (&services.statements.monitor.stats.http, parsed.points.len());
    let written = services.coordinator.write(target.database, target.retention_policy, level, parsed.points, now).await;
    match &written {
        Ok(()) => http.points_written_ok.add_len(count),
        Err(_) => http.points_written_fail.add_len(count),
    }
    written.map_err(|failure| (status(profile, &failure), failure.to_string()))?;
    // Told only when nothing else went wrong.
    match (bad_lines, profile) {
        (None, _) => Ok(()),
        (Some(lines), Profile::V1_8) => Err((StatusCode::BAD_REQUEST, format!("partial write: {lines} dropped=0"))),
        (Some(lines), Profile::V0_10) => Err((StatusCode::BAD_REQUEST, format!("partial write:\n{lines}"))),
    }
}

/// The batch format of 0.10, which names its target itself and knows no consistency level.
async fn write_json(services: &DataServices, caller: &Caller, body: &[u8], now: i64) -> Result<(), Refusal> {
    if body.trim_ascii().is_empty() {
        return Err((StatusCode::OK, String::new()));
    }
    let refused = |why: json_body::JsonError| (StatusCode::BAD_REQUEST, why.to_string());
    let batch = json_body::Batch::decode(body, now).map_err(refused)?;
    check_database(services, caller, &batch.database)?;
    let points = batch.points().map_err(refused)?;
    if points.is_empty() {
        return Ok(());
    }
    let written = services.coordinator.write(&batch.database, &batch.retention_policy, Level::One, points, now).await;
    written.map_err(|failure| (status(services.profile, &failure), failure.to_string()))
}

/// What is looked at before the points: whether the database is named, there, and this caller's to write to.
pub(super) fn check_database(services: &DataServices, caller: &Caller, database: &str) -> Result<(), Refusal> {
    if database.is_empty() {
        return Err((StatusCode::BAD_REQUEST, "database is required".to_owned()));
    }
    if services.meta.snapshot().database(database).is_none() {
        return Err((StatusCode::NOT_FOUND, format!("database not found: {}", Quoted(database))));
    }
    caller.may_write(database).map_err(|text| (forbidden(services.profile), text))
}

fn level(profile: Profile, text: &str) -> Result<Level, Refusal> {
    match profile {
        Profile::V1_8 if text.is_empty() => Ok(Level::One),
        Profile::V1_8 => text
            .parse()
            .map_err(|unknown: crate::core::consistency::UnknownLevel| (StatusCode::BAD_REQUEST, unknown.to_string())),
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
