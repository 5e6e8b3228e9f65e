//! `status`: each endpoint, what it counted of writes, and what waits in hinted handoff.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use futures::future::join_all;
use influx_client::{
    Class, Client, ClientBuilder, ClusterHandoff, HandoffQueue, HandoffState, NodeHandoff, Pong, QueryError,
    QueueState, Statistic,
};
use serde_json::{Map, Value, json};

use crate::console::{Console, Paint, Verbosity};
use crate::failure::{Exit, Failure};
use crate::render::{Table, one_line};
use crate::settings::{self, bytes_text, counted, duration_text, grouped};
use crate::target::TargetArgs;

/// Ask every endpoint whether it is up, what became of its writes, and what waits in hinted handoff.
///
/// What a node counted stands in its own statistics (SHOW STATS, the numbers of /debug/vars) and begins at its start. What
/// is not told, because the version does not have it or the user may not see it, is shown as unknown, never as 0. The exit
/// code is 0 if every endpoint is up, 10 if one is not, and 20 if one refuses the credentials.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// One JSON object; with --watch, one a round.
    #[arg(long)]
    json: bool,
    /// Ask again every so often, until interrupted.
    #[arg(long, value_name = "TIME", value_parser = settings::some_duration)]
    watch: Option<Duration>,
}

/// The statistics of the module `write` that are shown, with their names in JSON: counted by the coordinator, shard by
/// shard.
const WRITES: [(&str, &str); 9] = [
    ("req", "requests"),
    ("pointReq", "points"),
    ("writeOk", "ok"),
    ("writePartial", "partial"),
    ("writeTimeout", "timeout"),
    ("writeError", "error"),
    ("writeDrop", "dropped"),
    ("pointReqHH", "points_to_handoff"),
    ("subWriteDrop", "subscriber_dropped"),
];

/// What one endpoint told.
struct Told {
    pong: Pong,
    /// `None` where it is down and was not asked.
    writes: Option<Result<Writes, QueryError>>,
}

/// The counts of [`WRITES`]; `None` for what the version does not count.
struct Writes([Option<u64>; WRITES.len()]);

impl Writes {
    /// Reads the module `write`; `None` if the node does not list it.
    ///
    /// Version 0.10 shows a number only once it was counted, so there what is missing is 0; elsewhere it is unknown.
    fn read(statistics: &[Statistic], missing_is_zero: bool) -> Self {
        let module = statistics.iter().find(|statistic| statistic.name == "write");
        Self(WRITES.map(|(name, _)| {
            let module = module?;
            match module.integer(name) {
                Some(count) => u64::try_from(count).ok(),
                None => missing_is_zero.then_some(0),
            }
        }))
    }

    fn get(&self, name: &str) -> Option<u64> {
        WRITES.iter().position(|(_, shown)| *shown == name).and_then(|at| self.0[at])
    }

    fn object(&self) -> Value {
        let counts = WRITES.iter().zip(self.0).map(|((_, name), count)| ((*name).to_owned(), json!(count)));
        Value::Object(counts.collect::<Map<_, _>>())
    }
}

/// One look at all.
struct Round {
    endpoints: Vec<Told>,
    handoff: Result<ClusterHandoff, QueryError>,
}

impl StatusArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let build = |builder: ClientBuilder| builder.build().map_err(|error| Failure::Usage(error.to_string()));
        // A client for each, since a node's counts are its own; and one for all, who are asked about the cluster.
        let mut builders = self.target.builders()?;
        let whole = build(builders.whole.deadline(self.target.timeout))?;
        let each: Vec<Client> =
            builders.each.drain(..).map(|it| build(it.deadline(self.target.timeout))).collect::<Result<_, _>>()?;
        loop {
            let round = Round::look(&whole, &each).await;
            if self.json {
                console.print_json(&round.object())?;
            } else {
                if self.watch.is_some() && console.is_terminal() {
                    // To the upper left, and what stands there is cleared.
                    console.print("\u{1b}[H\u{1b}[2J")?;
                }
                console.print(&round.text(console))?;
                if self.watch.is_some() {
                    console.print("\n")?;
                }
            }
            match self.watch {
                Some(pause) => tokio::time::sleep(pause).await,
                None => {
                    return match round.failure() {
                        Some(failure) => Err(failure),
                        None => Ok(Exit::OK),
                    };
                }
            }
        }
    }
}

impl Round {
    async fn look(whole: &Client, each: &[Client]) -> Self {
        let endpoints = join_all(each.iter().map(one));
        let (endpoints, handoff) = tokio::join!(endpoints, async { whole.cluster_settled().await });
        Self { endpoints: endpoints.into_iter().flatten().collect(), handoff }
    }

    /// What makes the exit code other than 0.
    fn failure(&self) -> Option<Failure> {
        let all = counted(self.endpoints.len() as u64, "endpoint", "endpoints");
        let down = self.endpoints.iter().filter(|told| told.pong.result.is_err()).count();
        if down > 0 {
            return Some(Failure::classed(Class::Unreachable, format!("{down} of {all} down")));
        }
        let refused = |error: &QueryError| error.class() == Class::Auth;
        let refusing =
            self.endpoints.iter().filter(|told| told.writes.as_ref().is_some_and(|it| it.as_ref().is_err_and(refused)));
        let refusing = refusing.count();
        let message = format!("{refusing} of {all} refused to tell this user");
        (refusing > 0).then(|| Failure::classed(Class::Auth, message))
    }

    fn exit(&self) -> Exit {
        self.failure().map_or(Exit::OK, |failure| failure.exit())
    }

    /// What the cluster says of an endpoint.
    fn node(&self, endpoint: &str) -> Option<&NodeHandoff> {
        self.handoff.as_ref().ok()?.nodes.iter().find(|node| &*node.address == endpoint)
    }

    /// The nodes of the cluster that are none of the endpoints.
    fn others(&self) -> impl Iterator<Item = &NodeHandoff> {
        let known: Vec<String> = self.endpoints.iter().map(|told| told.pong.endpoint.to_string()).collect();
        let nodes = self.handoff.iter().flat_map(|handoff| &handoff.nodes);
        nodes.filter(move |node| !known.iter().any(|endpoint| **endpoint == *node.address))
    }

    fn object(&self) -> Value {
        let endpoints = self.endpoints.iter().map(|told| {
            let endpoint = told.pong.endpoint.to_string();
            let mut object = json!({ "endpoint": endpoint });
            match &told.pong.result {
                Ok(it) => {
                    object["up"] = json!(true);
                    object["version"] = json!(it.version);
                    object["build"] = json!(it.build);
                    object["ms"] = json!(it.latency.as_secs_f64() * 1e3);
                }
                Err(error) => {
                    object["up"] = json!(false);
                    object["error"] = json!(error.to_string());
                }
            }
            match &told.writes {
                Some(Ok(writes)) => object["writes"] = writes.object(),
                Some(Err(error)) => {
                    object["writes"] = Value::Null;
                    object["writes_unknown"] = json!(error.to_string());
                }
                None => object["writes"] = Value::Null,
            }
            object["handoff"] = self.node(&endpoint).map_or(Value::Null, handoff_object);
            object
        });
        let endpoints: Vec<Value> = endpoints.collect();
        let up = self.endpoints.iter().filter(|told| told.pong.result.is_ok()).count();
        let mut object = json!({
            "v": 1, "type": "status", "exit": self.exit().0, "up": up, "down": self.endpoints.len() - up,
            "endpoints": endpoints,
            "other_nodes": self.others().map(handoff_object).collect::<Vec<_>>(),
            "handoff": state_id(self.handoff.as_ref().map_or(HandoffState::Unknown, ClusterHandoff::state)),
        });
        if let Err(error) = &self.handoff {
            object["handoff_unknown"] = json!(error.to_string());
        }
        object
    }

    fn text(&self, console: &Console) -> String {
        let mut table = Table::new(&[
            "endpoint", "version", "latency#", "points#", "ok#", "partial#", "timeout#", "error#", "handoff", "state",
        ]);
        let mut notes = Vec::new();
        for told in &self.endpoints {
            let endpoint = told.pong.endpoint.to_string();
            let Ok(pong) = &told.pong.result else {
                let reason = told.pong.result.as_ref().err().map(ToString::to_string).unwrap_or_default();
                notes.push(format!("{endpoint}: {}", one_line(&reason)));
                let mut row = vec![endpoint];
                row.resize(9, String::new());
                row.push(console.painted("down", Paint::Bad));
                table.row(row);
                continue;
            };
            let version = match (pong.version.as_deref(), pong.build.as_deref()) {
                (Some(version), Some(build)) => format!("{version} {build}"),
                (Some(version), None) => version.to_owned(),
                (None, _) => "unknown".to_owned(),
            };
            let mut row = vec![endpoint.clone(), one_line(&version), duration_text(pong.latency)];
            let writes = match &told.writes {
                Some(Ok(writes)) => Some(writes),
                Some(Err(error)) => {
                    notes.push(format!("{endpoint}: writes unknown: {}", one_line(&error.to_string())));
                    None
                }
                None => None,
            };
            for (name, bad) in [("points", false), ("ok", false), ("partial", true), ("timeout", true), ("error", true)]
            {
                row.push(match writes.and_then(|writes| writes.get(name)) {
                    Some(count) if bad && count > 0 => console.painted(&grouped(count), Paint::Doubtful),
                    Some(count) => grouped(count),
                    None => console.painted("unknown", Paint::Faint),
                });
            }
            row.push(match self.node(&endpoint) {
                Some(node) => handoff_cell(node, console),
                None => console.painted("unknown", Paint::Faint),
            });
            row.push(console.painted("up", Paint::Good));
            table.row(row);
        }
        let mut text = table.text();
        let nodes = self.handoff.iter().flat_map(|handoff| &handoff.nodes);
        let mut queues = Queues::default();
        for node in nodes {
            if let Some(trouble) = &node.trouble {
                notes.push(format!("{}: hinted handoff unknown: {}", node_name(node), one_line(trouble)));
            }
            queues.add(node);
        }
        for other in self.others() {
            if other.trouble.is_none() {
                let state = state_id(other.state);
                notes.push(format!("{}: not among the endpoints; hinted handoff {state}", node_name(other)));
            }
        }
        if let Err(error) = &self.handoff {
            notes.push(format!("hinted handoff unknown: {}", one_line(&error.to_string())));
        }
        if !queues.0.is_empty() {
            text.push('\n');
            text.push_str(&queues.text(console.verbosity() >= Verbosity::Verbose));
        }
        if !notes.is_empty() {
            text.push('\n');
            for note in notes {
                text.push_str(&note);
                text.push('\n');
            }
        }
        text
    }
}

/// More queues than this are shown as one line for each pair of nodes, unless each is asked for.
const FEW: usize = 20;

/// The queues in which something waits, with the name of the node that keeps each.
#[derive(Default)]
struct Queues<'a>(Vec<(String, &'a HandoffQueue)>);

impl<'a> Queues<'a> {
    fn add(&mut self, node: &'a NodeHandoff) {
        let waiting = node.queues.iter().filter(|queue| queue.state != QueueState::Empty);
        self.0.extend(waiting.map(|queue| (node_name(node), queue)));
    }

    fn text(&self, each: bool) -> String {
        if each || self.0.len() <= FEW {
            let mut table = Table::new(&["queue on", "for node#", "shard#", "waiting"]);
            for (on, queue) in &self.0 {
                let shard = queue.shard.map(|shard| shard.to_string()).unwrap_or_default();
                table.row([on.clone(), queue.node.to_string(), shard, waiting(queue.state)]);
            }
            return table.text();
        }
        let mut pairs: BTreeMap<(&str, u64), (u64, QueueState)> = BTreeMap::new();
        for (on, queue) in &self.0 {
            let pair = pairs.entry((on, queue.node)).or_insert((0, QueueState::Empty));
            *pair = (pair.0 + 1, sum(pair.1, queue.state));
        }
        let mut table = Table::new(&["queues on", "for node#", "shards#", "waiting"]);
        for ((on, node), (shards, state)) in pairs {
            table.row([on.to_owned(), node.to_string(), grouped(shards), waiting(state)]);
        }
        format!("{}(-v shows each of {} queues)\n", table.text(), grouped(self.0.len() as u64))
    }
}

/// What waits in two queues; unknown if it is of either.
fn sum(one: QueueState, other: QueueState) -> QueueState {
    match (one, other) {
        (QueueState::Empty, state) | (state, QueueState::Empty) => state,
        (QueueState::Waiting { points: one, bytes: first }, QueueState::Waiting { points: other, bytes: second }) => {
            QueueState::Waiting { points: one.zip(other).map(|(one, other)| one + other), bytes: first + second }
        }
        // And whatever a later client adds.
        (QueueState::Unknown | _, _) => QueueState::Unknown,
    }
}

/// Pings an endpoint, and asks it for its counts if it is up.
async fn one(client: &Client) -> Option<Told> {
    // One endpoint a client, so one answer.
    let pong = client.ping().await.into_iter().next()?;
    let writes = match &pong.result {
        Ok(it) => {
            let old = it.version.as_deref().is_some_and(|version| version.trim_start_matches('v').starts_with("0."));
            Some(client.show().stats().await.map(|statistics| Writes::read(&statistics, old)))
        }
        Err(_) => None,
    };
    Some(Told { pong, writes })
}

fn node_name(node: &NodeHandoff) -> String {
    match node.id {
        Some(id) => format!("node {id} ({})", one_line(&node.address)),
        None => one_line(&node.address),
    }
}

fn state_id(state: HandoffState) -> &'static str {
    match state {
        HandoffState::Empty => "empty",
        HandoffState::Pending => "pending",
        // A state that a later client adds is none that can be relied on here.
        HandoffState::Unknown | _ => "unknown",
    }
}

fn handoff_cell(node: &NodeHandoff, console: &Console) -> String {
    let waiting = node.queues.iter().filter(|queue| matches!(queue.state, QueueState::Waiting { .. }));
    let (mut count, mut points, mut bytes) = (0, Some(0), 0);
    for queue in waiting {
        if let QueueState::Waiting { points: of, bytes: size } = queue.state {
            count += 1;
            points = points.zip(of).map(|(sum, more): (u64, u64)| sum + more);
            bytes += size;
        }
    }
    match (node.state, points) {
        (HandoffState::Empty, _) if node.id.is_none() => "none: no cluster".to_owned(),
        (HandoffState::Empty, _) => "empty".to_owned(),
        (HandoffState::Pending, Some(points)) => {
            let text = format!("{} in {}", counted(points, "point", "points"), counted(count, "queue", "queues"));
            console.painted(&text, Paint::Doubtful)
        }
        (HandoffState::Pending, None) => {
            console.painted(&format!("{} in {}", bytes_text(bytes), counted(count, "queue", "queues")), Paint::Doubtful)
        }
        (HandoffState::Unknown | _, _) => console.painted("unknown", Paint::Faint),
    }
}

fn waiting(state: QueueState) -> String {
    match state {
        QueueState::Empty => "nothing".to_owned(),
        QueueState::Waiting { points: Some(points), bytes } => {
            format!("{} ({})", counted(points, "point", "points"), bytes_text(bytes))
        }
        QueueState::Waiting { points: None, bytes } => bytes_text(bytes),
        QueueState::Unknown | _ => "unknown: this version does not tell for certain".to_owned(),
    }
}

fn handoff_object(node: &NodeHandoff) -> Value {
    let mut object = json!({
        "node": node.id,
        "address": node.address,
        "state": state_id(node.state),
        "queues": node.queues.iter().map(queue_object).collect::<Vec<_>>(),
    });
    if let Some(trouble) = &node.trouble {
        object["unknown"] = json!(trouble);
    }
    object
}

fn queue_object(queue: &HandoffQueue) -> Value {
    let (state, points, bytes) = match queue.state {
        QueueState::Empty => ("empty", Some(0), Some(0)),
        QueueState::Waiting { points, bytes } => ("pending", points, Some(bytes)),
        QueueState::Unknown | _ => ("unknown", None, None),
    };
    json!({ "for_node": queue.node, "shard": queue.shard, "state": state, "points": points, "bytes": bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_claim_no_more_than_their_parts() {
        let some = |points, bytes| QueueState::Waiting { points, bytes };
        assert_eq!(sum(QueueState::Empty, some(Some(1), 2)), some(Some(1), 2));
        assert_eq!(sum(some(Some(1), 2), some(Some(3), 4)), some(Some(4), 6));
        assert_eq!(sum(some(Some(1), 2), some(None, 4)), some(None, 6));
        assert_eq!(sum(some(Some(1), 2), QueueState::Unknown), QueueState::Unknown);
        assert_eq!(sum(QueueState::Empty, QueueState::Empty), QueueState::Empty);
    }

    #[test]
    fn what_is_not_told_is_not_zero() {
        let none = Writes::read(&[], true);
        assert!(none.0.iter().all(Option::is_none), "no module, no counts");
        assert_eq!(none.object()["ok"], Value::Null);
    }
}
