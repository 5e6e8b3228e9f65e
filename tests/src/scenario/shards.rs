//! Shards as SHOW SHARDS lists them: which one a series belongs to, who owns it, and what a policy's groups look like.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::expect::given;

/// A shard group: the one of a policy that holds a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardPlace {
    /// The node that is asked; the first data node if none is named.
    pub node: Option<String>,
    /// The database; that of the run if none is named.
    pub db: Option<String>,
    /// The retention policy.
    pub rp: String,
    /// Nanoseconds, Unix time.
    pub time: i64,
}

/// A row of SHOW SHARDS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    pub(super) id: u64,
    pub(super) database: String,
    pub(super) policy: String,
    pub(super) group: u64,
    pub(super) start: String,
    pub(super) end: String,
    pub(super) expiry: String,
    /// Data node ids in the order of the list.
    pub(super) owners: Vec<u64>,
}

/// Reads the answer to SHOW SHARDS.
pub(super) fn shards(answer: &Value) -> Result<Vec<Shard>, String> {
    let result = &answer["results"][0];
    let unreadable = || format!("no SHOW SHARDS answer: {answer}");
    if result.get("error").is_some() || !result.is_object() {
        return Err(unreadable());
    }
    let mut shards = Vec::new();
    for series in result["series"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let columns = series["columns"].as_array().ok_or_else(unreadable)?;
        for values in series["values"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let values = values.as_array().ok_or_else(unreadable)?;
            let row: BTreeMap<&str, &Value> = columns.iter().filter_map(Value::as_str).zip(values).collect();
            shards.push(shard(&row).ok_or_else(unreadable)?);
        }
    }
    Ok(shards)
}

fn shard(row: &BTreeMap<&str, &Value>) -> Option<Shard> {
    let number = |name: &str| row.get(name)?.as_u64();
    let text = |name: &str| row.get(name)?.as_str().map(ToOwned::to_owned);
    let owners = text("owners")?;
    let owners = owners.split(',').filter(|owner| !owner.is_empty()).map(|owner| owner.trim().parse().ok());
    Some(Shard {
        id: number("id")?,
        database: text("database")?,
        policy: text("retention_policy")?,
        group: number("shard_group")?,
        start: text("start_time")?,
        end: text("end_time")?,
        expiry: text("expiry_time")?,
        owners: owners.collect::<Option<_>>()?,
    })
}

/// The shards of the group of a policy that holds a time, in id order.
pub(super) fn group_at(all: &[Shard], db: &str, rp: &str, time: i64) -> Result<Vec<Shard>, String> {
    let mut found = Vec::new();
    for shard in all.iter().filter(|shard| shard.database == db && shard.policy == rp) {
        let (start, end) = (nanoseconds(&shard.start)?, nanoseconds(&shard.end)?);
        if (start..end).contains(&i128::from(time)) {
            found.push(shard.clone());
        }
    }
    found.sort_by_key(|shard| shard.id);
    let groups: BTreeSet<u64> = found.iter().map(|shard| shard.group).collect();
    match groups.len() {
        1 => Ok(found),
        0 => Err(format!("{db}.{rp} has no shard group at {time}")),
        _ => Err(format!("{db}.{rp} has several shard groups at {time}")),
    }
}

fn nanoseconds(time: &str) -> Result<i128, String> {
    time.parse::<Timestamp>().map(Timestamp::as_nanosecond).map_err(|error| format!("time {time:?}: {error}"))
}

/// The position of the shard, among `shards`, that a series belongs to: FNV-1a with 64 bits of its key, modulo their
/// number. Written down here once more, apart from the server, so that a mistake there cannot hide.
pub(crate) fn position(series: &str, shards: usize) -> usize {
    const OFFSET_BASIS: u64 = 14_695_981_039_346_656_037;
    const PRIME: u64 = 1_099_511_628_211;
    let mut hash = OFFSET_BASIS;
    for byte in series.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    }
    let shards = u64::try_from(shards).unwrap_or(u64::MAX).max(1);
    usize::try_from(hash % shards).unwrap_or_default()
}

/// The first `count` numbers, from `from` on, whose series `measurement,tag=number` belongs to a shard with exactly
/// these owners.
pub(super) fn picks(
    shards: &[Shard],
    owners: &BTreeSet<u64>,
    (measurement, tag): (&str, &str),
    from: u64,
    count: usize,
) -> Result<Vec<u64>, String> {
    let owned: Vec<bool> =
        shards.iter().map(|shard| shard.owners.iter().copied().collect::<BTreeSet<_>>() == *owners).collect();
    if !owned.contains(&true) {
        let lists: Vec<_> = shards.iter().map(|shard| &shard.owners).collect();
        return Err(format!("no shard is owned by exactly {owners:?}: there are {lists:?}"));
    }
    // With one shard in a few owned, such a long search would only end without a find if the hash were broken.
    const LIMIT: u64 = 100_000;
    let belongs = |value: &u64| owned[position(&format!("{measurement},{tag}={value}"), shards.len())];
    let found: Vec<u64> = (from..from + LIMIT).filter(belongs).take(count).collect();
    if found.len() == count { Ok(found) } else { Err(format!("only {found:?} of {count} belong to {owners:?}")) }
}

/// What SHOW SHARDS has to list for a policy.
#[derive(Clone, Debug)]
pub struct CheckShards {
    /// The node that is asked; the first data node if none is named.
    pub node: Option<String>,
    /// The database; that of the run if none is named.
    pub db: Option<String>,
    rp: Option<String>,
    rotation: bool,
    groups: Vec<Group>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    #[serde(default, deserialize_with = "given")]
    node: Option<String>,
    #[serde(default, deserialize_with = "given")]
    db: Option<String>,
    #[serde(default, deserialize_with = "given")]
    rp: Option<String>,
    #[serde(default, deserialize_with = "given")]
    rotation: Option<bool>,
    groups: Vec<Group>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    #[serde(default, deserialize_with = "given")]
    start: Option<String>,
    #[serde(default, deserialize_with = "given")]
    end: Option<String>,
    #[serde(default, deserialize_with = "given")]
    expiry: Option<String>,
    shards: usize,
    replicas: usize,
}

impl CheckShards {
    pub(super) fn new(value: &Value) -> Result<Self, String> {
        let raw = RawCheck::deserialize(value).map_err(|error| error.to_string())?;
        Ok(Self { node: raw.node, db: raw.db, rp: raw.rp, rotation: raw.rotation.unwrap_or(false), groups: raw.groups })
    }

    /// Compares with all shards of a cluster, `automatic` being the policy that its databases are made with; `nodes` are
    /// the ids of its data nodes in the order in which they joined.
    pub(super) fn check(&self, all: &[Shard], db: &str, automatic: &str, nodes: &[u64]) -> Result<(), String> {
        let policy = self.rp.as_deref().unwrap_or(automatic);
        let mut groups: BTreeMap<u64, Vec<&Shard>> = BTreeMap::new();
        for shard in all.iter().filter(|shard| shard.database == db && shard.policy == policy) {
            groups.entry(shard.group).or_default().push(shard);
        }
        let mut listed = Vec::new();
        for (_, mut shards) in groups {
            shards.sort_by_key(|shard| shard.id);
            listed.push((nanoseconds(&shards[0].start)?, shards));
        }
        listed.sort_by_key(|(start, _)| *start);
        if listed.len() != self.groups.len() {
            let starts: Vec<_> = listed.iter().map(|(_, shards)| &shards[0].start).collect();
            return Err(format!("wanted {} shard groups, got {}: {starts:?}", self.groups.len(), listed.len()));
        }
        for ((_, shards), wanted) in listed.iter().zip(&self.groups) {
            let name = &shards[0].start;
            wanted.check(shards).map_err(|why| format!("shard group of {name}: {why}"))?;
            if self.rotation {
                let owners: Vec<u64> = shards.iter().flat_map(|shard| &shard.owners).copied().collect();
                rotates(&owners, nodes).map_err(|why| format!("shard group of {name}: {why}"))?;
            }
        }
        Ok(())
    }
}

impl Group {
    fn check(&self, shards: &[&Shard]) -> Result<(), String> {
        if shards.len() != self.shards {
            return Err(format!("wanted {} shards, got {}", self.shards, shards.len()));
        }
        for shard in shards {
            for (what, wanted, got) in [
                ("start", &self.start, &shard.start),
                ("end", &self.end, &shard.end),
                ("expiry", &self.expiry, &shard.expiry),
            ] {
                if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != got) {
                    return Err(format!("wanted its {what} to be {wanted:?}, got {got:?}"));
                }
            }
            let distinct: BTreeSet<_> = shard.owners.iter().collect();
            if distinct.len() != self.replicas || shard.owners.len() != self.replicas {
                return Err(format!("wanted {} owners of shard {}, got {:?}", self.replicas, shard.id, shard.owners));
            }
        }
        Ok(())
    }
}

/// Whether each owner is the one that joined next after the owner before it, the first one following the last.
fn rotates(owners: &[u64], nodes: &[u64]) -> Result<(), String> {
    let place = |id: u64| {
        nodes.iter().position(|node| *node == id).ok_or_else(|| format!("{id} is no data node: there are {nodes:?}"))
    };
    for pair in owners.windows(2) {
        if (place(pair[0])? + 1) % nodes.len() != place(pair[1])? {
            return Err(format!("wanted owners in rotation over {nodes:?}, got {owners:?}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
