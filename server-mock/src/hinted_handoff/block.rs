//! One queued write.

use crate::{Points, PointsError, Profile};

/// The points of one write to one shard, waiting for an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(super) shard: u64,
    pub(super) points: Points,
}

impl Block {
    /// Bytes that the real server's format takes, which is what its size limits count.
    pub(super) fn accounted_len(&self, profile: Profile) -> u64 {
        Self::accounted(profile, &self.points)
    }

    /// The same, of a block with these points: an 8-byte length, an 8-byte shard id, and the points. Each takes, beside
    /// its key and fields, in 1.8 three lengths and a 15-byte time (cluster 1.8 facts, § 5); in 0.10, where it is a
    /// line, a blank before the fields and one before the time, the time in digits and the end of the line (cluster 0.10 facts, § 4).
    pub(crate) fn accounted(profile: Profile, points: &Points) -> u64 {
        let beside = match profile {
            Profile::V1_8 => 27 * points.len(),
            Profile::V0_10 => points.iter().map(|point| 3 + written_length(point.time)).sum(),
        };
        (16 + points.bytes() + beside) as u64
    }

    /// The block in pieces that each fit a segment, halved as the real 1.8 does; `None` when a single point does not.
    pub(super) fn split(self, profile: Profile, segment: u64) -> Option<Vec<Self>> {
        if self.accounted_len(profile) <= segment {
            return Some(vec![self]);
        }
        let mut pieces = Vec::new();
        let (mut from, mut to) = (0, self.points.len());
        while from < to {
            let points = self.points.iter().skip(from).take(to - from).collect();
            let piece = Self { shard: self.shard, points };
            if piece.accounted_len(profile) <= segment {
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

/// Characters of a number in decimal digits, with its sign.
fn written_length(number: i64) -> usize {
    let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
    digits + usize::from(number < 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;

    /// Each profile counts what its own format takes.
    #[test]
    fn a_block_counts_as_in_the_format_of_its_profile() {
        for time in [0, 7, -10, 999_999_999, 1_600_000_000_000_000_000, i64::MIN, i64::MAX] {
            let points: Points = [("cpu,host=a", "v=1"), ("cpu,host=b", "v=2,w=\"x\"")]
                .into_iter()
                .map(|(key, fields)| Point { key: key.as_bytes(), fields: fields.as_bytes(), time })
                .collect();
            let lines = format!("cpu,host=a v=1 {time}\ncpu,host=b v=2,w=\"x\" {time}\n");
            assert_eq!(Block::accounted(Profile::V0_10, &points), 16 + lines.len() as u64, "{time}");
            assert_eq!(Block::accounted(Profile::V1_8, &points), (16 + points.bytes() + 2 * 27) as u64);
        }
    }
}
