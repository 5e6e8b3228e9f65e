//! The lane of a line: a hash of its series.

/// The lane of a line that a batch has encoded, out of `lanes`.
///
/// Tags count in whatever order they stand: lines that name the tags of one series in another order are in one lane, as
/// they are one series to the server.
pub(super) fn lane_of(line: &[u8], lanes: usize) -> u8 {
    if lanes <= 1 {
        return 0;
    }
    let spread = finish(series_hash(line));
    // The upper half of a product spreads evenly over any number of lanes, which is 64 at most.
    ((u128::from(spread) * lanes as u128) >> 64) as u8
}

fn series_hash(line: &[u8]) -> u64 {
    let (mut sum, mut start, mut at) = (0_u64, 0, 0);
    loop {
        let Some(found) = line.get(at..).and_then(|rest| memchr::memchr3(b',', b' ', b'\\', rest)) else {
            return sum.wrapping_add(hash(&line[start..]));
        };
        at += found;
        match line[at] {
            // Whatever it escapes belongs to the part.
            b'\\' => at += 2,
            separator => {
                sum = sum.wrapping_add(hash(&line[start..at]));
                if separator == b' ' {
                    return sum;
                }
                at += 1;
                start = at;
            }
        }
    }
}

const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

fn hash(part: &[u8]) -> u64 {
    let (words, rest) = part.as_chunks::<8>();
    let mut hash = part.len() as u64;
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    finish(mix(hash, u64::from_le_bytes(last)))
}

const fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(23) ^ word).wrapping_mul(ODD)
}

const fn finish(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(ODD);
    hash ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_has_one_lane_whatever_its_fields_and_order_of_tags() {
        for lanes in [1, 2, 3, 4, 64] {
            let lane = |line: &str| lane_of(line.as_bytes(), lanes);
            let one = lane("cpu,dc=eu,host=a usage=1 1");
            assert_eq!(one, lane("cpu,dc=eu,host=a other=\"x y,z\",usage=2i 99"));
            assert_eq!(one, lane("cpu,host=a,dc=eu usage=1 1"));
            assert!((one as usize) < lanes);
        }
        let lane = |line: &str| lane_of(line.as_bytes(), 64);
        assert_eq!(lane(r"c\ pu,a=\,b x=1 1"), lane(r"c\ pu,a=\,b y=1 2"));
        assert_ne!(lane(r"c\ pu,a=\,b x=1 1"), lane(r"c\ pu,a=\,c x=1 1"));
    }

    #[test]
    fn series_spread_over_the_lanes() {
        let mut counts = [0; 4];
        for host in 0..1_000 {
            let line = format!("cpu,host=server-{host:04},region=eu-west-1 usage=1 1\n");
            counts[lane_of(line.as_bytes(), 4) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (150..400).contains(count)), "{counts:?}");
    }
}
