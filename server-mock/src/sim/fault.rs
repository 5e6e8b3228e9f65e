//! What can go wrong.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A part of a data node's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataDisk {
    /// Where the points of its shards are.
    Shards,
    /// Where the queues of hinted handoff are.
    Handoff,
}

/// A fault that is ordered of a simulated cluster. Data nodes and meta nodes go by their position, from 0, each kind by
/// itself, except where a process is meant: then meta nodes follow the data nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SimFault {
    /// The processes on this side are cut off from all others, both ways.
    Partition {
        /// Processes.
        side: Vec<usize>,
    },
    /// Nothing passes from one process to another.
    OneWay {
        /// The process whose messages are lost.
        from: usize,
        /// The process that they are for.
        to: usize,
    },
    /// Messages from one process to another take longer.
    Slow {
        /// The process whose messages are late.
        from: usize,
        /// The process that they are for.
        to: usize,
        /// By how much.
        extra: Duration,
    },
    /// A process is killed and starts again later, if it is to.
    Crash {
        /// Process.
        process: usize,
        /// How long it stays away; until the heal where absent.
        restart_after: Option<Duration>,
    },
    /// A process is frozen; connections stay open.
    Pause {
        /// Process.
        process: usize,
        /// For how long; until the heal where absent.
        resume_after: Option<Duration>,
    },
    /// Each write to a part of a data node's disk takes longer.
    SlowDisk {
        /// Data node.
        node: usize,
        /// Shards or handoff.
        disk: DataDisk,
        /// By how much.
        extra: Duration,
    },
    /// A part of a data node's disk is full.
    DiskFull {
        /// Data node.
        node: usize,
        /// Shards or handoff.
        disk: DataDisk,
    },
    /// A data node's queues take nothing more, as at their size limit.
    HandoffFull {
        /// Data node.
        node: usize,
    },
    /// A data node's queues refuse every write as if too many were under way.
    HandoffBlocked {
        /// Data node.
        node: usize,
    },
    /// The meta nodes choose another leader, and what was under way is in doubt.
    LeaderChange,
    /// A data node's public port refuses connections.
    RefuseClients {
        /// Data node.
        node: usize,
    },
    /// Clients and a data node do not reach each other, and nothing fails.
    CutClients {
        /// Data node.
        node: usize,
    },
    /// Something happens to the next requests of clients to a data node.
    Requests {
        /// Data node.
        node: usize,
        /// How many.
        times: u32,
        /// What.
        loss: RequestLoss,
    },
    /// Something happens to the next answers of a data node to clients.
    Replies {
        /// Data node.
        node: usize,
        /// How many.
        times: u32,
        /// What.
        loss: ReplyLoss,
    },
    /// A data node's clock is wrong from now on.
    ClockSkew {
        /// Data node.
        node: usize,
        /// Nanoseconds ahead.
        ahead: i64,
    },
}

/// What happens to a request before the node sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestLoss {
    /// Its connection is reset after the whole body went out.
    Reset,
    /// Its connection is reset after a part of the body went out, or none of it.
    CutBody {
        /// The share of the body that went out, in percent; less than 100.
        percent: u8,
    },
    /// It is never read; the connection stays open.
    Hang,
    /// The node has no place for it (profile 1.8; in 0.10 the connection is reset).
    TurnedAway {
        /// After a wait; at once otherwise.
        waited: bool,
    },
    /// A gateway answers instead.
    Gateway(
        /// 502, 503 or 504.
        u16,
    ),
}

/// What happens to an answer on its way back; the request was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyLoss {
    /// The connection is reset before its head.
    Reset,
    /// The connection is reset within its body.
    CutBody,
    /// It never comes.
    Hang,
    /// It comes later.
    Late(
        /// By so much.
        Duration,
    ),
    /// A gateway answers instead.
    Gateway(
        /// 502, 503 or 504.
        u16,
    ),
}

impl SimFault {
    /// A word for the kind of fault, as the command line spells it where it has it too.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Partition { .. } => "partition",
            Self::OneWay { .. } => "one-way cut",
            Self::Slow { .. } => "slow link",
            Self::Crash { .. } => "crash",
            Self::Pause { .. } => "pause",
            Self::SlowDisk { .. } => "slow disk",
            Self::DiskFull { .. } => "disk full",
            Self::HandoffFull { .. } => "hh-full",
            Self::HandoffBlocked { .. } => "hh-block",
            Self::LeaderChange => "leader change",
            Self::RefuseClients { .. } => "refuse-http",
            Self::CutClients { .. } => "clients cut",
            Self::Requests { loss, .. } => loss.kind(),
            Self::Replies { loss, .. } => loss.kind(),
            Self::ClockSkew { .. } => "clock skew",
        }
    }

    /// Whether it lasts until it is [ended](super::SimCluster::order_end); any other one is over by itself.
    #[must_use]
    pub fn lasts(&self) -> bool {
        match self {
            Self::Partition { .. }
            | Self::OneWay { .. }
            | Self::Slow { .. }
            | Self::SlowDisk { .. }
            | Self::DiskFull { .. }
            | Self::HandoffFull { .. }
            | Self::HandoffBlocked { .. }
            | Self::RefuseClients { .. }
            | Self::CutClients { .. }
            | Self::ClockSkew { .. } => true,
            Self::Crash { restart_after: after, .. } | Self::Pause { resume_after: after, .. } => after.is_none(),
            Self::LeaderChange | Self::Requests { .. } | Self::Replies { .. } => false,
        }
    }
}

impl RequestLoss {
    /// A word for it.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Reset => "request reset",
            Self::CutBody { .. } => "request cut",
            Self::Hang => "request hung",
            Self::TurnedAway { .. } => "request throttled",
            Self::Gateway(_) => "gateway before",
        }
    }
}

impl ReplyLoss {
    /// A word for it.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Reset => "reply lost",
            Self::CutBody => "reply cut",
            Self::Hang => "reply hung",
            Self::Late(_) => "reply late",
            Self::Gateway(_) => "gateway after",
        }
    }
}
