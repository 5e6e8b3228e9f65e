//! Settings of a client.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::client::Shared;
use crate::endpoint::Endpoints;
use crate::retry::Bucket;
use crate::transport::{HttpSettings, HttpTransport, Inflating, Proxy, TlsSettings};
use crate::write::Bodies;
use crate::{
    Backoff, Balance, Client, ConsistencyLevel, Credentials, Endpoint, EndpointError, Observer, RetryBudget,
    RetryPolicy, TlsError, Transport,
};

/// Whether requests are compressed.
///
/// Compression costs several times what all the rest of a write costs, so it is off unless the network is the bottleneck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gzip {
    /// Never.
    #[default]
    Off,
    /// Always, with this level: 1 is the fastest, 9 the smallest; other values are taken for the nearest.
    Level(u8),
    /// With level 1, if the batch has more bytes than this.
    Above(usize),
}

impl Gzip {
    /// The level for a batch of this size; 0 is none.
    pub(crate) fn level_for(self, bytes: usize) -> u32 {
        match self {
            Self::Off => 0,
            Self::Level(level) => u32::from(level.clamp(1, 9)),
            Self::Above(limit) => u32::from(bytes > limit),
        }
    }
}

/// Settings of a client; see [`Client::builder`].
#[derive(Clone)]
#[must_use]
pub struct ClientBuilder {
    /// With their passwords, until the client is made.
    endpoints: Vec<Zeroizing<String>>,
    database: Option<Box<str>>,
    retention_policy: Option<Box<str>>,
    level: ConsistencyLevel,
    credentials: Option<Result<Credentials, BuildError>>,
    attempt_timeout: Duration,
    min_throughput: u64,
    connect_timeout: Duration,
    deadline: Duration,
    retry: Arc<dyn RetryPolicy>,
    retry_budget: Option<RetryBudget>,
    balance: Balance,
    gzip: Gzip,
    gzip_answers: bool,
    answer_limit: usize,
    user_agent: String,
    tls: TlsSettings,
    proxy: Result<Proxy, BuildError>,
    transport: Option<Arc<dyn Transport>>,
    observers: Vec<Arc<dyn Observer>>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            endpoints: Vec::new(),
            database: None,
            retention_policy: None,
            level: ConsistencyLevel::default(),
            credentials: None,
            attempt_timeout: Duration::from_secs(15),
            min_throughput: 100 << 10,
            connect_timeout: Duration::from_secs(3),
            deadline: Duration::from_secs(60),
            retry: Arc::new(Backoff::default()),
            retry_budget: Some(RetryBudget::default()),
            balance: Balance::default(),
            gzip: Gzip::Off,
            gzip_answers: false,
            answer_limit: 64 << 20,
            user_agent: concat!("influx-client/", env!("CARGO_PKG_VERSION")).into(),
            tls: TlsSettings::default(),
            proxy: Ok(Proxy::default()),
            transport: None,
            observers: Vec::new(),
        }
    }
}

impl ClientBuilder {
    /// Adds the address of a server, such as `http://data1:8086`. User and password in it are used for this server alone
    /// and never shown.
    pub fn endpoint(mut self, address: impl Into<String>) -> Self {
        self.endpoints.push(Zeroizing::new(address.into()));
        self
    }

    /// Adds several addresses: the coordinators of one cluster.
    pub fn endpoints<A: Into<String>>(mut self, addresses: impl IntoIterator<Item = A>) -> Self {
        self.endpoints.extend(addresses.into_iter().map(|address| Zeroizing::new(address.into())));
        self
    }

    /// The database of calls that name none.
    pub fn database(mut self, name: impl Into<Box<str>>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// The retention policy of writes that name none. Without one, the server takes the database's default.
    pub fn retention_policy(mut self, name: impl Into<Box<str>>) -> Self {
        self.retention_policy = Some(name.into());
        self
    }

    /// The consistency level of writes that name none. Default: `one`.
    pub fn consistency(mut self, level: ConsistencyLevel) -> Self {
        self.level = level;
        self
    }

    /// User and password, sent in the `Authorization` header.
    pub fn basic_auth(mut self, user: &str, password: &str) -> Self {
        self.credentials = Some(Credentials::basic(user, password).ok_or(BuildError::UserName));
        self
    }

    /// A bearer token (JWT), sent in the `Authorization` header.
    pub fn token(mut self, token: &str) -> Self {
        self.credentials = Some(Credentials::bearer(token).ok_or(BuildError::Token));
        self
    }

    /// Forgets user, password and token: for an address that must not get them. Those within an address stay.
    pub fn no_credentials(mut self) -> Self {
        self.credentials = None;
        self
    }

    /// The time of one attempt. Default 15 s, and what [`ClientBuilder::min_throughput`] adds for its body.
    ///
    /// Keep it above the servers' own write time-out (10 s by default) and the 10 s for which they try to reach their
    /// meta nodes: a shorter time turns answers into doubt.
    pub fn attempt_timeout(mut self, time: Duration) -> Self {
        self.attempt_timeout = time;
        self
    }

    /// How slow a network may be, in bytes a second: a write gets the time that its body takes at this rate on top of
    /// the time of an attempt, so that large batches do not time out where small ones pass. Default 100 KiB/s; 0 adds
    /// nothing.
    pub fn min_throughput(mut self, bytes_per_second: u64) -> Self {
        self.min_throughput = bytes_per_second;
        self
    }

    /// The time for making a connection. Default 3 s.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// The time of a whole call, with all attempts and waits. Default 60 s.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = time;
        self
    }

    /// What to do after a failed attempt. Default: [`Backoff`]; [`NoRetry`](crate::NoRetry) makes one attempt only.
    pub fn retry(mut self, policy: impl RetryPolicy + 'static) -> Self {
        self.retry = Arc::new(policy);
        self
    }

    /// How many retries all calls together may spend; `None` for any number. Default: [`RetryBudget::default`].
    pub fn retry_budget(mut self, budget: impl Into<Option<RetryBudget>>) -> Self {
        self.retry_budget = budget.into();
        self
    }

    /// Which of several working endpoints a write goes to. Default: the less busy one.
    pub fn balance(mut self, balance: Balance) -> Self {
        self.balance = balance;
        self
    }

    /// Whether requests are compressed. Default: off.
    pub fn gzip(mut self, gzip: Gzip) -> Self {
        self.gzip = gzip;
        self
    }

    /// Whether answers to queries are asked for compressed. Default: no, because it costs the server much and is only worth
    /// it where the network is the bottleneck.
    pub fn gzip_answers(mut self, compressed: bool) -> Self {
        self.gzip_answers = compressed;
        self
    }

    /// How many bytes of an answer to a query are read, and to how many a compressed one is inflated. Default 64 MiB.
    pub fn answer_limit(mut self, bytes: usize) -> Self {
        self.answer_limit = bytes;
        self
    }

    /// What the client calls itself.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Certificates (PEM) to trust beside those of the machine and of the web.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.tls.roots.push(pem.into());
        self
    }

    /// The client's own certificate chain and private key (PEM), for servers that ask for one.
    pub fn identity(mut self, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.tls.identity = Some((chain.into(), key.into().into()));
        self
    }

    /// Trusts any server, whoever it is. Whoever sits between can then read and change everything.
    pub fn danger_trust_any_server(mut self, trust: bool) -> Self {
        self.tls.trust_any = trust;
        self
    }

    /// Sends every request through the proxy at this `http` or `https` address, whatever the environment says. User and
    /// password in it go to the proxy alone and are never shown.
    ///
    /// Without this, the variables `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` count, but not for
    /// `localhost` and the loopback addresses.
    pub fn proxy(mut self, address: &str) -> Self {
        self.proxy = Proxy::at(address).map_err(|error| BuildError::Proxy { error });
        self
    }

    /// Sends no request through a proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = Ok(Proxy::Never);
        self
    }

    /// Sends requests another way than over the built-in HTTP/1.1.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Tells `observer` of every request and of the end of every write. There may be several.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Makes the client. Nothing is sent.
    ///
    /// # Errors
    /// [`BuildError`] for settings that cannot work.
    pub fn build(self) -> Result<Client, BuildError> {
        if self.endpoints.is_empty() {
            return Err(BuildError::NoEndpoint);
        }
        let common = self.credentials.transpose()?;
        let mut endpoints = Vec::with_capacity(self.endpoints.len());
        let mut credentials = Vec::with_capacity(self.endpoints.len());
        for (index, address) in self.endpoints.iter().enumerate() {
            let (endpoint, own) = Endpoint::parse(address).map_err(|error| BuildError::Endpoint { index, error })?;
            endpoints.push(endpoint);
            credentials.push(own.or_else(|| common.clone()));
        }
        if http::HeaderValue::from_str(&self.user_agent).is_err() {
            return Err(BuildError::UserAgent);
        }
        let proxy = self.proxy?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => {
                let settings = HttpSettings {
                    connect_timeout: self.connect_timeout,
                    user_agent: self.user_agent,
                    tls: self.tls,
                    proxy,
                };
                let encrypted = endpoints.iter().any(Endpoint::is_https);
                Arc::new(HttpTransport::new(&settings, encrypted)?)
            }
        };
        let transport = if self.gzip_answers { Arc::new(Inflating(transport)) } else { transport };
        Ok(Client::new(Shared {
            endpoints: Endpoints::new(endpoints),
            credentials,
            transport,
            database: self.database,
            retention_policy: self.retention_policy,
            level: self.level,
            attempt_timeout: self.attempt_timeout,
            min_throughput: self.min_throughput,
            connect_timeout: self.connect_timeout,
            deadline: self.deadline,
            retry: self.retry,
            budget: self.retry_budget.map(Bucket::new),
            balance: self.balance,
            gzip: self.gzip,
            observers: self.observers,
            answer_limit: self.answer_limit,
            bodies: Bodies::default(),
            created: Mutex::default(),
        }))
    }
}

impl std::fmt::Debug for ClientBuilder {
    /// Leaves addresses out: they may hold passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("endpoints", &self.endpoints.len())
            .field("database", &self.database)
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

/// Why a client cannot be made. Secrets are never repeated in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No address was given.
    #[error("no endpoint was given: a client needs at least one address")]
    NoEndpoint,
    /// An address cannot be used.
    #[error("endpoint {} cannot be used: {error}", index + 1)]
    Endpoint {
        /// Its place in the list, from 0.
        index: usize,
        /// Why.
        error: EndpointError,
    },
    /// The address of the proxy cannot be used.
    #[error("the proxy cannot be used: {error}")]
    Proxy {
        /// Why.
        error: EndpointError,
    },
    /// The user name has a colon.
    #[error("the user name must not contain a colon")]
    UserName,
    /// The token holds something else than visible ASCII.
    #[error("the token must be visible ASCII")]
    Token,
    /// The user agent cannot be sent in a header.
    #[error("the user agent cannot be sent in a header")]
    UserAgent,
    /// Encryption cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}
