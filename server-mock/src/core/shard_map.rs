//! Which shard of a group a series belongs to.

const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a with 64 bits, the hash that both real clusters place series by.
#[must_use]
pub fn fnv1a_64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// The position, among the `shards` of a group, of the shard that takes the series with this key.
///
/// The key is `measurement[,tag=value…]` as escaped in line protocol with its tags sorted; fields, time, database and
/// retention policy have no part in it (cluster 1.8 facts § 3). A group of one shard needs no hash; a group
/// without shards has no position to give, and the answer is 0 for it too.
#[must_use]
pub fn shard_position(series_key: &[u8], shards: usize) -> usize {
    if shards <= 1 {
        return 0;
    }
    let position = fnv1a_64(series_key) % shards as u64;
    usize::try_from(position).expect("a remainder of a division by a usize fits one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        for (text, hash) in
            [("", 0xcbf2_9ce4_8422_2325_u64), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            assert_eq!(fnv1a_64(text.as_bytes()), hash, "{text:?}");
        }
    }

    #[test]
    fn one_shard_takes_all_and_several_share() {
        assert_eq!(shard_position(b"cpu,host=a", 1), 0);
        assert_eq!(shard_position(b"cpu,host=a", 0), 0);
        let used: std::collections::BTreeSet<_> =
            (0..64).map(|n| shard_position(format!("cpu,host=h{n}").as_bytes(), 3)).collect();
        assert_eq!(used, [0, 1, 2].into());
    }
}
