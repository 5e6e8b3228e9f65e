//! `/api/v1/prom/*`: remote write and read.
//!
//! Their bodies are protocol buffers in Snappy's block format. This server reads neither: it makes the checks that
//! come before, in the real order, and then says that the body cannot be read, so that nobody takes a batch for stored.

use http::{HeaderMap, Response, StatusCode};
use hyper::body::Incoming;

use super::body::{self, Refusal};
use super::form::Form;
use super::reply::{Body, error};
use super::write::check_database;
use crate::auth::Caller;
use crate::query::render::Style;
use crate::runtime::DataServices;

/// The text of the real servers for a body that is not in Snappy's format.
const CORRUPT: &str = "snappy: corrupt input";
/// What a body in that format gets here, and only here.
const UNSUPPORTED: &str = "this server does not read Prometheus remote write and read";

/// `POST /api/v1/prom/write?db=…`
pub(super) async fn write(
    services: &DataServices,
    caller: &Caller,
    headers: &HeaderMap,
    form: &Form,
    style: &Style,
    body: Incoming,
) -> Response<Body> {
    let result = match check_database(services, caller, form.get("db")) {
        Ok(()) => unread(services, headers, body).await,
        Err(refusal) => Err(refusal),
    };
    answer(style, result)
}

/// `POST /api/v1/prom/read?db=…`
pub(super) async fn read(
    services: &DataServices,
    headers: &HeaderMap,
    style: &Style,
    body: Incoming,
) -> Response<Body> {
    let result = unread(services, headers, body).await;
    answer(style, result)
}

fn answer(style: &Style, result: Result<(), Refusal>) -> Response<Body> {
    let (status, text) = match result {
        Ok(()) => (StatusCode::NOT_IMPLEMENTED, UNSUPPORTED.to_owned()),
        Err(refusal) => refusal,
    };
    error(style, status, &text)
}

/// Whether the body could be one: Snappy's blocks start with their length, at most five bytes of seven bits.
async fn unread(services: &DataServices, headers: &HeaderMap, body: Incoming) -> Result<(), Refusal> {
    let mut headers = headers.clone();
    // Compressed by its own format, never by that of HTTP.
    headers.remove(http::header::CONTENT_ENCODING);
    let body = body::read(&headers, body, &services.options).await?;
    let length = body.iter().take(5).position(|byte| byte & 0x80 == 0);
    match length {
        Some(end) if end + 1 < body.len() => Ok(()),
        Some(_) | None => Err((StatusCode::BAD_REQUEST, CORRUPT.to_owned())),
    }
}
