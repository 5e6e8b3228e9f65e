//! One fault, as it is ordered and as it is listed.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ClockSkew, Disk, DiskState, ReplyFault};
use crate::net::LinkFault;

/// A fault of a link or of a node. Orders add to what is in force; a heal ends all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// The links between nodes of different sides are cut; a node on no side keeps all of its links. Replaces an
    /// earlier partition.
    Partition {
        /// Names of nodes.
        sides: Vec<Vec<String>>,
    },
    /// All links of a node to other nodes are cut; clients still reach it. A node that joins later is cut off from it too.
    Isolate {
        /// Which node.
        node: String,
    },
    /// What is wrong with the way from one node to another; see [`LinkFault`].
    Link {
        /// The node whose messages suffer.
        from: String,
        /// The node that they are for.
        to: String,
        /// Whether the way back is like it.
        both_ways: bool,
        /// What is wrong; parts that it leaves out stay as they were.
        fault: LinkFault,
    },
    /// A part of a node's disk is full or slow.
    Disk {
        /// Which node.
        node: String,
        /// Which part.
        disk: Disk,
        /// What is wrong; adds to what was.
        state: DiskState,
    },
    /// A node's clock is wrong.
    Clock {
        /// Which node.
        node: String,
        /// By how much; replaces an earlier one.
        skew: ClockSkew,
    },
    /// Requests to a node's public API are answered otherwise. Of several such orders the oldest that fits and has
    /// times left applies.
    Reply {
        /// Which data node.
        node: String,
        /// How.
        fault: ReplyFault,
    },
    /// A data node's public port refuses connections, and ends those there are; the node itself goes on.
    RefuseHttp {
        /// Which data node.
        node: String,
    },
    /// A data node's hinted handoff queues take nothing more, as at their size limit.
    HandoffFull {
        /// Which data node.
        node: String,
    },
    /// A data node's hinted handoff queues refuse every write as if too many were under way already.
    HandoffBlocked {
        /// Which data node.
        node: String,
    },
    /// The meta part of a node refuses connections, and ends those there are. On all meta nodes at once, metadata cannot
    /// change.
    MetaDown {
        /// Which meta node.
        node: String,
    },
}

impl Fault {
    /// A word for the kind of fault, as the command line spells it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Partition { .. } => "partition",
            Self::Isolate { .. } => "isolate",
            Self::Link { .. } => "link",
            Self::Disk { .. } => "disk",
            Self::Clock { .. } => "clock",
            Self::Reply { .. } => "reply",
            Self::RefuseHttp { .. } => "refuse-http",
            Self::HandoffFull { .. } => "hh-full",
            Self::HandoffBlocked { .. } => "hh-block",
            Self::MetaDown { .. } => "meta-down",
        }
    }

    /// The node that suffers it: of a link the one whose messages do, none of a partition.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        match self {
            Self::Partition { .. } => None,
            Self::Link { from: node, .. }
            | Self::Disk { node, .. }
            | Self::Clock { node, .. }
            | Self::Reply { node, .. }
            | Self::RefuseHttp { node }
            | Self::HandoffFull { node }
            | Self::HandoffBlocked { node }
            | Self::Isolate { node }
            | Self::MetaDown { node } => Some(node),
        }
    }
}

impl fmt::Display for Fault {
    /// What is wrong, without the node that [`node`](Self::node) tells.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partition { sides } => {
                let sides: Vec<String> = sides.iter().map(|side| side.join(",")).collect();
                write!(f, "cut between {}", sides.join(" | "))
            }
            Self::Isolate { .. } => f.write_str("cut off from all other nodes"),
            Self::Link { to, both_ways, fault, .. } => {
                write!(f, "{} {to}: {fault}", if *both_ways { "to and from" } else { "to" })
            }
            Self::Disk { disk, state, .. } => write!(f, "disk of {disk} {state}"),
            Self::Clock { skew, .. } => write!(f, "clock {skew}"),
            Self::Reply { fault, .. } => write!(f, "reply: {fault}"),
            Self::RefuseHttp { .. } => f.write_str("public port refuses connections"),
            Self::HandoffFull { .. } => f.write_str("hinted handoff queues full"),
            Self::HandoffBlocked { .. } => f.write_str("hinted handoff queues blocked"),
            Self::MetaDown { .. } => f.write_str("meta part refuses connections"),
        }
    }
}
