//! The data part of a node.

use std::sync::Arc;

use super::node::NodeError;
use super::sockets::Sockets;
use super::{NodeConfig, NodeStorage};
use crate::anti_entropy::AntiEntropy;
use crate::auth::Authenticator;
use crate::coordinator::{Coordinator, Delivery, Monitor, Owners, RunningQueries, Sight, Statements, UnderWay};
use crate::fault::{Disk, Faults};
use crate::hinted_handoff::Handoff;
use crate::meta::{MetaClient, MetaClientConfig};
use crate::net::Network;
use crate::peer::{self, Answer, Handle, Peers, Request};
use crate::query::Limits;
use crate::stats::Stats;
use crate::store::{self, DiskFault, Engine};
use crate::{Options, Profile, http, services, udp};

/// What the HTTP endpoints of a data node work with.
#[derive(Debug)]
pub(crate) struct DataServices {
    pub(crate) profile: Profile,
    pub(crate) options: Options,
    pub(crate) meta: MetaClient,
    pub(crate) coordinator: Coordinator,
    pub(crate) statements: Statements,
    pub(crate) authenticator: Authenticator,
    pub(crate) throttle: Option<http::Throttle>,
    /// What is wrong with the node, and the clock that all of it goes by.
    pub(crate) faults: Faults,
    /// Present where it is switched on.
    pub(crate) anti_entropy: Option<AntiEntropy>,
}

impl DataServices {
    /// The time of day in nanoseconds, Unix time.
    pub(crate) fn now(&self) -> i64 {
        self.faults.clock().now()
    }
}

/// Takes requests of other nodes.
struct Peer(Arc<Owners>);

impl Handle for Peer {
    async fn handle(&self, request: Request) -> Answer {
        self.0.answer(request).await
    }
}

/// Starts the data part and returns once it takes requests.
///
/// As in the real cluster nothing is opened before the meta nodes have answered, so a data node without them is dead to
/// the others too.
pub(super) async fn start(
    config: &NodeConfig,
    id: u64,
    faults: &Faults,
    storage: &NodeStorage,
    sockets: &Sockets,
) -> Result<Arc<DataServices>, NodeError> {
    let own = config.datas.iter().find(|data| data.id == id).ok_or(NodeError::NotInConfig(id))?;
    let network = faults.network();
    let servers = match config.join.as_slice() {
        [] => config.metas.iter().map(|meta| meta.http.clone()).collect(),
        join => join.to_vec(),
    };
    // A node that keeps to those through which it joined polls one of them, and hears of changes when that one does.
    let lags = !config.join.is_empty() && config.options.ack_dropped_shard;
    let client =
        MetaClientConfig { cluster_id: config.cluster, lags, ..MetaClientConfig::new(servers, config.profile) };
    let meta = MetaClient::start(client, network.clone());
    meta.wait_ready().await;
    let mut changed = meta.changed();
    while meta.snapshot().data_node(id).is_none() {
        changed.changed().await.map_err(|_| NodeError::MetaGone)?;
    }
    let engine = open_engine(config, storage).await?;
    let stats = Stats::default();
    let owners = Arc::new(Owners {
        node: id,
        profile: config.profile,
        meta: meta.clone(),
        engine,
        peers: peers(config, id, network),
        stats: stats.clone(),
        running: RunningQueries::default(),
        sight: config.options.ack_dropped_shard.then(|| Sight::follow(&meta, id, lags)),
        timeouts: Owners::timeouts(config.profile, &config.options),
        read_timeouts: Owners::read_timeouts(config.profile, &config.options),
    });
    let handoff = open_handoff(config, &owners)?;
    faults.attach(Disk::Shards, owners.engine.disk_fault());
    faults.attach(Disk::Handoff, handoff.disk_fault());
    faults.attach_handoff(handoff.full_fault(), handoff.blocked_fault());
    let coordinator = Coordinator {
        owners: owners.clone(),
        handoff: Arc::new(handoff),
        write_timeout: config.options.write_timeout,
        allow_out_of_order: config.options.allow_out_of_order_writes,
        max_shard_groups: config.options.max_shard_groups_per_request,
        slice_race: config.options.shared_slice_race,
        under_way: UnderWay::default(),
    };
    let authenticator = Authenticator::new(config.profile, &config.options);
    let services = Arc::new(DataServices {
        profile: config.profile,
        options: config.options.clone(),
        meta,
        statements: Statements {
            owners: owners.clone(),
            coordinator: coordinator.clone(),
            authenticator: authenticator.clone(),
            limits: limits(&config.options),
            monitor: Monitor {
                stats,
                owners: owners.clone(),
                handoff: coordinator.handoff.clone(),
                http: own.http.clone(),
                dir: config.dir.clone(),
            },
        },
        authenticator,
        throttle: http::Throttle::new(config.profile, &config.options),
        coordinator,
        faults: faults.clone(),
        anti_entropy: config.options.anti_entropy.then(|| AntiEntropy::start(owners.clone(), &config.options)),
    });
    services::start(&services);
    let peers = sockets.listen(&own.tcp).await?;
    let public = sockets.listen(&own.http).await?;
    tokio::spawn(peer::serve(peers, network.clone(), config.cluster, Arc::new(Peer(owners))));
    sockets.serve(http::serve(public, network.clone(), services.clone(), sockets.closing()));
    if config.options.udp_enabled {
        let socket = sockets.receive(&config.options.udp_bind_address).await?;
        sockets.serve(udp::serve(socket, services.clone(), sockets.closing()));
    }
    Ok(services)
}

fn peers(config: &NodeConfig, id: u64, network: &Network) -> Peers {
    let peers = Peers::new(network.clone(), config.cluster, id);
    match config.profile {
        Profile::V1_8 => peers,
        Profile::V0_10 => peers.limit_writes(config.options.max_remote_write_connections),
    }
}

/// What one `SELECT` may cost: the node's options, within this server's own ceilings.
fn limits(options: &Options) -> Limits {
    let own = Limits::default();
    Limits {
        max_buckets: match options.max_select_buckets {
            0 => own.max_buckets,
            asked => asked.min(own.max_buckets),
        },
        max_points: options.max_select_point,
        max_series: options.max_select_series,
        ..own
    }
}

async fn open_engine(config: &NodeConfig, storage: &NodeStorage) -> Result<Engine, NodeError> {
    let options = &config.options;
    let options = store::Options {
        profile: config.profile,
        wal_fsync: options.wal_fsync,
        limits: store::Limits {
            max_values_per_tag: (options.max_values_per_tag > 0).then_some(options.max_values_per_tag),
            max_series_per_database: (options.max_series_per_database > 0).then_some(options.max_series_per_database),
            cache_max_memory_size: (options.cache_max_memory_size > 0).then_some(options.cache_max_memory_size),
            index_version: options.index_version,
        },
    };
    let storage = storage.shards(&config.dir.join("data"));
    let opened = tokio::task::spawn_blocking(move || Engine::open(storage, options)).await;
    let opened = opened.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
    opened.map_err(|error| NodeError::Storage { what: "shards", why: error.to_string() })
}

fn open_handoff(config: &NodeConfig, owners: &Arc<Owners>) -> Result<Handoff<Delivery>, NodeError> {
    let dir = config.dir.join("hh");
    let delivery = Arc::new(Delivery(owners.clone()));
    Handoff::open(dir, config.profile, &config.options, delivery, DiskFault::none())
        .map_err(|error| NodeError::Storage { what: "hinted handoff", why: error.to_string() })
}
