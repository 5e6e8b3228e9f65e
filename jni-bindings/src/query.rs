//! Queries whose answers are read here.

use std::time::Duration;

use futures::StreamExt as _;
use influx_client::{Client, Precision, Query};
use serde_json::Value;

use crate::answer::{put_chunk, put_query_error, put_response, read_value};
use crate::call::Call;
use crate::completion::Kind;
use crate::frame::{Fault, Reader, Writer};

/// A query as Java gives it.
pub(crate) struct Question {
    statement: String,
    database: Option<Box<str>>,
    retention_policy: Option<Box<str>>,
    post: Option<bool>,
    epoch: Option<Precision>,
    rows: Option<usize>,
    bound: Vec<(String, Value)>,
    deadline: Option<Duration>,
    hedge: Option<Duration>,
}

impl Question {
    pub(crate) fn read(frame: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(frame);
        let question = Self {
            statement: reader.str()?.into(),
            database: reader.str_or_none()?.map(Into::into),
            retention_policy: reader.str_or_none()?.map(Into::into),
            post: match reader.u8()? {
                0 => None,
                1 => Some(false),
                2 => Some(true),
                _ => return Err(reader.fault("an unknown method")),
            },
            epoch: reader.name_or_none()?,
            rows: reader.u32_or_none()?.map(|rows| rows as usize),
            bound: reader.list(|reader| Ok((reader.str()?.into(), read_value(reader)?)))?,
            deadline: reader.duration()?,
            hedge: reader.duration()?,
        };
        reader.end()?;
        Ok(question)
    }

    fn on<'a>(&'a self, client: &'a Client) -> Query<'a> {
        let mut query = client.query(&self.statement);
        if let Some(name) = &self.database {
            query = query.database(name.clone());
        }
        if let Some(name) = &self.retention_policy {
            query = query.retention_policy(name.clone());
        }
        query = match self.post {
            None => query,
            Some(false) => query.get(),
            Some(true) => query.post(),
        };
        if let Some(precision) = self.epoch {
            query = query.epoch(precision);
        }
        if let Some(rows) = self.rows {
            query = query.chunked(rows);
        }
        for (name, value) in &self.bound {
            query = query.bind(name.as_str(), value.clone());
        }
        if let Some(deadline) = self.deadline {
            query = query.deadline(deadline);
        }
        match self.hedge {
            Some(after) => query.hedge(after),
            None => query,
        }
    }
}

/// Asks, and gives the whole answer.
pub(crate) async fn ask(call: Call, client: Client, question: Question) -> Writer {
    call.begin();
    match question.on(&client).await {
        Ok(response) => {
            let mut frame = call.frame(Kind::QueryResponse);
            put_response(&mut frame, &response);
            if frame.fits() {
                return frame;
            }
            drop(frame);
            let mut frame = call.frame(Kind::QueryError);
            frame.str("refused").str("AnswerTooLarge").shown(&response.endpoint).i32(200).i64(-1);
            frame.str_or_none(None).str("the answer takes more than a Java array holds: ask for it in chunks");
            frame
        }
        Err(error) => {
            let mut frame = call.frame(Kind::QueryError);
            put_query_error(&mut frame, &error);
            frame
        }
    }
}

/// Asks, and gives the answer in pieces, no faster than they are read.
pub(crate) async fn ask_in_chunks(call: Call, client: Client, question: Question) -> Writer {
    call.begin();
    let mut chunks = question.on(&client).stream();
    loop {
        let frame = match chunks.next().await {
            None => return call.frame(Kind::End),
            Some(Ok(chunk)) => {
                let mut frame = call.frame(Kind::QueryChunk);
                put_chunk(&mut frame, &chunk);
                frame
            }
            Some(Err(error)) => {
                let mut frame = call.frame(Kind::QueryError);
                put_query_error(&mut frame, &error);
                frame
            }
        };
        // The next piece is read from the server when this one has a reader.
        call.allowed().await;
        call.put(frame);
    }
}
