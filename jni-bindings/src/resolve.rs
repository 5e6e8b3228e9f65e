//! Written points, read back from the replicas.

use std::time::Duration;

use influx_client::{Client, ConsistencyLevel, Precision};

use crate::answer::{put_query_error, put_resolution};
use crate::call::Call;
use crate::completion::Kind;
use crate::frame::{Fault, Reader, Writer};
use crate::input::{Input, Rows};
use crate::write::refusal;

/// What is to be read back, and from whom.
#[derive(Debug)]
pub(crate) struct ResolveOptions {
    precision: Precision,
    database: Option<Box<str>>,
    retention_policy: Option<Box<str>>,
    claimed: Option<ConsistencyLevel>,
    refused: Vec<usize>,
    deadline: Option<Duration>,
    nodes: Vec<(u64, zeroize::Zeroizing<String>)>,
}

impl ResolveOptions {
    pub(crate) fn read(frame: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(frame);
        let options = Self {
            precision: reader.name()?,
            database: reader.str_or_none()?.map(Into::into),
            retention_policy: reader.str_or_none()?.map(Into::into),
            claimed: reader.name_or_none()?,
            refused: reader.list(|reader| {
                let index = reader.u32_or_none()?;
                index.map(|index| index as usize).ok_or_else(|| reader.fault("a negative index"))
            })?,
            deadline: reader.duration()?,
            nodes: reader.list(|reader| {
                let id = reader.u64_or_none()?.ok_or_else(|| reader.fault("a negative id"))?;
                Ok((id, reader.str()?.to_owned().into()))
            })?,
        };
        reader.end()?;
        Ok(options)
    }
}

/// Reads the rows back.
pub(crate) async fn resolve(call: Call, client: Client, rows: Rows, options: ResolveOptions) -> Writer {
    // What was sent may have had fields of two types; what is asked is what became of it.
    let batch = match Input::Rows(rows).into_batch(options.precision, false) {
        Ok(batch) => batch,
        Err(refused) => return refusal(&call, &refused),
    };
    call.begin();
    let mut resolve = client.look_for(&batch).refused(options.refused).claimed(options.claimed);
    if let Some(name) = options.database {
        resolve = resolve.database(name);
    }
    if let Some(name) = options.retention_policy {
        resolve = resolve.retention_policy(name);
    }
    if let Some(deadline) = options.deadline {
        resolve = resolve.deadline(deadline);
    }
    for (id, address) in options.nodes {
        resolve = match resolve.node(id, &address) {
            Ok(resolve) => resolve,
            Err(error) => {
                let mut frame = call.frame(Kind::QueryError);
                frame.str("refused").str("Unexpected").str_or_none(None).i32(-1).i64(-1).str_or_none(None).shown(error);
                return frame;
            }
        };
    }
    match resolve.await {
        Ok(resolution) => {
            let mut frame = call.frame(Kind::Resolution);
            put_resolution(&mut frame, &resolution);
            frame
        }
        Err(error) => {
            let mut frame = call.frame(Kind::QueryError);
            put_query_error(&mut frame, &error);
            frame
        }
    }
}
