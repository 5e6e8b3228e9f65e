//! Does the client ever lie? Asked of thousands of simulated schedules a second.
//!
//! From a seed comes a [`Schedule`]: a cluster, some clients with their retry policies, their writes, and what goes wrong
//! meanwhile. It is played in simulated time against [`SimCluster`](influx_server_mock::sim::SimCluster), by the real
//! client: encoder, write loop, classifier, retry policies, endpoint health. Then everything heals, every replica is read,
//! and [`judge`](crate::truth::judge) holds each claim against them. A seed repeats everything, to the last event; one that
//! fails is cut down to the shortest schedule that still does.
//!
//! | part | does |
//! |---|---|
//! | `schedule`, `generate` | what is played, and how it follows from a seed |
//! | `wire` | carries requests of the client into the simulated cluster |
//! | `play` | plays a schedule |
//! | `evidence`, `at_level`, `rewrites`, `verdict` | what the replicas hold and held, and who lied |
//! | `shrink`, `many` | the shortest failing schedule; many seeds on several threads |

mod at_level;
mod evidence;
mod faults;
mod generate;
mod many;
mod play;
mod rewrites;
mod run;
mod schedule;
mod shrink;
mod summary;
mod verdict;
mod wire;

#[cfg(test)]
mod tests;

pub use many::run_many;
pub(crate) use run::check;
pub use run::run;
pub use schedule::{ClientPlan, FaultPlan, Line, LineKind, PolicyPlan, Schedule, WritePlan};
pub use summary::{Failure, SimSummary};
pub use verdict::{Played, run_seed};

use influx_server_mock::Profile;

/// What the schedules of a run have in common.
#[derive(Clone, Debug, Default)]
pub struct SimSettings {
    /// Which system the cluster answers like; both, by turns of chance, if `None`.
    pub profile: Option<Profile>,
    /// What is made wrong on purpose.
    pub(crate) tamper: Tamper,
}

impl SimSettings {
    /// For clusters of this profile, or of both.
    #[must_use]
    pub fn new(profile: Option<Profile>) -> Self {
        Self { profile, tamper: Tamper::default() }
    }
}

/// A mistake that is made on purpose, to see that it is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tamper {
    /// None.
    #[default]
    None,
    /// A lost connection is reported as one that was never made.
    #[cfg(test)]
    NeverSent,
    /// `timeout` is taken for a server that had no place for the request.
    #[cfg(test)]
    TimeoutIsThrottled,
    /// Every answer is taken for an acknowledgement.
    #[cfg(test)]
    AllAcknowledged,
    /// Every request is sent twice.
    #[cfg(test)]
    SentTwice,
    /// A replica loses points, and nobody says so.
    #[cfg(test)]
    LosesInSilence,
    /// `partial write`, the answer of 1.8 to a write below its level, is taken for an acknowledgement.
    #[cfg(test)]
    BelowLevelIsStored,
    /// Every request is acknowledged as soon as it is sent, and carried out later.
    #[cfg(test)]
    AcknowledgedAtOnce,
}
