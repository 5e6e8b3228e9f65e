//! `DROP DATA SERVER` and `DROP META SERVER` of the clustered 0.10.

use super::ddl::change;
use crate::coordinator::Owners;
use crate::core::meta::Command;

/// Takes a node out of the metadata. Nothing is moved: a shard whose only owner it was has none from then on, and is
/// neither written nor read any more.
pub(super) async fn drop_server(owners: &Owners, meta: bool, id: u64, now: i64) -> Result<(), String> {
    let command = if meta { Command::RemoveMetaNode { id } } else { Command::RemoveDataNode { id, now } };
    change(owners, command).await
}
