//! Answers of the public API that something else than the node decides.

use std::fmt;
use std::time::Duration;

use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::suggest;
use crate::Profile;
use crate::go::write_json_string;
use crate::net::Probability;

/// What becomes of a node's answers to requests.
///
/// ```
/// use std::time::Duration;
/// use influx_server_mock::{CannedReply, Profile, ReplyCut, ReplyFault};
///
/// // The next three writes are refused; nothing is stored.
/// let throttled = ReplyFault::canned(CannedReply::of_class("overloaded", Profile::V1_8).unwrap()).on("/write").times(3);
/// // The next write is carried out, but nobody hears of it.
/// let unheard = ReplyFault::real().cut(ReplyCut::BeforeHead).on("/write").times(1);
/// // Every answer is late.
/// let late = ReplyFault::real().delayed(Duration::from_secs(2));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyFault {
    /// A path such as `/write`; every one if `None`.
    pub(super) route: Option<String>,
    /// So many requests; all of them if `None`.
    pub(super) times: Option<u64>,
    /// Instead of the node's own answer.
    pub(super) canned: Option<CannedReply>,
    /// Whether the node does what it is asked before it gives a canned reply.
    pub(super) handled: bool,
    pub(super) delay: Duration,
    pub(super) cut: ReplyCut,
    /// How likely the order applies to a request that fits.
    #[serde(default = "always")]
    pub(super) share: Probability,
    /// Where the random numbers begin.
    #[serde(default)]
    pub(super) seed: u64,
}

fn always() -> Probability {
    Probability::ALWAYS
}

/// How much of an answer is sent before the connection is closed.
///
/// An answer without a body is cut before its head wherever it was to be cut: its head alone would be all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyCut {
    /// All of it; the connection stays open.
    #[default]
    None,
    /// Nothing.
    BeforeHead,
    /// Status and headers, which announce a body.
    AfterHead,
    /// Status, headers and half of the body.
    MidBody,
    /// Nothing, and the connection stays open until the heal.
    Never,
}

impl ReplyFault {
    /// A given reply; the node does nothing else, see [`after_handling`](Self::after_handling).
    #[must_use]
    pub fn canned(reply: CannedReply) -> Self {
        Self { canned: Some(reply), handled: false, ..Self::real() }
    }

    /// The node's own answer, to be delayed or cut.
    #[must_use]
    pub fn real() -> Self {
        Self {
            route: None,
            times: None,
            canned: None,
            handled: true,
            delay: Duration::ZERO,
            cut: ReplyCut::None,
            share: Probability::ALWAYS,
            seed: 0,
        }
    }

    /// No answer at all: the request is read, nothing is done, and the connection stays open until the heal.
    #[must_use]
    pub fn hang() -> Self {
        Self { handled: false, cut: ReplyCut::Never, ..Self::canned(CannedReply::new(500)) }
    }

    /// Only answers to requests for this path, such as `/write`.
    #[must_use]
    pub fn on(self, route: &str) -> Self {
        Self { route: Some(route.to_owned()), ..self }
    }

    /// Only the next so many.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Only some of them, at random: the same ones, by their order, under the same seed.
    #[must_use]
    pub fn share(self, share: Probability, seed: u64) -> Self {
        Self { share, seed, ..self }
    }

    /// The node does what it is asked and gives the canned reply then.
    #[must_use]
    pub fn after_handling(self) -> Self {
        Self { handled: true, ..self }
    }

    /// The answer leaves so much later.
    #[must_use]
    pub fn delayed(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// The connection is closed before the whole answer was sent.
    #[must_use]
    pub fn cut(self, cut: ReplyCut) -> Self {
        Self { cut, ..self }
    }

    /// The canned reply, if that is what is given.
    pub(super) fn reply(&self) -> Option<&CannedReply> {
        self.canned.as_ref()
    }

    /// Whether a server could answer so.
    ///
    /// # Errors
    /// [`ReplyError`] says what is wrong.
    pub fn check(&self) -> Result<(), ReplyError> {
        if self.route.as_ref().is_some_and(|route| !route.starts_with('/')) {
            return Err(ReplyError::Route(self.route.clone().unwrap_or_default()));
        }
        if self.times == Some(0)
            || self.share.is_never()
            || (self.canned.is_none() && self.delay.is_zero() && self.cut == ReplyCut::None)
        {
            return Err(ReplyError::Nothing);
        }
        match &self.canned {
            Some(canned) => canned.head().map(|_| ()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ReplyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.canned, self.cut) {
            (Some(_), ReplyCut::Never) if !self.handled => f.write_str("none, not handled either")?,
            (Some(canned), _) => write!(f, "{}", canned.status)?,
            (None, _) => f.write_str("its own")?,
        }
        if self.canned.is_some() && self.handled {
            f.write_str(" after handling")?;
        }
        if !self.delay.is_zero() {
            write!(f, ", {:?} later", self.delay)?;
        }
        match self.cut {
            ReplyCut::None => {}
            ReplyCut::BeforeHead => f.write_str(", closed before the head")?,
            ReplyCut::AfterHead => f.write_str(", closed after the head")?,
            ReplyCut::MidBody => f.write_str(", closed in the body")?,
            ReplyCut::Never if self.handled || self.canned.is_none() => f.write_str(", never sent")?,
            ReplyCut::Never => {}
        }
        if let Some(route) = &self.route {
            write!(f, ", to {route}")?;
        }
        if self.share != Probability::ALWAYS {
            write!(f, ", to {} of them", self.share)?;
        }
        match self.times {
            Some(times) => write!(f, ", {times} left"),
            None => Ok(()),
        }
    }
}

/// A reply that no server could give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// A status must be able to end a request.
    #[error("{0} is no final status: give one from 200 to 999")]
    Status(u16),
    /// A header that HTTP does not allow.
    #[error("{0:?} is no header: write NAME: VALUE")]
    Header(String),
    /// A path begins with a slash.
    #[error("{0:?} is no path: write /write or /query")]
    Route(String),
    /// The order would change nothing.
    #[error("nothing to do: say what the answer is, or how it is delayed or cut, and for one request at least")]
    Nothing,
    /// No such class of errors, or none that a server answers.
    #[error("no server answers with class {name}{}: there are {known}", suggested.as_ref().map(|name| format!(" (did you mean {name}?)")).unwrap_or_default())]
    Class {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
        /// What was probably meant.
        suggested: Option<String>,
    },
}

/// Status, headers and body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CannedReply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// One reply for each class of failed writes that a server can answer with: as the table of replies has it.
const CLASSES: [(&str, u16, &str); 16] = [
    ("timeout", 500, "timeout"),
    ("below-level", 500, "partial write"),
    ("overloaded", 503, "request throttled, queue full"),
    ("no-replica", 500, "write failed"),
    ("meta-unavailable", 500, "meta service returned 503 Service Unavailable"),
    ("deferred", 500, "write failed: hinted handoff queue not empty"),
    ("auth", 401, "authorization failed"),
    ("not-found", 404, "database not found: \"db\""),
    ("refused", 400, "invalid consistency level"),
    ("rejected", 400, "partial write: shard 1 is pending deletion dropped=1"),
    ("malformed", 400, "unable to parse 'm': missing fields"),
    (
        "type-conflict",
        400,
        "partial write: field type conflict: input field \"v\" on measurement \"m\" is type float, already exists as \
         type integer dropped=1",
    ),
    ("outside-retention", 400, "partial write: points beyond retention policy dropped=1"),
    (
        "limit",
        400,
        "partial write: max-values-per-tag limit exceeded (1/1): measurement=\"m\" tag=\"t\" value=\"x\" dropped=1",
    ),
    ("too-large", 413, "Request Entity Too Large"),
    ("proxy-timeout", 504, ""),
];

impl CannedReply {
    /// This status without headers and body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// This body.
    #[must_use]
    pub fn body(self, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// An error as the server itself would give it: JSON, with the headers of the profile.
    #[must_use]
    pub fn error(profile: Profile, status: u16, text: &str) -> Self {
        let mut body = "{\"error\":".to_owned();
        write_json_string(&mut body, text);
        body.push_str("}\n");
        let reply = Self::new(status).body(body).header("Content-Type", "application/json");
        let reply = reply.header("X-Influxdb-Version", profile.version());
        match profile {
            Profile::V1_8 if status != 401 && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) => {
                reply.header("X-Influxdb-Build", "OSS").header("X-Influxdb-Error", text)
            }
            Profile::V1_8 | Profile::V0_10 => reply,
        }
    }

    /// A typical reply of a class of failed writes, by the class's id: `timeout`, `below-level`, `overloaded` ….
    ///
    /// # Errors
    /// [`ReplyError::Class`] when there is no such class, or no server answers with it.
    pub fn of_class(class: &str, profile: Profile) -> Result<Self, ReplyError> {
        let found = CLASSES.iter().find(|(name, _, _)| *name == class);
        let (name, status, text) = found.ok_or_else(|| ReplyError::Class {
            name: class.to_owned(),
            known: Self::classes().collect::<Vec<_>>().join(", "),
            suggested: suggest(class, Self::classes()),
        })?;
        Ok(match *name {
            // The throttler and proxies do not speak JSON.
            "overloaded" => {
                Self::new(*status).header("Content-Type", "text/plain; charset=utf-8").body(format!("{text}\n"))
            }
            "proxy-timeout" => Self::new(*status),
            _ => Self::error(profile, *status, text),
        })
    }

    /// The ids that [`of_class`](Self::of_class) takes.
    pub fn classes() -> impl Iterator<Item = &'static str> {
        CLASSES.iter().map(|(name, _, _)| *name)
    }

    pub(super) fn head(&self) -> Result<http::response::Builder, ReplyError> {
        let status = StatusCode::from_u16(self.status).ok().filter(|status| !status.is_informational());
        let mut head = http::Response::builder().status(status.ok_or(ReplyError::Status(self.status))?);
        for (name, value) in &self.headers {
            let wrong = || ReplyError::Header(format!("{name}: {value}"));
            let name_read = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            head = head.header(name_read, HeaderValue::from_str(value).map_err(|_| wrong())?);
        }
        Ok(head)
    }

    pub(super) fn text(&self) -> &str {
        &self.body
    }
}

/// An order with a number, by which a node knows it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyRule {
    pub(super) id: u64,
    pub(crate) fault: ReplyFault,
    /// Requests so far that it might have applied to.
    #[serde(default, skip_serializing)]
    pub(super) seen: u64,
}

impl ReplyRule {
    pub(super) fn new(id: u64, fault: ReplyFault) -> Self {
        Self { id, fault, seen: 0 }
    }

    /// Whether it applies to the next request that fits.
    fn applies(&mut self) -> bool {
        let seed = self.fault.seed.wrapping_add(self.seen.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        self.seen += 1;
        self.fault.share.happens(&mut fastrand::Rng::with_seed(seed))
    }
}

/// The replies in force at one node, and how often each still applies.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    rules: watch::Sender<Vec<ReplyRule>>,
}

impl Replies {
    /// Replaces the orders; those which are known already keep their count.
    pub(super) fn set(&self, rules: &[ReplyRule]) {
        self.rules.send_modify(|present| {
            let kept = |rule: &ReplyRule| present.iter().find(|known| known.id == rule.id).unwrap_or(rule).clone();
            *present = rules.iter().map(kept).collect();
        });
    }

    /// The orders with the times that they have left; those which are used up are left out.
    pub(super) fn left(&self) -> Vec<ReplyRule> {
        self.rules.borrow().iter().filter(|rule| rule.fault.times != Some(0)).cloned().collect()
    }

    /// The order for a request for this path, which is thereby counted.
    pub(super) fn take(&self, path: &str) -> Option<ReplyRule> {
        if self.rules.borrow().is_empty() {
            return None;
        }
        let mut taken = None;
        self.rules.send_if_modified(|rules| {
            let fits = |rule: &ReplyRule| {
                rule.fault.times != Some(0) && rule.fault.route.as_ref().is_none_or(|route| route == path)
            };
            for rule in rules {
                if fits(rule) && rule.applies() {
                    taken = Some(rule.clone());
                    rule.fault.times = rule.fault.times.map(|times| times - 1);
                    break;
                }
            }
            false
        });
        taken
    }

    /// Returns when an order is no longer in force.
    pub(super) async fn withdrawn(&self, id: u64) {
        // The sender is here, so that waiting can only end as wished.
        let _ = self.rules.subscribe().wait_for(|rules| rules.iter().all(|rule| rule.id != id)).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rule(id: u64, fault: ReplyFault) -> ReplyRule {
        ReplyRule::new(id, fault)
    }

    #[test]
    fn a_share_of_the_requests_is_the_same_one_under_the_same_seed() {
        let drawn = |seed| {
            let replies = Replies::default();
            let half = ReplyFault::canned(CannedReply::new(500)).share(Probability::percent(50), seed);
            replies.set(&[rule(1, half)]);
            (0..200).map(|_| replies.take("/write").is_some()).collect::<Vec<_>>()
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        let hits = drawn(7).iter().filter(|hit| **hit).count();
        assert!((70..130).contains(&hits), "{hits} of 200");
    }

    #[test]
    fn the_oldest_order_that_fits_and_has_times_left_applies() {
        let replies = Replies::default();
        let all = ReplyFault::canned(CannedReply::new(500));
        replies.set(&[rule(1, all.clone().on("/write").times(1)), rule(2, all.clone())]);
        assert_eq!(replies.take("/query").unwrap().id, 2);
        assert_eq!(replies.take("/write").unwrap().id, 1);
        assert_eq!(replies.take("/write").unwrap().id, 2);
        replies.set(&[rule(1, all.clone().on("/write").times(1)), rule(3, all)]);
        assert_eq!(replies.take("/write").unwrap().id, 3, "a known order keeps its count");
        assert_eq!(replies.left().len(), 1);
        replies.set(&[]);
        assert_eq!(replies.take("/write"), None);
    }

    #[test]
    fn every_class_can_be_answered() {
        for class in CannedReply::classes() {
            for profile in [Profile::V1_8, Profile::V0_10] {
                CannedReply::of_class(class, profile).unwrap().head().unwrap();
            }
        }
        let error = CannedReply::of_class("time-out", Profile::V1_8).unwrap_err().to_string();
        assert!(error.contains("did you mean timeout?"), "{error}");
    }

    #[test]
    fn replies_that_no_server_could_give_are_refused() {
        let canned = |reply| ReplyFault::canned(reply).check();
        assert_eq!(canned(CannedReply::new(100)), Err(ReplyError::Status(100)));
        assert_eq!(canned(CannedReply::new(1)), Err(ReplyError::Status(1)));
        assert!(matches!(canned(CannedReply::new(200).header("a b", "c")), Err(ReplyError::Header(_))));
        assert!(matches!(canned(CannedReply::new(200).header("a", "c\r\nd: e")), Err(ReplyError::Header(_))));
        assert!(matches!(ReplyFault::canned(CannedReply::new(200)).on("write").check(), Err(ReplyError::Route(_))));
        assert_eq!(ReplyFault::real().check(), Err(ReplyError::Nothing));
        assert_eq!(ReplyFault::canned(CannedReply::new(200)).times(0).check(), Err(ReplyError::Nothing));
    }
}
