//! Which of several working endpoints is asked.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// Which of several working endpoints a write goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Balance {
    /// The one of two random endpoints with fewer requests under way.
    #[default]
    LeastBusy,
    /// The same one for the same series, as long as it works: that of the batch's first point counts.
    ///
    /// Writes of one series then meet in one coordinator, and with it in one hinted handoff queue, which keeps
    /// their order for an owner that is away (queues are kept per coordinator). When the endpoint fails, its series spread over
    /// the others and come back with it; the series of the others stay where they are.
    Sticky,
}

/// The order in which endpoints are asked for a series: every series has one of its own, and taking an endpoint out
/// changes nothing for the series that did not go there first.
pub(crate) fn rank(series: &[u8], endpoint: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one((series, endpoint))
}

/// The series key at the beginning of a line: everything up to the first space that is not escaped.
pub(crate) fn series_of(line: &[u8]) -> &[u8] {
    let mut escaped = false;
    let end = line.iter().position(|byte| {
        let ends = *byte == b' ' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    &line[..end.unwrap_or(line.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_ends_at_the_first_plain_space() {
        assert_eq!(series_of(b"m f=1 1"), b"m");
        assert_eq!(series_of(br"m\ x,t=a\ b f=1 1"), br"m\ x,t=a\ b");
        assert_eq!(series_of(br"m,t=a\\ f=1"), br"m,t=a\\");
        assert_eq!(series_of(b"m"), b"m");
    }

    #[test]
    fn series_spread_and_stay_when_another_endpoint_leaves() {
        let nodes = ["http://n1:8086/", "http://n2:8086/", "http://n3:8086/"];
        let first = |series: &[u8], nodes: &[&str]| -> String {
            let best = nodes.iter().max_by_key(|node| rank(series, node));
            best.map(|node| (*node).to_owned()).unwrap_or_default()
        };
        let mut counts = [0; 3];
        for series in 0..300_u32 {
            let series = series.to_be_bytes();
            let home = first(&series, &nodes);
            let at = nodes.iter().position(|node| *node == home).unwrap_or_default();
            counts[at] += 1;
            if at != 2 {
                assert_eq!(first(&series, &nodes[..2]), home);
            }
        }
        assert!(counts.iter().all(|count| *count > 60), "{counts:?}");
    }
}
