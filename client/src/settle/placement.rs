//! Which data nodes should have a point. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Shard;

/// The shards of one database and retention policy, as one node knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Placements {
    groups: Vec<Group>,
    /// Versions up to 0.10 look for the group of the start of a point's window, which they count from the duration that the
    /// retention policy has by now (0.10 facts § 3).
    window: Option<i128>,
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
    /// `window` is the time that a shard group covers from now on, for a version that chooses groups by it.
    pub(super) fn new(shards: &[Shard], database: &str, retention_policy: &str, window: Option<Duration>) -> Self {
        let mut groups: Vec<(u64, Group)> = Vec::new();
        for shard in shards.iter().filter(|s| s.database == database && s.retention_policy == retention_policy) {
            let member = (shard.id, Arc::from(shard.owners.as_slice()));
            match groups.iter_mut().find(|(id, _)| *id == shard.shard_group) {
                Some((_, group)) => group.shards.push(member),
                None => {
                    let (start, end) = (nanoseconds(shard.start), end(nanoseconds(shard.end)));
                    groups.push((shard.shard_group, Group { start, end, shards: vec![member] }));
                }
            }
        }
        let window = window.and_then(|window| i128::try_from(window.as_nanos()).ok());
        Self { groups: groups.into_iter().map(|(_, group)| group).collect(), window }
    }

    /// The place of a point with this series key and time.
    pub(super) fn place(&self, key: &[u8], time: i64) -> Place {
        let time = i128::from(time);
        // The table is told in whole seconds, and a group that was cut short may end within one.
        if self.groups.iter().any(|group| is_in_odd_second(group.start, time) || is_in_odd_second(group.end, time)) {
            return Place::Unclear;
        }
        // Where the version asks for the group of another time, it may store the point out of the range of its group, where no
        // statement over the point's time looks.
        let start = self.window.map_or(time, |window| window_start(time, window));
        let mut covering = self.groups.iter().filter(|group| group.covers(time) || group.covers(start));
        let Some(group) = covering.next() else { return Place::NoShardGroup };
        // Groups overlap after one was cut short or the duration was changed; which of them took a point depends on when
        // it came.
        if covering.next().is_some() || !group.covers(time) || !group.covers(start) || !group.is_whole() {
            return Place::Unclear;
        }
        let count = group.shards.len() as u64;
        let at = if count == 1 { 0 } else { fnv1a(key) % count };
        // The remainder is below the number of shards.
        let (id, owners) = &group.shards[at as usize];
        if owners.is_empty() { Place::Unclear } else { Place::Shard { id: *id, owners: Arc::clone(owners) } }
    }
}

impl Group {
    fn covers(&self, time: i128) -> bool {
        self.start <= time && time < self.end
    }

    /// Whether no shard is known to be missing: one that was dropped on its own changes what the hash chooses. In the middle it
    /// leaves a gap in the numbers; at an end, where shards share owners, it leaves its own with fewer shards than the others
    /// (one that shared none leaves nothing to see it by). A shard with an owner more or less than the others was copied or has
    /// lost one, which says nothing of the others.
    fn is_whole(&self) -> bool {
        let unbroken = self.shards.windows(2).all(|pair| pair[0].0.checked_add(1) == Some(pair[1].0));
        let copies = |shard: &(u64, Arc<[u64]>)| shard.1.len();
        let alike = self.shards.windows(2).all(|pair| copies(&pair[0]) == copies(&pair[1]));
        if !alike || self.shards.iter().any(|shard| copies(shard) < 2) {
            return unbroken;
        }
        let mut shards_of: BTreeMap<u64, usize> = BTreeMap::new();
        for owner in self.shards.iter().flat_map(|(_, owners)| owners.iter()) {
            *shards_of.entry(*owner).or_default() += 1;
        }
        let mut counts = shards_of.values();
        let first = counts.next();
        unbroken && counts.all(|count| Some(count) == first)
    }
}

/// The time that version 0.10 has a new shard group cover, by the duration of its policy; `None` keeps points for ever (0.10
/// facts § 3).
pub(super) fn group_window(kept: Option<Duration>) -> Duration {
    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;
    let hours = match kept.map(|kept| kept.as_secs()) {
        Some(kept) if kept > 0 && kept < 2 * DAY => HOUR,
        Some(kept) if kept > 0 && kept < 180 * DAY => DAY,
        Some(_) | None => 7 * DAY,
    };
    Duration::from_secs(hours)
}

/// The start of the window that a time lies in: windows are counted from the start of the year 1.
fn window_start(time: i128, window: i128) -> i128 {
    let since = time + YEAR_ONE;
    since.div_euclid(window) * window - YEAR_ONE
}

/// Nanoseconds from the start of the year 1 to that of 1970.
const YEAR_ONE: i128 = 62_135_596_800 * SECOND;
const SECOND: i128 = 1_000_000_000;

/// The end of a group. The last one goes on to the last time there is, which is told without its fraction.
fn end(told: i128) -> i128 {
    let last = i128::from(i64::MAX);
    if told / SECOND == last / SECOND { i128::MAX } else { told }
}

/// Whether a time is within the second that a boundary is told as, where that boundary may lie anywhere within it: those that
/// come from a duration lie on whole minutes.
fn is_in_odd_second(boundary: i128, time: i128) -> bool {
    boundary != i128::MAX && boundary.rem_euclid(60 * SECOND) != 0 && (boundary..boundary + SECOND).contains(&time)
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
    use super::*;

    /// Of a group that covers ten minutes.
    fn shard(id: u64, shard_group: u64, minute: u64, owners: &[u64]) -> Shard {
        let start = UNIX_EPOCH + Duration::from_secs(60 * minute);
        Shard {
            id,
            database: "db".into(),
            retention_policy: "rp".into(),
            shard_group,
            start,
            end: start + Duration::from_secs(600),
            expiry: None,
            owners: owners.to_vec(),
        }
    }

    fn places(shards: &[Shard]) -> Placements {
        Placements::new(shards, "db", "rp", None)
    }

    const MINUTE: i64 = 60_000_000_000;

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
        let places = places(&shards);
        for key in [b"a".as_slice(), b"foobar", b"m,host=a"] {
            let expected = &shards[(fnv1a(key) % 2) as usize];
            let place = Place::Shard { id: expected.id, owners: expected.owners.as_slice().into() };
            assert_eq!(places.place(key, 10 * MINUTE - 1), place);
            assert_eq!(places.place(key, 10 * MINUTE), Place::Shard { id: 3, owners: [4, 5].as_slice().into() });
            assert_eq!(places.place(key, 20 * MINUTE), Place::NoShardGroup);
            assert_eq!(places.place(key, -1), Place::NoShardGroup);
        }
    }

    #[test]
    fn nothing_is_guessed() {
        let overlapping = places(&[shard(1, 1, 0, &[4]), shard(2, 2, 5, &[5])]);
        assert_eq!(overlapping.place(b"m", 7 * MINUTE), Place::Unclear);
        assert!(matches!(overlapping.place(b"m", 2 * MINUTE), Place::Shard { id: 1, .. }));
        let gap = places(&[shard(1, 1, 0, &[4]), shard(3, 1, 0, &[5])]);
        assert_eq!(gap.place(b"m", 0), Place::Unclear);
        let orphan = places(&[shard(1, 1, 0, &[])]);
        assert_eq!(orphan.place(b"m", 0), Place::Unclear);
    }

    /// Three nodes, two copies: of a whole group each node has two shards.
    #[test]
    fn a_shard_that_was_dropped_at_an_end_is_missed() {
        let all = [shard(1, 1, 0, &[4, 5]), shard(2, 1, 0, &[6, 4]), shard(3, 1, 0, &[5, 6])];
        let is_clear = |shards: &[Shard]| places(shards).place(b"m", 0) != Place::Unclear;
        assert!(is_clear(&all));
        assert!(!is_clear(&all[1..]) && !is_clear(&all[..2]));
        let copied = [shard(1, 1, 0, &[4, 5, 6]), all[1].clone(), all[2].clone()];
        assert!(is_clear(&copied), "an owner was added");
        assert!(is_clear(&[shard(1, 1, 0, &[4]), shard(2, 1, 0, &[4]), shard(3, 1, 0, &[5])]), "taken over");
    }

    #[test]
    fn the_last_group_goes_on_to_the_last_time() {
        let end = UNIX_EPOCH + Duration::from_secs(9_223_372_036);
        let last = Shard { start: UNIX_EPOCH + Duration::from_secs(9_223_372_020), end, ..shard(1, 1, 0, &[4]) };
        assert!(matches!(places(&[last]).place(b"m", i64::MAX - 1), Place::Shard { id: 1, .. }));
    }

    /// A group that was cut short ends anywhere within the second that is told.
    #[test]
    fn the_second_of_a_cut_is_unclear() {
        let cut = UNIX_EPOCH + Duration::from_secs(65);
        let places =
            places(&[Shard { end: cut, ..shard(1, 1, 0, &[4]) }, Shard { start: cut, ..shard(2, 2, 0, &[5]) }]);
        let second = MINUTE / 60;
        assert!(matches!(places.place(b"m", 65 * second - 1), Place::Shard { id: 1, .. }));
        assert_eq!(places.place(b"m", 65 * second + second / 2), Place::Unclear);
        assert!(matches!(places.place(b"m", 66 * second), Place::Shard { id: 2, .. }));
    }

    /// After its policy was changed, 0.10 stores points of a day in the hour that the day begins with.
    #[test]
    fn the_group_is_that_of_the_window_in_old_versions() {
        const HOUR: i64 = 60 * MINUTE;
        let hour = |id, hour: u64| {
            let start = UNIX_EPOCH + Duration::from_secs(3_600 * hour);
            Shard { start, end: start + Duration::from_secs(3_600), ..shard(id, id, 0, &[4]) }
        };
        let places = |shards: &[Shard], kept: Option<u64>| {
            let window = group_window(kept.map(|days| Duration::from_secs(86_400 * days)));
            Placements::new(shards, "db", "rp", Some(window))
        };
        assert!(matches!(places(&[hour(1, 13)], Some(1)).place(b"m", 13 * HOUR), Place::Shard { id: 1, .. }));
        for shards in [vec![hour(1, 0)], vec![hour(1, 13)], vec![hour(1, 0), hour(2, 13)]] {
            assert_eq!(places(&shards, Some(7)).place(b"m", 13 * HOUR + 1), Place::Unclear, "{shards:?}");
        }
        assert_eq!(places(&[hour(1, 13)], Some(7)).place(b"m", 30 * HOUR), Place::NoShardGroup);
        // 1970 began on a Thursday; windows of a week begin on Mondays.
        assert_eq!(window_start(0, 7 * 86_400 * SECOND), -3 * 86_400 * SECOND);
    }
}
