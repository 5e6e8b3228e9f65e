//! One queued write.

use crate::{Points, PointsError};

/// The points of one write to one shard, waiting for an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) shard: u64,
    pub(super) points: Points,
}

impl Block {
    /// Bytes the real servers' format takes, which is what their size limits count: an 8-byte length, an 8-byte shard
    /// id, and per point three lengths and a 15-byte time beside key and fields (cluster 1.8 facts, § 5).
    pub(super) fn accounted_len(&self) -> u64 {
        (16 + self.points.bytes() + 27 * self.points.len()) as u64
    }

    /// Shard id, then the points.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut payload = self.shard.to_le_bytes().to_vec();
        self.points.encode_into(&mut payload);
        payload
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub(super) fn decode(payload: &[u8]) -> Result<Self, PointsError> {
        let (shard, points) = payload.split_first_chunk().ok_or(PointsError { at: 0 })?;
        Ok(Self { shard: u64::from_le_bytes(*shard), points: Points::decode(points)? })
    }
}
