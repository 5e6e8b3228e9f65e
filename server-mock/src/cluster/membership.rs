//! Nodes that join a running cluster, and nodes that leave it.
//!
//! What the two kinds of cluster have in common: how a newcomer is placed and recorded, and how a leaver is forgotten.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::Method;

use super::Role;
use super::layout::Planned;
use super::ports::Ports;
use crate::core::meta::{Applied, Command};
use crate::meta::{MetaClient, MetaClientConfig, MetaError};
use crate::net::Network;
use crate::runtime::{DataAddress, MetaAddress, NodeConfig, call};

/// Between two looks at something that is waited for.
const TICK: Duration = Duration::from_millis(10);
/// How long a meta node may take to tell its state.
const CALL_LIMIT: Duration = Duration::from_secs(2);

/// Why a node did not join or leave.
#[derive(Debug, thiserror::Error)]
pub(super) enum MembershipError {
    #[error("no free ports: {0}")]
    Ports(#[from] io::Error),
    #[error("no meta node is called {0}")]
    NotMeta(String),
    #[error(transparent)]
    Meta(#[from] MetaError),
    #[error("the meta nodes did not take the change of their group in {0:?}")]
    Late(Duration),
}

/// Gives a node of this role a place beside those of `configs`, and has the meta nodes record it. The meta nodes named
/// in `through` are those that it is told of; without any, it is told of all.
///
/// Its ids come from the metadata: first as a meta node and then as a data node, as the real clusters number them.
pub(super) async fn admit(
    role: Role,
    through: &[String],
    configs: &[NodeConfig],
    dir: &Path,
    ports: &mut Ports,
) -> Result<Planned, MembershipError> {
    let like = &configs[0];
    let name = free_name(role, configs);
    let mut join = Vec::new();
    for name in through {
        let meta = like.metas.iter().find(|meta| meta.name == *name);
        join.push(meta.ok_or_else(|| MembershipError::NotMeta(name.clone()))?.http.clone());
    }
    let servers =
        if join.is_empty() { like.metas.iter().map(|meta| meta.http.clone()).collect() } else { join.clone() };
    let client = client(like, servers);
    let (mut metas, mut datas) = (like.metas.clone(), like.datas.clone());
    let (mut meta_id, mut data_id) = (None, None);
    if matches!(role, Role::Meta | Role::Both) {
        let (http, tcp) = (ports.next()?, ports.next()?);
        let command = Command::CreateMetaNode { http_addr: http.clone(), tcp_addr: tcp.clone() };
        let id = given(client.execute(command).await?);
        meta_id = Some(id);
        metas.push(MetaAddress { name: name.clone(), id, http, tcp });
    }
    if matches!(role, Role::Data | Role::Both) {
        let (http, tcp) = (ports.next()?, ports.next()?);
        let command = Command::CreateDataNode { http_addr: http.clone(), tcp_addr: tcp.clone() };
        let id = given(client.execute(command).await?);
        data_id = Some(id);
        datas.push(DataAddress { name: name.clone(), id, http, tcp });
    }
    let config = NodeConfig {
        dir: dir.join(&name),
        name,
        admin: ports.next()?,
        meta_id,
        data_id,
        metas,
        join,
        datas,
        ..like.clone()
    };
    Ok(Planned { role, config })
}

/// Has the meta nodes forget a node, as a data node first.
pub(super) async fn dismiss(leaver: &NodeConfig, limit: Duration) -> Result<(), MembershipError> {
    let servers = leaver.metas.iter().map(|meta| meta.http.clone()).collect();
    let client = client(leaver, servers);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX);
    if let Some(id) = leaver.data_id {
        client.execute(Command::RemoveDataNode { id, now }).await?;
    }
    if let Some(id) = leaver.meta_id {
        client.execute(Command::RemoveMetaNode { id }).await?;
        // Ended before the others have let go of it, it would still count for their majority.
        let others: Vec<_> = leaver.metas.iter().filter(|meta| meta.id != id).map(|meta| meta.http.as_str()).collect();
        voters(&others, limit, |voters| !voters.contains(&id)).await?;
    }
    Ok(())
}

/// Waits until a node that joined as a meta node has a vote.
pub(super) async fn admitted(config: &NodeConfig, limit: Duration) -> Result<(), MembershipError> {
    let own = config.metas.iter().find(|meta| Some(meta.id) == config.meta_id);
    let Some(own) = own else { return Ok(()) };
    voters(&[&own.http], limit, |voters| voters.contains(&own.id)).await
}

/// What the configuration of another node is after this one joined.
pub(super) fn introduce(newcomer: &NodeConfig, other: &mut NodeConfig) {
    other.metas.extend(newcomer.metas.iter().filter(|meta| Some(meta.id) == newcomer.meta_id).cloned());
    other.datas.extend(newcomer.datas.iter().filter(|data| Some(data.id) == newcomer.data_id).cloned());
}

/// What the configuration of another node is after this one left.
pub(super) fn strike_out(leaver: &NodeConfig, other: &mut NodeConfig) {
    other.metas.retain(|meta| Some(meta.id) != leaver.meta_id);
    other.datas.retain(|data| Some(data.id) != leaver.data_id);
}

/// The addresses of a node with its name, for the faults of other nodes' links to it.
pub(super) fn names(config: &NodeConfig) -> Vec<(String, String)> {
    let metas = config.metas.iter().filter(|meta| Some(meta.id) == config.meta_id);
    let datas = config.datas.iter().filter(|data| Some(data.id) == config.data_id);
    let addresses =
        metas.flat_map(|meta| [&meta.http, &meta.tcp]).chain(datas.flat_map(|data| [&data.http, &data.tcp]));
    addresses.map(|address| (address.clone(), config.name.clone())).collect()
}

fn client(like: &NodeConfig, servers: Vec<String>) -> MetaClient {
    let config = MetaClientConfig { cluster_id: like.cluster, ..MetaClientConfig::new(servers, like.profile) };
    MetaClient::start(config, Network::new())
}

fn given(applied: Applied) -> u64 {
    match applied {
        Applied::Node(id) => id,
        Applied::Unchanged | Applied::Changed | Applied::ShardGroup(_) => {
            unreachable!("the metadata answer the recording of a node with its id")
        }
    }
}

/// `meta4` after `meta3`.
fn free_name(role: Role, configs: &[NodeConfig]) -> String {
    let kind = match role {
        Role::Meta => "meta",
        Role::Data => "data",
        Role::Both => "node",
    };
    let number = |config: &NodeConfig| config.name.strip_prefix(kind)?.parse::<u64>().ok();
    let last = configs.iter().filter_map(number).max().unwrap_or(0);
    format!("{kind}{}", last + 1)
}

/// Waits until any of these meta nodes says that the voters of its group are as wanted, and who leads them.
async fn voters(metas: &[&str], limit: Duration, wanted: impl Fn(&[u64]) -> bool) -> Result<(), MembershipError> {
    let deadline = Instant::now() + limit;
    loop {
        for meta in metas {
            let status = call::<serde_json::Value>(meta, "", Method::GET, "/status", Vec::new(), CALL_LIMIT).await;
            let Ok(status) = status else { continue };
            let voters: Vec<u64> = serde_json::from_value(status["voters"].clone()).unwrap_or_default();
            // While the group changes, the old majority counts as well as the new one.
            if !status["leader_id"].is_null() && status["changing"] == false && wanted(&voters) {
                return Ok(());
            }
        }
        if Instant::now() > deadline {
            return Err(MembershipError::Late(limit));
        }
        tokio::time::sleep(TICK).await;
    }
}
