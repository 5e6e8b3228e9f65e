//! Writes.

use std::time::Duration;

use influx_client::{Client, ConsistencyLevel, Gzip, MissingTime, Precision};

use crate::answer::{put_ack, put_write_error};
use crate::call::Call;
use crate::completion::Kind;
use crate::frame::{Fault, Reader, Writer};
use crate::input::{Input, LineRules, Refused};
use crate::policy::{self, Asking, Policy};
use crate::settings::read_gzip;

/// How one write differs from what its client does.
#[derive(Debug)]
pub(crate) struct WriteOptions {
    precision: Precision,
    database: Option<Box<str>>,
    retention_policy: Option<Box<str>>,
    level: Option<ConsistencyLevel>,
    deadline: Option<Duration>,
    shard_group: Option<Duration>,
    most_groups: Option<usize>,
    extra_requests: Option<u32>,
    checks_types: bool,
    splits_types: bool,
    gzip: Option<Gzip>,
    retry: Option<Policy>,
}

impl WriteOptions {
    /// Reads the options of a write of rows.
    pub(crate) fn read(frame: &[u8], asking: &Asking) -> Result<Self, Fault> {
        let mut reader = Reader::new(frame);
        let options = Self::read_common(&mut reader, asking)?;
        reader.end()?;
        Ok(options)
    }

    /// Reads the options of a write of lines.
    pub(crate) fn read_with_rules(frame: &[u8], asking: &Asking) -> Result<(Self, LineRules), Fault> {
        let mut reader = Reader::new(frame);
        let options = Self::read_common(&mut reader, asking)?;
        let rules = LineRules { missing_time: read_missing_time(&mut reader)?, unchecked: reader.bool()? };
        reader.end()?;
        Ok((options, rules))
    }

    fn read_common(reader: &mut Reader<'_>, asking: &Asking) -> Result<Self, Fault> {
        Ok(Self {
            precision: reader.name()?,
            database: reader.str_or_none()?.map(Into::into),
            retention_policy: reader.str_or_none()?.map(Into::into),
            level: reader.name_or_none()?,
            deadline: reader.duration()?,
            shard_group: reader.duration()?,
            most_groups: reader.u32_or_none()?.map(|groups| groups as usize),
            extra_requests: reader.u32_or_none()?,
            checks_types: reader.bool()?,
            splits_types: reader.bool()?,
            gzip: read_gzip(reader)?,
            retry: policy::read(reader, asking)?,
        })
    }
}

/// Reads whose clock gives a line its time that carries none.
pub(crate) fn read_missing_time(reader: &mut Reader<'_>) -> Result<MissingTime, Fault> {
    Ok(match reader.u8()? {
        0 => MissingTime::ClientClock,
        1 => MissingTime::ServerClock,
        2 => MissingTime::At(reader.i64()?),
        _ => return Err(reader.fault("an unknown clock")),
    })
}

/// Carries a write out; the frame is its last completion.
pub(crate) async fn write(call: Call, client: Client, input: Input, options: WriteOptions) -> Writer {
    let batch = match input.into_batch(options.precision, options.checks_types) {
        Ok(batch) => batch,
        Err(refused) => return refusal(&call, &refused),
    };
    let mut write = client.write(&batch).watch(call.watch());
    if let Some(name) = options.database {
        write = write.database(name);
    }
    if let Some(name) = options.retention_policy {
        write = write.retention_policy(name);
    }
    if let Some(level) = options.level {
        write = write.consistency(level);
    }
    if let Some(deadline) = options.deadline {
        write = write.deadline(deadline);
    }
    if let Some(duration) = options.shard_group {
        write = write.per_shard_group(duration);
    }
    if let Some(groups) = options.most_groups {
        write = write.at_most_shard_groups(groups);
    }
    if let Some(requests) = options.extra_requests {
        write = write.extra_requests(requests);
    }
    if options.splits_types {
        write = write.split_types();
    }
    if let Some(gzip) = options.gzip {
        write = write.gzip(gzip);
    }
    if let Some(policy) = options.retry {
        write = write.retry(policy);
    }
    match write.await {
        Ok(ack) => {
            let mut frame = call.frame(Kind::Ack);
            put_ack(&mut frame, &ack);
            frame
        }
        Err(error) => {
            let mut frame = call.frame(Kind::WriteError);
            put_write_error(&mut frame, &error);
            frame
        }
    }
}

/// The completion of a call whose points cannot be sent.
pub(crate) fn refusal(call: &Call, refused: &Refused) -> Writer {
    match refused {
        Refused::Rows(fault) => {
            let mut frame = call.frame(Kind::RowsError);
            frame.size(fault.at).str(fault.what);
            frame
        }
        Refused::Points(points) => {
            let mut frame = call.frame(Kind::PointsRefused);
            points.put(&mut frame);
            frame
        }
    }
}
