//! `/query`: statements in, one result for each of them out.

use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use hyper::body::Incoming;

use super::body;
use super::form::Form;
use super::reply::{Body, error, json};
use crate::coordinator::Scope;
use crate::query::ast::Statement;
use crate::query::render::{self, Epoch, Style};
use crate::query::{Params, StatementResult, parse};
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
    let scope = Scope { database: form.get("db"), retention_policy: form.get("rp"), now: services.now() };
    let mut results = Vec::new();
    let mut failed = false;
    for (id, statement) in statements.into_iter().enumerate() {
        if failed {
            results.push(StatementResult::failed(id, "not executed"));
            continue;
        }
        // A failed SELECT lets the others run; after any other failure they do not.
        let reads = matches!(statement, Statement::Select(_));
        match services.statements.run(statement, scope).await {
            Ok(rows) => results.push(StatementResult::rows(id, rows)),
            Err(text) => {
                failed = !reads;
                results.push(StatementResult::failed(id, text));
            }
        }
    }
    let style = Style {
        pretty: form.get("pretty") == "true",
        epoch: Epoch::from_parameter(form.get("epoch")),
        ..Style::new(profile)
    };
    json(StatusCode::OK, render::body(&results, &style))
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
