//! Asking one certain server, whoever the others are.

use std::time::Duration;

use tokio::time::Instant;
use url::form_urlencoded::Serializer;

use crate::client::Shared;
use crate::query::{Asked, no_answer, request};
use crate::{Credentials, Endpoint, QueryError, QueryResponse};

/// One server to be asked.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) endpoint: Endpoint,
    pub(super) credentials: Option<Credentials>,
}

/// A question to a server.
pub(super) struct Question<'a> {
    pub(super) statement: &'a str,
    pub(super) database: Option<&'a str>,
    /// Rows come in chunks of this many: the limit on rows does not count then, and late errors are told.
    pub(super) chunked: Option<usize>,
    /// How many bytes of the answer are read.
    pub(super) limit: usize,
}

impl Question<'_> {
    fn parameters(&self) -> String {
        let mut pairs = Serializer::new(String::new());
        pairs.append_pair("q", self.statement).append_pair("epoch", "ns");
        if let Some(database) = self.database {
            pairs.append_pair("db", database);
        }
        if let Some(rows) = self.chunked {
            pairs.append_pair("chunked", "true").append_pair("chunk_size", &rows.to_string());
        }
        pairs.finish()
    }
}

/// Rows in a chunk.
pub(super) const CHUNK: usize = 10_000;
/// Longer statements go out as POST.
const LONGEST_IN_ADDRESS: usize = 4096;

impl Node {
    /// Asks once; only the answer of a server of version 0.10 that takes no POST is asked for again.
    pub(super) async fn ask(
        &self,
        client: &Shared,
        question: &Question<'_>,
        until: Instant,
    ) -> Result<QueryResponse, QueryError> {
        let parameters = question.parameters();
        let mut post = parameters.len() > LONGEST_IN_ADDRESS;
        loop {
            let time = until.saturating_duration_since(Instant::now()).min(longest(client));
            let credentials = self.credentials.as_ref();
            let request = request(&self.endpoint, credentials, &parameters, post, time, question.limit);
            let answer = match client.transport.send(request).await {
                Err(error) => return Err(no_answer(error, &self.endpoint)),
                Ok(answer) => answer,
            };
            if answer.status == 405 && post {
                post = false;
                continue;
            }
            let asked = Asked { client, endpoint: &self.endpoint };
            return asked.read(answer, true, question.chunked.is_some());
        }
    }

    /// Asks one short statement. In chunks, as a limit on rows cuts other answers short without a word where it falls between
    /// two series.
    pub(super) async fn show(
        &self,
        client: &Shared,
        statement: &str,
        until: Instant,
    ) -> Result<QueryResponse, QueryError> {
        let question = Question { statement, database: None, chunked: Some(CHUNK), limit: client.answer_limit };
        self.ask(client, &question, until).await?.checked()
    }
}

/// A hung node must not take all the time of a call.
fn longest(client: &Shared) -> Duration {
    client.attempt_timeout
}
