//! Sending a query and reading its answer.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use tokio::time::Instant;

use super::answer::{Body, QueryResponse, read};
use super::error::{QueryError, QueryErrorKind};
use super::statement::Effect;
use crate::client::Shared;
use crate::endpoint::{Pick, Sign};
use crate::transport::{Answer, Cut, OpenAnswer, Request};
use crate::{Class, Credentials, Endpoint, Reply, ServerVersion, TransportError};

/// A query on its way: what the client has to know of it.
pub(super) struct Call<'a> {
    client: &'a Shared,
    parameters: String,
    begun: Instant,
    deadline: Duration,
    effect: Effect,
    chunked: bool,
    hedge: Option<Duration>,
}

type Sent = (Pick, Result<Answer, TransportError>);

impl<'a> Call<'a> {
    pub(super) fn new(
        client: &'a Shared,
        parameters: String,
        deadline: Duration,
        effect: Effect,
        chunked: bool,
        hedge: Option<Duration>,
    ) -> Self {
        Self { client, parameters, begun: Instant::now(), deadline, effect, chunked, hedge }
    }

    /// Asks until there is an answer or nothing more can be done.
    pub(super) async fn run(&self, mut post: bool) -> Result<QueryResponse, QueryError> {
        let mut avoid = None;
        let mut left = self.client.endpoints.len();
        loop {
            let (pick, sent) = match self.hedge {
                Some(after) if avoid.is_none() => self.exchange_hedged(after, post).await,
                _ => self.exchange(self.pick(avoid), post).await,
            };
            match sent {
                Err(error) => {
                    left -= 1;
                    if left == 0 || !self.may_repeat(&error) {
                        return Err(no_answer(error, &pick.endpoint));
                    }
                    avoid = Some(pick.index);
                }
                // The handler of 0.10 never ran for a POST.
                Ok(answer) if answer.status == 405 && post => post = false,
                Ok(answer) => {
                    let asked = Asked { client: self.client, endpoint: &pick.endpoint };
                    let response = asked.read(answer, self.effect.count == 1, self.chunked)?;
                    if response.first_error().is_none() {
                        self.note_success();
                    }
                    return Ok(response);
                }
            }
        }
    }

    /// Asks until an answer begins.
    pub(super) async fn open(&self, mut post: bool) -> Result<(Pick, OpenAnswer), QueryError> {
        let mut avoid = None;
        let mut left = self.client.endpoints.len();
        loop {
            let pick = self.pick(avoid);
            let mut request = self.request(&pick, post);
            // Between the pieces of a stream the caller may take its time.
            request.time_limit = self.deadline;
            let opened = self.client.transport.open(request).await;
            self.learn(&pick, if opened.is_err() { Sign::Failed } else { Sign::Answered });
            let asked = Asked { client: self.client, endpoint: &pick.endpoint };
            match opened {
                Err(error) => {
                    left -= 1;
                    if left == 0 || !self.may_repeat(&error) {
                        return Err(no_answer(error, &pick.endpoint));
                    }
                    avoid = Some(pick.index);
                }
                Ok(answer) if answer.status == 405 && post => post = false,
                Ok(answer) if answer.status == 200 => {
                    asked.check_encoding(answer.status, &answer.headers)?;
                    return Ok((pick, answer));
                }
                Ok(mut answer) => {
                    let mut body = Vec::new();
                    while body.len() < REFUSAL_BYTES
                        && let Some(Ok(piece)) = futures::StreamExt::next(&mut answer.body).await
                    {
                        body.extend_from_slice(&piece);
                    }
                    return Err(asked.fail(refusal(answer.status, &body)));
                }
            }
        }
    }

    fn pick(&self, avoid: Option<usize>) -> Pick {
        self.client.endpoints.pick(avoid, fastrand::u64(..))
    }

    fn may_repeat(&self, error: &TransportError) -> bool {
        let harmless = self.effect.reads && !error.is_time_out() || error.is_unconnected();
        harmless && self.begun.elapsed() < self.deadline
    }

    pub(super) fn learn(&self, pick: &Pick, sign: Sign) {
        self.client.endpoints.learn(pick.index, sign, std::time::Instant::now());
    }

    /// Every statement succeeded.
    pub(super) fn note_success(&self) {
        if self.effect.creates {
            self.client.note_creation();
        }
    }

    pub(super) fn is_alone(&self) -> bool {
        self.effect.count == 1
    }

    pub(super) fn answer_limit(&self) -> usize {
        self.client.answer_limit
    }

    async fn exchange(&self, pick: Pick, post: bool) -> Sent {
        let sent = self.client.transport.send(self.request(&pick, post)).await;
        let failed = matches!(&sent, Err(_) | Ok(Answer { cut: Some(Cut::Lost(_)), .. }));
        self.learn(&pick, if failed { Sign::Failed } else { Sign::Answered });
        (pick, sent)
    }

    /// Asks one endpoint, and another one too if the first is slow.
    async fn exchange_hedged(&self, after: Duration, post: bool) -> Sent {
        let first = self.pick(None);
        let slow = first.index;
        let mut first = pin!(self.exchange(first, post));
        if let Ok(sent) = tokio::time::timeout(after, &mut first).await {
            return sent;
        }
        let second = self.pick(Some(slow));
        if second.index == slow {
            return first.await;
        }
        let budget = self.client.budget.as_ref();
        let taken = budget.map(|budget| budget.take(Class::Unreachable));
        if taken == Some(None) {
            return first.await;
        }
        let mut second = pin!(self.exchange(second, post));
        // The first complete answer wins; what is none waits for the other.
        let sent = match select(first.as_mut(), second.as_mut()).await {
            Either::Left((sent, second)) if !is_complete(&sent) => {
                let other = second.await;
                if is_complete(&other) { other } else { sent }
            }
            Either::Right((sent, first)) if !is_complete(&sent) => first.await,
            Either::Left((sent, _)) | Either::Right((sent, _)) => sent,
        };
        if is_complete(&sent)
            && let (Some(budget), Some(Some(taken))) = (budget, taken)
        {
            budget.acknowledged(taken);
        }
        sent
    }

    fn request(&self, pick: &Pick, post: bool) -> Request {
        let time = self.deadline.saturating_sub(self.begun.elapsed());
        let credentials = self.client.credentials(pick.index);
        request(&pick.endpoint, credentials, &self.parameters, post, time, self.client.answer_limit)
    }
}

/// How much is read of a refusal.
const REFUSAL_BYTES: usize = 1 << 20;

fn is_complete((_, sent): &Sent) -> bool {
    matches!(sent, Ok(answer) if answer.cut.is_none() && answer.status == 200)
}

/// A request with these parameters.
pub(crate) fn request(
    endpoint: &Endpoint,
    credentials: Option<&Credentials>,
    parameters: &str,
    post: bool,
    time: Duration,
    answer_limit: usize,
) -> Request {
    let mut url = endpoint.join("query");
    let mut request = if post {
        let mut request = Request::new(Method::POST, url, time);
        request.body = parameters.to_owned().into();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers.insert(CONTENT_TYPE, form);
        request
    } else {
        url.set_query(Some(parameters));
        Request::new(Method::GET, url, time)
    };
    if let Some(credentials) = credentials {
        request.headers.insert(AUTHORIZATION, credentials.value().clone());
    }
    request.answer_limit = answer_limit;
    request
}

/// Who was asked.
pub(crate) struct Asked<'a> {
    pub(crate) client: &'a Shared,
    pub(crate) endpoint: &'a Endpoint,
}

impl Asked<'_> {
    fn fail(&self, kind: QueryErrorKind) -> QueryError {
        QueryError::new(kind, Some(self.endpoint.clone()), None)
    }

    fn check_encoding(&self, status: u16, headers: &HeaderMap) -> Result<(), QueryError> {
        if headers.get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity") {
            let reason = "the answer is encoded, which was not asked for".into();
            return Err(self.fail(QueryErrorKind::Unexpected { status, reason }));
        }
        Ok(())
    }

    /// Reads a whole answer. `alone` says that the query has one statement.
    pub(crate) fn read(&self, answer: Answer, alone: bool, chunked: bool) -> Result<QueryResponse, QueryError> {
        let status = answer.status;
        self.check_encoding(status, &answer.headers)?;
        match &answer.cut {
            Some(Cut::Lost(error)) => return Err(no_answer(error.clone(), self.endpoint)),
            Some(Cut::TooLarge) => {
                return Err(self.fail(QueryErrorKind::AnswerTooLarge { limit: self.client.answer_limit }));
            }
            None => {}
        }
        let cut = |reason: &str| Err(self.fail(QueryErrorKind::NoAnswer { reason: reason.into() }));
        let results = match (status, read(&answer.body, alone)) {
            (200, Ok(Body::Results(results))) => results,
            (200, Ok(Body::Error(message))) => {
                return Err(self.fail(QueryErrorKind::Refused { status, message: message.into() }));
            }
            (200, Err(fault)) if fault.is_eof() => return cut("the answer ends in the middle"),
            (200, Err(fault)) => {
                return Err(self.fail(QueryErrorKind::Unexpected { status, reason: fault.to_string().into() }));
            }
            _ => return Err(self.fail(refusal(status, &answer.body))),
        };
        // Chunks have no limit on rows: there the mark says that another chunk follows.
        if chunked && results.last().is_some_and(|last| last.is_truncated() && last.error.is_none()) {
            return cut("the answer ends although it said that more rows follow");
        }
        Ok(QueryResponse {
            results,
            endpoint: self.endpoint.clone(),
            server_version: answer
                .header("x-influxdb-version")
                .and_then(|version| ServerVersion::read(version, answer.header("x-influxdb-build"))),
            request_id: answer.request_id(),
        })
    }
}

/// The refusal of a whole query.
fn refusal(status: u16, body: &[u8]) -> QueryErrorKind {
    QueryErrorKind::Refused { status, message: crate::error::message(&Reply::new(status, body)) }
}

pub(crate) fn no_answer(error: TransportError, endpoint: &Endpoint) -> QueryError {
    let reason = error.reason().into();
    let kind = if error.is_unconnected() {
        QueryErrorKind::Unreachable { reason }
    } else {
        QueryErrorKind::NoAnswer { reason }
    };
    QueryError::new(kind, Some(endpoint.clone()), Some(error))
}
