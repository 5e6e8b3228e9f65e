//! One step of a scenario, read strictly.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::client::Request;
use super::expect::{Expectation, given};
use super::shards::{CheckShards, ShardPlace};

/// What a step does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Send a request and compare what comes back.
    Http(Ask),
    /// Send it again and again until what comes back is as expected.
    WaitUntil(WaitUntil),
    /// Send requests at once, each a little after the one before.
    Parallel {
        /// The requests.
        asks: Vec<Ask>,
        /// How much later each one starts than the one before.
        stagger: Duration,
    },
    /// Injure the cluster, or mend it.
    Fault(Fault),
    /// Let time pass.
    Sleep(Duration),
    /// Give variables their values.
    Set(BTreeMap<String, String>),
    /// Find tag values by the owners of the shard that their series falls into.
    Pick(Pick),
    /// Name the owners of a shard.
    Bind(Bind),
    /// Compare SHOW SHARDS.
    CheckShards(CheckShards),
    /// Compare what each data node has stored with where series belong.
    CheckLocalSeries(CheckLocalSeries),
}

/// A request and what must come back for it.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The request.
    pub request: Request,
    /// What must come back.
    pub expect: Expectation,
}

/// A request that is repeated.
#[derive(Clone, Debug)]
pub struct WaitUntil {
    /// The request and what must come back in the end.
    pub ask: Ask,
    /// How long it may take to come true.
    pub within: Duration,
    /// Pause between attempts.
    pub every: Duration,
}

/// Something that happens to nodes or links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL
    Kill(Vec<String>),
    /// SIGSTOP
    Pause(Vec<String>),
    /// SIGCONT
    Resume(Vec<String>),
    /// Start again on what is on disk, after a SIGKILL where it runs.
    Restart {
        /// Which nodes.
        nodes: Vec<String>,
        /// How long they may take to answer; `None` does not wait for them.
        within: Option<Duration>,
    },
    /// Cut the links between the sides.
    Partition(Vec<Vec<String>>),
    /// Make all links whole.
    Heal,
}

/// See [`Step::Pick`].
#[derive(Clone, Debug)]
pub struct Pick {
    /// Which shard group.
    pub place: ShardPlace,
    /// Measurement of the series.
    pub measurement: String,
    /// Key of its one tag, whose value is found.
    pub tag: String,
    /// The owners that the shard must have, all of them and no other.
    pub owners: Vec<String>,
    /// The variable that is set; with a number behind it, from 0, when there are several.
    pub variable: String,
    /// How many values are found.
    pub count: Option<usize>,
    /// The first value tried.
    pub from: u64,
}

/// See [`Step::Bind`].
#[derive(Clone, Debug)]
pub struct Bind {
    /// Which shard group.
    pub place: ShardPlace,
    /// Position of the shard in the group, in id order.
    pub shard: usize,
    /// Variables for its owners, in the order of the owner list.
    pub owners: Vec<String>,
    /// Variables for the other data nodes, in node order.
    pub others: Vec<String>,
}

/// See [`Step::CheckLocalSeries`].
#[derive(Clone, Debug)]
pub struct CheckLocalSeries {
    /// Which shard group.
    pub place: ShardPlace,
    /// Keys of all series that the measurements named in them have.
    pub series: Vec<String>,
}

/// The keys of which each step has exactly one.
const KINDS: [&str; 10] =
    ["http", "wait_until", "parallel", "fault", "sleep_s", "set", "pick", "bind", "check_shards", "check_local_series"];

/// A request without a limit of its own may take so long.
const REQUEST_LIMIT: Duration = Duration::from_secs(60);
/// A restarted node may take so long unless the step says otherwise.
const RESTART_LIMIT: Duration = Duration::from_secs(60);
/// Between two attempts of a step that waits.
const EVERY: Duration = Duration::from_millis(200);

impl Step {
    /// Reads a step whose variables have been filled in.
    ///
    /// # Errors
    /// A text that says what is unknown, missing or contradictory.
    pub fn new(step: &Value) -> Result<Self, String> {
        let map = step.as_object().ok_or("a step is an object")?;
        let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| map.contains_key(*kind)).collect();
        let [kind] = kinds.as_slice() else {
            return Err(format!("a step has exactly one of {}; this one has {kinds:?}", KINDS.join(", ")));
        };
        let mut map = map.clone();
        match map.remove("note") {
            None | Some(Value::String(_)) => {}
            Some(note) => return Err(format!("note is a text, not {note}")),
        }
        Self::of_kind(kind, map).map_err(|why| format!("{kind}: {why}"))
    }

    fn of_kind(kind: &str, map: Map<String, Value>) -> Result<Self, String> {
        Ok(match kind {
            "http" => Self::Http(ask(read(map.into())?)?),
            "wait_until" => Self::WaitUntil(wait_until(only(kind, map)?)?),
            "parallel" => {
                let raw: RawParallel = read(map.into())?;
                if raw.parallel.is_empty() {
                    return Err("needs requests".to_owned());
                }
                let asks = raw.parallel.into_iter().map(ask).collect::<Result<_, _>>()?;
                Self::Parallel { asks, stagger: Duration::from_millis(raw.stagger_ms.unwrap_or(0)) }
            }
            "fault" => Self::Fault(fault(read(map.into())?)?),
            "sleep_s" => Self::Sleep(seconds(only(kind, map)?)?),
            "set" => Self::Set(only(kind, map)?),
            "pick" => Self::Pick(pick(only(kind, map)?)?),
            "bind" => Self::Bind(bind(only(kind, map)?)?),
            "check_shards" => Self::CheckShards(CheckShards::new(&only::<Value>(kind, map)?)?),
            "check_local_series" => Self::CheckLocalSeries(check_local_series(only(kind, map)?)?),
            other => return Err(format!("there is no step {other}")),
        })
    }

    /// What must come back for the requests of this step.
    pub fn expectations(&self) -> impl Iterator<Item = &Expectation> {
        let asks = match self {
            Self::Http(ask) => std::slice::from_ref(ask),
            Self::WaitUntil(wait) => std::slice::from_ref(&wait.ask),
            Self::Parallel { asks, .. } => asks,
            Self::Fault(_)
            | Self::Sleep(_)
            | Self::Set(_)
            | Self::Pick(_)
            | Self::Bind(_)
            | Self::CheckShards(_)
            | Self::CheckLocalSeries(_) => &[],
        };
        asks.iter().map(|ask| &ask.expect)
    }

    /// Whether it compares anything.
    #[must_use]
    pub fn is_check(&self) -> bool {
        matches!(self, Self::CheckShards(_) | Self::CheckLocalSeries(_)) || self.expectations().next().is_some()
    }

    /// The least time it takes.
    #[must_use]
    pub fn least(&self) -> Duration {
        match self {
            Self::Sleep(time) => *time,
            Self::WaitUntil(_) => Duration::ZERO,
            _ => self.expectations().map(Expectation::least).max().unwrap_or_default(),
        }
    }

    /// Names of the variables that later steps may use.
    pub fn sets(&self) -> Vec<String> {
        match self {
            Self::Set(variables) => variables.keys().cloned().collect(),
            Self::Pick(pick) => (0..pick.count.unwrap_or(1)).map(|n| pick.variable(n)).collect(),
            Self::Bind(bind) => bind.owners.iter().chain(&bind.others).cloned().collect(),
            Self::Http(_)
            | Self::WaitUntil(_)
            | Self::Parallel { .. }
            | Self::Fault(_)
            | Self::Sleep(_)
            | Self::CheckShards(_)
            | Self::CheckLocalSeries(_) => Vec::new(),
        }
    }
}

impl Pick {
    /// The variable for the `n`th value found.
    #[must_use]
    pub fn variable(&self, n: usize) -> String {
        match self.count {
            None | Some(1) => self.variable.clone(),
            Some(_) => format!("{}{n}", self.variable),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAsk {
    http: RawHttp,
    expect: Value,
    // Only entries of `parallel` still have it.
    #[serde(default, deserialize_with = "given", rename = "note")]
    _note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHttp {
    node: String,
    method: String,
    path: String,
    #[serde(default, deserialize_with = "given")]
    params: Option<RawParams>,
    #[serde(default, deserialize_with = "given")]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default, deserialize_with = "given")]
    body: Option<String>,
    #[serde(default, deserialize_with = "given")]
    body_b64: Option<String>,
    #[serde(default, deserialize_with = "given")]
    body_repeat: Option<RawRepeat>,
    #[serde(default, deserialize_with = "given")]
    chunked: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    timeout_s: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawParams {
    Named(Map<String, Value>),
    Pairs(Vec<(String, String)>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRepeat {
    text: String,
    count: u64,
    #[serde(default, deserialize_with = "given")]
    start: Option<i64>,
    #[serde(default, deserialize_with = "given")]
    sep: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWait {
    http: RawHttp,
    expect: Value,
    within_s: f64,
    #[serde(default, deserialize_with = "given")]
    every_s: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawParallel {
    parallel: Vec<RawAsk>,
    #[serde(default, deserialize_with = "given")]
    stagger_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFault {
    fault: String,
    #[serde(default, deserialize_with = "given")]
    nodes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    sides: Option<Vec<Vec<String>>>,
    #[serde(default, deserialize_with = "given")]
    wait: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    within_s: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPick {
    #[serde(default, deserialize_with = "given")]
    node: Option<String>,
    #[serde(default, deserialize_with = "given")]
    db: Option<String>,
    rp: String,
    time: i64,
    measurement: String,
    tag: String,
    owners: Vec<String>,
    #[serde(rename = "as")]
    variable: String,
    #[serde(default, deserialize_with = "given")]
    count: Option<usize>,
    #[serde(default, deserialize_with = "given")]
    from: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBind {
    #[serde(default, deserialize_with = "given")]
    node: Option<String>,
    #[serde(default, deserialize_with = "given")]
    db: Option<String>,
    rp: String,
    time: i64,
    #[serde(default, deserialize_with = "given")]
    shard: Option<usize>,
    #[serde(default, deserialize_with = "given")]
    owners_as: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    others_as: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLocal {
    #[serde(default, deserialize_with = "given")]
    db: Option<String>,
    rp: String,
    time: i64,
    series: Vec<String>,
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// The value of a step that has no key but its kind.
fn only<T: DeserializeOwned>(kind: &str, mut map: Map<String, Value>) -> Result<T, String> {
    let value = map.remove(kind).ok_or_else(|| format!("{kind} is not there"))?;
    match map.keys().next() {
        None => read(value),
        Some(key) => Err(format!("{key} has no meaning here")),
    }
}

pub(super) fn seconds(seconds: f64) -> Result<Duration, String> {
    Duration::try_from_secs_f64(seconds).map_err(|_| format!("{seconds} is no time to wait"))
}

fn ask(raw: RawAsk) -> Result<Ask, String> {
    Ok(Ask { request: request(raw.http)?, expect: Expectation::new(&raw.expect)? })
}

fn wait_until(raw: RawWait) -> Result<WaitUntil, String> {
    Ok(WaitUntil {
        ask: Ask { request: request(raw.http)?, expect: Expectation::new(&raw.expect)? },
        within: seconds(raw.within_s)?,
        every: raw.every_s.map_or(Ok(EVERY), seconds)?,
    })
}

fn request(raw: RawHttp) -> Result<Request, String> {
    let query = match raw.params {
        None => String::new(),
        Some(params) => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            match params {
                RawParams::Pairs(pairs) => {
                    query.extend_pairs(pairs);
                }
                RawParams::Named(map) => {
                    for (name, value) in &map {
                        let value = value.as_str().ok_or_else(|| format!("parameter {name} is a text, not {value}"))?;
                        query.append_pair(name, value);
                    }
                }
            }
            query.finish()
        }
    };
    let target = if query.is_empty() { raw.path.clone() } else { format!("{}?{query}", raw.path) };
    let target: Uri = target.parse().map_err(|error| format!("path {target:?}: {error}"))?;
    if !raw.path.starts_with('/') {
        return Err(format!("path {:?} does not start with /", raw.path));
    }
    let body = match (raw.body, raw.body_b64, raw.body_repeat) {
        (None, None, None) => Bytes::new(),
        (Some(text), None, None) => text.into(),
        (None, Some(text), None) => BASE64.decode(&text).map_err(|error| format!("body_b64: {error}"))?.into(),
        (None, None, Some(repeat)) => repeated(&repeat).into(),
        _ => return Err("a request has one of body, body_b64 and body_repeat".to_owned()),
    };
    let header = |(name, value): (String, String)| {
        let parsed = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(&value).ok());
        parsed.ok_or_else(|| format!("{name:?}: {value:?} is no header"))
    };
    Ok(Request {
        node: raw.node,
        method: Method::from_bytes(raw.method.as_bytes()).map_err(|error| format!("{}: {error}", raw.method))?,
        target,
        headers: raw.headers.unwrap_or_default().into_iter().map(header).collect::<Result<_, _>>()?,
        body,
        chunked: raw.chunked.unwrap_or(false),
        limit: raw.timeout_s.map_or(Ok(REQUEST_LIMIT), seconds)?,
    })
}

fn repeated(repeat: &RawRepeat) -> String {
    let first = i128::from(repeat.start.unwrap_or(0));
    let lines = (0..repeat.count).map(|n| repeat.text.replace("{i}", &(first + i128::from(n)).to_string()));
    lines.collect::<Vec<_>>().join(repeat.sep.as_deref().unwrap_or("\n"))
}

fn fault(raw: RawFault) -> Result<Fault, String> {
    let restart = raw.fault == "restart";
    if !restart && (raw.wait.is_some() || raw.within_s.is_some()) {
        return Err("only restart waits".to_owned());
    }
    if raw.nodes.as_ref().is_some_and(Vec::is_empty) {
        return Err("needs nodes".to_owned());
    }
    let fault = match (raw.fault.as_str(), raw.nodes, raw.sides) {
        ("kill", Some(nodes), None) => Fault::Kill(nodes),
        ("pause", Some(nodes), None) => Fault::Pause(nodes),
        ("resume", Some(nodes), None) => Fault::Resume(nodes),
        ("restart", Some(nodes), None) => {
            let within = raw.within_s.map(seconds).transpose()?;
            let within = match (raw.wait.unwrap_or(true), within) {
                (true, within) => Some(within.unwrap_or(RESTART_LIMIT)),
                (false, None) => None,
                (false, Some(_)) => return Err("within_s says how long to wait, wait says not to".to_owned()),
            };
            Fault::Restart { nodes, within }
        }
        ("partition", None, Some(sides)) if sides.len() > 1 => Fault::Partition(sides),
        ("partition", None, Some(_)) => return Err("a partition has two sides or more".to_owned()),
        ("heal", None, None) => Fault::Heal,
        ("kill" | "pause" | "resume" | "restart", _, _) => return Err("has nodes and no sides".to_owned()),
        ("partition", _, _) => return Err("partition has sides and no nodes".to_owned()),
        ("heal", _, _) => return Err("heal is for the whole cluster".to_owned()),
        (other, _, _) => return Err(format!("there is no fault {other:?}")),
    };
    Ok(fault)
}

fn pick(raw: RawPick) -> Result<Pick, String> {
    if raw.owners.is_empty() || raw.count == Some(0) {
        return Err("needs owners, and a count of 1 or more".to_owned());
    }
    Ok(Pick {
        place: ShardPlace { node: raw.node, db: raw.db, rp: raw.rp, time: raw.time },
        measurement: raw.measurement,
        tag: raw.tag,
        owners: raw.owners,
        variable: raw.variable,
        count: raw.count,
        from: raw.from.unwrap_or(0),
    })
}

fn bind(raw: RawBind) -> Result<Bind, String> {
    let (owners, others) = (raw.owners_as.unwrap_or_default(), raw.others_as.unwrap_or_default());
    if owners.is_empty() && others.is_empty() {
        return Err("names nothing".to_owned());
    }
    let place = ShardPlace { node: raw.node, db: raw.db, rp: raw.rp, time: raw.time };
    Ok(Bind { place, shard: raw.shard.unwrap_or(0), owners, others })
}

fn check_local_series(raw: RawLocal) -> Result<CheckLocalSeries, String> {
    if raw.series.is_empty() {
        return Err("names no series".to_owned());
    }
    let place = ShardPlace { node: None, db: raw.db, rp: raw.rp, time: raw.time };
    Ok(CheckLocalSeries { place, series: raw.series })
}

#[cfg(test)]
mod tests;
