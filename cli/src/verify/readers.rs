//! Who is asked, and what they count.

use std::collections::BTreeMap;
use std::time::Duration;

use influx_client::{Class, Client, ClientBuilder, QueryErrorKind, ident, literal};
use serde_json::Value;
use url::Url;

use super::{Counted, Measurement, Stretch};
use crate::failure::Failure;
use crate::queries;
use crate::times;

/// Somebody who counts: the cluster through any of its nodes, or one node for itself.
#[derive(Debug)]
pub(crate) struct Reader {
    /// The address, and the id of a node that is asked for itself.
    pub(crate) name: String,
    pub(crate) id: Option<u64>,
    /// `None` where it cannot be asked.
    pub(crate) client: Option<Client>,
    /// Why not, or why its answer is not whole.
    pub(crate) trouble: Option<(Class, String)>,
}

/// What is counted of a measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) database: &'a str,
    pub(crate) retention_policy: Option<&'a str>,
    pub(crate) measurement: &'a Measurement,
    /// Length of a stretch in nanoseconds.
    pub(crate) width: i64,
}

/// Most fields and most stretches of one statement, so that no answer is large.
const FIELDS: usize = 50;
const STRETCHES: usize = 1_000;

impl Question<'_> {
    /// The counts of the fields `from..` in the stretches between `first` and `last`.
    fn statement(&self, from: usize, first: i64, last: i64) -> String {
        let fields = self.measurement.fields[from..].iter().take(FIELDS).enumerate();
        let counts: Vec<String> = fields.map(|(at, name)| format!("count({}) AS \"c{at}\"", ident(name))).collect();
        let policy = self.retention_policy.map(|name| format!("{}.", ident(name))).unwrap_or_default();
        // Nothing but the time of the file's own points: others of the same week are not its business.
        let after = first.max(self.measurement.first);
        let before = last.saturating_add(self.width).min(self.measurement.last.saturating_add(1));
        format!(
            "SELECT {} FROM {policy}{} WHERE time >= {} AND time < {} GROUP BY time({}s, {}s) fill(none)",
            counts.join(", "),
            ident(&self.measurement.name),
            literal(&times::text(after)),
            literal(&times::text(before)),
            self.width / 1_000_000_000,
            times::window_offset(self.width) / 1_000_000_000,
        )
    }
}

impl Reader {
    /// The cluster, through whichever of its nodes answers.
    pub(crate) fn cluster(builder: ClientBuilder, hosts: &[String]) -> Result<Self, Failure> {
        let client = builder.endpoints(hosts).build().map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(Self { name: hosts.join(","), id: None, client: Some(client), trouble: None })
    }

    /// What it counts in each of these stretches; those that it says nothing of are empty there.
    pub(crate) async fn count(
        &mut self,
        question: &Question<'_>,
        stretches: &[Stretch],
    ) -> Result<BTreeMap<i64, Counted>, Failure> {
        let mut found: BTreeMap<i64, Counted> = BTreeMap::new();
        let Some(client) = &self.client else { return Ok(found) };
        let fields = question.measurement.fields.len();
        for chunk in chunks(stretches, question.width) {
            let (first, last) = (chunk[0].start, chunk[chunk.len() - 1].start);
            for from in (0..fields).step_by(FIELDS) {
                let statement = question.statement(from, first, last);
                for row in queries::rows(client, Some(question.database), &statement).await? {
                    let Some(time) = row.get("time").and_then(Value::as_i64) else { continue };
                    let counts = found.entry(times::window_start(time, question.width)).or_default();
                    counts.resize(fields, 0);
                    for (at, field) in (from..fields).take(FIELDS).enumerate() {
                        counts[field] = row.get(&format!("c{at}")).and_then(Value::as_u64).unwrap_or_default();
                    }
                }
            }
        }
        Ok(found)
    }
}

/// Runs of stretches that are near each other.
fn chunks(stretches: &[Stretch], width: i64) -> impl Iterator<Item = &[Stretch]> {
    let mut rest = stretches;
    std::iter::from_fn(move || {
        let first = rest.first()?.start;
        let reach = width.saturating_mul(STRETCHES as i64);
        let length = rest.iter().take_while(|stretch| stretch.start.saturating_sub(first) < reach).count();
        let (chunk, others) = rest.split_at(length);
        rest = others;
        Some(chunk)
    })
}

/// Every data node of the cluster, to be asked for itself: a node reads its own copy of each shard that it owns.
///
/// A node is asked at the address in `hosts` that is its own, else at the address that the cluster tells, without
/// credentials unless those nodes are to be trusted with them. Servers without clustering are each asked at their address.
///
/// # Errors
/// Nobody tells who the nodes are.
pub(crate) async fn every_node(
    builder: &ClientBuilder,
    hosts: &[String],
    trust_listed: bool,
) -> Result<Vec<Reader>, Failure> {
    let client = |builder: ClientBuilder, host: &str| {
        builder.endpoint(host).build().map_err(|error| Failure::Usage(error.to_string()))
    };
    let everyone = Reader::cluster(builder.clone(), hosts)?;
    let asked = everyone.client.as_ref().expect("the client was just made").show().servers().await;
    let servers = match asked {
        Ok(servers) => servers.data,
        Err(error) if knows_no_cluster(error.kind()) => {
            let reader = |host: &String| {
                Ok(Reader { name: host.clone(), id: None, client: Some(client(builder.clone(), host)?), trouble: None })
            };
            return hosts.iter().map(reader).collect();
        }
        Err(error) => return Err(queries::failure(&error)),
    };
    let mut readers = Vec::new();
    for server in servers {
        let (name, found) = match place_of(&server.http_addr, hosts) {
            Place::Given(host) => (host.clone(), Some(client(builder.clone(), &host)?)),
            Place::Listed(host) if trust_listed => (host.clone(), Some(client(builder.clone(), &host)?)),
            Place::Listed(host) => (host.clone(), Some(client(builder.clone().no_credentials(), &host)?)),
            Place::Elsewhere => (server.http_addr.clone(), None),
        };
        let trouble = found.is_none().then(|| {
            let why = "its address means nothing on this machine: give the address of every node with -H";
            (Class::Unreachable, why.to_owned())
        });
        readers.push(Reader { name, id: Some(server.id), client: found, trouble });
    }
    Ok(readers)
}

/// Open-source servers do not know `SHOW SERVERS`.
fn knows_no_cluster(kind: &QueryErrorKind) -> bool {
    matches!(kind, QueryErrorKind::Refused { message, .. } if message.starts_with("error parsing query"))
}

/// Where a node is asked.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// At an address of the command line.
    Given(String),
    /// At the address that the cluster tells.
    Listed(String),
    /// Nowhere.
    Elsewhere,
}

fn place_of(address: &str, hosts: &[String]) -> Place {
    let parsed: Vec<Url> = hosts.iter().filter_map(|host| Url::parse(host).ok()).collect();
    let Some(first) = parsed.first() else { return Place::Elsewhere };
    let plain = !address.is_empty() && !address.contains(['/', '@', '?', '#', '\\']);
    let Some(node) = plain.then(|| Url::parse(&format!("{}://{address}", first.scheme())).ok()).flatten() else {
        return Place::Elsewhere;
    };
    let same = |host: &Url| {
        host.host() == node.host() && host.port_or_known_default() == node.port_or_known_default() && host.path() == "/"
    };
    if let Some(at) = parsed.iter().position(same) {
        return Place::Given(hosts[at].clone());
    }
    // Loopback is another machine's own, unless it is this one that told.
    if is_unspecified(&node) || (is_loopback(&node) && !parsed.iter().all(is_loopback)) {
        return Place::Elsewhere;
    }
    Place::Listed(node.as_str().trim_end_matches('/').to_owned())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn is_unspecified(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(_)) => false,
        Some(url::Host::Ipv4(ip)) => ip.is_unspecified(),
        Some(url::Host::Ipv6(ip)) => ip.is_unspecified(),
        None => true,
    }
}

/// How long shard groups of a retention policy are, and how long points are kept: what windows and verdicts follow.
///
/// # Errors
/// There is no answer, or no such database or retention policy.
pub(crate) async fn policy(
    client: &Client,
    database: &str,
    name: Option<&str>,
) -> Result<(Duration, Option<Duration>), Failure> {
    let policies = client.show().retention_policies(database).await.map_err(|error| queries::failure(&error))?;
    let policy = policies.into_iter().find(|policy| match name {
        Some(name) => policy.name == name,
        None => policy.is_default,
    });
    let Some(policy) = policy else {
        let which = name.map_or("default retention policy".to_owned(), |name| format!("retention policy {name:?}"));
        return Err(Failure::classed(Class::NotFound, format!("{database:?} has no {which}")));
    };
    let groups = policy.shard_duration.unwrap_or_else(|| times::shard_group_duration(policy.duration));
    Ok((groups, policy.duration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_asked_where_they_are_and_nowhere_else() {
        let hosts = |list: &[&str]| list.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>();
        let local = hosts(&["http://127.0.0.1:1"]);
        let given = |text: &str| Place::Given(text.to_owned());
        let listed = |text: &str| Place::Listed(text.to_owned());
        assert_eq!(place_of("127.0.0.1:1", &local), given("http://127.0.0.1:1"));
        assert_eq!(place_of("127.0.0.1:2", &local), listed("http://127.0.0.1:2"));
        let remote = hosts(&["https://db1:8086", "https://db2:8086"]);
        assert_eq!(place_of("db2:8086", &remote), given("https://db2:8086"));
        assert_eq!(place_of("db3:8086", &remote), listed("https://db3:8086"));
        for address in ["localhost:8086", "127.0.0.1:8086", ":8086", "0.0.0.0:8086", "", "u@h:1", "h/x"] {
            assert_eq!(place_of(address, &remote), Place::Elsewhere, "{address}");
        }
    }

    #[test]
    fn far_stretches_are_asked_for_apart() {
        let stretch = |start| Stretch { start, points: Default::default(), fields: Vec::new() };
        let stretches: Vec<Stretch> = [0, 10, 9_990, 10_000, 50_000].map(stretch).into();
        let lengths: Vec<usize> = chunks(&stretches, 10).map(<[Stretch]>::len).collect();
        assert_eq!(lengths, [3, 1, 1]);
    }
}
