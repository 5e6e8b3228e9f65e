//! The queries that a node is running: `SHOW QUERIES` and `KILL QUERY`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::go;

/// All queries of a node. Clones are the same list.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunningQueries {
    shared: Arc<Mutex<Queries>>,
}

#[derive(Debug, Default)]
struct Queries {
    last_id: u64,
    running: BTreeMap<u64, Query>,
}

#[derive(Debug)]
struct Query {
    text: String,
    database: String,
    started: Instant,
    end: watch::Sender<bool>,
    interrupted: Arc<AtomicBool>,
}

/// One query as `SHOW QUERIES` tells it; travels between nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningQuery {
    /// Counted by the node that runs it.
    pub id: u64,
    /// Its statements.
    pub text: String,
    /// The request's database; may be empty.
    pub database: String,
    /// So far, cut as the real servers cut it.
    pub duration: String,
    /// Whether somebody ended it.
    pub killed: bool,
}

impl RunningQuery {
    pub(super) fn status(&self) -> &'static str {
        if self.killed { "killed" } else { "running" }
    }
}

/// Why a query was not killed, in the real servers' words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KillError {
    /// None of that id runs.
    #[error("no such query id: {0}")]
    Unknown(u64),
    /// It is ending already.
    #[error("already killed")]
    Killed,
}

/// A query's place in the list; it leaves the list, and its computation ends, when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    id: u64,
    queries: RunningQueries,
    end: watch::Receiver<bool>,
    interrupted: Arc<AtomicBool>,
}

impl RunningQueries {
    /// Puts a query on the list.
    pub(crate) fn begin(&self, text: &str, database: &str) -> Running {
        let (end, ended) = watch::channel(false);
        let interrupted = Arc::new(AtomicBool::new(false));
        let mut queries = self.lock();
        queries.last_id += 1;
        let id = queries.last_id;
        let query = Query {
            text: text.to_owned(),
            database: database.to_owned(),
            started: Instant::now(),
            end,
            interrupted: Arc::clone(&interrupted),
        };
        queries.running.insert(id, query);
        Running { id, queries: self.clone(), end: ended, interrupted }
    }

    /// What runs, oldest first.
    pub(crate) fn list(&self) -> Vec<RunningQuery> {
        let list = |(id, query): (&u64, &Query)| RunningQuery {
            id: *id,
            text: query.text.clone(),
            database: query.database.clone(),
            duration: shown(query.started.elapsed()),
            killed: *query.end.borrow(),
        };
        self.lock().running.iter().map(list).collect()
    }

    /// Ends a query: what it computes stops, and its statement fails with `query interrupted`.
    pub(crate) fn kill(&self, id: u64) -> Result<(), KillError> {
        let queries = self.lock();
        let query = queries.running.get(&id).ok_or(KillError::Unknown(id))?;
        query.interrupted.store(true, Ordering::Relaxed);
        if query.end.send_replace(true) { Err(KillError::Killed) } else { Ok(()) }
    }

    fn lock(&self) -> MutexGuard<'_, Queries> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In whole seconds, milliseconds or microseconds, whichever is the first that is not nothing.
fn shown(duration: Duration) -> String {
    let nanoseconds = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    let unit = [1_000_000_000, 1_000_000, 1_000].into_iter().find(|unit| nanoseconds >= *unit).unwrap_or(1);
    go::format_duration(nanoseconds - nanoseconds % unit)
}

impl Running {
    /// Returns once somebody kills the query.
    pub(crate) async fn killed(&self) {
        let mut end = self.end.clone();
        // The sender is on the list for as long as this lives.
        if end.wait_for(|killed| *killed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Set when the query is killed, or nobody waits for it any more: for what cannot wait for a future.
    pub(crate) fn interrupted(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupted)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.interrupted.store(true, Ordering::Relaxed);
        self.queries.lock().running.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_query_is_listed_until_it_ends() {
        let queries = RunningQueries::default();
        let first = queries.begin("SELECT v FROM m", "d");
        let second = queries.begin("SHOW QUERIES", "");
        let listed = queries.list();
        assert_eq!(listed.iter().map(|query| query.id).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((listed[0].text.as_str(), listed[0].database.as_str()), ("SELECT v FROM m", "d"));
        assert_eq!(listed[0].status(), "running");
        let interrupted = second.interrupted();
        drop(second);
        assert!(interrupted.load(Ordering::Relaxed));
        assert_eq!(queries.list().len(), 1);
        assert_eq!(queries.kill(2), Err(KillError::Unknown(2)));
        assert_eq!(queries.kill(1), Ok(()));
        first.killed().await;
        assert_eq!(queries.list()[0].status(), "killed");
        assert_eq!(queries.kill(1), Err(KillError::Killed));
    }

    #[test]
    fn durations_are_cut_to_their_unit() {
        for (duration, text) in [
            (Duration::from_millis(61_999), "1m1s"),
            (Duration::from_micros(2_345), "2ms"),
            (Duration::from_nanos(9_999), "9µs"),
            (Duration::from_nanos(7), "7ns"),
        ] {
            assert_eq!(shown(duration), text);
        }
    }
}
