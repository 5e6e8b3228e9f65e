//! A data node's copy of the metadata, and its way to change them.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::{Method, StatusCode};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::exchange::{Answer, request};
use super::format::{decode, encode};
use super::reply::ExecuteReply;
use crate::Profile;
use crate::core::meta::{Applied, Command, CommandError, MetaData};
use crate::net::Network;

/// First pause between two looks for a leader at a start.
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LONGEST_LOOK: Duration = Duration::from_millis(200);
/// Redirects followed in one attempt, as many as Go's client does.
const MOST_REDIRECTS: u32 = 10;

/// What a [`MetaClient`] is told.
#[derive(Clone, Debug)]
pub struct MetaClientConfig {
    /// `host:port` of the meta nodes' HTTP API, in the order in which they are tried. A client of profile 1.8 learns of
    /// those that join and leave later; one of 0.10 keeps to these (cluster 0.10 facts § 5).
    pub servers: Vec<String>,
    /// Whose rules and texts apply.
    pub profile: Profile,
    /// The cluster whose metadata are taken over, and no other's: a stranger may sit on the port of a dead meta node.
    /// 0 takes any.
    pub cluster_id: u64,
    /// How often a command is sent at most, not counting redirects.
    pub attempts: u32,
    /// Pause before the next attempt, and after a poll that failed.
    pub retry_pause: Duration,
    /// How long to wait for a connection. There is no limit on the answer.
    pub dial_limit: Duration,
    /// Whether new metadata take their time to be known here, as on the real 0.10.
    pub lags: bool,
}

impl MetaClientConfig {
    /// The real servers' settings: 11 attempts, one second apart.
    #[must_use]
    pub fn new(servers: Vec<String>, profile: Profile) -> Self {
        Self {
            servers,
            profile,
            cluster_id: 0,
            attempts: 11,
            retry_pause: Duration::from_secs(1),
            dial_limit: Duration::from_secs(30),
            lags: false,
        }
    }
}

/// Why a command was not carried out; shown in the real servers' words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetaError {
    /// The meta nodes applied it and their rules refused it: nothing has changed.
    #[error(transparent)]
    Refused(#[from] CommandError),
    /// The last meta node tried did not answer.
    #[error("Post \"http://{address}/execute\": {cause}")]
    Unreachable {
        /// Its `host:port`.
        address: String,
        /// What happened, in the words of Go's network library.
        cause: String,
    },
    /// The last meta node tried knows no leader, or cannot read the command.
    #[error("meta service returned {0}")]
    Status(StatusCode),
    /// The leader could not tell what became of the command. It may take effect later.
    #[error("{0}")]
    Failed(String),
    /// The answer made no sense.
    #[error("meta service sent an unreadable answer: {0}")]
    Unreadable(String),
    /// No meta nodes are known.
    #[error("meta service unavailable")]
    NoServers,
}

impl MetaError {
    /// Whether the command is not sent again: 1.8 believes the leader's word, 0.10 tries on whatever it hears.
    #[must_use]
    pub fn ends_attempts(&self, profile: Profile) -> bool {
        match (self, profile) {
            (Self::Refused(_) | Self::Failed(_), Profile::V1_8) => true,
            (
                Self::Refused(_)
                | Self::Failed(_)
                | Self::Unreachable { .. }
                | Self::Status(_)
                | Self::Unreadable(_)
                | Self::NoServers,
                Profile::V1_8 | Profile::V0_10,
            ) => false,
        }
    }
}

/// A data node's copy of the metadata, kept up to date, and its way to change them. Clones share it.
#[derive(Clone, Debug)]
pub struct MetaClient {
    inner: Arc<Inner>,
    _poll: Arc<StopOnDrop>,
}

#[derive(Debug)]
struct Inner {
    config: MetaClientConfig,
    network: Network,
    cache: ArcSwap<MetaData>,
    servers: ArcSwap<Vec<String>>,
    index: watch::Sender<u64>,
}

#[derive(Debug)]
struct StopOnDrop(AbortHandle);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl MetaClient {
    /// Starts to fetch the metadata; until the first copy is here, the cache is empty. Ends with the last clone.
    ///
    /// Must be called within a Tokio runtime.
    #[must_use]
    pub fn start(config: MetaClientConfig, network: Network) -> Self {
        let servers = ArcSwap::from_pointee(config.servers.clone());
        let (cache, index) = (ArcSwap::default(), watch::Sender::new(0));
        let inner = Arc::new(Inner { config, network, cache, servers, index });
        let poll = tokio::spawn(Arc::clone(&inner).poll());
        Self { inner, _poll: Arc::new(StopOnDrop(poll.abort_handle())) }
    }

    /// The metadata as this node knows them now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<MetaData> {
        self.inner.cache.load_full()
    }

    /// The Raft index of the cached copy, to be told of changes. [`snapshot`](Self::snapshot) is at least as new.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.inner.index.subscribe()
    }

    /// Waits until a leader has answered and its metadata are in the cache: a data node that starts opens its HTTP
    /// port only then (captured case restart-without-meta).
    ///
    /// # Cancellation
    /// Cancel safe.
    pub async fn wait_ready(&self) {
        let mut pause = FIRST_LOOK;
        loop {
            for server in self.inner.servers.load().iter() {
                if self.inner.fetch_from_leader(server).await.is_some() {
                    return;
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_LOOK);
        }
    }

    /// Carries out a command, and returns when the cached copy shows it.
    ///
    /// What the cached copy can answer needs no meta node: see [`MetaData::answer`]. Otherwise the real servers' loop:
    /// each command starts at the first meta node, each attempt goes to the next one, with a pause in between. The last
    /// attempt's error is returned. A refusal ends the loop at once in 1.8, while 0.10 tries again.
    ///
    /// A redirect is followed within its attempt: that is what Go's client did in the servers that were measured, whose
    /// eleven attempts at a refused command took ten pauses with any node leading (captured case
    /// ddl-logical-error-retried). Their own code, which counts redirects as attempts, was for a Go before 1.8.
    ///
    /// # Errors
    /// [`MetaError`], after about ten seconds if no meta node can help. A frozen one is waited for without limit, and
    /// so is the cached copy.
    ///
    /// # Cancellation
    /// The command may have been carried out, and may still be.
    pub async fn execute(&self, command: Command) -> Result<Applied, MetaError> {
        let inner = &self.inner;
        if let Some(answer) = inner.cache.load().answer(&command, inner.config.profile) {
            return Ok(answer?);
        }
        let body = encode(&command);
        let mut server = 0;
        let mut attempt = 1;
        loop {
            let servers = inner.servers.load_full();
            let address = servers.get(server % servers.len().max(1)).ok_or(MetaError::NoServers)?;
            server = (server + 1) % servers.len();
            let error = match inner.post(address, &body).await {
                Ok((index, applied)) => {
                    inner.reach(index).await;
                    return Ok(applied);
                }
                Err(error) => error,
            };
            tracing::debug!(command = command.kind(), attempt, %error, "a meta command failed");
            if error.ends_attempts(inner.config.profile) || inner.config.attempts <= attempt {
                return Err(error);
            }
            attempt += 1;
            tokio::time::sleep(inner.config.retry_pause).await;
        }
    }

    /// Asks for a lease: whether this data node is the one to do what it is for. It lasts a minute from each time that it
    /// is given.
    ///
    /// `false` also when no leader can be asked: then it is not known.
    ///
    /// # Cancellation
    /// The lease may have been given.
    pub async fn acquire_lease(&self, name: &str, node: u64) -> bool {
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let path = format!("/lease?name={name}&nodeid={node}");
        let inner = &self.inner;
        let limit = inner.config.dial_limit;
        let servers = inner.servers.load_full();
        for server in servers.iter() {
            let mut address = server.clone();
            for _ in 0..=MOST_REDIRECTS {
                match request(&inner.network, &address, Method::GET, &path, Vec::new(), limit).await {
                    Ok(answer) if answer.status == StatusCode::OK => return true,
                    Ok(answer) if answer.status == StatusCode::CONFLICT => return false,
                    Ok(Answer { location: Some(location), .. }) if host_of(&location).is_some() => {
                        address = host_of(&location).unwrap_or_default();
                    }
                    Ok(_) | Err(_) => break,
                }
            }
        }
        false
    }
}

impl MetaClient {
    /// Whether the first meta node answers that it lives; one that hangs is waited for without limit.
    ///
    /// # Cancellation
    /// Cancel safe.
    pub async fn first_answers(&self) -> bool {
        let Some(address) = self.inner.config.servers.first() else { return false };
        let limit = self.inner.config.dial_limit;
        let answer = request(&self.inner.network, address, Method::GET, "/ping", Vec::new(), limit).await;
        answer.is_ok_and(|answer| answer.status == StatusCode::OK)
    }
}

impl Inner {
    /// One attempt. Gives the Raft index of the command and what it did.
    async fn post(&self, first: &str, body: &[u8]) -> Result<(u64, Applied), MetaError> {
        let mut address = first.to_owned();
        let mut redirects = 0;
        let Answer { status, body, .. } = loop {
            let limit = self.config.dial_limit;
            let answer = request(&self.network, &address, Method::POST, "/execute", body.to_vec(), limit).await;
            let answer = answer.map_err(|cause| MetaError::Unreachable { address: address.clone(), cause })?;
            if answer.status != StatusCode::TEMPORARY_REDIRECT {
                break answer;
            }
            if redirects == MOST_REDIRECTS {
                let cause = format!("stopped after {MOST_REDIRECTS} redirects");
                return Err(MetaError::Unreachable { address, cause });
            }
            redirects += 1;
            let location = answer.location.as_deref().and_then(host_of);
            address = location.ok_or_else(|| MetaError::Unreadable("a redirect to nowhere".to_owned()))?;
        };
        if status != StatusCode::OK {
            return Err(MetaError::Status(status));
        }
        match decode(&body).map_err(|error| MetaError::Unreadable(error.to_string()))? {
            ExecuteReply::Applied { index, applied } => Ok((index, applied)),
            ExecuteReply::Refused(refused) => Err(refused.into()),
            ExecuteReply::Failed(text) => Err(MetaError::Failed(text)),
        }
    }

    /// Waits until the cached copy is that of this index.
    async fn reach(&self, index: u64) {
        let mut reached = self.index.subscribe();
        // The sender is ours: there is no error.
        let _ = reached.wait_for(|reached| index <= *reached).await;
    }

    /// Keeps the cached copy up to date, from the meta node that last answered or the next one.
    async fn poll(self: Arc<Self>) {
        let mut server = 0;
        // Short at first: the meta nodes of a cluster that starts may open their ports after this node, and a second's
        // pause then would leave this copy behind those of the others.
        let mut pause = FIRST_LOOK.min(self.config.retry_pause);
        loop {
            let servers = self.servers.load_full();
            let Some(address) = servers.get(server % servers.len().max(1)) else {
                return;
            };
            let index = *self.index.borrow();
            match self.fetch(address, index).await {
                Ok(()) => pause = self.config.retry_pause,
                Err(error) => {
                    tracing::debug!(server = address, %error, "cannot fetch metadata");
                    server = (server + 1) % servers.len();
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(self.config.retry_pause);
                }
            }
        }
    }

    /// Waits until a meta node has metadata newer than `index`, and takes them over.
    async fn fetch(&self, address: &str, index: u64) -> Result<(), String> {
        let path = format!("/?index={index}");
        let answer = request(&self.network, address, Method::GET, &path, Vec::new(), self.config.dial_limit).await?;
        if answer.status != StatusCode::OK {
            return Err(format!("meta service returned {}", answer.status));
        }
        let data: MetaData = decode(&answer.body).map_err(|error| error.to_string())?;
        if self.config.lags {
            tokio::time::sleep(lag(answer.from_leader)).await;
        }
        // 0 is the metadata of a cluster that is being made.
        if ![0, data.cluster_id].contains(&self.config.cluster_id) && data.cluster_id != 0 {
            return Err("the metadata are of another cluster".to_owned());
        }
        self.take_over(data);
        Ok(())
    }

    /// An older copy never replaces a newer one: meta nodes lag behind each other.
    fn take_over(&self, data: MetaData) {
        self.index.send_if_modified(|index| {
            if data.index <= *index {
                return false;
            }
            *index = data.index;
            match self.config.profile {
                Profile::V1_8 => {
                    if let Some(servers) = followed(&self.servers.load(), &data) {
                        self.servers.store(Arc::new(servers));
                    }
                }
                Profile::V0_10 => {}
            }
            self.cache.store(Arc::new(data));
            true
        });
    }

    /// Fetches the metadata from the leader that this server knows, if that one says that it leads.
    async fn fetch_from_leader(&self, server: &str) -> Option<()> {
        let leader = self.leader_according_to(server).await?;
        if leader != server && self.leader_according_to(&leader).await? != leader {
            return None;
        }
        self.fetch(&leader, 0).await.ok()
    }

    async fn leader_according_to(&self, server: &str) -> Option<String> {
        let answer = request(&self.network, server, Method::GET, "/ping", Vec::new(), self.config.dial_limit).await;
        let body = answer.ok().filter(|answer| answer.status == StatusCode::OK)?.body;
        String::from_utf8(body.to_vec()).ok().filter(|leader| !leader.is_empty())
    }
}

/// How long the real 0.10 takes, after a change was carried out, until a data node knows of it that polls one meta node.
///
/// The leader knows of a change at once and a follower with the leader's next message, 50 to 100 ms later (cluster 0.10
/// facts § 2.4). The rest is a node that reads all the metadata again after each change: of the nodes that poll one leader
/// each is a few milliseconds before or behind the others, so that an owner is not ready for the write of a coordinator
/// that was, in about half of the cases (study figures § 2.6: 45 to 53 % of the new shards on three nodes, p50 12 ms).
fn lag(from_leader: bool) -> Duration {
    const READING: std::ops::Range<u64> = 0..10_000;
    const NEXT_MESSAGE: std::ops::Range<u64> = 50_000..100_000;
    let message = if from_leader { 0 } else { fastrand::u64(NEXT_MESSAGE) };
    Duration::from_micros(message + fastrand::u64(READING))
}

/// The meta nodes to ask once the metadata say who there is, if that is news: those known before stay in their order,
/// those that joined follow.
///
/// Metadata that know none of those asked so far are no guide: the cluster has moved since they were written.
fn followed(servers: &[String], data: &MetaData) -> Option<Vec<String>> {
    let recorded = || data.meta_nodes.iter().map(|node| &node.http_addr);
    let mut followed: Vec<String> =
        servers.iter().filter(|server| recorded().any(|other| other == *server)).cloned().collect();
    if followed.is_empty() {
        return None;
    }
    let joined: Vec<String> = recorded().filter(|server| !followed.contains(server)).cloned().collect();
    followed.extend(joined);
    (followed != servers).then_some(followed)
}

/// `host:port` of an `http://host:port/…`.
fn host_of(location: &str) -> Option<String> {
    let host = location.strip_prefix("http://")?.split('/').next()?;
    (!host.is_empty()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::meta::MetaNode;

    #[test]
    fn who_joins_is_asked_last_and_who_left_no_more() {
        let data = |addresses: &[&str]| {
            let node = |(address, id): (&&str, u64)| MetaNode {
                id,
                http_addr: (*address).to_owned(),
                tcp_addr: format!("t{id}"),
            };
            MetaData { meta_nodes: addresses.iter().zip(1..).map(node).collect(), ..MetaData::default() }
        };
        let servers = ["b".to_owned(), "a".to_owned()];
        let follow = |addresses: &[&str]| followed(&servers, &data(addresses));
        assert_eq!(follow(&["a", "b"]), None);
        assert_eq!(follow(&["a", "b", "c"]), Some(vec!["b".into(), "a".into(), "c".into()]));
        assert_eq!(follow(&["a", "c"]), Some(vec!["a".into(), "c".into()]));
        assert_eq!(follow(&[]), None, "a cluster that is being made");
        assert_eq!(follow(&["x", "y"]), None, "all of them are elsewhere now");
    }
}
