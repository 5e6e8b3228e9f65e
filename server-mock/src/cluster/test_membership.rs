//! Nodes join and leave a cluster inside this process.

use super::membership::{self, MembershipError};
use super::ports::{Holder, Ports};
use super::{Role, TestCluster, TestClusterError};
use crate::runtime::NodeConfig;

impl TestCluster {
    /// Adds a node that is told of all meta nodes, and returns its name once it takes part.
    ///
    /// # Errors
    /// [`TestClusterError`] when the meta nodes do not take it, or it does not come up.
    pub async fn add(&mut self, role: Role) -> Result<String, TestClusterError> {
        self.add_through(role, &[]).await
    }

    /// Adds a node that is told of these meta nodes only. In profile 0.10 its data part knows no others until it is
    /// restarted.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub async fn add_through(&mut self, role: Role, through: &[&str]) -> Result<String, TestClusterError> {
        let through: Vec<String> = through.iter().map(|name| (*name).to_owned()).collect();
        let configs: Vec<NodeConfig> = self.nodes.iter().map(|node| node.config.clone()).collect();
        let mut ports = Ports::new(Holder { path: self.dir.clone(), process: Some(std::process::id()) });
        let admitted = membership::admit(role, &through, &configs, &self.dir, &mut ports).await;
        self.reservations.extend(ports.into_reservations());
        let planned = admitted.map_err(|why| not_a_member("the new node", &why))?;
        let config = planned.config.clone();
        for node in &self.nodes {
            node.learn_names(&membership::names(&config));
        }
        // An earlier node of its name may have left something in its queues.
        let _ = std::fs::remove_dir_all(&config.dir);
        let limit = self.limit();
        let newcomer = self.adopt(planned);
        let started = newcomer.spawn();
        let joined = membership::admitted(&config, limit).await;
        joined.map_err(|why| not_a_member(&config.name, &why))?;
        newcomer.wait_started(started).await?;
        newcomer.config.join.clear();
        for node in self.nodes.iter_mut().filter(|node| node.config.name != config.name) {
            membership::introduce(&config, &mut node.config);
        }
        Ok(config.name)
    }

    /// Takes a node out of the cluster, dead or alive, and ends it. Shards are not moved: in profile 1.8 those that it
    /// owned alone are given, empty, to another owner of their group, in 0.10 they are left without an owner.
    ///
    /// # Errors
    /// [`TestClusterError`] when the meta nodes do not take the change; the node goes on then.
    ///
    /// # Panics
    /// When there is no such node: a test that names one is wrong.
    pub async fn remove(&mut self, name: &str) -> Result<(), TestClusterError> {
        let leaver = self.node(name).config.clone();
        let dismissed = membership::dismiss(&leaver, self.limit()).await;
        dismissed.map_err(|why| not_a_member(name, &why))?;
        self.node_mut(name).kill();
        self.injector.dismiss(name);
        self.nodes.retain(|node| node.config.name != name);
        for node in &mut self.nodes {
            membership::strike_out(&leaver, &mut node.config);
        }
        Ok(())
    }
}

fn not_a_member(name: &str, why: &MembershipError) -> TestClusterError {
    TestClusterError::Node { name: name.to_owned(), why: why.to_string() }
}
