//! Retention policies.

use std::time::Duration;

use serde::Deserialize;

use super::super::answer::QueryResponse;
use super::super::error::{QueryError, QueryErrorKind};

/// A retention policy of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetentionPolicy {
    /// Its name.
    pub name: String,
    /// How long points are kept; `None` for ever.
    pub duration: Option<Duration>,
    /// How long a time a shard group covers; version 0.10 does not tell.
    pub shard_duration: Option<Duration>,
    /// How many data nodes keep each point, where there are so many.
    pub replication: u32,
    /// Whether it is the one for writes and queries that name none.
    pub is_default: bool,
}

pub(crate) fn statement(database: &str) -> String {
    format!("SHOW RETENTION POLICIES {}", super::on(database))
}

pub(crate) fn read(response: &QueryResponse) -> Result<Vec<RetentionPolicy>, QueryError> {
    #[derive(Deserialize)]
    struct Row {
        name: String,
        duration: String,
        #[serde(rename = "shardGroupDuration")]
        shard_duration: Option<String>,
        #[serde(rename = "replicaN")]
        replication: u32,
        default: bool,
    }
    let rows = response.rows::<Row>()?.into_iter().enumerate().map(|(index, row)| {
        let read = |text: &str| {
            duration(text).ok_or_else(|| {
                let reason = format!("{text:?} is no duration").into();
                QueryError::new(QueryErrorKind::Row { index, reason }, Some(response.endpoint.clone()), None)
            })
        };
        Ok(RetentionPolicy {
            duration: Some(read(&row.duration)?).filter(|duration| !duration.is_zero()),
            shard_duration: row.shard_duration.as_deref().map(read).transpose()?,
            name: row.name,
            replication: row.replication,
            is_default: row.default,
        })
    });
    rows.collect()
}

/// Reads a duration as Go writes it: `168h0m0s`, `1h30m0s`, `0s`, and `0`.
fn duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = rest.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let (one, len) = match unit.as_bytes() {
            [b'm', b's', ..] => (Duration::from_millis(1), 2),
            [b'u', b's', ..] => (Duration::from_micros(1), 2),
            [b'n', b's', ..] => (Duration::from_nanos(1), 2),
            [b'h', ..] => (Duration::from_secs(3600), 1),
            [b'm', ..] => (Duration::from_secs(60), 1),
            [b's', ..] => (Duration::from_secs(1), 1),
            _ => return None,
        };
        let nanoseconds = u64::try_from(one.as_nanos()).ok()?.checked_mul(number)?;
        total = total.checked_add(Duration::from_nanos(nanoseconds))?;
        rest = &unit[len..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let hours = |n: u64| Some(Duration::from_secs(n * 3600));
        assert_eq!(duration("168h0m0s"), hours(168));
        assert_eq!(duration("1h30m5s"), Some(Duration::from_secs(5405)));
        assert_eq!(duration("1m0s"), Some(Duration::from_secs(60)));
        assert_eq!((duration("0s"), duration("0")), (Some(Duration::ZERO), Some(Duration::ZERO)));
        for text in ["", "h", "1", "1x", "-1s", "99999999999999999999h", "é"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
