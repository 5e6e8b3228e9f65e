//! Playing one scenario on a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use http::Method;
use influx_server_mock::Profile;
use serde_json::Value;

use super::client::{Answer, Client, Exchange, Request};
use super::cluster::Cluster;
use super::load::Scenario;
use super::local_series::{belonging, listed};
use super::report::shorten;
use super::shards::{CheckShards, Shard, ShardPlace, group_at, picks, shards};
use super::step::{Ask, Bind, CheckLocalSeries, Fault, Pick, Step, WaitUntil};
use super::variables::Variables;

/// The first step that was not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which, from 0; none when the cluster did not start.
    pub step: Option<usize>,
    /// The step as it was played, and its note.
    pub shown: String,
    /// What was expected and what came.
    pub why: String,
    /// The last lines of the nodes' logs.
    pub logs: Vec<(String, String)>,
}

/// Lines of each node's log that a failure shows.
const LOG_LINES: usize = 15;
/// A node may not know a new shard group yet: its copy of the metadata follows a moment later.
const CACHE_LAG: Duration = Duration::from_secs(3);
/// Between two looks at something that is waited for.
const TICK: Duration = Duration::from_millis(50);
/// Questions of the runner's own are small.
const QUESTION_LIMIT: Duration = Duration::from_secs(20);
/// A ping of a node that starts.
const PING_LIMIT: Duration = Duration::from_secs(2);

/// Plays the steps in order until one fails; `trace` is told of each as it ends.
///
/// # Errors
/// [`Failure`] for the first step that is not as expected.
pub async fn play(
    scenario: &Scenario,
    cluster: &mut Cluster,
    trace: &(dyn Fn(String) + Send + Sync),
) -> Result<(), Failure> {
    cluster.mark_logs();
    let mut variables = Variables::default();
    variables.set("db", format!("lab{:08x}", fastrand::u32(..)));
    let mut player = Player { cluster, variables };
    for (at, raw) in scenario.steps.iter().enumerate() {
        let start = Instant::now();
        let ended = player.step(raw).await;
        let shown = show(&player.variables, raw);
        let result = if ended.is_ok() { "ok" } else { "FAILED" };
        trace(format!("{at:>3} {:>7.0?} {result} {}", start.elapsed(), shorten(&shown, 160)));
        if let Err(why) = ended {
            let logs = player.cluster.logs(LOG_LINES);
            return Err(Failure { step: Some(at), shown, why, logs });
        }
    }
    Ok(())
}

/// The step as it was played, but for what it expects.
fn show(variables: &Variables, raw: &Value) -> String {
    let mut step = variables.fill(raw).unwrap_or_else(|_| raw.clone());
    if let Some(map) = step.as_object_mut() {
        map.remove("expect");
    }
    shorten(&step.to_string(), 600)
}

struct Player<'a> {
    cluster: &'a mut Cluster,
    variables: Variables,
}

impl Player<'_> {
    async fn step(&mut self, raw: &Value) -> Result<(), String> {
        let filled = self.variables.fill(raw).map_err(|unknown| unknown.to_string())?;
        match Step::new(&filled)? {
            Step::Http(ask) => self.ask(&ask).await,
            Step::WaitUntil(wait) => self.wait_until(&wait).await,
            Step::Parallel { asks, stagger } => self.parallel(&asks, stagger).await,
            Step::Fault(fault) => self.fault(&fault).await,
            Step::Sleep(time) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
            Step::Set(values) => {
                values.into_iter().for_each(|(name, value)| self.variables.set(name, value));
                Ok(())
            }
            Step::Pick(pick) => self.pick(&pick).await,
            Step::Bind(bind) => self.bind(&bind).await,
            Step::CheckShards(check) => self.check_shards(&check).await,
            Step::CheckLocalSeries(check) => self.check_local_series(&check).await,
        }
    }

    async fn send(&self, request: &Request) -> Result<Exchange, String> {
        Ok(Client.send(self.cluster.address(&request.node)?, request).await)
    }

    async fn ask(&self, ask: &Ask) -> Result<(), String> {
        ask.expect.check(&self.send(&ask.request).await?)
    }

    async fn wait_until(&self, wait: &WaitUntil) -> Result<(), String> {
        let deadline = Instant::now() + wait.within;
        loop {
            let Err(why) = self.ask(&wait.ask).await else { return Ok(()) };
            if Instant::now() + wait.every > deadline {
                return Err(format!("not within {:?}; at last: {why}", wait.within));
            }
            tokio::time::sleep(wait.every).await;
        }
    }

    async fn parallel(&self, asks: &[Ask], stagger: Duration) -> Result<(), String> {
        let asked = (0_u32..).zip(asks).map(|(at, ask)| async move {
            tokio::time::sleep(stagger * at).await;
            Ok::<_, String>(self.ask(ask).await.map_err(|why| format!("request {at}: {why}")))
        });
        // All of them are waited for: one that goes on would disturb the next step.
        try_join_all(asked).await?.into_iter().collect()
    }

    async fn fault(&mut self, fault: &Fault) -> Result<(), String> {
        self.cluster.fault(fault).await?;
        if let Fault::Restart { nodes, within: Some(within) } = fault {
            let deadline = Instant::now() + *within;
            for node in nodes {
                self.wait_up(node, deadline).await?;
            }
        }
        Ok(())
    }

    async fn wait_up(&self, node: &str, deadline: Instant) -> Result<(), String> {
        let ping = question(node, "/ping", PING_LIMIT);
        loop {
            let exchange = self.send(&ping).await?;
            if exchange.result.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status)) {
                return Ok(());
            }
            if !self.cluster.runs(node) {
                return Err(format!("{node} ended when it should have started"));
            }
            if Instant::now() > deadline {
                let last = exchange.result.map_or_else(|error| error.to_string(), |answer| answer.status.to_string());
                return Err(format!("{node} does not answer /ping; at last: {last}"));
            }
            tokio::time::sleep(TICK).await;
        }
    }

    async fn pick(&mut self, pick: &Pick) -> Result<(), String> {
        let group = self.group(&pick.place).await?;
        let owners = pick.owners.iter().map(|name| self.id(name)).collect::<Result<BTreeSet<u64>, _>>()?;
        let series = (pick.measurement.as_str(), pick.tag.as_str());
        let found = picks(&group, &owners, series, pick.from, pick.count.unwrap_or(1))?;
        for (n, value) in found.into_iter().enumerate() {
            self.variables.set(pick.variable(n), value.to_string());
        }
        Ok(())
    }

    async fn bind(&mut self, bind: &Bind) -> Result<(), String> {
        let group = self.group(&bind.place).await?;
        let shard = group.get(bind.shard).ok_or_else(|| format!("the group has only {} shards", group.len()))?;
        let nodes = self.cluster.data_nodes();
        let name = |id: &u64| nodes.iter().find(|(_, node)| node == id).map(|(name, _)| name.clone());
        let owners: Vec<String> = shard.owners.iter().filter_map(name).collect();
        let others: Vec<String> =
            nodes.iter().map(|(name, _)| name).filter(|name| !owners.contains(name)).cloned().collect();
        for (what, variables, names) in [("owners", &bind.owners, owners), ("others", &bind.others, others)] {
            if variables.len() > names.len() {
                return Err(format!("wanted {} {what}, got {names:?}", variables.len()));
            }
            for (variable, name) in variables.iter().zip(names) {
                self.variables.set(variable, name);
            }
        }
        Ok(())
    }

    async fn check_shards(&self, check: &CheckShards) -> Result<(), String> {
        let nodes: Vec<u64> = self.cluster.data_nodes().into_iter().map(|(_, id)| id).collect();
        let automatic = match self.cluster.kind().profile {
            Profile::V1_8 => "autogen",
            Profile::V0_10 => "default",
        };
        let deadline = Instant::now() + CACHE_LAG;
        loop {
            let all = self.shards(check.node.as_deref()).await?;
            let checked = check.check(&all, self.db(check.db.as_deref()), automatic, &nodes);
            if checked.is_ok() || Instant::now() > deadline {
                return checked;
            }
            tokio::time::sleep(TICK).await;
        }
    }

    async fn check_local_series(&self, check: &CheckLocalSeries) -> Result<(), String> {
        let group = self.group(&check.place).await?;
        let wanted: BTreeMap<u64, BTreeSet<String>> = belonging(&group, &check.series);
        for (node, id) in self.cluster.data_nodes() {
            let answer = self.query(&node, self.db(check.place.db.as_deref()), "SHOW SERIES").await?;
            let (wanted, got) = (wanted.get(&id).cloned().unwrap_or_default(), listed(&answer, &check.series)?);
            if wanted != got {
                return Err(format!("series of {node}: wanted {wanted:?}, got {got:?}"));
            }
        }
        Ok(())
    }

    /// The shards of a group, which the node that is asked may come to know a moment later.
    async fn group(&self, place: &ShardPlace) -> Result<Vec<Shard>, String> {
        let deadline = Instant::now() + CACHE_LAG;
        loop {
            let all = self.shards(place.node.as_deref()).await?;
            let group = group_at(&all, self.db(place.db.as_deref()), &place.rp, place.time);
            if group.is_ok() || Instant::now() > deadline {
                return group;
            }
            tokio::time::sleep(TICK).await;
        }
    }

    async fn shards(&self, node: Option<&str>) -> Result<Vec<Shard>, String> {
        shards(&self.query(node.unwrap_or("data1"), "", "SHOW SHARDS").await?)
    }

    async fn query(&self, node: &str, db: &str, statement: &str) -> Result<Value, String> {
        let encoded: String = url::form_urlencoded::byte_serialize(statement.as_bytes()).collect();
        let request = question(node, &format!("/query?db={db}&q={encoded}"), QUESTION_LIMIT);
        match self.send(&request).await?.result {
            Ok(Answer { status: 200, body, .. }) => {
                serde_json::from_slice(&body).map_err(|error| format!("{statement} on {node}: {error}"))
            }
            Ok(answer) => Err(format!("{statement} on {node}: status {}", answer.status)),
            Err(error) => Err(format!("{statement} on {node}: {error}")),
        }
    }

    fn id(&self, name: &str) -> Result<u64, String> {
        let nodes = self.cluster.data_nodes();
        let found = nodes.into_iter().find(|(node, _)| node == name).map(|(_, id)| id);
        found.ok_or_else(|| format!("the cluster has no data node {name:?}"))
    }

    fn db<'a>(&'a self, given: Option<&'a str>) -> &'a str {
        given.or_else(|| self.variables.get("db")).unwrap_or_default()
    }
}

fn question(node: &str, target: &str, limit: Duration) -> Request {
    Request {
        node: node.to_owned(),
        method: Method::GET,
        target: target.parse().expect("written above, with everything else encoded"),
        headers: Vec::new(),
        body: bytes::Bytes::new(),
        chunked: false,
        limit,
    }
}
