//! What was done to a cluster of processes and when, one JSON object a line, in its directory.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::ProcessCluster;
use crate::query::format_rfc3339;

/// The file; it stays when the cluster is gone, until the next one of the directory.
pub(super) const FILE: &str = "events.jsonl";

/// One thing that was done.
#[derive(Clone, Debug)]
pub(super) struct Event(Map<String, Value>);

impl Event {
    /// An event of a type: `up`, `down`, `add`, `remove`, `fault`, `heal`.
    pub(super) fn of(kind: &str) -> Self {
        let mut object = Map::new();
        object.insert("v".to_owned(), json!(1));
        object.insert("time".to_owned(), json!(time(now_millis())));
        object.insert("type".to_owned(), json!(kind));
        Self(object)
    }

    /// For a person.
    pub(super) fn text(self, text: impl Into<String>) -> Self {
        self.with("text", text.into())
    }

    /// One more member; `null` leaves it out.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.0.insert(name.to_owned(), value);
        }
        self
    }
}

/// With three digits of the second always, so that times compare as texts do.
fn time(millis: u64) -> String {
    let second = format_rfc3339(i128::from(millis / 1_000) * 1_000_000_000);
    format!("{}.{:03}Z", second.trim_end_matches('Z'), millis % 1_000)
}

/// Milliseconds since 1970.
pub(super) fn now_millis() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// Begins a new file.
pub(super) fn begin(dir: &Path) {
    let _ = fs::remove_file(dir.join(FILE));
}

impl ProcessCluster {
    /// Adds an event to the file; what was done is done, whether it can be noted or not.
    pub(super) fn note(&self, event: Event) {
        let mut line = Value::Object(event.0).to_string();
        line.push('\n');
        // One write a line, so that those of several commands stay whole.
        let written = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.dir.join(FILE))
            .and_then(|mut file| file.write_all(line.as_bytes()));
        if let Err(error) = written {
            tracing::warn!(%error, "cannot note an event");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_compare_as_texts_do() {
        assert_eq!(time(1_451_520_000_090), "2015-12-31T00:00:00.090Z");
        assert!(time(1_451_520_000_999) < time(1_451_520_001_000));
    }
}
