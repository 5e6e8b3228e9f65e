//! What is simulated.

use std::time::Duration;

use crate::{Options, Profile};

/// The shape of a simulated cluster.
#[derive(Clone, Debug)]
pub struct SimOptions {
    /// The settings of its nodes. Those of what is not simulated have no effect.
    pub node: Options,
    /// Whose rules and texts apply.
    pub profile: Profile,
    /// How many data nodes, at least 1.
    pub data_nodes: usize,
    /// How many meta nodes, at least 1.
    pub meta_nodes: usize,
    /// Copies of each shard.
    pub replication: u32,
    /// How long points are kept; zero is for ever.
    pub retention: Duration,
    /// The database that is there from the beginning.
    pub database: String,
    /// The time of day (nanoseconds, Unix time) at which the simulation begins.
    pub epoch: i64,
    /// Whether the events are written down in words, which takes time.
    pub trace: bool,
}

impl SimOptions {
    /// Three meta nodes and three data nodes, three copies, a database `lab` that keeps its points.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            node: Options::new(profile),
            profile,
            data_nodes: 3,
            meta_nodes: 3,
            replication: 3,
            retention: Duration::ZERO,
            database: "lab".to_owned(),
            epoch: 1_700_000_000_000_000_000,
            trace: false,
        }
    }
}
