//! One queued write.

use crate::{Points, PointsError};

/// The points of one write to one shard, waiting for an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(super) shard: u64,
    pub(super) points: Points,
}

impl Block {
    /// Bytes the real servers' format takes, which is what their size limits count: an 8-byte length, an 8-byte shard
    /// id, and per point three lengths and a 15-byte time beside key and fields (cluster 1.8 facts, § 5).
    pub(super) fn accounted_len(&self) -> u64 {
        Self::accounted(&self.points)
    }

    /// The same, of a block with these points.
    pub(crate) fn accounted(points: &Points) -> u64 {
        (16 + points.bytes() + 27 * points.len()) as u64
    }

    /// The block in pieces that each fit a segment, halved as the real 1.8 does; `None` when a single point does not.
    pub(super) fn split(self, segment: u64) -> Option<Vec<Self>> {
        if self.accounted_len() <= segment {
            return Some(vec![self]);
        }
        let mut pieces = Vec::new();
        let (mut from, mut to) = (0, self.points.len());
        while from < to {
            let points = self.points.iter().skip(from).take(to - from).collect();
            let piece = Self { shard: self.shard, points };
            if piece.accounted_len() <= segment {
                pieces.push(piece);
                (from, to) = (to, self.points.len());
            } else if to == from + 1 {
                return None;
            } else {
                to = (from + to).div_ceil(2);
            }
        }
        Some(pieces)
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
