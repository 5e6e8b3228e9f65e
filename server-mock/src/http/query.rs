//! `/query`: statements in, one result for each of them out.

use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use hyper::body::Incoming;

use super::body;
use super::form::Form;
use super::reply::{Body, error, go_string, json};
use crate::coordinator::Scope;
use crate::query::{Params, parse};
use crate::runtime::DataServices;

/// `GET` or `POST /query?q=…&db=…`; a posted form counts before the address.
pub(super) async fn answer(services: &DataServices, head: &Parts, form: Form, body: Incoming) -> Response<Body> {
    let profile = services.profile;
    let form = match posted(services, head, body).await {
        Ok(posted) => posted.before(form),
        Err((status, text)) => return error(profile, status, &text),
    };
    let text = form.get("q").trim();
    if text.is_empty() {
        return error(profile, StatusCode::BAD_REQUEST, "missing required parameter \"q\"");
    }
    let given = form.get("params");
    let params = if given.is_empty() { Ok(Params::default()) } else { Params::from_json(given) };
    let statements = match params {
        Ok(params) => parse(text, &params, profile),
        Err(wrong) => return error(profile, StatusCode::BAD_REQUEST, &wrong.to_string()),
    };
    let statements = match statements {
        Ok(statements) => statements,
        Err(wrong) => return error(profile, StatusCode::BAD_REQUEST, &wrong.to_string()),
    };
    let scope = Scope { database: form.get("db"), now: services.now() };
    let mut results = Vec::new();
    for (id, statement) in statements.iter().enumerate() {
        results.push(match services.statements.run(statement, scope).await {
            Ok(()) => format!("{{\"statement_id\":{id}}}"),
            Err(text) => format!("{{\"statement_id\":{id},\"error\":{}}}", go_string(&text)),
        });
    }
    json(StatusCode::OK, format!("{{\"results\":[{}]}}\n", results.join(",")))
}

/// The form in the body of a `POST`.
async fn posted(services: &DataServices, head: &Parts, body: Incoming) -> Result<Form, body::Refusal> {
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    let is_form = head
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().split(|byte| *byte == b';').next() == Some(form.as_bytes()));
    if head.method != Method::POST || !is_form {
        return Ok(Form::default());
    }
    let body = body::read(&head.headers, body, services.options.max_body_size).await?;
    Ok(Form::parse(&body))
}
