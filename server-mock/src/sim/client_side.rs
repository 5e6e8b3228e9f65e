//! Requests of clients, from the first packet to the last.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use super::cluster::{Event, MILLISECOND, SimCluster};
use super::fault::{ReplyLoss, RequestLoss};
use crate::Profile;
use crate::http::rules::{self, Answered};

/// What a client asks of a data node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimRequest {
    /// `/write` or `/ping`.
    pub path: String,
    /// The parameter `db`.
    pub database: String,
    /// The parameter `rp`.
    pub retention_policy: String,
    /// The parameter `precision`.
    pub precision: String,
    /// The parameter `consistency`.
    pub consistency: String,
    /// Line protocol.
    pub body: Bytes,
}

impl SimRequest {
    /// A write to the default retention policy with timestamps in nanoseconds.
    #[must_use]
    pub fn write(database: &str, consistency: &str, body: Bytes) -> Self {
        Self {
            path: "/write".to_owned(),
            database: database.to_owned(),
            retention_policy: String::new(),
            precision: String::new(),
            consistency: consistency.to_owned(),
            body,
        }
    }
}

/// An answer as it went over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimAnswer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as far as it came.
    pub body: Bytes,
    /// Whether the connection was lost within the body.
    pub cut: bool,
}

/// Something that a client meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// A connection is there: from now on bytes of the body are on their way.
    Connected {
        /// Which request.
        request: u64,
        /// How many bytes of its body go out: all, unless the connection is lost meanwhile.
        bytes: u64,
    },
    /// No connection could be made; nothing was sent.
    Refused {
        /// Which request.
        request: u64,
    },
    /// The connection was lost after as many bytes of the body went out as [`ClientEvent::Connected`] said.
    Lost {
        /// Which request.
        request: u64,
    },
    /// An answer.
    Answer {
        /// Which request.
        request: u64,
        /// What it says.
        answer: SimAnswer,
    },
}

/// How far a request is.
#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// No connection yet: nothing was sent.
    Connecting,
    /// On its way, or being carried out.
    Sent,
}

#[derive(Debug)]
struct Pending {
    node: usize,
    request: SimRequest,
    stage: Stage,
}

/// The requests that clients wait for, and what is to happen to the next ones.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    pending: BTreeMap<u64, Pending>,
    /// By data node.
    requests: Vec<(usize, u32, RequestLoss)>,
    replies: Vec<(usize, u32, ReplyLoss)>,
    /// Those that arrived while clients were cut off.
    pub(super) held_back: Vec<(usize, Event)>,
}

impl Incoming {
    pub(super) fn lose_requests(&mut self, node: usize, times: u32, loss: RequestLoss) {
        self.requests.push((node, times, loss));
    }

    pub(super) fn lose_replies(&mut self, node: usize, times: u32, loss: ReplyLoss) {
        self.replies.push((node, times, loss));
    }

    pub(super) fn heal(&mut self) {
        self.requests.clear();
        self.replies.clear();
    }

    fn request_loss(&mut self, node: usize) -> Option<RequestLoss> {
        next(&mut self.requests, node)
    }

    /// The share of the body that goes out, in percent, where the next request to this node is to be cut within.
    fn body_share(&mut self, node: usize) -> Option<u8> {
        let first = self.requests.iter_mut().find(|(of, times, _)| *of == node && *times > 0);
        let (times, percent) = first.and_then(|(_, times, loss)| match loss {
            RequestLoss::CutBody { percent } => Some((times, *percent)),
            RequestLoss::Reset | RequestLoss::Hang | RequestLoss::TurnedAway { .. } | RequestLoss::Gateway(_) => None,
        })?;
        *times -= 1;
        Some(percent)
    }

    fn reply_loss(&mut self, node: usize) -> Option<ReplyLoss> {
        next(&mut self.replies, node)
    }
}

/// The oldest order for this node that has times left.
fn next<L: Copy>(orders: &mut [(usize, u32, L)], node: usize) -> Option<L> {
    let (_, times, loss) = orders.iter_mut().find(|(of, times, _)| *of == node && *times > 0)?;
    *times -= 1;
    Some(*loss)
}

impl SimCluster {
    /// Sends a request to a data node, by its position; its events come out of [`advance`](Self::advance).
    pub fn submit(&mut self, node: usize, request: SimRequest) -> u64 {
        let id = self.id();
        self.record.mark([1, id, self.now, request.body.len() as u64]);
        let words = |request: &SimRequest| {
            let body = String::from_utf8_lossy(&request.body).trim_end().replace('\n', " ⏎ ");
            format!("client → data{} #{id} {} {} {body}", node + 1, request.path, request.consistency)
        };
        self.record.tell(self.now, || words(&request));
        self.incoming.pending.insert(id, Pending { node, request, stage: Stage::Connecting });
        // A connection that is open already takes no time, and does not tell that nobody is there any more.
        let open = self.rng.bool();
        let connect = Event::Connect { request: id };
        if self.nodes[node].clients_cut && !open {
            self.incoming.held_back.push((node, connect));
        } else {
            let delay = self.between(50, 400);
            let here = if open && self.nodes[node].clients_cut { 0 } else { delay };
            let life = self.processes[node].life;
            // The kernel of a frozen process takes connections.
            let at = (!self.processes[node].paused).then_some((node, life));
            self.agenda.put(self.now + here, super::cluster::Due { at, event: connect });
        }
        id
    }

    /// The client gives up on a request. One without a connection is never sent; any other one goes on.
    pub fn abandon(&mut self, request: u64) {
        let connecting = |pending: &Pending| pending.stage == Stage::Connecting;
        if self.incoming.pending.get(&request).is_some_and(connecting) {
            self.incoming.pending.remove(&request);
        }
    }

    pub(super) fn connected(&mut self, request: u64) {
        let Some(pending) = self.incoming.pending.get_mut(&request) else { return };
        let node = pending.node;
        if self.nodes[node].refuses_clients || self.processes[node].down {
            return self.refuse(request);
        }
        pending.stage = Stage::Sent;
        let bytes = pending.request.body.len() as u64;
        let is_ping = pending.request.path == "/ping";
        if let Some(percent) = (!is_ping).then(|| self.incoming.body_share(node)).flatten() {
            self.record.count(RequestLoss::CutBody { percent }.kind());
            self.out.push(ClientEvent::Connected { request, bytes: bytes * u64::from(percent.min(99)) / 100 });
            return self.lose(request);
        }
        self.out.push(ClientEvent::Connected { request, bytes });
        if self.nodes[node].clients_cut {
            self.incoming.held_back.push((node, Event::Arrive { request }));
            return;
        }
        let delay = self.between(50, 400);
        self.within(node, delay, Event::Arrive { request });
    }

    /// Nobody takes the connection.
    pub(super) fn refuse(&mut self, request: u64) {
        if self.incoming.pending.remove(&request).is_some() {
            self.record.count("request refused");
            let delay = self.between(50, 200);
            self.later(delay, Event::ToClient(ClientEvent::Refused { request }));
        }
    }

    /// The connection is reset.
    pub(super) fn lose(&mut self, request: u64) {
        if let Some(pending) = self.incoming.pending.remove(&request) {
            self.record.count("request lost");
            let event = match pending.stage {
                Stage::Connecting => ClientEvent::Refused { request },
                Stage::Sent => ClientEvent::Lost { request },
            };
            let event = Event::ToClient(event);
            if self.nodes[pending.node].clients_cut {
                self.incoming.held_back.push((pending.node, event));
            } else {
                let delay = self.between(50, 200);
                self.later(delay, event);
            }
        }
    }

    /// All connections of clients to a node end.
    pub(super) fn lose_all(&mut self, node: usize) {
        let of_node = |(id, pending): (&u64, &Pending)| (pending.node == node).then_some(*id);
        let all: Vec<u64> = self.incoming.pending.iter().filter_map(of_node).collect();
        for request in all {
            self.lose(request);
        }
    }

    pub(super) fn arrived(&mut self, request: u64) {
        let Some(pending) = self.incoming.pending.get(&request) else { return };
        let node = pending.node;
        let ask = pending.request.clone();
        let id = request_id(request);
        if ask.path == "/ping" {
            return self.answer(request, node, rules::pong(self.profile(), id));
        }
        if let Some(loss) = self.incoming.request_loss(node) {
            let loss = match (loss, self.profile()) {
                // The whole body is here already; and 0.10 has no limit to turn requests away for.
                (RequestLoss::CutBody { .. }, _) | (RequestLoss::TurnedAway { .. }, Profile::V0_10) => {
                    RequestLoss::Reset
                }
                (loss, _) => loss,
            };
            self.record.count(loss.kind());
            return match loss {
                RequestLoss::Reset | RequestLoss::CutBody { .. } => self.lose(request),
                RequestLoss::Hang => {}
                RequestLoss::TurnedAway { waited } => {
                    self.answer(request, node, rules::turned_away(self.profile(), waited, id));
                }
                RequestLoss::Gateway(status) => self.gateway(request, node, status),
            };
        }
        self.record.count("write handled");
        self.begin_write(request, node, ask);
    }

    /// Sends an answer back, unless something happens to it on the way.
    pub(super) fn answer(&mut self, request: u64, node: usize, answered: Answered) {
        if !self.incoming.pending.contains_key(&request) {
            return;
        }
        let Answered { status, headers, body } = answered;
        let answer = SimAnswer { status: status.as_u16(), headers, body, cut: false };
        let mut late = 0;
        let loss = self.incoming.reply_loss(node);
        if let Some(loss) = loss {
            let lost = loss == ReplyLoss::CutBody && answer.body.is_empty();
            self.record.count(if lost { ReplyLoss::Reset.kind() } else { loss.kind() });
        }
        match loss {
            None => {}
            Some(ReplyLoss::Reset) => return self.lose(request),
            Some(ReplyLoss::CutBody) if answer.body.is_empty() => return self.lose(request),
            Some(ReplyLoss::CutBody) => {
                let half = answer.body.len() / 2;
                let answer = SimAnswer { body: answer.body.slice(..half), cut: true, ..answer };
                return self.deliver(request, node, answer, 0);
            }
            Some(ReplyLoss::Hang) => return,
            Some(ReplyLoss::Late(by)) => late = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX / 4),
            Some(ReplyLoss::Gateway(status)) => return self.gateway(request, node, status),
        }
        self.deliver(request, node, answer, late);
    }

    fn deliver(&mut self, request: u64, node: usize, answer: SimAnswer, late: u64) {
        self.incoming.pending.remove(&request);
        let body = || String::from_utf8_lossy(&answer.body).trim_end().to_owned();
        self.record.tell(self.now, || format!("data{} → client #{request} {} {}", node + 1, answer.status, body()));
        let event = Event::ToClient(ClientEvent::Answer { request, answer });
        if self.nodes[node].clients_cut {
            self.incoming.held_back.push((node, event));
        } else {
            let delay = self.between(50, 400) + late;
            self.later(delay, event);
        }
    }

    /// Something between the client and the node answers.
    fn gateway(&mut self, request: u64, node: usize, status: u16) {
        let reason = match status {
            502 => "502 Bad Gateway",
            503 => "503 Service Unavailable",
            _ => "504 Gateway Timeout",
        };
        let body = format!("<html><head><title>{reason}</title></head></html>\n").into();
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        self.deliver(request, node, SimAnswer { status, headers, body, cut: false }, 0);
    }

    pub(super) fn tell_client(&mut self, event: ClientEvent) {
        let (kind, request, status) = match &event {
            ClientEvent::Connected { request, .. } => (2, *request, 0),
            ClientEvent::Refused { request } => (3, *request, 0),
            ClientEvent::Lost { request } => (4, *request, 0),
            ClientEvent::Answer { request, answer } => (5, *request, u64::from(answer.status)),
        };
        self.record.mark([kind, request, self.now, status]);
        match kind {
            3 => self.record.tell(self.now, || format!("client #{request}: connection refused")),
            4 => self.record.tell(self.now, || format!("client #{request}: connection lost")),
            _ => {}
        }
        self.out.push(event);
    }

    /// What was held back for or by clients passes.
    pub(super) fn reach_clients(&mut self, node: usize) {
        let (held, rest) = std::mem::take(&mut self.incoming.held_back).into_iter().partition(|(at, _)| *at == node);
        self.incoming.held_back = rest;
        let held: Vec<(usize, Event)> = held;
        for (node, event) in held {
            let delay = self.between(50, 10 * MILLISECOND / 1_000);
            match event {
                Event::ToClient(_) => self.later(delay, event),
                event => self.within(node, delay, event),
            }
        }
    }
}

/// The id that a node gives a request.
pub(super) fn request_id(request: u64) -> HeaderValue {
    let id = format!("{request:08x}-0000-1000-8000-020000000001");
    HeaderValue::from_str(&id).expect("hexadecimal digits and hyphens are plain ASCII")
}
