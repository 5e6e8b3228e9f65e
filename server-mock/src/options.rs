//! The switches of a node, by the names of the real servers' configuration.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Profile;
use crate::auth::SharedSecret;
use crate::core::slice_race::SliceRace;
use crate::go::{DurationError, format_duration, parse_duration};
use crate::line::Precision;

/// How shards keep track of their series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexVersion {
    /// In memory: the limits on series and tag values apply.
    #[default]
    Inmem,
    /// On disk in the real server: those limits do not apply.
    Tsi1,
}

/// The settings of every node of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Whose options they are: the others are refused.
    #[serde(default)]
    profile: Profile,
    /// How long the coordinator waits for a shard's owners.
    pub write_timeout: Duration,
    /// How long one owner may take to take a shard write; longer than `write_timeout` in effect in profile 1.8.
    pub shard_writer_timeout: Duration,
    /// How long opening a connection to another data node may take.
    pub dial_timeout: Duration,
    /// Whether shard groups that are older than their retention policy are deleted.
    pub retention_enabled: bool,
    /// How often each data node looks for such shard groups.
    pub retention_check_interval: Duration,
    /// Whether continuous queries run.
    pub continuous_queries_enabled: bool,
    /// How often a data node looks for continuous queries that are due.
    pub continuous_queries_run_interval: Duration,
    /// Whether shard groups are made ahead of the time they cover.
    pub shard_precreation_enabled: bool,
    /// How often a data node looks for shard groups to be made.
    pub shard_precreation_check_interval: Duration,
    /// How long before a policy's last shard group ends its successor is made.
    pub shard_precreation_advance_period: Duration,
    /// New shard groups that the points of one request may need; 0 for no limit. The real servers have no such limit.
    pub max_shard_groups_per_request: usize,
    /// Whether writes that an owner missed are queued for it.
    pub hh_enabled: bool,
    /// Bytes a queue may hold.
    pub hh_max_size: u64,
    /// Bytes in one segment file of a queue; one queued write must fit.
    pub hh_segment_size: u64,
    /// Pause between attempts to drain a queue.
    pub hh_retry_interval: Duration,
    /// Largest pause between attempts, reached by doubling after failures.
    pub hh_retry_max_interval: Duration,
    /// Appends that may be under way in one queue at once.
    pub hh_max_writes_pending: usize,
    /// Whether a write may overtake what is queued for the same owner and shard.
    pub allow_out_of_order_writes: bool,
    /// Age at which queued writes are dropped in silence, where the real servers come to that.
    pub hh_max_age: Duration,
    /// Pause between looks for queued writes that are too old.
    pub hh_purge_interval: Duration,
    /// Bytes a second that a queue sends at most; 0 for no limit.
    pub hh_retry_rate_limit: u64,
    /// Taken and without effect, as in the real server.
    pub hh_batch_size: u64,
    /// Taken and without effect, as in the real server.
    pub hh_retry_concurrency: usize,
    /// Shard writes to one data node under way at once.
    pub max_remote_write_connections: usize,
    /// Whether a shard write is acknowledged and dropped by a node whose metadata do not show the shard yet.
    pub ack_dropped_shard: bool,
    /// Which outcome of the race on a batch that the local store cleans while it is sent is played.
    pub shared_slice_race: SliceRace,
    /// Largest request body in bytes; 0 for no limit.
    pub max_body_size: u64,
    /// Whether requests have to say who they are from.
    pub auth_enabled: bool,
    /// What tokens are signed with; without it none is taken.
    pub shared_secret: SharedSecret,
    /// Whether that holds for `/ping`, `/status` and `/health` as well.
    pub ping_auth_enabled: bool,
    /// Writes that are served at once; 0 for no limit.
    pub max_concurrent_write_limit: usize,
    /// Writes that may wait until others are served; 0 for no limit.
    pub max_enqueued_write_limit: usize,
    /// How long a write may wait for that; 0 for ever.
    pub enqueued_write_timeout: Duration,
    /// Values a tag may have in a database; 0 for no limit.
    pub max_values_per_tag: usize,
    /// Series a database may have; 0 for no limit.
    pub max_series_per_database: usize,
    /// Bytes of values that a shard may hold before it refuses more; 0 for no limit.
    pub cache_max_memory_size: u64,
    /// Buckets of `GROUP BY time` that one series of a `SELECT` may have; 0 for the server's own ceiling of a million.
    pub max_select_buckets: usize,
    /// Values that a `SELECT` may read; 0 for no limit.
    pub max_select_point: usize,
    /// Series that a `SELECT` may read; 0 for no limit.
    pub max_select_series: usize,
    /// Which index the shards have.
    pub index_version: IndexVersion,
    /// Bytes that a compressed body may expand to; not limited in the real servers.
    pub max_inflated_size: u64,
    /// How long a client may take to send a request's head; not in the real servers, which wait for ever.
    pub http_head_timeout: Duration,
    /// How long a client may take to send a request's body; not in the real servers, which wait for ever.
    pub http_body_timeout: Duration,
    /// Whether points are taken over UDP.
    pub udp_enabled: bool,
    /// `host:port` where they are.
    pub udp_bind_address: String,
    /// The database they go to, made when it is not there.
    pub udp_database: String,
    /// The retention policy they go to; empty for the default one.
    pub udp_retention_policy: String,
    /// What their timestamps count; empty for nanoseconds.
    pub udp_precision: String,
    /// Points in a batch.
    pub udp_batch_size: usize,
    /// How long an incomplete batch waits.
    pub udp_batch_timeout: Duration,
    /// Whether what a cut link held up passes after the heal when TCP would send it again, as behind a packet filter; it
    /// passes at once otherwise.
    pub link_retransmission: bool,
    /// Whether an acknowledged write survives a power cut, not only a kill.
    pub wal_fsync: bool,
    /// Whether owners compare their shards and fetch from each other what they miss.
    pub anti_entropy: bool,
    /// Pause between two comparisons.
    pub anti_entropy_check_interval: Duration,
    /// Shards compared at once.
    pub anti_entropy_max_sync: usize,
    /// Blocks of time that one comparison of a shard with another owner fetches at most.
    pub anti_entropy_max_fetch: usize,
}

/// What went wrong with `name=value`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// There is no such option.
    #[error("unknown option {0:?}: see `influx-cli cluster options`")]
    Unknown(String),
    /// Only the other profile has it.
    #[error("profile {profile} has no option {name}: see `influx-cli cluster options --profile {profile}`")]
    OtherProfile {
        /// The option.
        name: &'static str,
        /// The profile that has it not.
        profile: Profile,
    },
    /// The value is no duration.
    #[error("option {name}: {source}")]
    Duration {
        /// The option.
        name: &'static str,
        /// Why.
        source: DurationError,
    },
    /// The value is not one of those the option takes.
    #[error("option {name}: {value:?} is not {wanted}")]
    Value {
        /// The option.
        name: &'static str,
        /// What was given.
        value: String,
        /// What would do.
        wanted: &'static str,
    },
}

/// One option as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionEntry {
    /// As in the real configuration, with `-`.
    pub name: &'static str,
    /// The value that holds when nobody sets it.
    pub default: String,
    /// What it does.
    pub meaning: &'static str,
}

/// One row of the table that reading, writing and describing options share.
struct Row {
    name: &'static str,
    meaning: &'static str,
    profiles: &'static [Profile],
    set: fn(&mut Options, &'static str, &str) -> Result<(), OptionError>,
    show: fn(&Options) -> String,
}

const BOTH: &[Profile] = &Profile::ALL;
const NEW: &[Profile] = &[Profile::V1_8];
const OLD: &[Profile] = &[Profile::V0_10];

macro_rules! row {
    ($field:ident, $name:literal, $profiles:expr, $read:ident, $show:ident, $meaning:literal) => {
        Row {
            name: $name,
            meaning: $meaning,
            profiles: $profiles,
            set: |options, name, value| {
                options.$field = $read(name, value)?;
                Ok(())
            },
            show: |options| $show(&options.$field),
        }
    };
}

const ROWS: &[Row] = &[
    row!(
        write_timeout,
        "write-timeout",
        BOTH,
        duration,
        go_text,
        "how long the coordinator waits for a shard's owners"
    ),
    row!(shard_writer_timeout, "shard-writer-timeout", OLD, duration, go_text, "how long one owner may take"),
    row!(dial_timeout, "dial-timeout", NEW, duration, go_text, "how long connecting to another data node may take"),
    row!(retention_enabled, "retention-enabled", BOTH, flag, text, "delete shard groups that have expired"),
    row!(
        retention_check_interval,
        "retention-check-interval",
        BOTH,
        duration,
        go_text,
        "pause between looks for expired shard groups"
    ),
    row!(continuous_queries_enabled, "continuous-queries-enabled", BOTH, flag, text, "run continuous queries"),
    row!(
        continuous_queries_run_interval,
        "continuous-queries-run-interval",
        BOTH,
        duration,
        go_text,
        "pause between looks for continuous queries that are due"
    ),
    row!(
        shard_precreation_enabled,
        "shard-precreation-enabled",
        BOTH,
        flag,
        text,
        "make shard groups ahead of the time they cover"
    ),
    row!(
        shard_precreation_check_interval,
        "shard-precreation-check-interval",
        BOTH,
        duration,
        go_text,
        "pause between looks for shard groups to be made"
    ),
    row!(
        shard_precreation_advance_period,
        "shard-precreation-advance-period",
        BOTH,
        duration,
        go_text,
        "how long before a shard group ends the next one is made"
    ),
    row!(
        max_shard_groups_per_request,
        "max-shard-groups-per-request",
        BOTH,
        count,
        text,
        "new shard groups that one request may need, 0 for no limit (a limit of this server only)"
    ),
    row!(hh_enabled, "hh-enabled", BOTH, flag, text, "queue writes that an owner missed"),
    row!(hh_max_size, "hh-max-size", BOTH, size, text, "bytes that one queue may hold"),
    row!(hh_segment_size, "hh-segment-size", BOTH, size, text, "bytes in one segment file of a queue"),
    row!(hh_retry_interval, "hh-retry-interval", BOTH, duration, go_text, "pause between attempts to drain a queue"),
    row!(hh_retry_max_interval, "hh-retry-max-interval", BOTH, duration, go_text, "largest pause, reached by doubling"),
    row!(hh_max_writes_pending, "hh-max-writes-pending", NEW, count, text, "appends under way in one queue at once"),
    row!(
        allow_out_of_order_writes,
        "allow-out-of-order-writes",
        NEW,
        flag,
        text,
        "let a write overtake what is queued for the same owner and shard"
    ),
    row!(hh_max_age, "hh-max-age", BOTH, duration, go_text, "age at which queued writes are dropped in silence"),
    row!(
        hh_purge_interval,
        "hh-purge-interval",
        BOTH,
        duration,
        go_text,
        "pause between looks for queued writes that are too old"
    ),
    row!(
        hh_retry_rate_limit,
        "hh-retry-rate-limit",
        BOTH,
        size,
        text,
        "bytes a second that a queue sends at most, 0 for no limit"
    ),
    row!(hh_batch_size, "hh-batch-size", NEW, size, text, "taken and without effect, as in the real server"),
    row!(
        hh_retry_concurrency,
        "hh-retry-concurrency",
        NEW,
        count,
        text,
        "taken and without effect, as in the real server"
    ),
    row!(
        max_remote_write_connections,
        "max-remote-write-connections",
        OLD,
        count,
        text,
        "shard writes to one data node under way at once"
    ),
    row!(
        ack_dropped_shard,
        "ack-dropped-shard",
        BOTH,
        flag,
        text,
        "acknowledge and drop a shard write while the receiver's metadata do not show the shard yet"
    ),
    row!(
        shared_slice_race,
        "shared-slice-race",
        NEW,
        slice_race,
        text,
        "outcome of the race over refused points: off, drop-bad, write-failed, lose-good or random"
    ),
    row!(max_body_size, "max-body-size", NEW, size, text, "largest request body in bytes, 0 for no limit"),
    row!(auth_enabled, "auth-enabled", BOTH, flag, text, "ask for user and password, and what the user may do"),
    row!(shared_secret, "shared-secret", NEW, secret, secret_text, "what tokens (JWT) are signed with, empty for none"),
    row!(ping_auth_enabled, "ping-auth-enabled", NEW, flag, text, "ask for a user at /ping, /status and /health too"),
    row!(
        max_concurrent_write_limit,
        "max-concurrent-write-limit",
        NEW,
        count,
        text,
        "writes served at once, 0 for no limit"
    ),
    row!(
        max_enqueued_write_limit,
        "max-enqueued-write-limit",
        NEW,
        count,
        text,
        "writes that may wait to be served, 0 for no limit"
    ),
    row!(
        enqueued_write_timeout,
        "enqueued-write-timeout",
        NEW,
        duration,
        go_text,
        "how long a write may wait, 0s for ever"
    ),
    row!(
        max_values_per_tag,
        "max-values-per-tag",
        NEW,
        count,
        text,
        "values a tag may have (inmem index), 0 for no limit"
    ),
    row!(
        max_series_per_database,
        "max-series-per-database",
        NEW,
        count,
        text,
        "series a database may have (inmem index), 0 for no limit"
    ),
    row!(
        cache_max_memory_size,
        "cache-max-memory-size",
        BOTH,
        size,
        text,
        "bytes of values a shard may hold before it refuses more, 0 for no limit"
    ),
    row!(
        max_select_buckets,
        "max-select-buckets",
        NEW,
        count,
        text,
        "buckets of GROUP BY time in one series of a SELECT, 0 for a ceiling of a million"
    ),
    row!(max_select_point, "max-select-point", NEW, count, text, "values that a SELECT may read, 0 for no limit"),
    row!(max_select_series, "max-select-series", NEW, count, text, "series that a SELECT may read, 0 for no limit"),
    row!(index_version, "index-version", NEW, index, index_text, "inmem or tsi1"),
    row!(max_inflated_size, "max-inflated-size", BOTH, size, text, "bytes that a compressed body may expand to"),
    row!(http_head_timeout, "http-head-timeout", BOTH, duration, go_text, "how long a client may take to send a head"),
    row!(http_body_timeout, "http-body-timeout", BOTH, duration, go_text, "how long a client may take to send a body"),
    row!(udp_enabled, "udp-enabled", BOTH, flag, text, "take points over UDP"),
    row!(udp_bind_address, "udp-bind-address", BOTH, words, text, "where points are taken over UDP"),
    row!(udp_database, "udp-database", BOTH, words, text, "the database of points that come over UDP"),
    row!(
        udp_retention_policy,
        "udp-retention-policy",
        BOTH,
        words,
        text,
        "their retention policy, empty for the default"
    ),
    row!(udp_precision, "udp-precision", BOTH, precision, text, "what their timestamps count, empty for nanoseconds"),
    row!(udp_batch_size, "udp-batch-size", BOTH, count, text, "points in a batch that came over UDP"),
    row!(udp_batch_timeout, "udp-batch-timeout", BOTH, duration, go_text, "how long an incomplete batch waits"),
    row!(
        link_retransmission,
        "link-retransmission",
        BOTH,
        flag,
        text,
        "after a heal, what a cut held up passes when TCP would send it again, not at once"
    ),
    row!(wal_fsync, "wal-fsync", BOTH, flag, text, "an acknowledged write survives a power cut, not only a kill"),
    row!(anti_entropy, "anti-entropy", BOTH, flag, text, "owners fetch from each other what their shards miss"),
    row!(
        anti_entropy_check_interval,
        "anti-entropy-check-interval",
        BOTH,
        duration,
        go_text,
        "pause between two comparisons of shards"
    ),
    row!(anti_entropy_max_sync, "anti-entropy-max-sync", BOTH, count, text, "shards compared at once"),
    row!(
        anti_entropy_max_fetch,
        "anti-entropy-max-fetch",
        BOTH,
        count,
        text,
        "blocks of time that one comparison fetches at most"
    ),
];

impl Options {
    /// The defaults of a profile.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let new = profile == Profile::V1_8;
        Self {
            profile,
            write_timeout: Duration::from_secs(if new { 10 } else { 5 }),
            shard_writer_timeout: Duration::from_secs(5),
            dial_timeout: Duration::from_secs(if new { 1 } else { 5 }),
            retention_enabled: true,
            retention_check_interval: Duration::from_secs(30 * 60),
            continuous_queries_enabled: true,
            continuous_queries_run_interval: Duration::from_secs(1),
            shard_precreation_enabled: true,
            shard_precreation_check_interval: Duration::from_secs(10 * 60),
            shard_precreation_advance_period: Duration::from_secs(30 * 60),
            max_shard_groups_per_request: 10_000,
            hh_enabled: true,
            hh_max_size: if new { 10 << 30 } else { 1 << 30 },
            hh_segment_size: 10 << 20,
            hh_retry_interval: Duration::from_secs(1),
            hh_retry_max_interval: Duration::from_secs(if new { 10 } else { 60 }),
            hh_max_writes_pending: 1024,
            allow_out_of_order_writes: false,
            hh_max_age: Duration::from_secs(168 * 3600),
            hh_purge_interval: Duration::from_secs(if new { 60 } else { 3_600 }),
            hh_retry_rate_limit: 0,
            hh_batch_size: 512_000,
            hh_retry_concurrency: 20,
            max_remote_write_connections: 3,
            ack_dropped_shard: !new,
            shared_slice_race: SliceRace::Off,
            max_body_size: if new { 25_000_000 } else { 0 },
            auth_enabled: false,
            shared_secret: SharedSecret::default(),
            ping_auth_enabled: false,
            max_concurrent_write_limit: 0,
            max_enqueued_write_limit: 0,
            enqueued_write_timeout: Duration::from_secs(30),
            max_values_per_tag: if new { 100_000 } else { 0 },
            max_series_per_database: if new { 1_000_000 } else { 0 },
            cache_max_memory_size: 1 << 30,
            max_select_buckets: 0,
            max_select_point: 0,
            max_select_series: 0,
            index_version: IndexVersion::Inmem,
            max_inflated_size: 256 << 20,
            http_head_timeout: Duration::from_secs(30),
            http_body_timeout: Duration::from_secs(300),
            udp_enabled: false,
            udp_bind_address: ":8089".to_owned(),
            udp_database: "udp".to_owned(),
            udp_retention_policy: String::new(),
            udp_precision: String::new(),
            udp_batch_size: 5_000,
            udp_batch_timeout: Duration::from_secs(1),
            link_retransmission: false,
            wal_fsync: false,
            anti_entropy: false,
            anti_entropy_check_interval: Duration::from_secs(300),
            anti_entropy_max_sync: 1,
            anti_entropy_max_fetch: 10,
        }
    }

    /// Sets one option; `-` and `_` in the name are alike.
    ///
    /// # Errors
    /// [`OptionError`] when the name or the value is not known, or the name only in another profile: an option without
    /// effect would be worse than none.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), OptionError> {
        let wanted = name.replace('_', "-");
        let row = ROWS.iter().find(|row| row.name == wanted).ok_or_else(|| OptionError::Unknown(name.to_owned()))?;
        if !row.profiles.contains(&self.profile) {
            return Err(OptionError::OtherProfile { name: row.name, profile: self.profile });
        }
        (row.set)(self, row.name, value)
    }

    /// Every option of a profile with its default.
    #[must_use]
    pub fn describe(profile: Profile) -> Vec<OptionEntry> {
        let defaults = Self::new(profile);
        ROWS.iter()
            .filter(|row| row.profiles.contains(&profile))
            .map(|row| OptionEntry { name: row.name, default: (row.show)(&defaults), meaning: row.meaning })
            .collect()
    }
}

fn duration(name: &'static str, value: &str) -> Result<Duration, OptionError> {
    parse_duration(value).map_err(|source| OptionError::Duration { name, source })
}

fn go_text(duration: &Duration) -> String {
    format_duration(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
}

fn text(value: &impl ToString) -> String {
    value.to_string()
}

/// Any text; the functions of the table's rows are all of one form.
#[allow(clippy::unnecessary_wraps)]
fn words(_: &'static str, value: &str) -> Result<String, OptionError> {
    Ok(value.to_owned())
}

fn precision(name: &'static str, value: &str) -> Result<String, OptionError> {
    match Precision::parse(value, Profile::V1_8) {
        Ok(_) => Ok(value.to_owned()),
        Err(_) => Err(OptionError::Value { name, value: value.to_owned(), wanted: "n, u, ms, s, m or h" }),
    }
}

fn flag(name: &'static str, value: &str) -> Result<bool, OptionError> {
    value.parse().map_err(|_| OptionError::Value { name, value: value.to_owned(), wanted: "true or false" })
}

fn count(name: &'static str, value: &str) -> Result<usize, OptionError> {
    value.parse().map_err(|_| OptionError::Value { name, value: value.to_owned(), wanted: "a whole number" })
}

/// Bytes, with an optional `k`, `m` or `g` for powers of 1,024.
fn size(name: &'static str, value: &str) -> Result<u64, OptionError> {
    let error = || OptionError::Value { name, value: value.to_owned(), wanted: "a size such as 1024, 64k, 10m or 1g" };
    let (digits, shift) = match value.to_ascii_lowercase().chars().last() {
        Some('k') => (&value[..value.len() - 1], 10),
        Some('m') => (&value[..value.len() - 1], 20),
        Some('g') => (&value[..value.len() - 1], 30),
        _ => (value, 0),
    };
    digits.parse::<u64>().ok().and_then(|size| size.checked_mul(1 << shift)).ok_or_else(error)
}

fn secret(_: &'static str, value: &str) -> Result<SharedSecret, OptionError> {
    Ok(SharedSecret::new(value))
}

/// Defaults are shown, never a value that somebody set.
fn secret_text(secret: &SharedSecret) -> String {
    if secret.is_empty() { String::new() } else { format!("{secret:?}") }
}

fn slice_race(name: &'static str, value: &str) -> Result<SliceRace, OptionError> {
    let wanted = "off, drop-bad, write-failed, lose-good or random";
    value.parse().map_err(|_| OptionError::Value { name, value: value.to_owned(), wanted })
}

fn index(name: &'static str, value: &str) -> Result<IndexVersion, OptionError> {
    match value {
        "inmem" => Ok(IndexVersion::Inmem),
        "tsi1" => Ok(IndexVersion::Tsi1),
        _ => Err(OptionError::Value { name, value: value.to_owned(), wanted: "inmem or tsi1" }),
    }
}

fn index_text(index: &IndexVersion) -> String {
    match index {
        IndexVersion::Inmem => "inmem".to_owned(),
        IndexVersion::Tsi1 => "tsi1".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_spellings_set_the_same_option() {
        let mut options = Options::new(Profile::V1_8);
        options.set("write_timeout", "1s").unwrap();
        assert_eq!(options.write_timeout, Duration::from_secs(1));
        options.set("write-timeout", "2s").unwrap();
        assert_eq!(options.write_timeout, Duration::from_secs(2));
    }

    #[test]
    fn every_described_default_can_be_set_again() {
        for profile in Profile::ALL {
            let mut options = Options::new(profile);
            for entry in Options::describe(profile) {
                options.set(entry.name, &entry.default).unwrap();
            }
            assert_eq!(options, Options::new(profile));
        }
    }

    #[test]
    fn options_of_the_other_profile_are_refused() {
        let told = |profile, name, value| Options::new(profile).set(name, value).map_err(|error| error.to_string());
        let refused = "profile 0.10 has no option max-body-size: see `influx-cli cluster options --profile 0.10`";
        assert_eq!(told(Profile::V0_10, "max_body_size", "10"), Err(refused.to_owned()));
        assert!(told(Profile::V1_8, "shard-writer-timeout", "1s").is_err());
        assert_eq!(told(Profile::V1_8, "max-body-size", "10"), Ok(()));
        assert_eq!(told(Profile::V0_10, "shard-writer-timeout", "1s"), Ok(()));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let mut options = Options::new(Profile::V1_8);
        options.set("shared-secret", "s3cret").unwrap();
        let row = ROWS.iter().find(|row| row.name == "shared-secret").unwrap();
        assert_eq!((row.show)(&options), "[hidden]");
        assert!(!format!("{options:?}").contains("s3cret"));
    }

    #[test]
    fn mistakes_are_named() {
        let mut options = Options::new(Profile::V1_8);
        assert!(matches!(options.set("write-timeot", "1s"), Err(OptionError::Unknown(name)) if name == "write-timeot"));
        assert!(matches!(options.set("write-timeout", "1"), Err(OptionError::Duration { .. })));
        assert!(matches!(options.set("hh-enabled", "yes"), Err(OptionError::Value { .. })));
        assert!(options.set("hh-max-size", "99999999999g").is_err());
    }
}
