//! Points over UDP: nobody is told what became of them.
//!
//! A datagram with one bad line is dropped as a whole. Points are gathered into batches; a batch is written when it is
//! full or has waited long enough, at consistency any in profile 1.8 and one in 0.10, and dropped if that fails. The
//! database is made if it is not there.

use std::future::pending;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::core::consistency::Level;
use crate::core::meta::Command;
use crate::line::{self, Precision};
use crate::runtime::{Closing, DataServices};
use crate::{Points, Profile};

/// Bytes in the largest datagram.
const LARGEST: usize = 64 << 10;
/// Batches that may wait to be written; while so many do, datagrams are left to the system, which drops them.
const PENDING: usize = 10;

/// Takes points until it is told to close; ends when the last batch is written.
pub(crate) async fn serve(socket: UdpSocket, services: Arc<DataServices>, mut closing: Closing) {
    let (batches, waiting) = mpsc::channel(PENDING);
    let receive = async {
        let mut datagram = vec![0; LARGEST];
        let mut batch = Points::new();
        let mut due = None;
        loop {
            let wait = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                received = socket.recv_from(&mut datagram) => match received {
                    Ok((length, _)) => gather(&services, &datagram[..length], &mut batch),
                    // The answer of a port that nobody listens on, to nothing that was sent here.
                    Err(error) => tracing::debug!(%error, "cannot take a datagram"),
                },
                () = wait => {}
                () = closing.begun() => break,
            }
            let now = Instant::now();
            let is_due = due.is_some_and(|due| due <= now);
            if !batch.is_empty() && (is_due || batch.len() >= services.options.udp_batch_size) {
                due = None;
                // The writer ends only after this sender is gone.
                let _ = batches.send(std::mem::take(&mut batch)).await;
            } else if !batch.is_empty() {
                due = due.or(Some(now + services.options.udp_batch_timeout));
            }
        }
        if !batch.is_empty() {
            let _ = batches.send(batch).await;
        }
        drop(batches);
    };
    tokio::join!(receive, write(&services, waiting));
}

/// Adds the points of a datagram to a batch, if all of them can be read.
fn gather(services: &DataServices, datagram: &[u8], batch: &mut Points) {
    let precision = Precision::parse(&services.options.udp_precision, services.profile).unwrap_or_default();
    let parsed = line::parse(datagram, precision, services.now(), services.profile);
    if let Some(errors) = parsed.error_text() {
        tracing::debug!(errors, "a datagram was dropped");
        return;
    }
    for point in parsed.points.iter() {
        batch.push(point);
    }
}

async fn write(services: &DataServices, mut batches: mpsc::Receiver<Points>) {
    let options = &services.options;
    let level = match services.profile {
        Profile::V1_8 => Level::Any,
        Profile::V0_10 => Level::One,
    };
    while let Some(batch) = batches.recv().await {
        let points = batch.len();
        if services.meta.snapshot().database(&options.udp_database).is_none() {
            let create = Command::CreateDatabase { name: options.udp_database.clone(), policy: None };
            if let Err(error) = services.meta.execute(create).await {
                tracing::warn!(%error, points, database = options.udp_database, "points from UDP were dropped");
                continue;
            }
        }
        let (database, policy) = (&options.udp_database, &options.udp_retention_policy);
        let written = services.coordinator.write(database, policy, level, batch, services.now()).await;
        if let Err(error) = written {
            tracing::warn!(%error, points, database, "points from UDP were dropped");
        }
    }
}
