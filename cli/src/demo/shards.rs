//! Which node owns the points of a series, where each shard has one owner.

use influx_server_mock::core::shard_map::shard_position;

use super::stage::{Stage, points};
use crate::failure::Failure;

/// A step's name whose points a node other than the coordinator owns, and that node.
///
/// Creates the shard group of `start` on the way, by a point of another series.
///
/// # Errors
/// The shard group cannot be made, or no series of some hundred falls to another node.
pub(super) async fn owner_of(stage: &Stage<'_>, database: &str, start: i64) -> Result<(String, String), Failure> {
    let first = points("shards", start);
    let written = stage.write(database, "all", &first).await?;
    if written.exit != 0 {
        return Err(Failure::ClaimBroken(format!(
            "a write to a healthy cluster ended with exit code {}",
            written.exit
        )));
    }
    let owners = owners(stage, database).await?;
    let unknown = || Failure::Internal("no series falls to a node other than the coordinator".to_owned());
    (0..300)
        .map(|n| format!("handoff-{n}"))
        .find_map(|step| {
            let key = format!("demo,step={step}");
            let owner = owners.get(shard_position(key.as_bytes(), owners.len()))?;
            let (name, url) = stage.data_node(*owner)?;
            (url != stage.coordinator).then_some((step, name))
        })
        .ok_or_else(unknown)
}

/// The owner of each shard of the database, in the order of the shards.
async fn owners(stage: &Stage<'_>, database: &str) -> Result<Vec<u64>, Failure> {
    let mut shards = Vec::new();
    for row in stage.ask("SHOW SHARDS").await? {
        let text = |name: &str| row.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        if text("database") == database {
            let id = row.get("id").and_then(serde_json::Value::as_u64);
            let owner = text("owners").parse().ok();
            let unread = || Failure::Internal(format!("SHOW SHARDS: {row:?}"));
            shards.push((id.ok_or_else(unread)?, owner.ok_or_else(unread)?));
        }
    }
    shards.sort_unstable();
    Ok(shards.into_iter().map(|(_, owner)| owner).collect())
}
