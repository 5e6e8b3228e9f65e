//! The experiments by name.

use std::fmt;
use std::str::FromStr;

/// Everything that can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Experiment {
    /// Reads and writes of a register at `all`, no faults.
    RegisterHealthyAll,
    /// The same at `any`.
    RegisterHealthyAny,
    /// Reads and writes of a register at `all`, the network cut in halves again and again.
    RegisterPartitionAll,
    /// The same at `any`.
    RegisterPartitionAny,
    /// Each write makes a shard group, no faults.
    ShardsHealthy,
    /// The same, the network cut in halves again and again.
    ShardsPartition,
    /// The same with cuts long enough for the meta service to give up.
    ShardsLongCut,
    /// All of the above on several seeds, judged as distributions.
    Study,
    /// Does the client ever lie?
    Truth,
    /// Each known bug of the real systems, found by a run made for it.
    Bugs,
    /// Replicas that differ for ever become equal with anti-entropy.
    Repair,
    /// One workload and one schedule of faults under several retry policies.
    Compare,
    /// One seed of everything, in minutes.
    All,
}

/// Which code makes an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// A single run of the 2016 study: one of [`Experiment::OF_STUDY`].
    Single,
    /// [`Experiment::Study`].
    Study,
    /// [`Experiment::Truth`].
    Truth,
    /// [`Experiment::Bugs`].
    Bugs,
    /// [`Experiment::Repair`].
    Repair,
    /// [`Experiment::Compare`].
    Compare,
    /// [`Experiment::All`].
    All,
}

/// The text names no experiment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no experiment \"{0}\"")]
pub struct UnknownExperiment(pub String);

impl Experiment {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 13] = [
        Self::RegisterHealthyAll,
        Self::RegisterHealthyAny,
        Self::RegisterPartitionAll,
        Self::RegisterPartitionAny,
        Self::ShardsHealthy,
        Self::ShardsPartition,
        Self::ShardsLongCut,
        Self::Study,
        Self::Truth,
        Self::Bugs,
        Self::Repair,
        Self::Compare,
        Self::All,
    ];

    /// The single runs of the 2016 study, in the order in which they are told.
    pub const OF_STUDY: [Self; 7] = [
        Self::RegisterHealthyAll,
        Self::RegisterHealthyAny,
        Self::RegisterPartitionAll,
        Self::RegisterPartitionAny,
        Self::ShardsHealthy,
        Self::ShardsPartition,
        Self::ShardsLongCut,
    ];

    /// Which code makes it.
    pub(crate) const fn family(self) -> Family {
        match self {
            Self::RegisterHealthyAll
            | Self::RegisterHealthyAny
            | Self::RegisterPartitionAll
            | Self::RegisterPartitionAny
            | Self::ShardsHealthy
            | Self::ShardsPartition
            | Self::ShardsLongCut => Family::Single,
            Self::Study => Family::Study,
            Self::Truth => Family::Truth,
            Self::Bugs => Family::Bugs,
            Self::Repair => Family::Repair,
            Self::Compare => Family::Compare,
            Self::All => Family::All,
        }
    }

    /// The name by which it is ordered.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RegisterHealthyAll => "register-healthy-all",
            Self::RegisterHealthyAny => "register-healthy-any",
            Self::RegisterPartitionAll => "register-partition-all",
            Self::RegisterPartitionAny => "register-partition-any",
            Self::ShardsHealthy => "shards-healthy",
            Self::ShardsPartition => "shards-partition",
            Self::ShardsLongCut => "shards-long-cut",
            Self::Study => "study",
            Self::Truth => "truth",
            Self::Bugs => "bugs",
            Self::Repair => "repair",
            Self::Compare => "compare",
            Self::All => "all",
        }
    }

    /// What it does, in a sentence.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::RegisterHealthyAll => "reads and writes one register at level all, no faults",
            Self::RegisterHealthyAny => "reads and writes one register at level any, no faults",
            Self::RegisterPartitionAll => "the register at all, the network cut in random halves for 3 of every 4 s",
            Self::RegisterPartitionAny => "the register at any, under the same cuts",
            Self::ShardsHealthy => "each write makes a shard group and so needs the meta nodes, no faults",
            Self::ShardsPartition => "each write makes a shard group, under the same cuts",
            Self::ShardsLongCut => "each write makes a shard group, with cuts of 15 s: the meta service gives up",
            Self::Study => {
                "all experiments of the 2016 study on several seeds, held against the real clusters' figures"
            }
            Self::Truth => "does the client ever lie? faults of every kind, then each replica is read",
            Self::Bugs => "finds each known bug of the real systems by a run made for it",
            Self::Repair => "replicas left different for ever become equal with anti-entropy",
            Self::Compare => "one workload and one schedule of faults under several retry policies",
            Self::All => "one seed of everything, in minutes, on one page",
        }
    }
}

impl fmt::Display for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Experiment {
    type Err = UnknownExperiment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|one| one.name() == text).ok_or_else(|| UnknownExperiment(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runs_of_the_study_are_those_whose_code_makes_them() {
        let single = Experiment::ALL.into_iter().filter(|one| one.family() == Family::Single);
        assert!(single.eq(Experiment::OF_STUDY));
    }
}
