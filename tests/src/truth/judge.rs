//! Whether what a client said of a batch is true of the replicas.

use std::collections::BTreeSet;
use std::fmt;

use influx_client::{Caveat, ConsistencyLevel, Outcome};
use serde::{Deserialize, Serialize};

use super::evidence::{Affected, Causes, PointEnd, ServerCause};
use super::server_lie::Breaks;
use super::{Claim, ServerLie};

/// The claims that are held against the replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Promise {
    /// Stored: a server acknowledged so many points, or refused others of their request by name or number.
    Acknowledged,
    /// Stored at a level: as many owners as the level asks have it.
    AtLevel,
    /// Stored: every owner has it in the end.
    OnEveryOwner,
    /// Not stored: nobody has it.
    Nowhere,
    /// Refused for good: nobody has it.
    RefusedForGood,
    /// The tally adds up to the points, and names no more than there are.
    CountsAddUp,
    /// What has no time of its own is never sent again once it may be stored.
    SentOnce,
    /// A point without a time of its own is stored once.
    StoredOnce,
    /// What is stored is what was written.
    AsWritten,
    /// In a hinted handoff queue: it arrives at the owner that the queue is for, which the reply does not name; so some
    /// owner has it. Of the other owners nothing is claimed.
    Arrives,
    /// Below the level: some replica has some of it.
    SomeCopy,
    /// No more is claimed than the version of the server is worth, and the caller is warned of it.
    WorthOfVersion,
    /// What a background writer calls settled is stored or refused for good.
    Settled,
}

impl Promise {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Acknowledged,
        Self::AtLevel,
        Self::OnEveryOwner,
        Self::Nowhere,
        Self::RefusedForGood,
        Self::CountsAddUp,
        Self::SentOnce,
        Self::StoredOnce,
        Self::AsWritten,
        Self::Arrives,
        Self::SomeCopy,
        Self::WorthOfVersion,
        Self::Settled,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::AtLevel => "at-level",
            Self::OnEveryOwner => "on-every-owner",
            Self::Nowhere => "nowhere",
            Self::RefusedForGood => "refused-for-good",
            Self::CountsAddUp => "counts-add-up",
            Self::SentOnce => "sent-once",
            Self::StoredOnce => "stored-once",
            Self::AsWritten => "as-written",
            Self::Arrives => "arrives",
            Self::SomeCopy => "some-copy",
            Self::WorthOfVersion => "worth-of-version",
            Self::Settled => "settled",
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Whose word was false.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Liar {
    /// Nothing in the servers' records explains it: the client claimed what it could not know.
    Client,
    /// The client passed on what the server said, and the server's record shows what it did instead. More than one where
    /// several replicas go without for reasons of their own.
    Server(BTreeSet<ServerLie>),
}

/// A claim that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FalseClaim {
    /// The batch.
    pub batch: u64,
    /// The line, from 0; `None` where the claim is about the batch as a whole.
    pub line: Option<usize>,
    /// What was claimed.
    pub promise: Promise,
    /// Whose fault it is.
    pub liar: Liar,
    /// What is the case, in words.
    pub found: String,
}

/// Holds everything that a client said of a batch against the replicas.
///
/// `ends` has the points of the batch by line. `causes` are the servers' own records: a wrong end state is the server's
/// only where they name it.
#[must_use]
pub fn judge(claim: &Claim, ends: &[PointEnd], causes: &Causes) -> Vec<FalseClaim> {
    let mut trial = Trial { claim, ends, causes, found: Vec::new() };
    if ends.len() != claim.points {
        trial.client(None, Promise::CountsAddUp, format!("{} points were judged of {}", ends.len(), claim.points));
        return trial.found;
    }
    trial.counts();
    trial.worth();
    trial.sent_once();
    trial.acknowledged();
    trial.copies();
    trial.stored();
    trial.absent();
    trial.some();
    trial.found
}

/// One batch before the judge.
struct Trial<'a> {
    claim: &'a Claim,
    ends: &'a [PointEnd],
    causes: &'a Causes,
    found: Vec<FalseClaim>,
}

impl Trial<'_> {
    fn client(&mut self, line: Option<usize>, promise: Promise, found: String) {
        self.add(line, promise, Liar::Client, found);
    }

    fn add(&mut self, line: Option<usize>, promise: Promise, liar: Liar, found: String) {
        self.found.push(FalseClaim { batch: self.claim.batch, line, promise, liar, found });
    }

    fn counts(&mut self) {
        let (claim, tally) = (self.claim, self.claim.tally);
        if tally.total() != claim.points {
            self.client(None, Promise::CountsAddUp, format!("{tally}, of {} points", claim.points));
        }
        let named: BTreeSet<usize> = claim.refused.iter().copied().collect();
        if named.len() != claim.refused.len() {
            self.client(None, Promise::CountsAddUp, format!("a line is refused twice: {:?}", claim.refused));
        }
        if named.last().is_some_and(|last| *last >= claim.points) {
            self.client(None, Promise::CountsAddUp, format!("a line is refused that is not there: {named:?}"));
        }
        if named.len() > tally.refused {
            self.client(None, Promise::CountsAddUp, format!("{} lines are named as refused, {tally}", named.len()));
        }
        let whole = match claim.outcome {
            Outcome::Stored => Some(tally.stored),
            Outcome::NotStored => Some(tally.not_stored + tally.refused),
            // All of it will arrive, or has.
            Outcome::Deferred => Some(tally.deferred + tally.stored + tally.refused),
            Outcome::PartlyStored | Outcome::Unknown | Outcome::BelowLevel => None,
        };
        if whole.is_some_and(|whole| whole != claim.points) {
            self.client(None, Promise::CountsAddUp, format!("{} of the whole batch, but {tally}", claim.outcome));
        }
    }

    /// An acknowledgement of 0.9 or 0.10 is told with its caveat, and their `partial write` claims nothing.
    fn worth(&mut self) {
        let claim = self.claim;
        if !claim.old_server {
            return;
        }
        if claim.outcome == Outcome::Stored && !claim.caveats.contains(&Caveat::NewShardGroup) {
            self.client(
                None,
                Promise::WorthOfVersion,
                "acknowledged by such a server without a word of warning".into(),
            );
        }
        let below = claim.below || claim.outcome == Outcome::BelowLevel || claim.tally.below_level > 0;
        if below {
            self.client(None, Promise::WorthOfVersion, "such a server's partial write proves no copy".into());
        }
    }

    fn sent_once(&mut self) {
        let claim = self.claim;
        if claim.idempotent || claim.shared {
            return;
        }
        let sent: usize =
            claim.requests.iter().filter(|r| r.sent > 0 && r.outcome != Outcome::NotStored).map(|r| r.points).sum();
        if sent > claim.points {
            let found = format!("{sent} points in requests that may have stored them, of {}", claim.points);
            self.client(None, Promise::SentOnce, found);
        }
    }

    /// What is called stored was in requests that a server acknowledged, by its own status and words: whatever the client makes
    /// of them.
    fn acknowledged(&mut self) {
        let claim = self.claim;
        if claim.shared && claim.requests.is_empty() {
            // Nobody kept the requests of a background writer.
            return;
        }
        let accepted: usize = claim.requests.iter().filter(|request| request.accepted()).map(|r| r.points).sum();
        if claim.tally.stored > accepted {
            let found = format!("{} points are called stored, and servers took {accepted}", claim.tally.stored);
            self.client(None, Promise::Acknowledged, found);
        }
    }

    fn copies(&mut self) {
        for (line, end) in self.ends.iter().enumerate() {
            let times: BTreeSet<i64> = end.copies.values().flat_map(|copy| copy.times.iter().copied()).collect();
            if times.len() > 1 {
                self.client(Some(line), Promise::StoredOnce, format!("stored at the times {times:?}"));
            }
            let Some((node, differs)) = end.copies.iter().find_map(|(node, copy)| Some((node, copy.differs.as_ref()?)))
            else {
                continue;
            };
            let found = format!("node {node}: {differs}");
            let stale = |cause: &&ServerCause| cause.lie.breaks() == Breaks::Value;
            let liar = match self.causes.of((self.claim.batch, line)).find(stale) {
                Some(cause) => Liar::Server([cause.lie].into()),
                None => Liar::Client,
            };
            self.add(Some(line), Promise::AsWritten, liar, found);
        }
    }

    /// So many points, or all that are not named as refused, are on every owner.
    fn stored(&mut self) {
        let claim = self.claim;
        let open = self.lines().filter(|line| !claim.refused.contains(line)).collect::<Vec<_>>();
        let promised = claim.tally.stored.min(open.len());
        let lacking: Vec<usize> = open.iter().copied().filter(|line| !self.ends[*line].everywhere()).collect();
        let mut short = (promised + lacking.len()).saturating_sub(open.len());
        if short == 0 {
            return;
        }
        // Which of them are stored is not said, so those that the server answers for are taken first; and those that are
        // nowhere, as the others may be what more is said of.
        let mut judged: Vec<(usize, Promise, Liar)> = lacking.into_iter().map(|line| self.untrue(line)).collect();
        judged.sort_by_key(|(line, _, liar)| (*liar == Liar::Client, self.ends[*line].on_owners() > 0));
        for (line, promise, liar) in judged {
            if short == 0 {
                break;
            }
            short -= 1;
            let end = &self.ends[line];
            let liar = match liar {
                // At `any` the client has to say that there may be nothing but a hint.
                Liar::Server(_) if claim.level == ConsistencyLevel::Any && !self.warned() => Liar::Client,
                liar => liar,
            };
            let found = format!("on {} of the owners {:?}", names(end.copies.keys()), end.owners);
            self.add(Some(line), promise, liar, found);
        }
    }

    /// What is untrue of a point that is called stored and is not on every owner, and whose fault that is.
    fn untrue(&self, line: usize) -> (usize, Promise, Liar) {
        let end = &self.ends[line];
        let needed = self.claim.level.required(end.owners.len()).max(1);
        let short = needed.saturating_sub(end.on_owners());
        if short == 0 {
            return (line, Promise::OnEveryOwner, self.why_missing(line));
        }
        match (self.why_below(line, short), self.why_missing(line)) {
            (Liar::Client, _) => (line, Promise::AtLevel, Liar::Client),
            (Liar::Server(_), Liar::Client) => (line, Promise::OnEveryOwner, Liar::Client),
            (Liar::Server(counted), Liar::Server(missing)) => {
                (line, Promise::AtLevel, Liar::Server(&counted | &missing))
            }
        }
    }

    fn warned(&self) -> bool {
        self.claim.outcome != Outcome::Stored || !self.claim.caveats.is_empty()
    }

    /// Nobody has what is not stored, or refused.
    fn absent(&mut self) {
        let claim = self.claim;
        for line in self.lines().filter(|line| claim.refused.contains(line)).collect::<Vec<_>>() {
            if !self.ends[line].nowhere() {
                self.present(line, Promise::RefusedForGood);
            }
        }
        let open = || self.lines().filter(|line| !claim.refused.contains(line));
        let unnamed = claim.tally.refused.saturating_sub(claim.refused.len());
        let (promised, promise) = match claim.outcome {
            Outcome::NotStored => (open().count(), Promise::Nowhere),
            _ if claim.tally.not_stored == 0 => (unnamed, Promise::RefusedForGood),
            _ => (unnamed + claim.tally.not_stored, Promise::Nowhere),
        };
        let there: Vec<usize> = open().filter(|line| !self.ends[*line].nowhere()).collect();
        let short = (promised + there.len()).saturating_sub(open().count());
        let mut there: Vec<(bool, usize)> =
            there.into_iter().map(|line| (self.why_there(line) == Liar::Client, line)).collect();
        there.sort_unstable();
        for (_, line) in there.into_iter().take(short) {
            self.present(line, promise);
        }
    }

    fn present(&mut self, line: usize, promise: Promise) {
        let liar = self.why_there(line);
        self.add(Some(line), promise, liar, format!("on {}", names(self.ends[line].copies.keys())));
    }

    /// Of what is below its level or deferred there is something on some owner, besides what is called stored.
    fn some(&mut self) {
        let (claim, tally) = (self.claim, self.claim.tally);
        let (here, mut gone): (Vec<usize>, Vec<usize>) = self
            .lines()
            .filter(|line| !claim.refused.contains(line))
            .partition(|line| self.ends[*line].on_owners() > 0);
        // What is called stored and is nowhere was told of one by one, and is no part of the rest.
        let told = |line: &usize| {
            let stored = |lie: &FalseClaim| matches!(lie.promise, Promise::AtLevel | Promise::OnEveryOwner);
            self.found.iter().any(|lie| lie.line == Some(*line) && stored(lie))
        };
        let nowhere = gone.len();
        gone.retain(|line| !told(line));
        let mut others = tally.stored.saturating_sub(nowhere - gone.len());
        for (points, promise, outcome) in [
            (tally.deferred, Promise::Arrives, Outcome::Deferred),
            (tally.below_level, Promise::SomeCopy, Outcome::BelowLevel),
        ] {
            if points == 0 && claim.outcome != outcome {
                continue;
            }
            // All that is deferred arrives; of what is below its level, one point of one shard is enough.
            let promised = others + if promise == Promise::Arrives { points } else { 1 };
            if here.len() >= promised {
                others = promised;
                continue;
            }
            let hint_counts = promise == Promise::Arrives;
            let mut lies = BTreeSet::new();
            let explained = gone.iter().filter(|line| {
                let mut why = self.taken_and_gone(**line, hint_counts).peekable();
                let is_explained = why.peek().is_some();
                lies.extend(why);
                is_explained
            });
            let liar = if here.len() + explained.count() >= promised { Liar::Server(lies) } else { Liar::Client };
            let found = format!(
                "{} of {} points are somewhere, and {others} of those are called stored or queued",
                here.len(),
                claim.points
            );
            self.add(None, promise, liar, found);
        }
    }

    /// Who answers for a point that fewer owners have than its level asks, by so many. Only owners that took it and have
    /// it no more do: a copy that was missed and not made up for later has never counted.
    fn why_below(&self, line: usize, short: usize) -> Liar {
        let taken: Vec<ServerLie> = self.taken_and_gone(line, self.claim.level == ConsistencyLevel::Any).collect();
        if taken.len() < short { Liar::Client } else { Liar::Server(taken.into_iter().collect()) }
    }

    /// For each owner that goes without a point although it, or with `hint_counts` a queue for it, took the point: why.
    fn taken_and_gone(&self, line: usize, hint_counts: bool) -> impl Iterator<Item = ServerLie> + '_ {
        let counts = move |cause: &ServerCause| match cause.lie.breaks() {
            Breaks::CopyThatCounts => true,
            Breaks::HintTaken => hint_counts,
            // Only the old versions call it taken.
            Breaks::HintMaybeTaken => hint_counts && self.claim.old_server,
            Breaks::CopyToCome | Breaks::Refusal | Breaks::Value => false,
        };
        let why = move |owner| self.cause(line, |cause| counts(cause) && concerns(cause, owner));
        self.ends[line].missing().filter_map(move |owner| why(owner).map(|cause| cause.lie))
    }

    /// Who answers for a point that is not on every owner: the server, where its records explain every missing copy. Of a
    /// point that nobody knows the owners of, [`why_below`](Self::why_below) says it.
    fn why_missing(&self, line: usize) -> Liar {
        let mut lies = BTreeSet::new();
        for replica in self.ends[line].missing() {
            match self.cause(line, |cause| explains_absence(cause.lie) && concerns(cause, replica)) {
                Some(cause) => lies.insert(cause.lie),
                None => return Liar::Client,
            };
        }
        Liar::Server(lies)
    }

    /// Who answers for a point that is somewhere although it was refused.
    fn why_there(&self, line: usize) -> Liar {
        let end = &self.ends[line];
        let mut lies = BTreeSet::new();
        for node in end.copies.keys() {
            match self.cause(line, |cause| explains_presence(cause.lie) && concerns(cause, *node)) {
                Some(cause) => lies.insert(cause.lie),
                None => return Liar::Client,
            };
        }
        Liar::Server(lies)
    }

    fn cause(&self, line: usize, wanted: impl Fn(&ServerCause) -> bool) -> Option<&ServerCause> {
        let named = self.causes.of((self.claim.batch, line)).find(|cause| wanted(cause));
        named.or_else(|| self.causes.timed().find(|cause| self.in_time(cause) && wanted(cause)))
    }

    fn in_time(&self, cause: &ServerCause) -> bool {
        match cause.to {
            Affected::Points(_) => false,
            Affected::Asked { from, to } => self.claim.asked(cause.node, from, to),
        }
    }

    fn lines(&self) -> std::ops::Range<usize> {
        0..self.claim.points
    }
}

fn concerns(cause: &ServerCause, replica: u64) -> bool {
    cause.replica.is_none_or(|named| named == replica)
}

fn explains_presence(lie: ServerLie) -> bool {
    lie.breaks() == Breaks::Refusal
}

fn explains_absence(lie: ServerLie) -> bool {
    match lie.breaks() {
        Breaks::CopyThatCounts | Breaks::HintTaken | Breaks::HintMaybeTaken | Breaks::CopyToCome => true,
        Breaks::Refusal | Breaks::Value => false,
    }
}

fn names<'a>(nodes: impl Iterator<Item = &'a u64>) -> String {
    let nodes: Vec<String> = nodes.map(|node| format!("node {node}")).collect();
    if nodes.is_empty() { "nobody".to_owned() } else { nodes.join(", ") }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
