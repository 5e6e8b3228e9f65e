//! What there is to judge a sender by: replicas, logs, and the queues while it sent.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use influx_server_mock::{Loss, LossKind};

use super::delivery::Delivery;
use super::judge::copies;
use super::{Dropped, Kind, Score, Sender, Shipment, judge};
use crate::experiment::LabError;
use crate::stage::Stage;
use crate::truth::{ServerLie, losses};

/// What waited at a moment: shard, writes, bytes.
pub(super) type Look = Vec<(u64, u64, u64)>;

/// The database of each shard.
pub(super) async fn shards(stage: &Stage) -> Result<BTreeMap<u64, String>, LabError> {
    let rows = stage.query("data1", "", "SHOW SHARDS").await?;
    let read = rows
        .into_iter()
        .filter_map(|(_, row)| Some((row.get("id")?.as_u64()?, row.get("database")?.as_str()?.to_owned())));
    Ok(read.collect())
}

/// What replicas, logs and queues tell of a sender.
pub(super) async fn score(
    stage: &Stage,
    sender: Sender,
    shipments: &[Shipment],
    delivery: Delivery,
    looks: &[Look],
    of_shard: &BTreeMap<u64, String>,
) -> Result<Score, LabError> {
    let database = sender.database();
    let mut replicas = Vec::new();
    for node in stage.names() {
        let read = Kind::ALL.into_iter().map(|kind| stage.replica(node, &database, kind.measurement()));
        replicas.push(try_join_all(read).await?);
    }
    let mut dropped = Dropped::default();
    for node in stage.names() {
        add_dropped(&mut dropped, losses(stage.nodes(), node)?, of_shard, &database);
    }
    let mut score = judge(shipments, &delivery.told, &copies(&replicas), &dropped);
    score.requests = delivery.requests;
    score.resends = delivery.resends;
    score.seconds = delivery.finished.map(|time| time.as_secs_f64());
    for look in looks {
        let own = || look.iter().filter(|(shard, _, _)| of_shard.get(shard) == Some(&database));
        score.peak_hints = score.peak_hints.max(own().map(|(_, writes, _)| writes).sum());
        score.peak_hint_bytes = score.peak_hint_bytes.max(own().map(|(_, _, bytes)| bytes).sum());
    }
    Ok(score)
}

/// Adds the copies for shards of this database that were acknowledged and dropped, and the hints that were refused, by a
/// node's log. No batch has more points than a line of the log names.
fn add_dropped(dropped: &mut Dropped, log: Vec<Loss>, of_shard: &BTreeMap<u64, String>, database: &str) {
    let own = log.into_iter().filter(|loss| of_shard.get(&loss.shard).is_some_and(|of| of == database));
    for loss in own {
        if ServerLie::from(loss.kind).drops_what_counted() {
            dropped.copies += loss.points;
            for series in loss.series {
                *dropped.by_series.entry(series).or_default() += 1;
            }
        } else if loss.kind == LossKind::HintRefused {
            dropped.hints_refused.extend(loss.series);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_copies_are_those_of_the_database() {
        let loss = |kind, shard| Loss { kind, replica: 4, shard, points: 5, series: vec!["stamped,n=0".into()] };
        let losses = [
            loss(LossKind::GoodPointLost, 1),
            loss(LossKind::GoodPointLost, 2),
            loss(LossKind::QueueFull, 1),
            loss(LossKind::DeletedShard, 1),
            loss(LossKind::HintRefused, 1),
        ];
        let of_shard = [(1, "ours".to_owned()), (2, "curl".to_owned())].into_iter().collect();
        let dropped = |database| {
            let mut dropped = Dropped::default();
            add_dropped(&mut dropped, losses.to_vec(), &of_shard, database);
            dropped
        };
        assert_eq!(dropped("ours").copies, 10);
        assert_eq!(dropped("ours").by_series, [("stamped,n=0".to_owned(), 2)].into_iter().collect());
        assert_eq!(dropped("ours").hints_refused, ["stamped,n=0".to_owned()].into());
        assert_eq!(dropped("none"), Dropped::default());
    }
}
