//! What is played.

use std::fmt;
use std::time::Duration;

use influx_client::{ConsistencyLevel, Precision};
use influx_server_mock::Profile;
use influx_server_mock::sim::SimFault;

/// A cluster, clients, writes and faults.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Where the random numbers of the cluster and of the client begin.
    pub seed: u64,
    /// Whose rules and texts apply.
    pub profile: Profile,
    /// How many data nodes.
    pub data_nodes: usize,
    /// How many meta nodes.
    pub meta_nodes: usize,
    /// Copies of each shard.
    pub replication: u32,
    /// How long points are kept; zero is for ever.
    pub retention: Duration,
    /// Options of the nodes that are not the default ones, by name.
    pub options: Vec<(&'static str, String)>,
    /// Who writes.
    pub clients: Vec<ClientPlan>,
    /// What is written. Each client makes its writes one after the other.
    pub writes: Vec<WritePlan>,
    /// What goes wrong.
    pub faults: Vec<FaultPlan>,
    /// When all faults end, since the beginning.
    pub heal: Duration,
}

/// A client.
#[derive(Clone, Debug)]
pub struct ClientPlan {
    /// The data nodes that it knows, by position.
    pub endpoints: Vec<usize>,
    /// What it does about failures.
    pub policy: PolicyPlan,
    /// The time of one attempt.
    pub attempt_timeout: Duration,
    /// Whether a series stays with its coordinator.
    pub sticky: bool,
    /// Whether its retries are limited as a whole.
    pub budget: bool,
    /// The level of its background writer, if it has one: then it pushes its writes, and goes on before they are done.
    pub background: Option<ConsistencyLevel>,
}

/// A retry policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyPlan {
    /// The client's own.
    Backoff,
    /// The client's own, with many quick tries.
    Eager,
    /// None.
    Never,
    /// The client's own, then a weaker level.
    Downgrade(ConsistencyLevel),
    /// A weaker level at once.
    DowngradeAtOnce(ConsistencyLevel),
    /// Sends whatever may be sent to the next endpoint, at once: worse manners than any real policy.
    Hammer,
}

/// A write.
#[derive(Clone, Debug)]
pub struct WritePlan {
    /// Its number: that of its batch.
    pub batch: u64,
    /// Who makes it.
    pub client: usize,
    /// Not before this time since the beginning.
    pub at: Duration,
    /// The level asked for.
    pub level: ConsistencyLevel,
    /// The time for the whole call.
    pub deadline: Duration,
    /// When its caller drops the call, unless that is over before.
    pub dropped_after: Option<Duration>,
    /// The unit of the timestamps.
    pub precision: Precision,
    /// Whether the points of each shard group are sent apart.
    pub per_shard_group: bool,
    /// Whether points of another type are sent apart.
    pub split_types: bool,
    /// Requests that may be spent on finding refused points.
    pub extra_requests: u32,
    /// Its points.
    pub lines: Vec<Line>,
}

/// A point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is special about it.
    pub kind: LineKind,
    /// Which measurement.
    pub measurement: u8,
    /// How many weeks before the present it is.
    pub week: u8,
}

/// What is special about a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Nothing.
    Plain,
    /// Its field has another type than that of most others.
    OtherType,
    /// It is no line protocol.
    Malformed,
    /// It has no time of its own.
    Unstamped,
    /// It is older than the retention policy keeps.
    Old,
    /// It has a tag called `time`.
    TimeTag,
    /// The client's one series that each of its rewrites gives another value.
    Rewrite,
}

/// A fault and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultPlan {
    /// Since the beginning.
    pub at: Duration,
    /// When it ends, since the beginning; by itself, or with all others, where absent.
    pub until: Option<Duration>,
    /// What.
    pub fault: SimFault,
}

/// The time of day at which every schedule begins: nanoseconds, Unix time; the middle of a week.
pub(super) const EPOCH: i64 = 1_700_000_000_000_000_000;
const WEEK: i64 = 7 * 24 * 3_600 * 1_000_000_000;

impl WritePlan {
    /// The key of a point, as in line protocol; that of a malformed line is what it might have been.
    #[must_use]
    pub fn key(&self, line: usize) -> String {
        let Line { kind, measurement, .. } = self.lines[line];
        match kind {
            LineKind::Rewrite => format!("r,c={}", self.client),
            LineKind::TimeTag => format!("m{measurement},b={},l={line},time=x", self.batch),
            LineKind::Plain | LineKind::OtherType | LineKind::Malformed | LineKind::Unstamped | LineKind::Old => {
                format!("m{measurement},b={},l={line}", self.batch)
            }
        }
    }

    /// Its field and value as in line protocol.
    #[must_use]
    pub fn field(&self, line: usize) -> String {
        match self.lines[line].kind {
            LineKind::OtherType => format!("v=\"{}\"", self.number(line)),
            LineKind::Plain
            | LineKind::Malformed
            | LineKind::Unstamped
            | LineKind::Old
            | LineKind::TimeTag
            | LineKind::Rewrite => format!("v={}i", self.number(line)),
        }
    }

    fn number(&self, line: usize) -> u64 {
        self.batch * 100 + line as u64
    }

    /// Its time: nanoseconds, Unix time; `None` where the server gives it one.
    #[must_use]
    pub fn time(&self, line: usize) -> Option<i64> {
        let Line { kind, week, .. } = self.lines[line];
        let week = i64::from(week) * WEEK;
        match kind {
            LineKind::Unstamped => None,
            LineKind::Rewrite => Some(EPOCH),
            LineKind::Old => Some(EPOCH - 60 * WEEK),
            LineKind::Plain | LineKind::OtherType | LineKind::Malformed | LineKind::TimeTag => Some(EPOCH - week),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, profile, data_nodes, meta_nodes, replication, .. } = self;
        writeln!(
            f,
            "seed {seed}, profile {profile}: {data_nodes} data nodes, {meta_nodes} meta nodes, {replication} copies"
        )?;
        for (name, value) in &self.options {
            writeln!(f, "  {name} = {value}")?;
        }
        if !self.retention.is_zero() {
            writeln!(f, "  points are kept for {:?}", self.retention)?;
        }
        for (number, client) in self.clients.iter().enumerate() {
            let ClientPlan { endpoints, policy, attempt_timeout, background, .. } = client;
            let endpoints: Vec<String> = endpoints.iter().map(|node| format!("data{}", node + 1)).collect();
            write!(f, "client {number}: {} by {policy:?}, attempts of {attempt_timeout:?}", endpoints.join(", "))?;
            match background {
                Some(level) => writeln!(f, ", in the background at {level}")?,
                None => writeln!(f)?,
            }
        }
        let writes = self.writes.iter().map(|write| (write.at, write.to_string()));
        let faults = self.faults.iter().map(|plan| (plan.at, format!("{:?}", plan.fault)));
        let ends = self.faults.iter().filter_map(|plan| Some((plan.until?, format!("the end of {:?}", plan.fault))));
        let mut all: Vec<(Duration, String)> =
            writes.chain(faults).chain(ends).chain([(self.heal, "heal".to_owned())]).collect();
        all.sort_by_key(|(at, _)| *at);
        for (at, what) in all {
            writeln!(f, "{:>9.3} s  {what}", at.as_secs_f64())?;
        }
        Ok(())
    }
}

impl fmt::Display for WritePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch, client, level, deadline, lines, .. } = self;
        let kinds: Vec<String> =
            lines.iter().map(|line| format!("{:?} m{} week -{}", line.kind, line.measurement, line.week)).collect();
        write!(f, "client {client} writes batch {batch} at {level} within {deadline:?}: {}", kinds.join("; "))?;
        if let Some(after) = self.dropped_after {
            write!(f, ", dropped after {after:?}")?;
        }
        for (on, what) in [(self.per_shard_group, ", each shard group apart"), (self.split_types, ", types apart")] {
            if on {
                f.write_str(what)?;
            }
        }
        Ok(())
    }
}
