//! Enforces retention policies: expired shard groups are marked as deleted, and this node's copies of them removed.

use std::sync::Arc;

use crate::core::meta::Command;
use crate::runtime::DataServices;

/// Looks again and again, for ever.
pub(super) async fn run(services: Arc<DataServices>) {
    loop {
        tokio::time::sleep(services.options.retention_check_interval).await;
        enforce(&services).await;
    }
}

async fn enforce(services: &DataServices) {
    let now = services.now();
    // In the order of the real service: a node that was away finds out here what it still holds of what is gone.
    execute(services, services.meta.snapshot().expirations(now)).await;
    drop_gone_shards(services).await;
    execute(services, services.meta.snapshot().pruning(now, services.profile)).await;
}

/// One failure ends the round: without the meta nodes each command would take ten seconds to fail.
async fn execute(services: &DataServices, commands: impl IntoIterator<Item = Command>) {
    for command in commands {
        let kind = command.kind();
        if let Err(error) = services.meta.execute(command).await {
            tracing::warn!(command = kind, %error, "the enforcement of retention policies has to wait");
            return;
        }
    }
}

async fn drop_gone_shards(services: &DataServices) {
    let engine = &services.coordinator.owners.engine;
    for shard in services.meta.snapshot().gone_shards(&engine.shards(), services.profile) {
        match engine.drop_shard(shard).await {
            Ok(()) => tracing::info!(shard, "removed a shard whose group is deleted"),
            Err(error) => tracing::warn!(shard, %error, "cannot remove a shard whose group is deleted"),
        }
    }
}
