//! The requests under way.

use std::collections::BTreeMap;
use std::panic;
use std::sync::Arc;
use std::time::{Duration, Instant};

use influx_client::{Ack, Client, WriteError};
use tokio::task::JoinSet;

use super::order::Footprint;
use crate::failpoint;
use crate::input::Pack;

/// Packs being written, each in a task of its own, so that compressing one does not hold up the others.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    tasks: JoinSet<Answered>,
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

/// The end of a task.
#[derive(Debug)]
struct Answered {
    seq: u64,
    result: Result<Ack, WriteError>,
    took: Duration,
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
    pub(crate) pack: Arc<Pack>,
    pub(crate) started: Instant,
    /// Known where others may be under way at the same time.
    footprint: Option<Footprint>,
}

impl Flight {
    /// How many are under way.
    pub(crate) fn len(&self) -> usize {
        self.aloft.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.aloft.is_empty()
    }

    /// Starts to write a pack; `left` is what is left of the run's time. `alone`: nothing else is going to be under way
    /// at the same time.
    ///
    /// A pack that writes to the same place as one under way is given back, and may start once that one has landed.
    pub(crate) fn launch(
        &mut self,
        seq: u64,
        pack: Box<Pack>,
        client: &Client,
        manner: &Manner,
        left: Option<Duration>,
        alone: bool,
    ) -> Option<Box<Pack>> {
        let footprint = (!alone).then(|| Footprint::of(&pack.batch));
        if let Some(mine) = &footprint {
            let meets = |aloft: &Aloft| {
                let theirs = aloft.footprint.as_ref();
                theirs.is_none_or(|theirs| mine.meets(&pack.batch, theirs, &aloft.pack.batch))
            };
            if self.aloft.values().any(meets) {
                return Some(pack);
            }
        }
        let started = Instant::now();
        let pack = Arc::new(*pack);
        self.aloft.insert(seq, Aloft { pack: Arc::clone(&pack), started, footprint });
        let (client, manner) = (client.clone(), manner.clone());
        self.tasks.spawn(async move {
            let result = write(&client, &pack, &manner, left).await;
            drop(pack);
            Answered { seq, result, took: started.elapsed() }
        });
        None
    }

    /// Waits for the next verdict; for ever if nothing is under way.
    ///
    /// # Cancellation
    /// Cancel safe.
    pub(crate) async fn next(&mut self) -> Landed {
        match self.tasks.join_next().await {
            Some(Ok(answered)) => self.land(answered),
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
        let answered = self.tasks.try_join_next()?.ok()?;
        Some(self.land(answered))
    }

    fn land(&mut self, answered: Answered) -> Landed {
        let Answered { seq, result, took } = answered;
        let aloft = self.aloft.remove(&seq).expect("a pack is aloft from its launch until it lands");
        let pack = Arc::into_inner(aloft.pack).expect("the task has let go of the pack before it answers");
        Landed { seq, pack: Box::new(pack), result, took }
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
