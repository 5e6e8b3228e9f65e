//! The bundled cluster, one process a node.

use std::fs;
use std::path::Path;
use std::time::Duration;

use influx_server_mock::{HeldPoint, Placement, Role, UpOptions};

use super::{Machine, Node, Plan};
use crate::death::TiedCluster;
use crate::experiment::LabError;
use crate::netns::{Namespace, Network};

/// Processes that end with this value, however that ends.
#[derive(Debug)]
pub(super) struct Processes {
    cluster: TiedCluster,
    /// Where each machine is a network namespace of its own. Outlives the nodes that are in it.
    network: Option<Placed>,
}

/// Machines in namespaces.
#[derive(Debug)]
struct Placed {
    network: Network,
    /// In the order of the network's.
    machines: Vec<Machine>,
}

/// How long a cluster may take to start on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(90);
/// What a node logs when it drops a write that it acknowledges.
const DROPPED: &str = "drop write request";

impl Processes {
    pub(super) async fn start(plan: &Plan, executable: &Path, arguments: &[String]) -> Result<Self, LabError> {
        Self::start_on(plan, executable, arguments, None).await
    }

    /// As [`start`](Self::start), with each machine in a network namespace of its own.
    pub(super) async fn start_apart(plan: &Plan, executable: &Path, arguments: &[String]) -> Result<Self, LabError> {
        let machines = plan.machines();
        let network = Network::up(machines.len())?;
        Self::start_on(plan, executable, arguments, Some(Placed { network, machines })).await
    }

    async fn start_on(
        plan: &Plan,
        executable: &Path,
        arguments: &[String],
        network: Option<Placed>,
    ) -> Result<Self, LabError> {
        let placements = network.as_ref().map(Placed::placements).unwrap_or_default();
        let options = UpOptions {
            dir: plan.dir.clone(),
            profile: plan.profile,
            topology: plan.topology,
            options: plan.options.clone(),
            executable: executable.to_owned(),
            arguments: arguments.to_vec(),
            base_port: None,
            limit: START_LIMIT,
            tied: true,
        };
        let cluster = TiedCluster::up(options, &placements).await?;
        Ok(Self { cluster, network })
    }

    pub(super) fn nodes(&self) -> Vec<Node> {
        let datas = self.cluster.nodes().iter().filter(|node| node.role != Role::Meta);
        datas.map(|node| Node { name: node.name.clone(), url: node.http.clone(), id: Some(node.id) }).collect()
    }

    pub(super) async fn partition(&mut self, sides: &[Vec<Machine>]) -> Result<(), LabError> {
        if let Some(placed) = &self.network {
            return placed.cut(sides).await;
        }
        let sides: Vec<Vec<String>> = sides.iter().map(|side| side.concat()).collect();
        Ok(self.cluster.partition(&sides).await?)
    }

    pub(super) async fn heal(&mut self) -> Result<(), LabError> {
        if let Some(placed) = &self.network {
            placed.network.heal().await?;
        }
        Ok(self.cluster.heal().await?)
    }

    pub(super) async fn kill(&mut self, node: &str) -> Result<(), LabError> {
        Ok(self.cluster.kill(node).await?)
    }

    pub(super) async fn pause(&mut self, node: &str) -> Result<(), LabError> {
        Ok(self.cluster.pause(node).await?)
    }

    pub(super) async fn resume(&mut self, node: &str) -> Result<(), LabError> {
        Ok(self.cluster.resume(node).await?)
    }

    pub(super) async fn restart(&mut self, node: &str, limit: Duration) -> Result<(), LabError> {
        Ok(self.cluster.restart(node, Some(limit)).await?)
    }

    pub(super) async fn is_settled(&self) -> bool {
        self.cluster.unsettled().await.is_empty()
    }

    pub(super) async fn held_by(
        &self,
        node: &str,
        database: &str,
        measurement: &str,
    ) -> Result<Vec<HeldPoint>, LabError> {
        Ok(self.cluster.held_by(node, database, measurement).await?)
    }

    pub(super) fn logs(&self, lines: usize) -> Vec<(String, String)> {
        let nodes = self.cluster.nodes().iter();
        nodes.filter_map(|node| Some((node.name.clone(), self.cluster.log_tail(&node.name, lines).ok()?))).collect()
    }

    pub(super) fn dropped(&self) -> Vec<(String, u64)> {
        let count = |node: &str| {
            let log = fs::read_to_string(self.cluster.log_path(node).ok()?).ok()?;
            Some(log.lines().filter(|line| line.contains(DROPPED)).count() as u64)
        };
        self.nodes().into_iter().filter_map(|node| Some((node.name.clone(), count(&node.name)?))).collect()
    }

    pub(super) async fn end(self) {
        // They are killed; what is left to go wrong is forgetting them, and their directory goes anyway.
        let _ = self.cluster.end().await;
    }
}

impl Placed {
    fn placements(&self) -> Vec<Placement> {
        let placed = |(machine, namespace): (&Machine, &Namespace)| Placement {
            nodes: machine.clone(),
            address: namespace.address,
            launcher: namespace.launcher(),
        };
        self.machines.iter().zip(self.network.machines()).map(placed).collect()
    }

    /// Has the kernel drop what comes from other sides.
    async fn cut(&self, sides: &[Vec<Machine>]) -> Result<(), LabError> {
        let place = |machine: &Machine| {
            let found = self.machines.iter().position(|one| one == machine);
            found.ok_or_else(|| LabError::Target(format!("there is no machine with {}", machine.join(" and "))))
        };
        let places = |side: &Vec<Machine>| side.iter().map(place).collect::<Result<Vec<_>, _>>();
        self.network.cut(&sides.iter().map(places).collect::<Result<Vec<_>, _>>()?).await
    }
}
