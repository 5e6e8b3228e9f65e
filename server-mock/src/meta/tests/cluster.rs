use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;
use tokio::net::TcpListener;

use super::super::{
    Bootstrap, LEADERSHIP_LOST, MemoryStorage, MetaClient, MetaClientConfig, MetaConfig, MetaError, MetaMember,
    MetaNode, MetaStartError, MetaStorage, MetaTimings,
};
use crate::Profile;
use crate::cluster::ports::{Holder, Ports, release};
use crate::core::meta::{Applied, Command, DataNode, MetaData};
use crate::net::Network;

/// Meta nodes 1… and the network of each; `None` where a node is dead.
pub(super) struct Cluster {
    pub(super) nodes: Vec<Option<MetaNode>>,
    pub(super) networks: Vec<Network>,
    configs: Vec<MetaConfig>,
    profile: Profile,
    /// So that a node finds its ports free again whenever it starts.
    reservations: Vec<PathBuf>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        release(&self.reservations);
    }
}

/// Fails instead of waiting for ever.
pub(super) async fn within<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(limit, future).await {
        Ok(done) => done,
        Err(_) => panic!("not within {limit:?}: {what}"),
    }
}

/// Short, and yet eleven attempts outlast an election.
pub(super) const PAUSE: Duration = Duration::from_millis(150);

pub(super) const SOON: Duration = Duration::from_secs(20);

impl Cluster {
    pub(super) async fn in_memory(count: u64, profile: Profile) -> Self {
        Self::prepare(count, profile, |_| MetaStorage::Memory(MemoryStorage::new())).await.started().await
    }

    pub(super) async fn on_disk(count: u64, directory: PathBuf) -> Self {
        let storage = |id: u64| MetaStorage::Disk(directory.join(format!("meta{id}")));
        let mut cluster = Self::prepare(count, Profile::V1_8, storage).await;
        // On a slow disk a single command may take longer than a short lease.
        for config in &mut cluster.configs {
            config.timings = MetaTimings::default();
        }
        cluster.started().await
    }

    /// In memory, with a leader that stays one although the machine stands still for a second or two.
    pub(super) async fn steady(count: u64, profile: Profile) -> Self {
        let mut cluster = Self::prepare(count, profile, |_| MetaStorage::Memory(MemoryStorage::new())).await;
        for config in &mut cluster.configs {
            config.timings = MetaTimings {
                heartbeat: Duration::from_millis(100),
                election_min: Duration::from_millis(600),
                election_max: Duration::from_secs(3),
                lease: Duration::from_millis(2_900),
            };
        }
        cluster.started().await
    }

    async fn started(mut self) -> Self {
        for at in 0..self.nodes.len() {
            self.restart(at).await;
        }
        within(SOON, "the first leader", self.ready()).await;
        self
    }

    /// All addresses chosen, no node started.
    pub(super) async fn prepare(count: u64, profile: Profile, storage: impl Fn(u64) -> MetaStorage) -> Self {
        let holder = Holder { path: std::env::temp_dir(), process: Some(std::process::id()) };
        let mut ports = Ports::new(holder);
        let members: Vec<_> = (1..=count)
            .map(|id| MetaMember { id, http_addr: ports.next().unwrap(), tcp_addr: ports.next().unwrap() })
            .collect();
        let data_nodes = (count + 1..=count + 3)
            .map(|id| DataNode { id, http_addr: format!("h{id}"), tcp_addr: format!("t{id}") })
            .collect();
        let bootstrap = Some(Bootstrap { data_nodes });
        let configs: Vec<_> = (1..=count)
            .map(|id| MetaConfig {
                id,
                name: format!("meta{id}"),
                cluster_id: 0xc1,
                members: members.clone(),
                storage: storage(id),
                timings: MetaTimings::fast(),
                profile,
                bootstrap: bootstrap.clone(),
            })
            .collect();
        let networks = (0..count).map(|_| named(&members)).collect();
        Self {
            nodes: (0..count).map(|_| None).collect(),
            networks,
            configs,
            profile,
            reservations: ports.into_reservations(),
        }
    }

    pub(super) async fn ready(&self) {
        for node in self.nodes.iter().flatten() {
            node.ready().await;
        }
    }

    pub(super) async fn kill(&mut self, at: usize) {
        self.nodes[at].take().unwrap().kill().await;
    }

    pub(super) async fn restart(&mut self, at: usize) {
        self.try_restart(at).await.unwrap();
    }

    pub(super) async fn try_restart(&mut self, at: usize) -> Result<(), MetaStartError> {
        let config = self.configs[at].clone();
        let http = bind(&config.members[at].http_addr).await;
        let raft = bind(&config.members[at].tcp_addr).await;
        self.nodes[at] = Some(MetaNode::start(config, self.networks[at].clone(), http, raft).await?);
        Ok(())
    }

    pub(super) fn config(&mut self, at: usize) -> &mut MetaConfig {
        &mut self.configs[at]
    }

    /// A client that does not pause for long, whose tries start at node `first`.
    pub(super) fn client(&self, first: usize) -> MetaClient {
        self.client_with(first, |config| config.retry_pause = PAUSE)
    }

    pub(super) fn client_with(&self, first: usize, change: impl FnOnce(&mut MetaClientConfig)) -> MetaClient {
        let members = &self.configs[0].members;
        let mut servers: Vec<_> = members.iter().map(|member| member.http_addr.clone()).collect();
        servers.rotate_left(first);
        let mut config = MetaClientConfig::new(servers, self.profile);
        change(&mut config);
        MetaClient::start(config, named(members))
    }

    pub(super) fn http_addr(&self, at: usize) -> &str {
        &self.configs[0].members[at].http_addr
    }

    /// Where the leader is that a living node knows.
    pub(super) async fn leader(&self) -> usize {
        within(SOON, "a leader", async {
            loop {
                for (at, node) in self.nodes.iter().enumerate() {
                    if node.as_ref().is_some_and(|node| node.leader() == Some(at as u64 + 1)) {
                        return at;
                    }
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
    }
}

fn named(members: &[MetaMember]) -> Network {
    let network = Network::new();
    for member in members {
        for address in [&member.http_addr, &member.tcp_addr] {
            network.name(address.parse().unwrap(), format!("meta{}", member.id));
        }
    }
    network
}

async fn bind(address: &str) -> TcpListener {
    TcpListener::bind(address).await.unwrap()
}

pub(super) fn create_database(name: &str) -> Command {
    Command::CreateDatabase { name: name.to_owned(), policy: None }
}

/// Makes a database once there is a leader: on a busy machine leadership may be lost in the middle of a command, and
/// the next election outlast all attempts of a client.
pub(super) async fn create(client: &MetaClient, name: &str) {
    let creating = async {
        let mut in_doubt = false;
        loop {
            match client.execute(create_database(name)).await {
                Ok(Applied::Changed) => return,
                // By the command of which the leader could not tell.
                Ok(Applied::Unchanged) if in_doubt => return,
                Err(error) if is_of_an_election(&error) => in_doubt |= matches!(error, MetaError::Failed(_)),
                other => panic!("{other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within(SOON, "create database", creating).await;
}

/// Whether a command failed as the leader changed, or could not tell whether it is one still: what a machine that stands
/// still for less than a second leads to. The command may be done.
pub(super) fn is_of_an_election(error: &MetaError) -> bool {
    let lost = matches!(error, MetaError::Failed(text) if text == LEADERSHIP_LOST);
    lost || matches!(error, MetaError::Status(StatusCode::SERVICE_UNAVAILABLE))
}

/// Waits until a client's cache satisfies a condition.
pub(super) async fn cached(client: &MetaClient, what: &str, holds: impl Fn(&MetaData) -> bool) {
    let mut changed = client.changed();
    within(SOON, what, async {
        while !holds(&client.snapshot()) {
            changed.changed().await.unwrap();
        }
    })
    .await;
}
