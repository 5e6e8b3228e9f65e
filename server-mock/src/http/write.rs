//! `/write` and `/api/v2/write`.

use http::{HeaderMap, Response, StatusCode};
use hyper::body::Incoming;

use super::body;
use super::form::Form;
use super::json_body;
use super::reply::Body;
use super::rules::{self, Lines, Refusal, after_write, read_lines, refusal, reply};
use crate::Profile;
use crate::auth::Caller;
use crate::core::consistency::Level;
use crate::go::Quoted;
use crate::line::Precision;
use crate::query::render::Style;
use crate::runtime::DataServices;

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
    style: &Style,
    body: Incoming,
) -> Response<Body> {
    let result = match rules::precision(services.profile, form.get("precision")) {
        Err(refusal) => Err(refusal),
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
    reply(style, result)
}

/// `POST /api/v2/write?bucket=db/rp&precision=…`, the form that version 2 clients speak.
pub(super) async fn v2(
    services: &DataServices,
    caller: &Caller,
    headers: &HeaderMap,
    form: &Form,
    style: &Style,
    body: Incoming,
) -> Response<Body> {
    let result = match v2_target(form) {
        Err(refusal) => Err(refusal),
        Ok(target) => write(services, caller, headers, target, body).await,
    };
    reply(style, result)
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
    let check = || check_database(services, caller, target.database);
    let (points, level, bad_lines) = match read_lines(profile, &body, target.precision, target.consistency, now, check)?
    {
        Lines::None => return Ok(()),
        Lines::Points { points, level, bad_lines } => (points, level, bad_lines),
    };
    let (http, count) = (&services.statements.monitor.stats.http, points.len());
    let written = services.coordinator.write(target.database, target.retention_policy, level, points, now).await;
    match &written {
        Ok(()) => http.points_written_ok.add_len(count),
        Err(_) => http.points_written_fail.add_len(count),
    }
    after_write(profile, written, bad_lines)
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
    written.map_err(|failure| refusal(services.profile, &failure))
}

/// What is looked at before the points, by what this node knows of the cluster.
pub(super) fn check_database(services: &DataServices, caller: &Caller, database: &str) -> Result<(), Refusal> {
    rules::check_database(services.profile, &services.meta.snapshot(), caller, database)
}
