//! Faults in the words of `influx-cli fault`, one word an argument.

use std::num::NonZeroU64;
use std::time::Duration;

use clap::{Args, Parser, ValueEnum};
use influx_server_mock::go::parse_duration;
use influx_server_mock::{
    CannedReply, ClockSkew, Disk, LinkFault, Probability, Profile, ReplyCut, ReplyFault, Topology,
};

use crate::failure::Failure;

/// A fault, or the end of one.
#[derive(Debug, Parser)]
#[command(name = "fault", no_binary_name = true, disable_help_flag = true, disable_help_subcommand = true)]
pub(crate) enum Order {
    Kill(Nodes),
    Pause(Nodes),
    Resume(Nodes),
    Restart(Nodes),
    /// Started without waiting until it answers.
    StartAgain(Nodes),
    Isolate(Nodes),
    Partition(Partition),
    /// The end of the partition alone.
    Rejoin,
    Cut(Cut),
    Delay(Delay),
    Drop(Drop),
    Bandwidth(Bandwidth),
    /// Several things that are wrong with a link at once.
    Link(Linked),
    SlowDisk(SlowDisk),
    DiskFull(DiskFull),
    #[command(alias = "handoff-full")]
    HhFull(Nodes),
    #[command(alias = "handoff-block")]
    HhBlock(Nodes),
    Clock(Clock),
    Reply(Box<Reply>),
    Hang(Hang),
    RefuseHttp(Nodes),
    /// All meta nodes unless some are named.
    MetaDown(SomeNodes),
    /// Of all nodes and links unless some nodes are named.
    Heal(SomeNodes),
}

#[derive(Debug, Args)]
pub(crate) struct Nodes {
    #[arg(required = true)]
    pub(crate) names: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SomeNodes {
    pub(crate) names: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Partition {
    /// `data1,meta1/data2,data3`, or one word a side.
    #[arg(required = true)]
    sides: Vec<String>,
    #[arg(long)]
    pub(crate) one_way: bool,
}

impl Partition {
    pub(crate) fn sides(&self) -> Vec<Vec<String>> {
        let sides = self.sides.iter().flat_map(|word| word.split('/'));
        sides.map(|side| side.split(',').map(|name| name.trim().to_owned()).collect()).collect()
    }
}

/// A link, and which way of it.
#[derive(Debug, Args)]
pub(crate) struct Ends {
    pub(crate) from: String,
    /// `all` for the links to all others.
    pub(crate) to: String,
    #[arg(long)]
    pub(crate) one_way: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Cut {
    #[command(flatten)]
    pub(crate) ends: Ends,
}

#[derive(Debug, Args)]
pub(crate) struct Delay {
    #[command(flatten)]
    pub(crate) ends: Ends,
    #[arg(value_parser = parse_duration)]
    pub(crate) delay: Duration,
    #[arg(long, default_value = "0", value_parser = parse_duration)]
    pub(crate) jitter: Duration,
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Drop {
    #[command(flatten)]
    pub(crate) ends: Ends,
    pub(crate) probability: Probability,
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Bandwidth {
    #[command(flatten)]
    pub(crate) ends: Ends,
    /// Bytes per second.
    pub(crate) bandwidth: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Linked {
    #[command(flatten)]
    pub(crate) ends: Ends,
    #[arg(long)]
    cut: bool,
    #[arg(long, default_value = "0", value_parser = parse_duration)]
    delay: Duration,
    #[arg(long, default_value = "0", value_parser = parse_duration)]
    jitter: Duration,
    #[arg(long, default_value = "0")]
    drop: Probability,
    #[arg(long, default_value_t = 0)]
    bandwidth: u64,
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl Linked {
    pub(crate) fn fault(&self) -> LinkFault {
        let fault = LinkFault::new().delay(self.delay).jitter(self.jitter).drop(self.drop);
        let fault = fault.bandwidth(self.bandwidth).seed(self.seed);
        if self.cut { fault.cut() } else { fault }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiskName {
    Shards,
    Handoff,
    Raft,
}

impl From<DiskName> for Disk {
    fn from(name: DiskName) -> Self {
        match name {
            DiskName::Shards => Self::Shards,
            DiskName::Handoff => Self::Handoff,
            DiskName::Raft => Self::Raft,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct SlowDisk {
    #[command(flatten)]
    pub(crate) nodes: Nodes,
    #[arg(long, default_value = "500ms", value_parser = parse_duration)]
    pub(crate) delay: Duration,
    #[arg(long, value_enum)]
    pub(crate) disk: Vec<DiskName>,
}

#[derive(Debug, Args)]
pub(crate) struct DiskFull {
    #[command(flatten)]
    pub(crate) nodes: Nodes,
    #[arg(long, value_enum)]
    pub(crate) disk: Vec<DiskName>,
}

#[derive(Debug, Args)]
pub(crate) struct Clock {
    #[arg(allow_hyphen_values = true)]
    pub(crate) skew: ClockSkew,
    #[command(flatten)]
    pub(crate) nodes: Nodes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CutName {
    Before,
    Head,
    Body,
    Never,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("canned").args(["status", "class"])))]
pub(crate) struct Reply {
    pub(crate) name: String,
    #[arg(long)]
    status: Option<u16>,
    #[arg(long)]
    class: Option<String>,
    #[arg(long, requires = "status", conflicts_with = "error")]
    body: Option<String>,
    #[arg(long, requires = "status")]
    error: Option<String>,
    #[arg(long = "header", requires = "canned", value_parser = header)]
    headers: Vec<(String, String)>,
    #[arg(long, requires = "canned")]
    after_handling: bool,
    #[arg(long, default_value = "0", value_parser = parse_duration)]
    delay: Duration,
    #[arg(long, value_enum)]
    cut: Option<CutName>,
    #[arg(long)]
    route: Option<String>,
    #[arg(long)]
    times: Option<NonZeroU64>,
    #[arg(long, default_value = "100%")]
    probability: Probability,
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl Reply {
    pub(crate) fn fault(&self, profile: Profile) -> Result<ReplyFault, Failure> {
        let canned = match (self.status, &self.class) {
            (Some(status), _) => Some(match (&self.error, &self.body) {
                (Some(text), _) => CannedReply::error(profile, status, text),
                (None, Some(body)) => CannedReply::new(status).body(body),
                (None, None) => CannedReply::new(status),
            }),
            (None, Some(class)) => {
                Some(CannedReply::of_class(class, profile).map_err(|error| Failure::Argument(error.to_string()))?)
            }
            (None, None) => None,
        };
        let canned =
            canned.map(|canned| self.headers.iter().fold(canned, |canned, (name, value)| canned.header(name, value)));
        let fault = canned.map_or_else(ReplyFault::real, ReplyFault::canned).delayed(self.delay);
        let fault = if self.after_handling { fault.after_handling() } else { fault };
        let fault = fault.cut(match self.cut {
            None => ReplyCut::None,
            Some(CutName::Before) => ReplyCut::BeforeHead,
            Some(CutName::Head) => ReplyCut::AfterHead,
            Some(CutName::Body) => ReplyCut::MidBody,
            Some(CutName::Never) => ReplyCut::Never,
        });
        Ok(narrowed(fault, self.route.as_deref(), self.times).share(self.probability, self.seed))
    }
}

#[derive(Debug, Args)]
pub(crate) struct Hang {
    pub(crate) name: String,
    #[arg(long)]
    handled: bool,
    #[arg(long)]
    route: Option<String>,
    #[arg(long)]
    times: Option<NonZeroU64>,
}

impl Hang {
    pub(crate) fn fault(&self) -> ReplyFault {
        let fault = if self.handled { ReplyFault::real().cut(ReplyCut::Never) } else { ReplyFault::hang() };
        narrowed(fault, self.route.as_deref(), self.times)
    }
}

fn narrowed(fault: ReplyFault, route: Option<&str>, times: Option<NonZeroU64>) -> ReplyFault {
    let fault = route.into_iter().fold(fault, ReplyFault::on);
    times.into_iter().fold(fault, |fault, times| fault.times(times.get()))
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err("write NAME:VALUE".to_owned()),
    }
}

/// How a cluster is started, in the words of `influx-cli cluster up`.
#[derive(Debug, Parser)]
#[command(name = "cluster", no_binary_name = true, disable_help_flag = true)]
pub(crate) struct Start {
    #[arg(long, default_value_t = 3)]
    meta: usize,
    #[arg(long, default_value_t = 3)]
    data: usize,
    /// Nodes that are both, instead.
    #[arg(long)]
    nodes: Option<usize>,
    #[arg(long, default_value_t = Profile::V1_8)]
    pub(crate) profile: Profile,
    #[arg(long = "set", value_parser = setting)]
    pub(crate) settings: Vec<(String, String)>,
    #[arg(long, default_value = "30s", value_parser = parse_duration)]
    pub(crate) limit: Duration,
}

impl Start {
    pub(crate) fn topology(&self) -> Topology {
        match self.nodes {
            Some(nodes) => Topology::Both { nodes },
            None => Topology::Apart { meta: self.meta, data: self.data },
        }
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "write NAME=VALUE".to_owned())?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Reads words.
///
/// # Errors
/// [`Failure::Argument`] says what is wrong with them.
pub(crate) fn read<P: Parser>(words: &[String]) -> Result<P, Failure> {
    P::try_parse_from(words).map_err(|error| {
        let text = error.render().to_string();
        // The rest speaks of a command line, which there is none of here.
        let text = text.split("\n\nUsage:").next().unwrap_or(&text);
        let text = text.strip_prefix("error: ").unwrap_or(text).trim_end();
        Failure::Argument(text.replace("subcommand", "fault"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::CommandFactory;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_definitions_hold_together() {
        Order::command().debug_assert();
        Start::command().debug_assert();
    }

    #[test]
    fn sides_are_words_or_parted_by_slashes() {
        for text in ["partition data1,meta1 data2", "partition data1,meta1/data2"] {
            let Order::Partition(partition) = read(&words(text)).unwrap() else { panic!("{text}") };
            assert_eq!(partition.sides(), [vec!["data1", "meta1"], vec!["data2"]]);
        }
    }

    #[test]
    fn replies_are_read_whatever_their_text_is() {
        let mut order = words("reply data1 --status 500 --route /write --times 2");
        order.push("--body=--status = \"x\"\n".to_owned());
        let Order::Reply(reply) = read(&order).unwrap() else { panic!() };
        let fault = reply.fault(Profile::V1_8).unwrap();
        assert_eq!(fault.to_string(), "500, to /write, 2 left");
        let expected = ReplyFault::canned(CannedReply::new(500).body("--status = \"x\"\n")).on("/write").times(2);
        assert_eq!(fault, expected);
    }

    #[test]
    fn mistakes_say_what_is_wrong_in_a_line_or_two() {
        for (text, expected) in [
            ("kil data1", "unrecognized fault 'kil'\n\n  tip: a similar fault exists: 'kill'"),
            ("delay data1 data2 soon", "\"soon\" is no duration"),
            ("drop data1 data2 200%", "no probability"),
            ("reply data1 --body x", "--status"),
            ("reply data1 --times 0", "times"),
            ("kill", "<NAMES>"),
            ("clock soon data1", "how wrong a clock is"),
        ] {
            let Failure::Argument(error) = read::<Order>(&words(text)).unwrap_err() else { panic!("{text}") };
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains("Usage"), "{error}");
        }
        assert!(matches!(read::<Order>(&[]), Err(Failure::Argument(_))));
        assert!(read::<Start>(&words("--profile 2.0")).is_err());
        assert!(read::<Start>(&words("--set x")).is_err());
    }
}
