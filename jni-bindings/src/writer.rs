//! Background writers.

use std::sync::Arc;
use std::time::Duration;

use influx_client::{
    BatchWriter, Client, Overflow, PointError, PointErrorKind, Precision, PushError, Report, Spool, StartError,
};

use crate::answer::{put_closed, put_fate, put_flushed, put_push_error};
use crate::call::{self, Call};
use crate::completion::Kind;
use crate::frame::{Fault, Reader, Writer as Frame};
use crate::inbox::{Manner, NotBegun};
use crate::input::{Input, LineRules, Refused};
use crate::session::Session;
use crate::write::read_missing_time;

/// What a handle of a writer stands for.
#[derive(Debug)]
pub(crate) struct WriterSession {
    pub(crate) session: Arc<Session>,
    pub(crate) writer: BatchWriter,
    pub(crate) rules: LineRules,
    spools: bool,
}

/// The settings of a writer, as Java gives them.
#[derive(Debug)]
pub(crate) struct WriterSettings {
    precision: Precision,
    database: Option<Box<str>>,
    retention_policy: Option<Box<str>>,
    level: Option<influx_client::ConsistencyLevel>,
    deadline: Option<Duration>,
    shard_group: Option<Duration>,
    most_points: Option<usize>,
    most_bytes: Option<usize>,
    linger: Option<Duration>,
    in_flight: Option<usize>,
    memory: Option<usize>,
    overflow: Overflow,
    checks_types: bool,
    rules: LineRules,
    spool: Option<(String, u64)>,
    reports: bool,
}

/// How much a spool may hold unless that is given.
const SPOOL_BYTES: u64 = 256 << 20;

impl WriterSettings {
    pub(crate) fn read(frame: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(frame);
        let settings = Self {
            precision: reader.name_or_none()?.unwrap_or_default(),
            database: reader.str_or_none()?.map(Into::into),
            retention_policy: reader.str_or_none()?.map(Into::into),
            level: reader.name_or_none()?,
            deadline: reader.duration()?,
            shard_group: reader.duration()?,
            most_points: reader.u32_or_none()?.map(|points| points as usize),
            most_bytes: reader.size_or_none()?,
            linger: reader.duration()?,
            in_flight: reader.u32_or_none()?.map(|requests| requests as usize),
            memory: reader.size_or_none()?,
            overflow: match reader.u8()? {
                0 => Overflow::Wait,
                1 => Overflow::Fail,
                2 => Overflow::DropOldest,
                _ => return Err(reader.fault("an unknown rule for overflow")),
            },
            checks_types: reader.bool()?,
            rules: {
                let unchecked = reader.bool()?;
                LineRules { missing_time: read_missing_time(&mut reader)?, unchecked }
            },
            spool: {
                let directory = reader.str_or_none()?.map(str::to_owned);
                let limit = reader.u64_or_none()?.unwrap_or(SPOOL_BYTES);
                directory.map(|directory| (directory, limit))
            },
            reports: reader.bool()?,
        };
        reader.end()?;
        Ok(settings)
    }

    fn start(&self, client: &Client) -> Result<BatchWriter, StartError> {
        let mut builder = client
            .batch_writer()
            .precision(self.precision)
            .overflow(self.overflow)
            .check_field_types(self.checks_types);
        if let Some(name) = &self.database {
            builder = builder.database(name.clone());
        }
        if let Some(name) = &self.retention_policy {
            builder = builder.retention_policy(name.clone());
        }
        if let Some(level) = self.level {
            builder = builder.consistency(level);
        }
        if let Some(deadline) = self.deadline {
            builder = builder.deadline(deadline);
        }
        if let Some(duration) = self.shard_group {
            builder = builder.per_shard_group(duration);
        }
        if let Some(points) = self.most_points {
            builder = builder.max_points(points);
        }
        if let Some(bytes) = self.most_bytes {
            builder = builder.max_bytes(bytes);
        }
        if let Some(time) = self.linger {
            builder = builder.linger(time);
        }
        if let Some(requests) = self.in_flight {
            builder = builder.in_flight(requests);
        }
        if let Some(bytes) = self.memory {
            builder = builder.memory(bytes);
        }
        if let Some((directory, limit)) = &self.spool {
            builder = builder.spool(Spool::open(directory, *limit)?);
        }
        builder.start()
    }
}

/// Why a writer cannot start.
#[derive(Debug)]
pub(crate) enum NotStarted {
    Settings(StartError),
    Call(NotBegun),
}

impl WriterSession {
    /// Starts a writer. Its reports go out under `id`, if they are wanted.
    pub(crate) fn start(session: &Arc<Session>, id: i64, settings: WriterSettings) -> Result<Self, NotStarted> {
        session.inbox.is_open().map_err(NotStarted::Call)?;
        let writer = {
            let _runtime = session.runtime.enter();
            settings.start(&session.client).map_err(NotStarted::Settings)?
        };
        if settings.reports {
            let reports = writer.reports();
            let precision = settings.precision;
            let work = move |call| report(call, reports, precision);
            call::start(&session.runtime, &session.inbox, id, Manner::Reports, None, work)
                .map_err(|(why, _)| NotStarted::Call(why))?;
        }
        Ok(Self { session: Arc::clone(session), writer, rules: settings.rules, spools: settings.spool.is_some() })
    }

    /// Adds points without waiting; a frame says why they were not accepted.
    pub(crate) fn try_push(&self, input: Input) -> Result<(), Frame> {
        let mut refused = None;
        let pushed = self.writer.try_push_with(|batch| noted(input.write_to(batch), &mut refused));
        pushed.map_err(|error| {
            let mut frame = Frame::new();
            put_not_pushed(&mut frame, &error, refused.as_ref());
            frame
        })
    }

    /// Starts a push that waits for room.
    pub(crate) fn push(
        self: &Arc<Self>,
        id: i64,
        hold: Option<crate::hold::Hold>,
        input: Input,
        tracked: bool,
    ) -> Result<(), (NotBegun, Option<crate::hold::Hold>)> {
        let this = Arc::clone(self);
        self.session.start(id, hold, move |call, _| push(call, this, input, tracked))
    }

    /// Starts a flush.
    pub(crate) fn flush(&self, id: i64) -> Result<(), NotBegun> {
        let writer = self.writer.clone();
        let work = move |call: Call, _| async move {
            call.begin();
            let flushed = writer.flush().await;
            let mut frame = call.frame(Kind::Flushed);
            put_flushed(&mut frame, &flushed);
            frame
        };
        self.session.start(id, None, work).map_err(|(why, _)| why)
    }

    /// Starts the end of the writer.
    pub(crate) fn close(&self, id: i64, limit: Duration) -> Result<(), NotBegun> {
        let writer = self.writer.clone();
        let work = move |call: Call| async move {
            call.begin();
            let closed = writer.close(limit).await;
            let mut frame = call.frame(Kind::WriterClosed);
            put_closed(&mut frame, &closed, &writer);
            frame
        };
        let session = &self.session;
        call::start(&session.runtime, &session.inbox, id, Manner::Cleanup, None, work).map_err(|(why, _)| why)
    }
}

/// Notes why points were refused. What the writer is told instead only has to be an error.
fn noted(written: Result<(), Refused>, refused: &mut Option<Refused>) -> Result<(), PointError> {
    written.map_err(|why| {
        *refused = Some(why);
        PointError::new(0, PointErrorKind::NoField)
    })
}

fn put_not_pushed(frame: &mut Frame, error: &PushError, refused: Option<&Refused>) {
    match refused {
        Some(Refused::Points(points)) => {
            frame.u8(0);
            points.put(frame);
        }
        Some(Refused::Rows(fault)) => {
            frame.u8(1).size(fault.at).str(fault.what);
        }
        None => put_push_error(frame, error),
    }
}

async fn push(call: Call, this: Arc<WriterSession>, input: Input, tracked: bool) -> Frame {
    if this.spools {
        // Given up while it waits for the disk, it may be kept all the same.
        call.begin();
    }
    let mut refused = None;
    let writer = &this.writer;
    let write = |batch: &mut influx_client::Batch| noted(input.write_to(batch), &mut refused);
    let pushed = if tracked {
        writer.push_tracked_with(write).await.map(Some)
    } else {
        writer.push_with(write).await.map(|()| None)
    };
    match pushed {
        Err(error) => {
            let mut frame = call.frame(Kind::PushError);
            put_not_pushed(&mut frame, &error, refused.as_ref());
            frame
        }
        Ok(None) => call.frame(Kind::Pushed),
        Ok(Some(delivered)) => {
            call.settle();
            call.put(call.frame(Kind::Pushed));
            let fate = delivered.await;
            let mut frame = call.frame(Kind::Delivered);
            put_fate(&mut frame, &fate);
            frame
        }
    }
}

/// Tells what becomes of each batch, no faster than it is read, until the writer has ended.
async fn report(call: Call, mut reports: influx_client::Reports, precision: Precision) -> Frame {
    while let Some(Report { number, points, bytes, fate, failed, .. }) = reports.recv().await {
        let mut frame = call.frame(Kind::Report);
        frame.u64(number).size(points).size(bytes).u64(reports.missed());
        put_fate(&mut frame, &fate);
        frame.str(precision.as_str()).bytes(failed.as_ref().map_or(b"", |batch| batch.as_bytes()));
        call.allowed().await;
        call.put(frame);
    }
    call.frame(Kind::End)
}

/// The reply for settings with which no writer starts.
pub(crate) fn start_refusal(error: &StartError) -> Frame {
    let kind = match error {
        StartError::NoDatabase => "NoDatabase",
        StartError::SpoolDropsNothing => "SpoolDropsNothing",
        StartError::Spool(_) => "Spool",
        StartError::MemoryTooSmall { .. } => "MemoryTooSmall",
        StartError::NoRuntime | StartError::Thread(_) | _ => "Other",
    };
    let mut reply = Frame::new();
    reply.u8(1).str(kind).shown(error);
    reply
}
