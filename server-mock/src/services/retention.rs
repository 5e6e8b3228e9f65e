//! Enforces retention policies: expired shard groups are marked as deleted, and this node's copies of them removed.

use std::sync::Arc;

use crate::Profile;
use crate::core::meta::{Command, MetaData};
use crate::runtime::DataServices;
use crate::store::Engine;

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
    drop_gone_shards(&services.coordinator.owners.engine, &services.meta.snapshot(), services.profile).await;
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

async fn drop_gone_shards(engine: &Engine, meta: &MetaData, profile: Profile) {
    for shard in meta.gone_shards(&engine.shards(), profile) {
        match engine.drop_shard(shard).await {
            Ok(()) => tracing::info!(shard, "removed a shard whose group is deleted"),
            Err(error) => tracing::warn!(shard, %error, "cannot remove a shard whose group is deleted"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::core::meta::DataNode;
    use crate::store::{self, MemoryDisk, Storage};

    /// The store of a node that comes back: it holds shards of a live group, of a deleted one, and of a database that
    /// was dropped meanwhile.
    #[tokio::test]
    async fn a_store_gives_up_what_is_gone() {
        for (profile, left) in [(Profile::V1_8, vec![1, 9]), (Profile::V0_10, vec![1, 3, 9])] {
            let node = DataNode { id: 1, http_addr: "h".to_owned(), tcp_addr: "t".to_owned() };
            let mut meta = MetaData { data_nodes: vec![node], ..MetaData::default() };
            let group = |database: &str, time| {
                let (database, policy) = (database.to_owned(), String::new());
                Command::CreateShardGroup { database, policy, time }
            };
            let create = |name: &str| Command::CreateDatabase { name: name.to_owned(), policy: None };
            let (database, policy) = ("kept".to_owned(), String::new());
            for (command, index) in [
                create("kept"),
                create("dropped"),
                group("kept", 0),
                group("kept", 1_456_000_000_000_000_000),
                group("dropped", 0),
                Command::DeleteShardGroup { database, policy, id: 2, now: 5 },
                Command::DropDatabase { name: "dropped".to_owned() },
            ]
            .into_iter()
            .zip(1..)
            {
                meta.apply(index, 1, &command, profile).unwrap();
            }
            let options = store::Options { profile, ..store::Options::default() };
            let engine = Engine::open(Storage::Memory(MemoryDisk::default()), options).unwrap();
            for id in [1, 2, 3, 9] {
                engine.ensure_shard(id, "any", "rp");
            }
            drop_gone_shards(&engine, &meta, profile).await;
            let mut held = engine.shards();
            held.sort_unstable();
            assert_eq!(held, left, "{profile}");
        }
    }
}
