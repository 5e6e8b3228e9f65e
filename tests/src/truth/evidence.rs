//! What the replicas hold in the end, and what the servers' own records say.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::ServerLie;

/// A point of a run: the number of its batch and of its line in it, from 0.
pub type PointId = (u64, usize);

/// A replica's copy of a point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copy {
    /// The times under which the replica has it, as it told them: one, but for a point without a time of its own that was
    /// stored twice.
    pub times: Vec<i64>,
    /// What is not as it was written: another value, another time.
    pub differs: Option<String>,
}

/// Where a point is in the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PointEnd {
    /// The data nodes that ought to have it, by id; none where nobody knows its shard.
    pub owners: Vec<u64>,
    /// The data nodes that have it, owners or not.
    pub copies: BTreeMap<u64, Copy>,
}

impl PointEnd {
    /// The owners that do not have it.
    pub fn missing(&self) -> impl Iterator<Item = u64> + '_ {
        self.owners.iter().copied().filter(|owner| !self.copies.contains_key(owner))
    }

    /// How many of the owners have it.
    #[must_use]
    pub fn on_owners(&self) -> usize {
        self.owners.iter().filter(|owner| self.copies.contains_key(owner)).count()
    }

    /// Whether nobody has it, owner or not.
    #[must_use]
    pub fn nowhere(&self) -> bool {
        self.copies.is_empty()
    }

    /// Whether every owner has it, and there are owners.
    #[must_use]
    pub fn everywhere(&self) -> bool {
        !self.owners.is_empty() && self.missing().next().is_none()
    }
}

/// Something that a server's own record says it did, or that was done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerCause {
    /// What.
    pub lie: ServerLie,
    /// The data node that did it.
    pub node: u64,
    /// The replica that goes without; `None` where any may.
    pub replica: Option<u64>,
    /// The points it was done to.
    pub to: Affected,
    /// The record, to be shown to a person.
    pub record: String,
}

/// The points that a cause explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affected {
    /// These.
    Points(Vec<PointId>),
    /// All that this node was asked to write from one time to another, in nanoseconds since the run began.
    Asked {
        /// From then on.
        from: u64,
        /// Until then.
        to: u64,
    },
}

/// All causes of a run, to be looked up by point.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    all: Vec<ServerCause>,
    by_point: HashMap<PointId, Vec<usize>>,
    /// Those that are not about points that they name.
    by_time: Vec<usize>,
}

impl Causes {
    /// Takes in one more.
    pub fn add(&mut self, cause: ServerCause) {
        let number = self.all.len();
        match &cause.to {
            Affected::Points(points) => {
                for point in points {
                    self.by_point.entry(*point).or_default().push(number);
                }
            }
            Affected::Asked { .. } => self.by_time.push(number),
        }
        self.all.push(cause);
    }

    /// All of them, in the order in which they came.
    #[must_use]
    pub fn all(&self) -> &[ServerCause] {
        &self.all
    }

    /// Those that name the point.
    pub(super) fn of(&self, point: PointId) -> impl Iterator<Item = &ServerCause> {
        self.by_point.get(&point).into_iter().flatten().map(|number| &self.all[*number])
    }

    /// Those that are about all that a node was asked in some time.
    pub(super) fn timed(&self) -> impl Iterator<Item = &ServerCause> {
        self.by_time.iter().map(|number| &self.all[*number])
    }
}

impl FromIterator<ServerCause> for Causes {
    fn from_iter<I: IntoIterator<Item = ServerCause>>(causes: I) -> Self {
        let mut all = Self::default();
        causes.into_iter().for_each(|cause| all.add(cause));
        all
    }
}
