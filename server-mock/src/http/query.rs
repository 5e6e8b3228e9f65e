//! `/query`: statements in, one result for each of them out.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use hyper::body::Incoming;
use tokio::sync::mpsc;

use super::auth;
use super::body;
use super::form::Form;
use super::reply::{Body, empty, error, json};
use crate::Profile;
use crate::auth::Caller;
use crate::coordinator::Scope;
use crate::query::ast::Statement;
use crate::query::render::{self, Chunker, Epoch, Style, Writer};
use crate::query::{NOT_EXECUTED, Params, Sequence, StatementResult, parse, read_only_warning};
use crate::runtime::DataServices;

/// Rows in one chunk unless the request says otherwise.
const CHUNK: usize = 10_000;
/// Pieces of an answer that may wait for a slow client before the query waits too.
const PIECES_AHEAD: usize = 4;

/// `GET` or `POST /query?q=…&db=…`; a posted form counts before the address.
pub(super) async fn answer(
    services: &Arc<DataServices>,
    caller: &Caller,
    head: &Parts,
    form: Form,
    style: Style,
    body: Incoming,
) -> Response<Body> {
    let profile = services.profile;
    let form = match posted(services, head, body).await {
        Ok(posted) => posted.before(form),
        Err((status, text)) => return error(&style, status, &text),
    };
    let statements = match statements(services, &form) {
        Ok(statements) => statements,
        Err(text) => return error(&style, StatusCode::BAD_REQUEST, &text),
    };
    let allowed = caller.may_execute(&statements, form.get("db"), &services.meta.snapshot(), profile);
    if let Err(unauthorized) = allowed {
        return auth::refused(&style, auth::forbidden(profile), &unauthorized.to_string());
    }
    let style = Style { epoch: Epoch::from_parameter(form.get("epoch")), ..style };
    let chunked = form.get("chunked") == "true";
    let chunk_size = form.get("chunk_size").parse().ok().filter(|size| *size > 0).unwrap_or(CHUNK);
    let job = Job {
        services: Arc::clone(services),
        caller: caller.clone(),
        statements,
        database: form.get("db").to_owned(),
        retention_policy: form.get("rp").to_owned(),
        node: node(profile, &form),
        read_only: head.method == Method::GET,
        style,
        chunk: chunked.then_some(chunk_size),
    };
    if profile == Profile::V1_8 && form.get("async") == "true" {
        tokio::spawn(async move {
            let (out, pieces) = mpsc::channel(PIECES_AHEAD);
            tokio::join!(job.run(out), unread(pieces));
        });
        return empty(StatusCode::NO_CONTENT);
    }
    let mut response = match profile {
        Profile::V0_10 if !chunked => {
            let (out, pieces) = mpsc::channel(PIECES_AHEAD);
            let ((), body) = tokio::join!(job.run(out), whole(pieces));
            json(StatusCode::OK, body)
        }
        // The head goes out at once, whatever the query has to wait for (captured case read-hung-rf1).
        Profile::V1_8 | Profile::V0_10 => {
            let (out, pieces) = mpsc::channel(PIECES_AHEAD);
            tokio::spawn(async move {
                let gone = out.clone();
                tokio::select! {
                    () = job.run(out) => {}
                    () = gone.closed() => tracing::debug!("a client did not wait for the end of its query"),
                }
            });
            let mut response = json(StatusCode::OK, Bytes::new());
            *response.body_mut() = Body::Pieces(pieces);
            response
        }
    };
    let form = HeaderValue::from_static(style.encoding.content_type());
    response.headers_mut().insert(header::CONTENT_TYPE, form);
    response
}

/// The data node that the request wants to be read from; what is no number wants none.
fn node(profile: Profile, form: &Form) -> Option<u64> {
    match profile {
        Profile::V1_8 => form.get("node_id").parse().ok().filter(|node| *node > 0),
        Profile::V0_10 => None,
    }
}

async fn whole(mut pieces: mpsc::Receiver<Bytes>) -> Bytes {
    let mut all = BytesMut::new();
    while let Some(piece) = pieces.recv().await {
        all.extend_from_slice(&piece);
    }
    all.freeze()
}

/// What nobody asked to see.
async fn unread(mut pieces: mpsc::Receiver<Bytes>) {
    while pieces.recv().await.is_some() {}
}

/// A query that was understood, with all that its execution takes.
struct Job {
    services: Arc<DataServices>,
    caller: Caller,
    statements: Vec<Statement>,
    database: String,
    retention_policy: String,
    node: Option<u64>,
    read_only: bool,
    style: Style,
    /// Rows in a chunk; without, the answer is one document.
    chunk: Option<usize>,
}

impl Job {
    /// Runs the statements in turn and sends what they give: in a chunked answer as it comes, otherwise at the end.
    async fn run(self, out: mpsc::Sender<Bytes>) {
        // As the statements write themselves: a password is in the text that came, but not in these.
        let text = self.statements.iter().map(Statement::to_string).collect::<Vec<_>>().join(";\n");
        let query = self.services.statements.owners.running.begin(&text, &self.database);
        let now = self.services.now();
        let (database, retention_policy) = (&*self.database, &*self.retention_policy);
        let scope = Scope { caller: &self.caller, database, retention_policy, node: self.node, now };
        let mut results = Sequence::new(self.services.profile, self.statements.len());
        let mut writer = Writer::new(self.style);
        for (id, statement) in self.statements.iter().enumerate() {
            let (send, mut rows) = mpsc::channel(1);
            let run = self.services.statements.run(statement.clone(), scope, &query, send);
            let mut series = Vec::new();
            let mut chunker = self.chunk.map(|size| Chunker::new(id, size));
            let take = async {
                while let Some(row) = rows.recv().await {
                    match &mut chunker {
                        None => series.push(row),
                        Some(chunker) => {
                            let complete = chunker.add(row);
                            if !send_all(&out, &mut writer, complete).await {
                                // Nobody reads on: dropping the rows ends the statement.
                                return;
                            }
                        }
                    }
                }
            };
            let (ran, ()) = tokio::join!(run, take);
            let messages = if self.read_only { read_only_warning(statement).into_iter().collect() } else { Vec::new() };
            let error = ran.err();
            let mut result = StatementResult { error, messages, ..StatementResult::rows(id, series) };
            if let Some(chunker) = chunker {
                let last = chunker.finish(result.messages.clone(), result.error.clone(), false);
                if !send_all(&out, &mut writer, last).await {
                    return;
                }
                result.messages.clear();
            }
            if !results.add(statement, result) {
                break;
            }
        }
        let finished = results.finish();
        if self.chunk.is_none() {
            // Nobody may be waiting any more.
            let body = render::body(&finished, &self.style);
            self.services.statements.monitor.stats.http.query_resp_bytes.add_len(body.len());
            let _ = out.send(body.into()).await;
            return;
        }
        // The results were sent; what is left are the statements that were not executed.
        let skipped = finished.into_iter().filter(|result| result.error.as_deref() == Some(NOT_EXECUTED));
        send_all(&out, &mut writer, skipped.collect()).await;
    }
}

/// Sends results, each in a document of its own; tells whether anybody still reads.
async fn send_all(out: &mpsc::Sender<Bytes>, writer: &mut Writer, results: Vec<StatementResult>) -> bool {
    for result in results {
        if out.send(writer.results(&[result]).into()).await.is_err() {
            return false;
        }
    }
    true
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
