//! Settings of a writer.

use std::time::Duration;

use super::BatchWriter;
use super::core::Limits;
use super::driver::Target;
use super::error::StartError;
use super::lanes::MOST;
use super::window::Size;
use crate::{Client, ConsistencyLevel, Precision, Spool};

/// What happens to a point for which there is no memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Overflow {
    /// `push` waits until there is room: back-pressure. `try_push` returns [`PushError::Full`](crate::PushError::Full).
    #[default]
    Wait,
    /// `push` returns [`PushError::Full`](crate::PushError::Full) as well.
    Fail,
    /// The oldest batches that were not sent yet are dropped. Each is reported, with its points, as
    /// [`DeliveryError::Dropped`](crate::DeliveryError::Dropped).
    DropOldest,
}

/// Settings of a [`BatchWriter`]; see [`Client::batch_writer`].
#[derive(Debug)]
#[must_use = "a writer exists once it is started"]
pub struct BatchWriterBuilder {
    client: Client,
    target: Target,
    limits: Limits,
    spool: Option<Spool>,
}

impl BatchWriterBuilder {
    pub(crate) fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            target: Target::default(),
            limits: Limits {
                precision: Precision::default(),
                size: Size { points: 5_000, bytes: 1 << 20 },
                linger: Duration::from_millis(100),
                lanes: 4,
                memory: 64 << 20,
                overflow: Overflow::default(),
                checks_types: true,
            },
            spool: None,
        }
    }

    /// The database to write to, if not the client's.
    pub fn database(mut self, name: impl Into<Box<str>>) -> Self {
        self.target.database = Some(name.into());
        self
    }

    /// The retention policy to write to, if not the client's.
    pub fn retention_policy(mut self, name: impl Into<Box<str>>) -> Self {
        self.target.retention_policy = Some(name.into());
        self
    }

    /// The consistency level to ask for, if not the client's.
    pub fn consistency(mut self, level: ConsistencyLevel) -> Self {
        self.target.level = Some(level);
        self
    }

    /// The time for each batch with all attempts and waits, if not the client's. A batch that is not acknowledged by then
    /// has failed.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.target.deadline = Some(deadline);
        self
    }

    /// Sends the points of each shard group in a request of their own: [`Write::per_shard_group`](crate::Write::per_shard_group).
    pub fn per_shard_group(mut self, duration: Duration) -> Self {
        self.target.shard_group = Some(duration);
        self
    }

    /// The unit of integer timestamps. Default: nanoseconds.
    pub fn precision(mut self, precision: Precision) -> Self {
        self.limits.precision = precision;
        self
    }

    /// Whether points are refused that give a field another type than the batch has: [`Batch::check_field_types`](crate::Batch::check_field_types).
    /// Default: yes.
    pub fn check_field_types(mut self, on: bool) -> Self {
        self.limits.checks_types = on;
        self
    }

    /// How many points a request has at most, and how many make one go without waiting for more. Default 5,000; at
    /// least 1.
    pub fn max_points(mut self, points: usize) -> Self {
        self.limits.size.points = points.max(1);
        self
    }

    /// How many bytes of line protocol a request has at most, unless it is one line, and how many make one go without
    /// waiting for more. Default 1 MiB; at least 1.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.limits.size.bytes = bytes.max(1);
        self
    }

    /// How long a point waits for others to go with, at most, while there is a request free to take it. Default 100 ms.
    pub fn linger(mut self, time: Duration) -> Self {
        self.limits.linger = time;
        self
    }

    /// How many requests are under way at once, at most; from 1 to 64. Default 4.
    ///
    /// Series are spread over as many lanes, and each lane has one batch under way: so points of one series never overtake
    /// each other.
    pub fn in_flight(mut self, requests: usize) -> Self {
        self.limits.lanes = requests.clamp(1, MOST);
        self
    }

    /// How much memory accepted and unsettled points may take, in bytes. Default 64 MiB.
    ///
    /// Counted are the bytes of line protocol, 16 bytes a point, and 1 KiB for each request that what is gathered may be
    /// cut into. Never is more accepted; and once it was full, nothing is until there is room for a request's worth of points
    /// or an eighth of it is free, lest requests become tiny. Not counted is what the sending itself needs: the copies
    /// of the bodies under way, at most [`in_flight`](Self::in_flight) times [`max_bytes`](Self::max_bytes), and spare room in
    /// buffers that grow by doubling.
    ///
    /// Without a spool, it has to be more than 1 KiB times [`in_flight`](Self::in_flight).
    pub fn memory(mut self, bytes: usize) -> Self {
        self.limits.memory = bytes;
        self
    }

    /// What happens to a point for which there is no memory. Default: `push` waits.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.limits.overflow = overflow;
        self
    }

    /// Keeps what is accepted on disk until it is settled: see [`Spool`]. Each push then waits for the disk, and a batch that
    /// fails is tried again without end.
    pub fn spool(mut self, spool: Spool) -> Self {
        self.spool = Some(spool);
        self
    }

    /// Starts the writer. It sends from a task of the tokio runtime that this is called in.
    ///
    /// # Errors
    /// [`StartError`] without a database or outside of a runtime, with a spool for something else, or with too little
    /// [`memory`](Self::memory) for any point.
    pub fn start(mut self) -> Result<BatchWriter, StartError> {
        let client = self.client.shared();
        let database = self.target.database.as_deref().or(client.database.as_deref()).unwrap_or_default();
        if database.is_empty() {
            return Err(StartError::NoDatabase);
        }
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        if let Some(spool) = &mut self.spool {
            if self.limits.overflow == Overflow::DropOldest {
                return Err(StartError::SpoolDropsNothing);
            }
            let retention_policy = self.target.retention_policy.as_deref().or(client.retention_policy.as_deref());
            let retention_policy = retention_policy.unwrap_or_default();
            let precision = self.limits.precision;
            // Quoted, so that no two targets read the same.
            spool.log.bind(&format!("{database:?}.{retention_policy:?} in {precision}"))?;
            self.target.keeps_trying = true;
        } else if self.limits.memory <= self.limits.window_overhead() {
            // A record of a spool goes alone if need be.
            return Err(StartError::MemoryTooSmall {
                memory: self.limits.memory,
                requests: self.limits.window_overhead(),
            });
        }
        BatchWriter::start(&runtime, self.client, self.target, self.limits, self.spool)
    }
}
