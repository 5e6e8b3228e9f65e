//! Makes shard groups before the time that they cover, so that no write has to wait for it.

use std::sync::Arc;

use crate::Profile;
use crate::runtime::DataServices;

/// What the lease is called.
const LEASE: &str = "shard-precreation";

/// Looks again and again, for ever.
pub(super) async fn run(services: Arc<DataServices>) {
    loop {
        tokio::time::sleep(services.options.shard_precreation_check_interval).await;
        precreate(&services).await;
    }
}

async fn precreate(services: &DataServices) {
    let ahead = i64::try_from(services.options.shard_precreation_advance_period.as_nanos()).unwrap_or(i64::MAX);
    let due = services.meta.snapshot().precreations(services.now(), ahead, services.profile);
    if due.is_empty() {
        return;
    }
    match services.profile {
        Profile::V1_8 => {
            let node = services.coordinator.owners.node;
            if !services.meta.acquire_lease(LEASE, node).await {
                return;
            }
        }
        // All at once: the first to come makes the group, the others find it (cluster 0.10 facts § 5).
        Profile::V0_10 => {}
    }
    for command in due {
        if let Err(error) = services.meta.execute(command).await {
            tracing::warn!(%error, "cannot make a shard group ahead of its time");
            return;
        }
    }
}
