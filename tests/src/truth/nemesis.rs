//! Which faults strike when. Pure: a seed makes the schedule; [`strike`](super::strike) carries it out.

use std::time::Duration;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evil {
    /// A data node is killed, and started again later.
    Kill,
    /// A meta node is.
    MetaKill,
    /// A data node is stopped with a signal, and goes on later.
    Pause,
    /// The network is cut in two.
    Halves,
    /// A node is cut off from all others.
    Isolate,
    /// Nothing passes from one data node to another; the way back is whole.
    OneWay,
    /// What one data node sends another is late.
    Delay,
    /// Of what data nodes send each other some is lost.
    Drop,
    /// Hinted handoff queues take nothing, as at their size limit.
    QueueFull,
    /// They take nothing, as with too many writes under way.
    QueueBlocked,
    /// The disk under the shards is full.
    ShardsFull,
    /// The disk under the shards is slow.
    ShardsSlow,
    /// The disk under the queues is full.
    QueueDiskFull,
    /// The disk under the queues is slow.
    QueueDiskSlow,
    /// The disk under a meta node's log is full.
    RaftFull,
    /// One meta node refuses connections.
    MetaDown,
    /// So many that there is no quorum.
    MetaQuorum,
    /// All of them.
    MetaAll,
    /// A data node's clock is wrong.
    Clock,
    /// Answers of a data node are lost: the connection is closed before one is sent.
    ReplyLost,
    /// Answers are cut in the middle.
    ReplyCut,
    /// Answers are never sent, and connections stay open.
    ReplyNever,
    /// Answers are late.
    ReplyLate,
    /// The public port refuses connections.
    RefuseHttp,
}

impl Evil {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::Kill,
        Self::MetaKill,
        Self::Pause,
        Self::Halves,
        Self::Isolate,
        Self::OneWay,
        Self::Delay,
        Self::Drop,
        Self::QueueFull,
        Self::QueueBlocked,
        Self::ShardsFull,
        Self::ShardsSlow,
        Self::QueueDiskFull,
        Self::QueueDiskSlow,
        Self::RaftFull,
        Self::MetaDown,
        Self::MetaQuorum,
        Self::MetaAll,
        Self::Clock,
        Self::ReplyLost,
        Self::ReplyCut,
        Self::ReplyNever,
        Self::ReplyLate,
        Self::RefuseHttp,
    ];

    /// Its name in reports, in the words of `influx-cli fault` where it has them.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::MetaKill => "meta-kill",
            Self::Pause => "pause",
            Self::Halves => "partition",
            Self::Isolate => "isolate",
            Self::OneWay => "one-way-cut",
            Self::Delay => "delay",
            Self::Drop => "drop",
            Self::QueueFull => "hh-full",
            Self::QueueBlocked => "hh-block",
            Self::ShardsFull => "disk-full-shards",
            Self::ShardsSlow => "disk-slow-shards",
            Self::QueueDiskFull => "disk-full-handoff",
            Self::QueueDiskSlow => "disk-slow-handoff",
            Self::RaftFull => "disk-full-raft",
            Self::MetaDown => "meta-down",
            Self::MetaQuorum => "meta-down-quorum",
            Self::MetaAll => "meta-down-all",
            Self::Clock => "clock",
            Self::ReplyLost => "reply-lost",
            Self::ReplyCut => "reply-cut",
            Self::ReplyNever => "reply-never",
            Self::ReplyLate => "reply-late",
            Self::RefuseHttp => "refuse-http",
        }
    }

    /// Whether it does nothing unless a replica misses writes: it is joined with something that makes one miss them.
    const fn needs_company(self) -> bool {
        matches!(self, Self::QueueFull | Self::QueueBlocked | Self::QueueDiskFull | Self::QueueDiskSlow)
    }
}

/// Some faults that are in force together, and end together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Since the run began.
    pub from: Duration,
    /// Likewise.
    pub to: Duration,
    /// What happens, and a number that decides to whom.
    pub evils: Vec<(Evil, u64)>,
}

/// The names of the nodes that faults are chosen among.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Victims {
    /// Those with a data part.
    pub data: Vec<String>,
    /// Those with a meta part.
    pub meta: Vec<String>,
}

impl Victims {
    /// The data node that a number means.
    #[must_use]
    pub(super) fn data(&self, number: u64) -> &str {
        one(&self.data, number)
    }

    /// The meta node that a number means.
    #[must_use]
    pub(super) fn meta(&self, number: u64) -> &str {
        one(&self.meta, number)
    }

    /// Two different data nodes.
    #[must_use]
    pub(super) fn pair(&self, number: u64) -> (&str, &str) {
        let nodes = self.data.len() as u64;
        let step = 1 + (number / nodes.max(1)) % nodes.saturating_sub(1).max(1);
        (self.data(number), self.data(number + step))
    }

    /// All nodes on two sides, neither of them empty.
    #[must_use]
    pub(super) fn halves(&self, number: u64) -> [Vec<String>; 2] {
        let mut nodes: Vec<&String> =
            self.data.iter().chain(self.meta.iter().filter(|m| !self.data.contains(m))).collect();
        Rng::with_seed(number).shuffle(&mut nodes);
        let (a, b) = nodes.split_at(nodes.len() / 2);
        [a, b].map(|side| side.iter().map(|name| (*name).clone()).collect())
    }
}

fn one(names: &[String], number: u64) -> &str {
    usize::try_from(number % (names.len() as u64).max(1))
        .ok()
        .and_then(|place| names.get(place))
        .map_or("", String::as_str)
}

/// How long faults last, in milliseconds.
const LASTING: std::ops::Range<u64> = 500..3_000;
/// Likewise where the nodes are to give up on the meta nodes, which takes them eleven tries.
const GIVES_UP: std::ops::Range<u64> = 11_000..13_000;
/// How long nothing is wrong between two windows.
const CALM: std::ops::Range<u64> = 300..1_200;

/// The windows of a run of this length. Every kind comes once before any comes twice.
#[must_use]
pub(super) fn schedule(seed: u64, length: Duration) -> Vec<Window> {
    let mut random = Rng::with_seed(seed);
    let mut bag: Vec<Evil> = Vec::new();
    let mut draw = |random: &mut Rng| {
        if bag.is_empty() {
            bag.extend(Evil::ALL);
            random.shuffle(&mut bag);
        }
        bag.pop().unwrap_or(Evil::Kill)
    };
    let mut windows = Vec::new();
    let mut from = Duration::from_millis(random.u64(CALM));
    while from < length {
        let mut evils = vec![(draw(&mut random), random.u64(..))];
        for chance in [0.6, 0.5, 0.3] {
            if random.f64() < chance {
                let evil = draw(&mut random);
                evils.push((evil, random.u64(..)));
            }
        }
        if evils.iter().any(|(evil, _)| evil.needs_company()) {
            let company = [Evil::Kill, Evil::Pause, Evil::OneWay, Evil::Isolate];
            evils.push((company[random.usize(0..company.len())], random.u64(..)));
        }
        let outlasts = |evil| matches!(evil, Evil::MetaQuorum | Evil::MetaAll);
        let long = evils.iter().any(|(evil, _)| outlasts(*evil)) && random.f64() < 0.3;
        let lasting = random.u64(if long { GIVES_UP } else { LASTING });
        let to = (from + Duration::from_millis(lasting)).min(length);
        windows.push(Window { from, to, evils });
        from = to + Duration::from_millis(random.u64(CALM));
    }
    windows
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_comes_and_windows_do_not_overlap() {
        let windows = schedule(3, Duration::from_secs(60));
        let kinds: BTreeSet<Evil> = windows.iter().flat_map(|window| &window.evils).map(|(evil, _)| *evil).collect();
        assert_eq!(kinds.len(), Evil::ALL.len());
        assert!(windows.windows(2).all(|pair| pair[0].to < pair[1].from && pair[0].from < pair[0].to));
        assert!(windows.iter().all(|window| window.to <= Duration::from_secs(60)));
        assert_eq!(windows, schedule(3, Duration::from_secs(60)));
        assert_ne!(windows, schedule(4, Duration::from_secs(60)));
    }

    #[test]
    fn victims_are_different_nodes() {
        let names = |prefix: &str| (1..=3).map(|number| format!("{prefix}{number}")).collect::<Vec<_>>();
        let apart = Victims { data: names("data"), meta: names("meta") };
        let both = Victims { data: names("node"), meta: names("node") };
        for number in 0..50 {
            let (a, b) = apart.pair(number);
            assert_ne!(a, b);
            for (victims, all) in [(&apart, 6), (&both, 3)] {
                let [a, b] = victims.halves(number);
                assert!(!a.is_empty() && !b.is_empty());
                assert_eq!(a.iter().chain(&b).collect::<BTreeSet<_>>().len(), all);
            }
        }
    }
}
