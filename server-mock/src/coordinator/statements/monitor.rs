//! What a node tells of itself: `SHOW STATS`, `SHOW DIAGNOSTICS`, `/debug/vars`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::super::{Delivery, Owners};
use crate::hinted_handoff::{Handoff, QueueCounters, is_segment, queue_dir};
use crate::query::{Row, Value};
use crate::stats::{Number, ProcessUsage, Statistic, Stats};
use crate::{Profile, go};

/// Where a node's statistics and diagnostics come from.
#[derive(Clone, Debug)]
pub(crate) struct Monitor {
    pub(crate) stats: Stats,
    pub(crate) owners: Arc<Owners>,
    pub(crate) handoff: Arc<Handoff<Delivery>>,
    /// `host:port` of the public HTTP API.
    pub(crate) http: String,
    /// Where the node's files are.
    pub(crate) dir: PathBuf,
}

/// Values of a queue that profile 0.10 has; the others came later.
const OLD_QUEUE_VALUES: [&str; 5] =
    ["writeShardReq", "writeShardReqPoints", "writeNodeReq", "writeNodeReqFail", "writeNodeReqPoints"];

impl Monitor {
    /// All statistics, by name and then by tags.
    pub(crate) fn statistics(&self) -> Vec<Statistic> {
        let profile = self.owners.profile;
        let stats = &self.stats;
        let cluster = match profile {
            Profile::V1_8 => "coordinator",
            Profile::V0_10 => "cluster",
        };
        let bind = [("bind", self.http.clone())];
        let mut all = vec![
            stats.cluster.statistic(profile, cluster, &[]),
            stats.continuous_queries.statistic(profile, "cq", &[]),
            stats.http.statistic(profile, "httpd", &bind),
            stats.queries.statistic(profile, "queryExecutor", &[]),
            stats.subscriber.statistic(profile, "subscriber", &[]),
            stats.write.statistic(profile, "write", &[]),
            runtime(),
        ];
        all.extend(self.handoff());
        all.extend(self.shards());
        match profile {
            Profile::V1_8 => {}
            // There a module is not known before it has counted something.
            Profile::V0_10 => all.retain(|statistic| !statistic.values.is_empty()),
        }
        all.sort_by(|a, b| (&a.name, &a.tags).cmp(&(&b.name, &b.tags)));
        all
    }

    /// `hh` and its queues: what the real servers count, and, as `hh_queue`, what waits now, which 0.10 does not tell
    /// and 1.8 tells only in bytes of files.
    fn handoff(&self) -> Vec<Statistic> {
        let profile = self.owners.profile;
        let dir = self.dir.join("hh");
        let mut total: BTreeMap<&'static str, i64> = BTreeMap::new();
        let mut all = Vec::new();
        for queue in self.handoff.counters() {
            let dir = self.queue_dir(queue.node, queue.shard);
            let files = QueueFiles::find(&dir);
            let counted = queue.values.iter().map(|(name, value)| (*name, whole(*value)));
            let shown = |name: &str, value: i64| match profile {
                Profile::V1_8 => true,
                Profile::V0_10 => value > 0 && OLD_QUEUE_VALUES.contains(&name),
            };
            let sizes = [("queueBytes", whole(files.bytes)), ("queueDepth", whole(files.count))];
            let values: Vec<_> = counted.chain(sizes).filter(|(name, value)| shown(name, *value)).collect();
            for (name, value) in &values {
                *total.entry(name).or_default() += value;
            }
            let of = match profile {
                Profile::V1_8 => ("shardID", queue.shard.to_string()),
                Profile::V0_10 => ("path", dir.display().to_string()),
            };
            let tags = [("node", queue.node.to_string()), of];
            let values = values.into_iter().map(|(name, value)| (name, Number::Integer(value))).collect();
            all.push(Statistic::new("hh_processor", &tags, values));
        }
        for depth in self.handoff.depths() {
            let mut tags = vec![("node", depth.node.to_string())];
            match profile {
                Profile::V1_8 => tags.push(("shard", depth.shard.to_string())),
                Profile::V0_10 => {}
            }
            let values = [("blocks", depth.blocks), ("bytes", depth.bytes), ("points", depth.points)];
            let values = values.map(|(name, value)| (name, Number::Integer(whole(value))));
            all.push(Statistic::new("hh_queue", &tags, values.to_vec()));
        }
        let total = total.into_iter().map(|(name, value)| (name, Number::Integer(value))).collect();
        all.push(Statistic::new("hh", &[("path", dir.display().to_string())], total));
        all
    }

    fn queue_dir(&self, node: u64, shard: u64) -> PathBuf {
        queue_dir(&self.dir.join("hh"), self.owners.profile, node, shard)
    }

    /// Shards and the databases they belong to.
    fn shards(&self) -> Vec<Statistic> {
        let profile = self.owners.profile;
        let engine = &self.owners.engine;
        let mut all = Vec::new();
        let mut databases: BTreeMap<String, (BTreeSet<String>, BTreeSet<_>)> = BTreeMap::new();
        let known = self.owners.meta.snapshot();
        for database in &known.databases {
            databases.entry(database.name.clone()).or_default();
        }
        for id in engine.shards() {
            // Dropped meanwhile: nothing to tell.
            let (Ok(held), Ok(index)) = (engine.stats(id), engine.index(id)) else { continue };
            let path = self.dir.join("data").join(id.to_string()).display().to_string();
            let mut tags = vec![
                ("database", held.database.clone()),
                ("engine", "tsm1".to_owned()),
                ("id", id.to_string()),
                ("path", path),
                ("retentionPolicy", held.retention_policy.clone()),
            ];
            match profile {
                Profile::V1_8 => tags.push(("indexType", self.index_type().to_owned())),
                Profile::V0_10 => {}
            }
            let counted = self.stats.shard(id).statistic(profile, "shard", &tags);
            let stored = [
                ("diskBytes", held.bytes),
                ("fieldsCreate", index.fields.len() as u64),
                ("seriesCreate", held.series),
                ("writePointsOk", held.points),
            ];
            let mut values = counted.values;
            for (name, value) in stored {
                let value = Number::Integer(whole(value));
                match values.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, slot)) => *slot = value,
                    None if value == Number::Integer(0) || name == "diskBytes" => {}
                    None => values.push((name, value)),
                }
            }
            all.push(Statistic::new("shard", &tags, values));
            let (measurements, series) = databases.entry(held.database).or_default();
            measurements.extend(index.series.iter().map(|(measurement, _)| measurement.clone()));
            series.extend(index.series);
        }
        match profile {
            Profile::V1_8 => all.extend(databases.into_iter().map(|(name, (measurements, series))| {
                let count = |n: usize| Number::Integer(i64::try_from(n).unwrap_or(i64::MAX));
                let values = vec![("numMeasurements", count(measurements.len())), ("numSeries", count(series.len()))];
                Statistic::new("database", &[("database", name)], values)
            })),
            Profile::V0_10 => {}
        }
        all
    }

    fn index_type(&self) -> &'static str {
        match self.owners.engine.options().limits.index_version {
            crate::options::IndexVersion::Inmem => "inmem",
            crate::options::IndexVersion::Tsi1 => "tsi1",
        }
    }

    /// The rows of `SHOW STATS [FOR 'module']`; an empty module means all.
    pub(super) fn show_stats(&self, module: &str) -> Vec<Row> {
        let wanted = self.statistics().into_iter().filter(|statistic| module.is_empty() || statistic.name == module);
        let row = |statistic: Statistic| Row {
            name: statistic.name,
            tags: statistic.tags,
            columns: statistic.values.iter().map(|(name, _)| (*name).to_owned()).collect(),
            values: vec![statistic.values.iter().map(|(_, number)| value(*number)).collect()],
            ..Row::default()
        };
        wanted.map(row).collect()
    }

    /// The rows of `SHOW DIAGNOSTICS [FOR 'module']`; an empty module means all.
    pub(super) fn show_diagnostics(&self, module: &str) -> Vec<Row> {
        let all = [self.build(), self.handoff_queues(), network(), self.runtime_versions(), self.system()];
        all.into_iter().flatten().filter(|row| module.is_empty() || row.name == module).collect()
    }

    fn build(&self) -> Option<Row> {
        let version = self.owners.profile.version();
        let values = [("Branch", ""), ("Build Time", ""), ("Commit", ""), ("Version", version)];
        Some(table("build", &values.map(|(name, _)| name), vec![values.map(|(_, value)| text(value)).to_vec()]))
    }

    /// Every queue, empty ones too; nothing at all where there is none.
    fn handoff_queues(&self) -> Option<Row> {
        let meta = self.owners.meta.snapshot();
        let line = |queue: &QueueCounters| {
            let files = QueueFiles::find(&self.queue_dir(queue.node, queue.shard));
            let active = meta.data_node(queue.node).is_some();
            let active = match self.owners.profile {
                Profile::V1_8 => Value::Boolean(active),
                Profile::V0_10 => text(if active { "yes" } else { "no" }),
            };
            let modified = Value::Time(nanoseconds(files.modified));
            vec![Value::Unsigned(queue.node), active, modified, text(&queue.head), text(&queue.tail)]
        };
        let lines: Vec<_> = self.handoff.counters().iter().map(line).collect();
        let columns = ["node", "active", "last modified", "head", "tail"];
        (!lines.is_empty()).then(|| table("hh", &columns, lines))
    }

    /// The words are those of the real servers, which are written in Go.
    fn runtime_versions(&self) -> Option<Row> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let line = vec![
            text(architecture),
            Value::Unsigned(processors as u64),
            text(std::env::consts::OS),
            text(concat!("rust ", env!("CARGO_PKG_RUST_VERSION"), "+")),
        ];
        Some(table("runtime", &["GOARCH", "GOMAXPROCS", "GOOS", "version"], vec![line]))
    }

    fn system(&self) -> Option<Row> {
        let now = SystemTime::now();
        let line = vec![
            Value::Unsigned(u64::from(std::process::id())),
            Value::Time(nanoseconds(now)),
            Value::Time(nanoseconds(self.stats.started)),
            text(go::format_duration(self.uptime(now))),
        ];
        Some(table("system", &["PID", "currentTime", "started", "uptime"], vec![line]))
    }

    /// Nanoseconds since the start.
    fn uptime(&self, now: SystemTime) -> i64 {
        nanoseconds(now).saturating_sub(nanoseconds(self.stats.started))
    }
}

/// The segment files of one queue.
struct QueueFiles {
    bytes: u64,
    count: u64,
    modified: SystemTime,
}

impl QueueFiles {
    /// What is on disk now.
    fn find(dir: &Path) -> Self {
        let mut found = Self { bytes: 0, count: 0, modified: UNIX_EPOCH };
        for entry in std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok) {
            if !is_segment(&entry.path()) {
                continue;
            }
            let Ok(facts) = entry.metadata() else { continue };
            found.bytes += facts.len();
            found.count += 1;
            found.modified = found.modified.max(facts.modified().unwrap_or(UNIX_EPOCH));
        }
        found
    }
}

fn network() -> Option<Row> {
    Some(table("network", &["hostname"], vec![vec![text(hostname())]]))
}

#[cfg(unix)]
fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn hostname() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

/// The memory of the process under the names of Go's allocator, as far as they mean something here.
fn runtime() -> Statistic {
    let usage = ProcessUsage::now();
    let tasks = tokio::runtime::Handle::try_current().map_or(0, |handle| handle.metrics().num_alive_tasks());
    let resident = Number::Integer(whole(usage.resident_bytes));
    let nothing = Number::Integer(0);
    let values = vec![
        ("Alloc", resident),
        ("Frees", nothing),
        ("HeapAlloc", resident),
        ("HeapIdle", nothing),
        ("HeapInUse", resident),
        ("HeapObjects", nothing),
        ("HeapReleased", nothing),
        ("HeapSys", resident),
        ("Lookups", nothing),
        ("Mallocs", nothing),
        ("NumGC", nothing),
        ("NumGoroutine", Number::Integer(i64::try_from(tasks).unwrap_or(i64::MAX))),
        ("PauseTotalNs", nothing),
        ("Sys", Number::Integer(whole(usage.virtual_bytes))),
        ("TotalAlloc", resident),
    ];
    Statistic::new("runtime", &[], values)
}

fn table(name: &str, columns: &[&str], values: Vec<Vec<Value>>) -> Row {
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    Row { name: name.to_owned(), columns, values, ..Row::default() }
}

fn text(text: impl AsRef<str>) -> Value {
    Value::String(Arc::from(text.as_ref()))
}

fn value(number: Number) -> Value {
    match number {
        Number::Integer(integer) => Value::Integer(integer),
        Number::Float(float) => Value::Float(float),
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Unix time.
fn nanoseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
