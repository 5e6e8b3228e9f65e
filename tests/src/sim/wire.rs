//! The client's way into the simulated cluster, in simulated time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use influx_client::{Answer, Cut, Request, Sent, Transport, TransportError};
use influx_server_mock::sim::{ClientEvent, SimAnswer, SimCluster, SimRequest};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::Tamper;

/// Carries requests into a simulated cluster. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    shared: Arc<Shared>,
    /// The numbers of the writes that went this way, in the cluster.
    requests: Arc<Mutex<Vec<u64>>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Something was asked: the next event may be sooner.
    asked: Notify,
    begun: Instant,
    tamper: Tamper,
}

#[derive(Debug)]
struct State {
    cluster: SimCluster,
    waiting: BTreeMap<u64, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    sent: Sent,
    answer: oneshot::Sender<Result<Answer, TransportError>>,
}

/// How the network failed, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Broken(&'static str);

impl Wire {
    /// Must be called within the runtime whose clock is simulated.
    pub(super) fn new(cluster: SimCluster, tamper: Tamper) -> Self {
        let state = Mutex::new(State { cluster, waiting: BTreeMap::new() });
        let shared = Arc::new(Shared { state, asked: Notify::new(), begun: Instant::now(), tamper });
        Self { shared, requests: Arc::default() }
    }

    /// A way of its own into the same cluster.
    pub(super) fn of_a_client(&self) -> Self {
        Self { shared: self.shared.clone(), requests: Arc::default() }
    }

    /// The numbers of the writes that went this way, in the cluster, but for the first so many.
    pub(super) fn requests(&self, from: usize) -> Vec<u64> {
        self.log().get(from..).map(<[u64]>::to_vec).unwrap_or_default()
    }

    fn log(&self) -> MutexGuard<'_, Vec<u64>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the cluster as it is now.
    pub(super) fn look<T>(&self, at: impl FnOnce(&SimCluster) -> T) -> T {
        at(&self.shared.state().cluster)
    }

    /// Nanoseconds of simulated time since the beginning.
    pub(super) fn now(&self) -> u64 {
        self.shared.now()
    }

    /// When the schedule began.
    pub(super) fn begun(&self) -> Instant {
        self.shared.begun
    }

    /// Lets the cluster go on whenever something is to happen in it.
    pub(super) async fn drive(self) {
        loop {
            let next = self.shared.state().cluster.next_time();
            match next {
                Some(next) => {
                    let at = self.shared.begun + Duration::from_nanos(next);
                    // Asked meanwhile or due: either way there is something to do.
                    let _ = timeout_at(at, self.shared.asked.notified()).await;
                }
                None => self.shared.asked.notified().await,
            }
            self.shared.catch_up();
        }
    }

    /// The cluster, once nobody else has the wire.
    pub(super) fn into_cluster(self) -> Option<SimCluster> {
        let state = Arc::into_inner(self.shared)?.state;
        Some(state.into_inner().unwrap_or_else(PoisonError::into_inner).cluster)
    }

    async fn carry(&self, request: Request) -> Result<Answer, TransportError> {
        let unknown = || TransportError::unconnected(Broken("no such host"));
        let node = node_of(&request.url).ok_or_else(unknown)?;
        let asked = ask(&request);
        let (id, receiver) = self.submit(node, &request, asked);
        // A request that is given up, or dropped, before it has a connection is never sent.
        let _given_up = AbandonOnDrop { shared: &self.shared, id };
        #[cfg(test)]
        if self.shared.tamper == Tamper::SentTwice && request.url.path() == "/write" {
            drop(self.submit(node, &request, ask(&request)));
        }
        match timeout(request.time_limit, receiver).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(TransportError::lost(Broken("the simulation ended"))),
            Err(_) => Err(TransportError::timed_out()),
        }
    }

    fn submit(
        &self,
        node: usize,
        request: &Request,
        asked: SimRequest,
    ) -> (u64, oneshot::Receiver<Result<Answer, TransportError>>) {
        let is_write = asked.path == "/write";
        let (id, receiver) = self.shared.submit(node, request, asked);
        if is_write {
            self.log().push(id);
        }
        (id, receiver)
    }
}

impl Transport for Wire {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, TransportError>> {
        self.carry(request).boxed()
    }
}

/// Nobody waits for the answer any more.
struct AbandonOnDrop<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for AbandonOnDrop<'_> {
    fn drop(&mut self) {
        self.shared.abandon(self.id);
    }
}

impl Shared {
    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn catch_up(&self) {
        let now = self.now();
        let mut state = self.state();
        let events = state.cluster.advance(now);
        for event in events {
            self.tell(&mut state, event);
        }
    }

    fn submit(
        &self,
        node: usize,
        request: &Request,
        asked: SimRequest,
    ) -> (u64, oneshot::Receiver<Result<Answer, TransportError>>) {
        self.catch_up();
        let (answer, receiver) = oneshot::channel();
        let mut state = self.state();
        let id = state.cluster.submit(node, asked);
        let waiting = Waiting { sent: request.sent.clone(), answer };
        state.waiting.insert(id, waiting);
        drop(state);
        self.asked.notify_one();
        (id, receiver)
    }

    fn abandon(&self, id: u64) {
        let mut state = self.state();
        state.waiting.remove(&id);
        state.cluster.abandon(id);
    }

    fn tell(&self, state: &mut State, event: ClientEvent) {
        let (request, result) = match event {
            ClientEvent::Connected { request, bytes } => {
                // The client cannot look before this: the cluster goes on only while it is locked.
                if let Some(waiting) = state.waiting.get(&request)
                    && !self.hides_what_was_sent()
                {
                    waiting.sent.add(bytes);
                }
                #[cfg(test)]
                if self.tamper == Tamper::AcknowledgedAtOnce
                    && let Some(waiting) = state.waiting.remove(&request)
                {
                    let body = bytes::Bytes::new();
                    let _ =
                        waiting.answer.send(Ok(Answer { status: 204, headers: Default::default(), body, cut: None }));
                }
                return;
            }
            ClientEvent::Refused { request } => {
                (request, Err(TransportError::unconnected(Broken("connection refused"))))
            }
            ClientEvent::Lost { request } => (request, Err(self.lost())),
            ClientEvent::Answer { request, answer } => (request, Ok(self.answer(answer))),
        };
        if let Some(waiting) = state.waiting.remove(&request) {
            // Nobody may listen any more.
            let _ = waiting.answer.send(result);
        }
    }

    fn hides_what_was_sent(&self) -> bool {
        match self.tamper {
            Tamper::None => false,
            #[cfg(test)]
            Tamper::NeverSent => true,
            #[cfg(test)]
            _ => false,
        }
    }

    fn lost(&self) -> TransportError {
        match self.tamper {
            #[cfg(test)]
            Tamper::NeverSent => TransportError::unconnected(Broken("connection refused")),
            _ => TransportError::lost(Broken("connection reset by peer")),
        }
    }

    fn answer(&self, answer: SimAnswer) -> Answer {
        let SimAnswer { status, headers, body, cut } = answer;
        let cut = cut.then(|| Cut::Lost(TransportError::lost(Broken("connection reset by peer"))));
        match self.tamper {
            #[cfg(test)]
            Tamper::TimeoutIsThrottled if body.as_ref() == b"{\"error\":\"timeout\"}\n" => {
                let body = bytes::Bytes::from_static(b"request throttled, queue full\n");
                Answer { status: 503, headers: Default::default(), body, cut }
            }
            #[cfg(test)]
            Tamper::BelowLevelIsStored if body.as_ref() == b"{\"error\":\"partial write\"}\n" => {
                Answer { status: 204, headers, body: Default::default(), cut: None }
            }
            #[cfg(test)]
            Tamper::AllAcknowledged => Answer { status: 204, headers, body: Default::default(), cut: None },
            _ => Answer { status, headers, body, cut },
        }
    }
}

/// The position of the data node that an address names.
pub(super) fn node_of(url: &url::Url) -> Option<usize> {
    url.host_str()?.strip_prefix("data")?.parse::<usize>().ok()?.checked_sub(1)
}

/// The address of a data node.
pub(super) fn address(node: usize) -> String {
    format!("http://data{}:8086", node + 1)
}

fn ask(request: &Request) -> SimRequest {
    let mut asked = SimRequest {
        path: request.url.path().to_owned(),
        database: String::new(),
        retention_policy: String::new(),
        precision: String::new(),
        consistency: String::new(),
        body: request.body.clone(),
    };
    for (name, value) in request.url.query_pairs() {
        let part = match &*name {
            "db" => &mut asked.database,
            "rp" => &mut asked.retention_policy,
            "precision" => &mut asked.precision,
            "consistency" => &mut asked.consistency,
            _ => continue,
        };
        *part = value.into_owned();
    }
    asked
}
