//! `fault list`: what is in force, node by node, and what ends it.

use std::time::Duration;

use clap::Args;
use influx_server_mock::{Fault, NodeState, Pending};
use serde_json::{Value, json};

use super::failed;
use crate::cluster_dir::ClusterDirArgs;
use crate::console::{Console, Paint};
use crate::failure::Failure;
use crate::render::Table;
use crate::settings::duration_text;

/// What is in force.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    dir: ClusterDirArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// One line of the list.
struct Entry {
    kind: &'static str,
    node: Option<String>,
    text: String,
    /// The command that ends it.
    ended_by: &'static str,
    /// How long until it ends by itself.
    left: Option<Duration>,
    /// The other end of a link, and whether the way back is like it.
    link: Option<(String, bool)>,
    paint: Paint,
}

impl Entry {
    fn of(fault: &Fault, left: Option<Duration>) -> Self {
        let link = match fault {
            Fault::Link { to, both_ways, .. } => Some((to.clone(), *both_ways)),
            _ => None,
        };
        Self {
            kind: fault.kind(),
            node: fault.node().map(str::to_owned),
            text: fault.to_string(),
            ended_by: "fault heal",
            left,
            link,
            paint: Paint::Doubtful,
        }
    }

    /// For scripts.
    fn object(&self) -> Value {
        let mut object = json!({ "kind": self.kind, "node": self.node, "text": self.text, "ended_by": self.ended_by });
        if let Some(left) = self.left {
            object["left_ms"] = json!(left.as_millis() as u64);
        }
        if let Some((to, both_ways)) = &self.link {
            object["to"] = json!(to);
            object["both_ways"] = json!(both_ways);
        }
        object
    }
}

impl ListArgs {
    pub(super) async fn run(self, console: &Console) -> Result<(), Failure> {
        let cluster = self.dir.open_now().await?;
        let (faults, pending) = cluster.in_force().await;
        let mut entries: Vec<Entry> = faults.iter().map(|fault| Entry::of(fault, None)).collect();
        let timed = pending.iter().filter_map(|it| Some((it.fault.as_ref()?, it.left())));
        entries.extend(timed.map(|(fault, left)| Entry::of(fault, Some(left))));
        for node in cluster.nodes() {
            let (kind, ended_by) = match cluster.state(&node.name).map_err(failed)? {
                NodeState::Running => continue,
                NodeState::Paused => ("paused", "fault resume"),
                NodeState::Dead => ("dead", "fault restart"),
            };
            let left = pending.iter().find(|it| it.node.as_ref() == Some(&node.name)).map(Pending::left);
            let (node, text) = (Some(node.name.clone()), kind.to_owned());
            entries.push(Entry { kind, node, text, ended_by, left, link: None, paint: Paint::Bad });
        }
        if self.json {
            let all: Vec<Value> = entries.iter().map(Entry::object).collect();
            return console.print_json(&json!({ "v": 1, "type": "faults", "faults": all }));
        }
        if entries.is_empty() {
            console.say("no fault is in force");
            return Ok(());
        }
        let mut table = Table::new(&["node", "fault", "ends", "ended by"]);
        for entry in &entries {
            table.row([
                entry.node.clone().unwrap_or_else(|| "all".to_owned()),
                console.painted(&entry.text, entry.paint),
                entry.left.map(|left| format!("in {}", duration_text(left))).unwrap_or_default(),
                entry.ended_by.to_owned(),
            ]);
        }
        console.print(&table.fitted(console.width()))
    }
}
