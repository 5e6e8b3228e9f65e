//! What the replicas answered.

use influx_client::{ConsistencyLevel, Doubt, HandoffState, ReplicaAnswer, Resolution};

use crate::frame::Writer;

/// Writes what became of each point.
pub(crate) fn put_resolution(frame: &mut Writer, resolution: &Resolution) {
    frame
        .list(resolution.points(), |frame, point| {
            frame
                .str(point.whereabouts.id())
                .str_or_none(point.doubt.map(|doubt| match doubt {
                    Doubt::NoTime => "no-time",
                    Doubt::Unreadable => "unreadable",
                    Doubt::Placement => "placement",
                    _ => "other",
                }))
                .i32_or_none(Some(point.copies()))
                .bool(point.refused)
                .list(&point.replicas, |frame, (node, answer)| {
                    frame.i32_or_none(Some(*node)).str(match answer {
                        ReplicaAnswer::Stored => "stored",
                        ReplicaAnswer::Absent => "absent",
                        ReplicaAnswer::Overwritten => "overwritten",
                        _ => "unknown",
                    });
                });
        })
        .list(resolution.nodes(), |frame, node| {
            frame.i64_or_none(node.id).str(&node.address).str_or_none(node.trouble.as_deref());
        })
        .str(match resolution.handoff() {
            HandoffState::Empty => "empty",
            HandoffState::Pending => "pending",
            _ => "unknown",
        })
        .u8(match resolution.bears_out() {
            Some(false) => 0,
            Some(true) => 1,
            None => 2,
        })
        .str_or_none(resolution.level().map(ConsistencyLevel::as_str))
        .shown(resolution);
}
