//! What a run comes to: `truth.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evidence::PointEnd;
use super::story::Story;
use super::{Claim, FalseClaim, Liar, Promise, ServerLie};

/// What the file `truth.json` of a run holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The seed of the run.
    pub seed: u64,
    /// Its rounds, each with a cluster of its own.
    pub rounds: Vec<RoundSummary>,
    /// The claims by profile, class and outcome, and what was met on the replicas.
    pub table: Vec<Row>,
    /// False claims of the client: there must be none.
    pub client_lies: Vec<Story>,
    /// On somebody else's cluster: claims that do not hold, and that a server can have made false. Its logs would tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unexplained: Vec<Story>,
    /// Claims that are false because of the servers, by profile, name and promise.
    pub server_lies: BTreeMap<String, BTreeMap<ServerLie, BTreeMap<Promise, u64>>>,
    /// How many claims those are: some have more than one name.
    #[serde(default)]
    pub server_claims: u64,
    /// One of each of them, as it was told.
    pub examples: BTreeMap<ServerLie, FalseClaim>,
    /// How often each kind of fault took effect, on one node at least.
    pub injected: BTreeMap<String, u64>,
    /// How often each kind was planned.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub planned: BTreeMap<String, u64>,
    /// How often a kind took effect on nobody: the nodes were down, or too busy to take the order.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_taken: BTreeMap<String, u64>,
    /// Pushes of background writers of which nothing is judged, as some points of their batches were refused and the
    /// client does not say which.
    #[serde(default)]
    pub exempt: u64,
    /// Likewise, as some points of their batches are below their level.
    #[serde(default)]
    pub below: u64,
    /// What else is to be known of the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One round of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundSummary {
    /// Its name, for example `1.8-2`.
    pub name: String,
    /// What was run on, for example `3 meta + 3 data`.
    pub topology: String,
    /// Milliseconds of the workload.
    pub workload: u64,
    /// Milliseconds until nothing moved any more after it.
    pub settling: u64,
    /// Batches written.
    pub batches: u64,
    /// Points in them.
    pub points: u64,
    /// Batches that were held against the replicas: something is claimed of them, and every replica told.
    #[serde(default)]
    pub judged: u64,
    /// Points in those.
    #[serde(default)]
    pub judged_points: u64,
    /// Requests made.
    pub requests: u64,
    /// Batches that were acknowledged.
    pub acknowledged: u64,
    /// Shard groups at the end, as far as the table of shards tells.
    pub shards: u64,
}

/// One line of the table of claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// `0.10` or `1.8`.
    pub profile: String,
    /// The class, by its id, or that the caller dropped the call.
    pub class: String,
    /// The outcome, by its id.
    pub outcome: String,
    /// Batches.
    pub batches: u64,
    /// What was met of the points that were not named as refused, batch by batch.
    pub met: Met,
}

/// How many batches were met where, on the replicas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// All of the points on every owner.
    pub all: u64,
    /// Some of it.
    pub some: u64,
    /// Nothing anywhere.
    pub none: u64,
}

impl Met {
    /// Counts one batch.
    pub fn count(&mut self, claim: &Claim, ends: &[PointEnd]) {
        let others: Vec<&PointEnd> =
            ends.iter().enumerate().filter(|(line, _)| !claim.refused.contains(line)).map(|(_, end)| end).collect();
        let counter = if others.iter().all(|end| end.nowhere()) {
            &mut self.none
        } else if others.iter().all(|end| end.everywhere()) {
            &mut self.all
        } else {
            &mut self.some
        };
        *counter += 1;
    }
}

impl Summary {
    /// Counts a batch of a round.
    pub fn count(&mut self, profile: &str, claim: &Claim, ends: &[PointEnd]) {
        self.exempt += u64::from(claim.exempt);
        self.below += u64::from(claim.below && !claim.exempt);
        let (class, outcome) = (claim.class_text(), claim.outcome.id());
        let same = |row: &Row| row.profile == profile && row.class == class && row.outcome == outcome;
        let place = self.table.iter().position(same).unwrap_or_else(|| {
            let row = Row {
                profile: profile.to_owned(),
                class: class.to_owned(),
                outcome: outcome.to_owned(),
                ..Row::default()
            };
            self.table.push(row);
            self.table.len() - 1
        });
        let row = &mut self.table[place];
        row.batches += 1;
        row.met.count(claim, ends);
    }

    /// Counts a claim that is false because of the servers.
    pub fn count_server_lie(&mut self, profile: &str, lie: &FalseClaim) {
        let Liar::Server(names) = &lie.liar else { return };
        self.server_claims += 1;
        for name in names {
            let of_profile = self.server_lies.entry(profile.to_owned()).or_default();
            *of_profile.entry(*name).or_default().entry(lie.promise).or_default() += 1;
            self.examples.entry(*name).or_insert_with(|| lie.clone());
        }
    }

    /// Takes in another part of the run.
    pub fn add(&mut self, other: Self) {
        self.rounds.extend(other.rounds);
        self.notes.extend(other.notes);
        self.client_lies.extend(other.client_lies);
        self.unexplained.extend(other.unexplained);
        for row in other.table {
            let same = |mine: &&mut Row| {
                (&mine.profile, &mine.class, &mine.outcome) == (&row.profile, &row.class, &row.outcome)
            };
            match self.table.iter_mut().find(same) {
                Some(mine) => {
                    mine.batches += row.batches;
                    mine.met.all += row.met.all;
                    mine.met.some += row.met.some;
                    mine.met.none += row.met.none;
                }
                None => self.table.push(row),
            }
        }
        for (profile, lies) in other.server_lies {
            for (name, promises) in lies {
                for (promise, count) in promises {
                    let of_profile = self.server_lies.entry(profile.clone()).or_default();
                    *of_profile.entry(name).or_default().entry(promise).or_default() += count;
                }
            }
        }
        for (name, lie) in other.examples {
            self.examples.entry(name).or_insert(lie);
        }
        for (mine, others) in [
            (&mut self.injected, other.injected),
            (&mut self.planned, other.planned),
            (&mut self.not_taken, other.not_taken),
        ] {
            others.into_iter().for_each(|(kind, count)| *mine.entry(kind).or_default() += count);
        }
        self.exempt += other.exempt;
        self.below += other.below;
        self.server_claims += other.server_claims;
    }

    /// The table, in a fixed order.
    pub fn sort(&mut self) {
        self.table.sort_by(|a, b| (&a.profile, &a.class, &a.outcome).cmp(&(&b.profile, &b.class, &b.outcome)));
        self.rounds.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// All batches.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.rounds.iter().map(|round| round.batches).sum()
    }

    /// How often each server lie was named, in all profiles.
    #[must_use]
    pub fn server_lie_counts(&self) -> BTreeMap<ServerLie, u64> {
        let mut counts = BTreeMap::new();
        for (name, promises) in self.server_lies.values().flatten() {
            *counts.entry(*name).or_default() += promises.values().sum::<u64>();
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use influx_client::ConsistencyLevel;

    use super::*;
    use crate::truth::{Copy, Sent};

    #[test]
    fn a_sum_has_what_its_parts_have_and_is_read_back() {
        let sent = Sent { batch: 1, points: 2, idempotent: true, level: ConsistencyLevel::One, began: 0, ended: 1 };
        let claim = Claim::silent(sent);
        let there = PointEnd { owners: vec![1], copies: [(1, Copy::default())].into() };
        let gone = PointEnd { owners: vec![1], ..PointEnd::default() };
        let part = |profile: &str, ends: [&PointEnd; 2]| {
            let mut part = Summary::default();
            part.count(profile, &claim, &ends.map(Clone::clone));
            part.injected.insert("kill".into(), 2);
            let liar = Liar::Server([ServerLie::DropRace, ServerLie::QueueFull].into());
            let lie = FalseClaim { batch: 1, line: None, promise: Promise::AtLevel, liar, found: "x".into() };
            part.count_server_lie(profile, &lie);
            part
        };
        let mut all = part("1.8", [&there, &there]);
        all.add(part("1.8", [&there, &gone]));
        all.add(part("0.10", [&gone, &gone]));
        all.sort();
        let met: Vec<_> = all.table.iter().map(|row| (row.profile.as_str(), row.batches, row.met)).collect();
        assert_eq!(met, [("0.10", 1, Met { all: 0, some: 0, none: 1 }), ("1.8", 2, Met { all: 1, some: 1, none: 0 })]);
        assert_eq!(all.injected["kill"], 6);
        assert_eq!(all.server_lie_counts(), [(ServerLie::DropRace, 3), (ServerLie::QueueFull, 3)].into());
        assert_eq!(all.server_claims, 3, "each has two names");
        let below = Claim { below: true, ..claim.clone() };
        all.count("1.8", &below, &[there.clone(), there.clone()]);
        all.count("1.8", &Claim { exempt: true, ..below }, &[there.clone(), there.clone()]);
        all.count("1.8", &Claim::dropped(sent, true), &[there.clone(), there]);
        assert_eq!((all.below, all.exempt), (1, 1));
        assert_eq!(all.table.last().map(|row| row.class.as_str()), Some("dropped by its caller"));
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), all);
    }
}
