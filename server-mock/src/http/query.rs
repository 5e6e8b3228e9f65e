//! `/query`: statements in, one result for each of them out.

use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use hyper::body::Incoming;

use super::body;
use super::form::Form;
use super::reply::{Body, json, with_error_header};
use crate::coordinator::Scope;
use crate::query::ast::Statement;
use crate::query::render::{self, Encoding, Epoch, Style, Writer};
use crate::query::{Params, Sequence, StatementResult, parse, read_only_warning};
use crate::runtime::DataServices;

/// Rows in one chunk unless the request says otherwise.
const CHUNK: usize = 10_000;

/// `GET` or `POST /query?q=…&db=…`; a posted form counts before the address.
pub(super) async fn answer(services: &DataServices, head: &Parts, form: Form, body: Incoming) -> Response<Body> {
    let profile = services.profile;
    let accept = head.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let style = Style { encoding: Encoding::from_accept(accept), ..Style::new(profile) };
    let refused = |status, text: &str| with_error_header(profile, text, json(status, render::error_body(text, &style)));
    let form = match posted(services, head, body).await {
        Ok(posted) => posted.before(form),
        Err((status, text)) => return refused(status, &text),
    };
    let statements = match statements(services, &form) {
        Ok(statements) => statements,
        Err(text) => return refused(StatusCode::BAD_REQUEST, &text),
    };
    let scope = Scope { database: form.get("db"), retention_policy: form.get("rp"), now: services.now() };
    let results = run(services, statements, scope, head.method == Method::GET).await;
    let style =
        Style { pretty: form.get("pretty") == "true", epoch: Epoch::from_parameter(form.get("epoch")), ..style };
    let body = if form.get("chunked") == "true" {
        let size = form.get("chunk_size").parse().ok().filter(|size| *size > 0).unwrap_or(CHUNK);
        let mut writer = Writer::new(style);
        let chunks = results.into_iter().flat_map(|result| render::chunks(result, size));
        chunks.flat_map(|chunk| writer.results(&[chunk])).collect()
    } else {
        render::body(&results, &style)
    };
    let mut response = json(StatusCode::OK, body);
    let form = HeaderValue::from_static(style.encoding.content_type());
    response.headers_mut().insert(header::CONTENT_TYPE, form);
    response
}

fn statements(services: &DataServices, form: &Form) -> Result<Vec<Statement>, String> {
    let text = form.get("q").trim();
    if text.is_empty() {
        return Err("missing required parameter \"q\"".to_owned());
    }
    let given = form.get("params");
    let params = if given.is_empty() { Ok(Params::default()) } else { Params::from_json(given) };
    let params = params.map_err(|wrong| wrong.to_string())?;
    parse(text, &params, services.profile).map_err(|wrong| wrong.to_string())
}

async fn run(
    services: &DataServices,
    statements: Vec<Statement>,
    scope: Scope<'_>,
    read_only: bool,
) -> Vec<StatementResult> {
    let mut results = Sequence::new(services.profile, statements.len());
    for (id, statement) in statements.into_iter().enumerate() {
        let mut result = match services.statements.run(statement.clone(), scope).await {
            Ok(rows) => StatementResult::rows(id, rows),
            Err(text) => StatementResult::failed(id, text),
        };
        if read_only {
            result.messages.extend(read_only_warning(&statement));
        }
        if !results.add(&statement, result) {
            break;
        }
    }
    results.finish()
}

/// The form in the body of a `POST`.
async fn posted(services: &DataServices, head: &Parts, body: Incoming) -> Result<Form, body::Refusal> {
    let form = b"application/x-www-form-urlencoded".as_slice();
    let kind = head.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if head.method != Method::POST || kind.split(|byte| *byte == b';').next() != Some(form) {
        return Ok(Form::default());
    }
    let body = body::read(&head.headers, body, &services.options).await?;
    Ok(Form::parse(&body))
}
