//! The requests under way.

use std::collections::BTreeMap;
use std::panic;
use std::time::{Duration, Instant};

use influx_client::{Ack, Client, WriteError};
use tokio::task::JoinSet;

use crate::failpoint;
use crate::input::{Pack, Place};

/// Packs being written, each in a task of its own, so that compressing one does not hold up the others.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    tasks: JoinSet<Landed>,
    /// What is known of those that have not landed.
    aloft: BTreeMap<u64, Aloft>,
}

/// How to write.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manner {
    /// One shard group a request.
    pub(crate) window: Option<Window>,
    /// Do not look for refused points that the server does not name.
    pub(crate) no_bisect: bool,
}

/// The shard group duration by which requests are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) duration: Duration,
    /// A pack of points in more groups than this is sent as it is: a request for each would take too long.
    pub(crate) most: usize,
}

/// A pack whose verdict is there.
#[derive(Debug)]
pub(crate) struct Landed {
    pub(crate) seq: u64,
    pub(crate) pack: Box<Pack>,
    pub(crate) result: Result<Ack, WriteError>,
    pub(crate) took: Duration,
}

/// What is known of a pack whose answer is not waited for.
#[derive(Debug)]
pub(crate) struct Aloft {
    pub(crate) points: usize,
    pub(crate) idempotent: bool,
    pub(crate) span: Option<(Place, Place)>,
    pub(crate) started: Instant,
}

impl Flight {
    /// How many are under way.
    pub(crate) fn len(&self) -> usize {
        self.aloft.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.aloft.is_empty()
    }

    /// Starts to write a pack; `left` is what is left of the run's time.
    pub(crate) fn launch(
        &mut self,
        seq: u64,
        pack: Box<Pack>,
        client: &Client,
        manner: &Manner,
        left: Option<Duration>,
    ) {
        let started = Instant::now();
        let (points, idempotent) = (pack.batch.points(), pack.batch.is_idempotent());
        self.aloft.insert(seq, Aloft { points, idempotent, span: pack.span(), started });
        let (client, manner) = (client.clone(), manner.clone());
        self.tasks.spawn(async move {
            let result = write(&client, &pack, &manner, left).await;
            Landed { seq, pack, result, took: started.elapsed() }
        });
    }

    /// Waits for the next verdict; for ever if nothing is under way.
    ///
    /// # Cancellation
    /// Cancel safe.
    pub(crate) async fn next(&mut self) -> Landed {
        match self.tasks.join_next().await {
            Some(Ok(landed)) => {
                self.aloft.remove(&landed.seq);
                landed
            }
            // A defect is told as one; it must not look like an answer.
            Some(Err(error)) => match error.try_into_panic() {
                Ok(payload) => panic::resume_unwind(payload),
                Err(_) => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }

    /// A verdict that is there already.
    pub(crate) fn landed(&mut self) -> Option<Landed> {
        let landed = self.tasks.try_join_next()?.ok()?;
        self.aloft.remove(&landed.seq);
        Some(landed)
    }

    /// Stops waiting for the rest. Nothing more is sent; what a server does with what it has is open.
    pub(crate) fn abandon(&mut self) -> BTreeMap<u64, Aloft> {
        self.tasks = JoinSet::new();
        std::mem::take(&mut self.aloft)
    }
}

async fn write(client: &Client, pack: &Pack, manner: &Manner, left: Option<Duration>) -> Result<Ack, WriteError> {
    failpoint::pass("before-send");
    let mut write = client.write(&pack.batch);
    if let Some(context) = pack.stretch.as_ref().map(|stretch| &stretch.to.context) {
        if let Some(database) = &context.database {
            write = write.database(database.as_str());
        }
        if let Some(policy) = &context.retention_policy {
            write = write.retention_policy(policy.as_str());
        }
    }
    if let Some(left) = left {
        write = write.deadline(left);
    }
    if manner.no_bisect {
        write = write.extra_requests(0);
    }
    if let Some(window) = manner.window {
        write = write.per_shard_group(window.duration).at_most_shard_groups(window.most);
    }
    write.await
}
