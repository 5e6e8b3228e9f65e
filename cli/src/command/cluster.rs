//! `cluster …`: the bundled cluster as processes of this machine.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use influx_server_mock::{NodeEntry, NodeState, Options, ProcessCluster, Profile, Topology, UpOptions};
use serde_json::{Value, json};

use super::cluster_members::{AddArgs, RemoveArgs};
use super::cluster_watch::{LogsArgs, RestartArgs, WaitArgs};
use crate::cluster_dir::ClusterDirArgs;
use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::render::Table;
use crate::settings;
use crate::signals::{Second, Signals};

/// Start, look at and end a small cluster on this machine: loopback only, one process a node.
#[derive(Debug, Args)]
pub(crate) struct ClusterArgs {
    #[command(subcommand)]
    action: Action,
}

/// What to do with the cluster.
#[derive(Debug, Subcommand)]
enum Action {
    Up(UpArgs),
    Status(StatusArgs),
    Wait(WaitArgs),
    Logs(LogsArgs),
    Restart(RestartArgs),
    Env(EnvArgs),
    Add(AddArgs),
    Remove(RemoveArgs),
    Down(DownArgs),
    Options(OptionsArgs),
}

/// Start a cluster; returns when every node is healthy.
#[derive(Debug, Args)]
struct UpArgs {
    #[command(flatten)]
    dir: ClusterDirArgs,
    /// The system whose rules and texts it follows: 1.8 or 0.10.
    #[arg(long, default_value = "1.8")]
    profile: Profile,
    /// Meta nodes.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=32))]
    meta: u16,
    /// Data nodes.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=32))]
    data: u16,
    /// Nodes that are both meta and data node, instead of nodes apart.
    #[arg(long, value_name = "N", conflicts_with_all = ["meta", "data"], value_parser = clap::value_parser!(u16).range(1..=32))]
    nodes: Option<u16>,
    /// A server option; `cluster options` lists them. May be given more than once.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// Take the ports from N on, in a row, the public APIs of the data nodes first; free ones unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1_024..=65_000))]
    base_port: Option<u16>,
    /// Longest wait for all nodes to be healthy.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = settings::some_duration)]
    limit: Duration,
    /// Print the nodes as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Show every node: running, paused or dead, and what waits in hinted handoff.
#[derive(Debug, Args)]
struct StatusArgs {
    #[command(flatten)]
    dir: ClusterDirArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Print the shell command that points the environment at the cluster.
#[derive(Debug, Args)]
struct EnvArgs {
    #[command(flatten)]
    dir: ClusterDirArgs,
    /// The shell to write for.
    #[arg(long, value_enum, default_value_t)]
    shell: Shell,
}

/// End exactly the processes that `cluster up` and `fault restart` started.
#[derive(Debug, Args)]
struct DownArgs {
    #[command(flatten)]
    dir: ClusterDirArgs,
}

/// List the server options that `cluster up --set` takes.
#[derive(Debug, Args)]
struct OptionsArgs {
    /// The system: 1.8 or 0.10.
    #[arg(long, default_value = "1.8")]
    profile: Profile,
}

/// A family of shells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Shell {
    /// sh, bash, dash, zsh.
    #[default]
    Sh,
    /// fish.
    Fish,
    /// PowerShell.
    Powershell,
}

impl Shell {
    fn assignment(self, name: &str, value: &str) -> String {
        match self {
            Self::Sh => format!("export {name}='{}'\n", value.replace('\'', r"'\''")),
            Self::Fish => format!("set -gx {name} '{}'\n", value.replace('\\', r"\\").replace('\'', r"\'")),
            Self::Powershell => format!("$env:{name} = '{}'\n", value.replace('\'', "''")),
        }
    }
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

impl ClusterArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        match self.action {
            Action::Up(up) => up.run(console).await,
            Action::Status(status) => status.run(console).await,
            Action::Wait(wait) => wait.run(console).await,
            Action::Logs(logs) => logs.run(console).await,
            Action::Restart(restart) => restart.run(console).await,
            Action::Env(env) => env.run(console),
            Action::Add(add) => add.run(console).await,
            Action::Remove(remove) => remove.run(console).await,
            Action::Down(down) => down.run(console).await,
            Action::Options(options) => options.run(console),
        }
    }
}

impl UpArgs {
    async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let mut options = Options::new(self.profile);
        for (key, value) in &self.set {
            options.set(key, value).map_err(|error| Failure::Usage(format!("--set {key}: {error}")))?;
        }
        let topology = match self.nodes {
            Some(nodes) => Topology::Both { nodes: usize::from(nodes) },
            None => Topology::Apart { meta: usize::from(self.meta), data: usize::from(self.data) },
        };
        let dir = self.dir.path()?;
        let up = UpOptions {
            dir: dir.clone(),
            profile: self.profile,
            topology,
            options,
            base_port: self.base_port,
            executable: this_executable()?,
            arguments: NODE.map(str::to_owned).to_vec(),
            limit: self.limit,
            tied: false,
        };
        // Not to be cut off half-way: the nodes started so far would stay, and nothing would know of them.
        let signals = Signals::listen(Second::Waits).map_err(|error| Failure::Internal(error.to_string()))?;
        let cluster = ProcessCluster::up(up).await.map_err(|error| Failure::Cluster(error.to_string()))?;
        if let Some(signal) = signals.received() {
            cluster.down().await.map_err(|error| Failure::Cluster(error.to_string()))?;
            return Err(Failure::Signal(signal));
        }
        if self.json {
            let nodes: Vec<Value> = cluster.nodes().iter().map(node_object).collect();
            console.print_json(&json!({ "v": 1, "type": "cluster", "nodes": nodes }))?;
        } else {
            let mut table = Table::new(&["name", "role", "id#", "http", "pid#"]);
            for node in cluster.nodes() {
                table.row([
                    node.name.clone(),
                    node.role.to_string(),
                    node.id.to_string(),
                    node.http.clone(),
                    node.pid.map(|pid| pid.to_string()).unwrap_or_default(),
                ]);
            }
            console.print(&table.fitted(console.width()))?;
            console
                .say(&format!("eval \"$(influx-cli cluster env --dir '{}')\" points this shell at it", dir.display()));
        }
        Ok(Exit::OK)
    }
}

/// What stands before a node's own arguments on its command line.
pub(crate) const NODE: [&str; 1] = ["node"];

/// The running program, which runs the nodes too.
///
/// # Errors
/// Its path is not known.
pub(crate) fn this_executable() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::local_io(format!("the path of this program is not known: {error}")))
}

fn node_object(node: &NodeEntry) -> Value {
    let mut object = json!({
        "name": node.name,
        "role": node.role.to_string(),
        "id": node.id,
        "http": node.http,
        "pid": node.pid,
    });
    for (key, id) in [("meta_id", node.meta_id), ("data_id", node.data_id)] {
        // Only nodes that are both have two numbers; for the others `id` says it.
        if node.meta_id.is_some() && node.data_id.is_some() {
            object[key] = json!(id);
        }
    }
    object
}

/// The state of a node of the cluster.
fn state(cluster: &ProcessCluster, name: &str) -> Result<NodeState, Failure> {
    cluster.state(name).map_err(|error| Failure::Cluster(error.to_string()))
}

/// The word for a state.
fn state_name(state: NodeState) -> &'static str {
    match state {
        NodeState::Running => "running",
        NodeState::Paused => "paused",
        NodeState::Dead => "dead",
    }
}

impl StatusArgs {
    async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let cluster = self.dir.open_now().await?;
        let depths = cluster.handoff_depths().await;
        let hints = |name: &str| depths.iter().find(|depth| depth.0 == name).map(|depth| &depth.1);
        if self.json {
            let nodes: Vec<Value> = cluster
                .nodes()
                .iter()
                .map(|node| {
                    let mut object = node_object(node);
                    object["state"] = json!(state_name(state(&cluster, &node.name)?));
                    object["hints"] = match hints(&node.name) {
                        Some(Ok(queues)) => json!(queues.iter().map(|queue| queue.points).sum::<u64>()),
                        Some(Err(_)) | None => Value::Null,
                    };
                    Ok(object)
                })
                .collect::<Result<_, Failure>>()?;
            console.print_json(
                &json!({ "v": 1, "type": "cluster-status", "profile": cluster.profile().to_string(), "nodes": nodes }),
            )?;
            return Ok(Exit::OK);
        }
        let mut table = Table::new(&["name", "role", "id#", "http", "pid#", "hints pending#", "state"]);
        for node in cluster.nodes() {
            let state = state(&cluster, &node.name)?;
            let pending = match hints(&node.name) {
                Some(Ok(queues)) => settings::grouped(queues.iter().map(|queue| queue.points).sum()),
                Some(Err(_)) => "?".to_owned(),
                None => String::new(),
            };
            let paint = match state {
                NodeState::Running => Paint::Good,
                NodeState::Paused => Paint::Doubtful,
                NodeState::Dead => Paint::Bad,
            };
            table.row([
                node.name.clone(),
                node.role.to_string(),
                node.id.to_string(),
                node.http.clone(),
                node.pid.map(|pid| pid.to_string()).unwrap_or_default(),
                pending,
                console.painted(state_name(state), paint),
            ]);
        }
        console.print(&table.fitted(console.width()))?;
        let (faults, pending) = cluster.in_force().await;
        let faults = faults.len() + pending.iter().filter(|it| it.fault.is_some()).count();
        if faults > 0 {
            let faults = settings::counted(faults as u64, "fault is", "faults are");
            console.say(&format!("{faults} in force: influx-cli fault list"));
        }
        Ok(Exit::OK)
    }
}

impl EnvArgs {
    fn run(self, console: &Console) -> Result<Exit, Failure> {
        let hosts = self.dir.open()?.data_urls().join(",");
        console.print(&self.shell.assignment("INFLUX_HOST", &hosts))?;
        Ok(Exit::OK)
    }
}

impl DownArgs {
    async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let cluster = self.dir.open()?;
        let nodes = cluster.nodes().len();
        cluster.down().await.map_err(|error| Failure::Cluster(error.to_string()))?;
        console.say(&format!("{nodes} nodes ended"));
        Ok(Exit::OK)
    }
}

impl OptionsArgs {
    fn run(self, console: &Console) -> Result<Exit, Failure> {
        let mut table = Table::new(&["option", "default", "meaning"]);
        for option in Options::describe(self.profile) {
            table.row([option.name.to_string(), option.default.to_string(), option.meaning.to_string()]);
        }
        console.print(&table.fitted(console.width()))?;
        Ok(Exit::OK)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn assignments_survive_their_shell() {
        assert_eq!(Shell::Sh.assignment("A", "it's"), "export A='it'\\''s'\n");
        assert_eq!(Shell::Fish.assignment("A", "it's"), "set -gx A 'it\\'s'\n");
        assert_eq!(Shell::Powershell.assignment("A", "it's"), "$env:A = 'it''s'\n");
    }

    #[test]
    fn options_are_assignments() {
        assert_eq!(assignment("write_timeout=1s").unwrap(), ("write_timeout".into(), "1s".into()));
        assert!(assignment("write_timeout").is_err());
        assert!(assignment("=1s").is_err());
    }
}
