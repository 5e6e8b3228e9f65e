//! Which data nodes should have a point. Pure.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Shard;

/// The shards of one database and retention policy, as one node knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Placements {
    groups: Vec<Group>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    /// Nanoseconds since 1970.
    start: i128,
    end: i128,
    shards: Vec<(u64, Arc<[u64]>)>,
}

/// Where a point belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// No shard group covers its time: nothing can be stored.
    NoShardGroup,
    /// The shard, and the data nodes that keep it.
    Shard { id: u64, owners: Arc<[u64]> },
    /// It cannot be told which shard it is.
    Unclear,
}

impl Placements {
    pub(super) fn new(shards: &[Shard], database: &str, retention_policy: &str) -> Self {
        let mut groups: Vec<(u64, Group)> = Vec::new();
        for shard in shards.iter().filter(|s| s.database == database && s.retention_policy == retention_policy) {
            let member = (shard.id, Arc::from(shard.owners.as_slice()));
            match groups.iter_mut().find(|(id, _)| *id == shard.shard_group) {
                Some((_, group)) => group.shards.push(member),
                None => {
                    let (start, end) = (nanoseconds(shard.start), nanoseconds(shard.end));
                    groups.push((shard.shard_group, Group { start, end, shards: vec![member] }));
                }
            }
        }
        Self { groups: groups.into_iter().map(|(_, group)| group).collect() }
    }

    /// The place of a point with this series key and time.
    pub(super) fn place(&self, key: &[u8], time: i64) -> Place {
        let time = i128::from(time);
        let mut covering = self.groups.iter().filter(|group| group.start <= time && time < group.end);
        let Some(group) = covering.next() else { return Place::NoShardGroup };
        // Groups overlap after one was cut short or the duration was changed; which of them took a point depends on when
        // it came.
        if covering.next().is_some() {
            return Place::Unclear;
        }
        // A shard that was dropped on its own leaves a gap, and changes what the hash chooses.
        let unbroken = group.shards.windows(2).all(|pair| pair[0].0.checked_add(1) == Some(pair[1].0));
        if !unbroken {
            return Place::Unclear;
        }
        let count = group.shards.len() as u64;
        let at = if count == 1 { 0 } else { fnv1a(key) % count };
        // The remainder is below the number of shards.
        let (id, owners) = &group.shards[at as usize];
        if owners.is_empty() { Place::Unclear } else { Place::Shard { id: *id, owners: Arc::clone(owners) } }
    }
}

/// The hash by which both versions choose a shard of a group (cluster 1.8 facts § 3, 0.10 facts § 3).
fn fnv1a(key: &[u8]) -> u64 {
    key.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}

fn nanoseconds(time: SystemTime) -> i128 {
    let signed = |apart: std::time::Duration| i128::try_from(apart.as_nanos()).unwrap_or(i128::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => signed(since),
        Err(before) => -signed(before.duration()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn shard(id: u64, shard_group: u64, start: u64, owners: &[u64]) -> Shard {
        Shard {
            id,
            database: "db".into(),
            retention_policy: "rp".into(),
            shard_group,
            start: UNIX_EPOCH + Duration::from_secs(start),
            end: UNIX_EPOCH + Duration::from_secs(start + 10),
            expiry: None,
            owners: owners.to_vec(),
        }
    }

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn the_hash_is_the_field_s() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_point_belongs_to_the_group_of_its_time_and_the_shard_of_its_series() {
        let other = Shard { retention_policy: "other".into(), ..shard(9, 9, 0, &[9]) };
        let shards = [shard(1, 1, 0, &[4]), shard(2, 1, 0, &[5]), shard(3, 2, 10, &[4, 5]), other];
        let places = Placements::new(&shards, "db", "rp");
        for key in [b"a".as_slice(), b"foobar", b"m,host=a"] {
            let expected = &shards[(fnv1a(key) % 2) as usize];
            let place = Place::Shard { id: expected.id, owners: expected.owners.as_slice().into() };
            assert_eq!(places.place(key, 10 * SECOND - 1), place);
            assert_eq!(places.place(key, 10 * SECOND), Place::Shard { id: 3, owners: [4, 5].as_slice().into() });
            assert_eq!(places.place(key, 20 * SECOND), Place::NoShardGroup);
            assert_eq!(places.place(key, -1), Place::NoShardGroup);
        }
    }

    #[test]
    fn nothing_is_guessed() {
        let overlapping = [shard(1, 1, 0, &[4]), shard(2, 2, 5, &[5])];
        let places = Placements::new(&overlapping, "db", "rp");
        assert_eq!(places.place(b"m", 7 * SECOND), Place::Unclear);
        assert!(matches!(places.place(b"m", 2 * SECOND), Place::Shard { id: 1, .. }));
        let gap = Placements::new(&[shard(1, 1, 0, &[4]), shard(3, 1, 0, &[5])], "db", "rp");
        assert_eq!(gap.place(b"m", 0), Place::Unclear);
        let orphan = Placements::new(&[shard(1, 1, 0, &[])], "db", "rp");
        assert_eq!(orphan.place(b"m", 0), Place::Unclear);
    }
}
