//! What was measured on real clusters: InfluxDB 0.10.3 with three and five nodes, and a 1.8 cluster of three meta and five
//! data nodes, under the study's workloads (study figures § 1).
//!
//! Every run had 30 s and a fresh cluster, a network namespace a node, a packet filter for the cuts, and time-outs of a
//! second for writes.

use super::{Ends, Share};

/// How long clients began operations in each of the runs.
pub const SECONDS: f64 = 30.0;

/// The figures of the real runs of one experiment on one kind of cluster. Latencies are p50, p95, p99 and the longest, in
/// milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RealRow {
    /// `010n3`, `010n5` or `18n5`.
    pub cluster: &'static str,
    /// Name of the experiment.
    pub experiment: &'static str,
    /// How many runs.
    pub runs: u64,
    /// How the writes ended, by the study's rule: an error with the word "timeout" is unknown, any other one a failure.
    pub writes: Ends,
    /// Of the writes that began in a partition, those that were acknowledged.
    pub acked_in_partition: Share,
    /// Illegal histories: by the study's rule, by the honest one, as unique values.
    pub illegal: Option<[Share; 3]>,
    /// Acknowledged writes that began while the network was whole.
    pub write_ok_whole: Option<[f64; 4]>,
    /// Acknowledged writes that began in a partition.
    pub write_ok_partition: Option<[f64; 4]>,
    /// Other writes that began while the network was whole.
    pub write_not_ok_whole: Option<[f64; 4]>,
    /// Other writes that began in a partition.
    pub write_not_ok_partition: Option<[f64; 4]>,
    /// Reads that began while the network was whole.
    pub read_whole: Option<[f64; 4]>,
    /// Reads that began in a partition.
    pub read_partition: Option<[f64; 4]>,
    /// Of a register.
    pub register: Option<RealRegister>,
    /// Of writes with a time of their own.
    pub timed: Option<RealTimed>,
}

/// The end of runs with a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealRegister {
    /// Runs whose replicas differed after heal and drain.
    pub unequal: Share,
    /// Owners ending on a value older than a later acknowledged write.
    pub outdated_owners: Share,
    /// Stale reads.
    pub stale_reads: Share,
}

/// The end of runs in which each write made a shard group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealTimed {
    /// Acknowledged writes missing on one owner at least.
    pub acked_missing: Share,
    /// Acknowledged writes that no owner had.
    pub acked_nowhere: Share,
    /// Writes without acknowledgement that an owner had.
    pub unacked_somewhere: Share,
    /// Shards made in each run.
    pub shards_made: [u64; 3],
}

impl RealRow {
    /// Acknowledged writes, of all.
    #[must_use]
    pub const fn acked(&self) -> Share {
        Share::of(self.writes.ok, self.writes.all())
    }

    /// Writes that were not acknowledged and whose error had the word "timeout", of all that were not.
    #[must_use]
    pub const fn timeouts(&self) -> Share {
        Share::of(self.writes.info, self.writes.info + self.writes.fail)
    }
}

/// The row of an experiment on a kind of cluster, if it was run on a real one.
#[must_use]
pub fn row(cluster: &str, experiment: &str) -> Option<&'static RealRow> {
    ROWS.iter().find(|row| row.cluster == cluster && row.experiment == experiment)
}

const fn register(unequal: Share, outdated_owners: Share, stale_reads: Share) -> Option<RealRegister> {
    Some(RealRegister { unequal, outdated_owners, stale_reads })
}

const fn s(k: u64, n: u64) -> Share {
    Share::of(k, n)
}

const fn ends(ok: u64, info: u64, fail: u64) -> Ends {
    Ends { ok, info, fail }
}

/// All of them.
pub const ROWS: &[RealRow] = &[
    RealRow {
        cluster: "010n3",
        experiment: "register-healthy-all",
        runs: 6,
        writes: ends(2569, 0, 0),
        acked_in_partition: s(0, 0),
        illegal: Some([s(1, 6), s(1, 6), s(1, 6)]),
        write_ok_whole: Some([2.2, 4.1, 6.9, 37.1]),
        write_ok_partition: None,
        write_not_ok_whole: None,
        write_not_ok_partition: None,
        read_whole: Some([1.3, 2.3, 4.5, 18.6]),
        read_partition: None,
        register: register(s(0, 6), s(0, 18), s(0, 2605)),
        timed: None,
    },
    RealRow {
        cluster: "010n3",
        experiment: "register-healthy-any",
        runs: 6,
        writes: ends(2566, 0, 0),
        acked_in_partition: s(0, 0),
        illegal: Some([s(1, 6), s(1, 6), s(1, 6)]),
        write_ok_whole: Some([2.0, 3.6, 6.1, 34.1]),
        write_ok_partition: None,
        write_not_ok_whole: None,
        write_not_ok_partition: None,
        read_whole: Some([1.3, 2.6, 4.3, 13.1]),
        read_partition: None,
        register: register(s(0, 6), s(0, 18), s(1, 2615)),
        timed: None,
    },
    RealRow {
        cluster: "010n3",
        experiment: "register-partition-all",
        runs: 6,
        writes: ends(376, 376, 0),
        acked_in_partition: s(8, 384),
        illegal: Some([s(4, 6), s(4, 6), s(6, 6)]),
        write_ok_whole: Some([2.5, 5.7, 9.6, 19.6]),
        write_ok_partition: Some([635.0, 642.0, 642.0, 642.0]),
        write_not_ok_whole: None,
        write_not_ok_partition: Some([1002.0, 1003.0, 1005.0, 1005.0]),
        read_whole: Some([1.3, 2.8, 8.8, 14.0]),
        read_partition: Some([1.3, 2.3, 4.8, 7.8]),
        register: register(s(6, 6), s(2, 18), s(0, 794)),
        timed: None,
    },
    RealRow {
        cluster: "010n3",
        experiment: "register-partition-any",
        runs: 6,
        writes: ends(2566, 0, 0),
        acked_in_partition: s(1916, 1916),
        illegal: Some([s(6, 6), s(6, 6), s(6, 6)]),
        write_ok_whole: Some([2.1, 4.4, 8.2, 16.5]),
        write_ok_partition: Some([1.9, 4.6, 10.1, 79.5]),
        write_not_ok_whole: None,
        write_not_ok_partition: None,
        read_whole: Some([1.4, 2.9, 7.8, 15.7]),
        read_partition: Some([1.4, 3.4, 6.9, 18.2]),
        register: register(s(6, 6), s(9, 18), s(1066, 2603)),
        timed: None,
    },
    RealRow {
        cluster: "010n3",
        experiment: "shards-healthy",
        runs: 3,
        writes: ends(1023, 0, 0),
        acked_in_partition: s(0, 0),
        illegal: None,
        write_ok_whole: Some([11.7, 25.0, 36.2, 53.7]),
        write_ok_partition: None,
        write_not_ok_whole: None,
        write_not_ok_partition: None,
        read_whole: None,
        read_partition: None,
        register: None,
        timed: Some(RealTimed {
            acked_missing: s(540, 1023),
            acked_nowhere: s(0, 1023),
            unacked_somewhere: s(0, 0),
            shards_made: [343, 347, 336],
        }),
    },
    RealRow {
        cluster: "010n3",
        experiment: "shards-partition",
        runs: 3,
        writes: ends(371, 3, 0),
        acked_in_partition: s(249, 252),
        illegal: None,
        write_ok_whole: Some([19.6, 4089.0, 7805.0, 7805.0]),
        write_ok_partition: Some([18.0, 3450.0, 4257.0, 4257.0]),
        write_not_ok_whole: None,
        write_not_ok_partition: Some([10010.0, 10010.0, 10010.0, 10010.0]),
        read_whole: None,
        read_partition: None,
        register: None,
        timed: Some(RealTimed {
            acked_missing: s(160, 371),
            acked_nowhere: s(0, 371),
            unacked_somewhere: s(3, 3),
            shards_made: [101, 137, 139],
        }),
    },
    RealRow {
        cluster: "010n5",
        experiment: "register-healthy-all",
        runs: 5,
        writes: ends(3582, 0, 0),
        acked_in_partition: s(0, 0),
        illegal: Some([s(3, 5), s(3, 5), s(4, 5)]),
        write_ok_whole: Some([2.4, 4.4, 7.9, 39.3]),
        write_ok_partition: None,
        write_not_ok_whole: None,
        write_not_ok_partition: None,
        read_whole: Some([1.7, 4.0, 6.4, 31.6]),
        read_partition: None,
        register: register(s(0, 5), s(0, 15), s(0, 3638)),
        timed: None,
    },
    RealRow {
        cluster: "010n5",
        experiment: "register-healthy-any",
        runs: 5,
        writes: ends(3593, 0, 0),
        acked_in_partition: s(0, 0),
        illegal: Some([s(1, 5), s(1, 5), s(1, 5)]),
        write_ok_whole: Some([2.1, 3.6, 6.6, 14.8]),
        write_ok_partition: None,
        write_not_ok_whole: None,
        write_not_ok_partition: None,
        read_whole: Some([1.7, 4.0, 6.9, 30.0]),
        read_partition: None,
        register: register(s(0, 5), s(0, 15), s(0, 3654)),
        timed: None,
    },
    RealRow {
        cluster: "010n5",
        experiment: "register-partition-all",
        runs: 5,
        writes: ends(925, 355, 0),
        acked_in_partition: s(314, 669),
        illegal: Some([s(4, 5), s(4, 5), s(5, 5)]),
        write_ok_whole: Some([2.4, 4.3, 5.7, 8.8]),
        write_ok_partition: Some([2.2, 3.6, 6.2, 639.0]),
        write_not_ok_whole: None,
        write_not_ok_partition: Some([1002.0, 1003.0, 1005.0, 1009.0]),
        read_whole: Some([1.7, 3.4, 4.8, 6.3]),
        read_partition: Some([1.4, 2046.0, 3072.0, 3085.0]),
        register: register(s(5, 5), s(8, 15), s(0, 1272)),
        timed: None,
    },
    RealRow {
        cluster: "010n5",
        experiment: "register-partition-any",
        runs: 5,
        writes: ends(2539, 13, 0),
        acked_in_partition: s(1743, 1756),
        illegal: Some([s(5, 5), s(5, 5), s(5, 5)]),
        write_ok_whole: Some([2.2, 3.9, 5.5, 9.5]),
        write_ok_partition: Some([1.9, 3.7, 7.5, 13.5]),
        write_not_ok_whole: None,
        write_not_ok_partition: Some([1002.0, 1003.0, 1003.0, 1003.0]),
        read_whole: Some([1.7, 4.2, 7.7, 18.3]),
        read_partition: Some([1.4, 6.4, 3071.0, 3081.0]),
        register: register(s(5, 5), s(13, 15), s(750, 2567)),
        timed: None,
    },
    RealRow {
        cluster: "010n5",
        experiment: "shards-healthy",
        runs: 3,
        writes: ends(1623, 0, 0),
        acked_in_partition: s(0, 0),
        illegal: None,
        write_ok_whole: Some([20.8, 61.4, 120.0, 220.0]),
        write_ok_partition: None,
        write_not_ok_whole: None,
        write_not_ok_partition: None,
        read_whole: None,
        read_partition: None,
        register: None,
        timed: Some(RealTimed {
            acked_missing: s(964, 1623),
            acked_nowhere: s(112, 1623),
            unacked_somewhere: s(0, 0),
            shards_made: [539, 548, 539],
        }),
    },
    RealRow {
        cluster: "010n5",
        experiment: "shards-partition",
        runs: 3,
        writes: ends(318, 8, 0),
        acked_in_partition: s(163, 171),
        illegal: None,
        write_ok_whole: Some([35.4, 4040.0, 7978.0, 8187.0]),
        write_ok_partition: Some([79.2, 5420.0, 7717.0, 7757.0]),
        write_not_ok_whole: None,
        write_not_ok_partition: Some([10010.0, 10012.0, 10012.0, 10012.0]),
        read_whole: None,
        read_partition: None,
        register: None,
        timed: Some(RealTimed {
            acked_missing: s(159, 318),
            acked_nowhere: s(11, 318),
            unacked_somewhere: s(8, 8),
            shards_made: [150, 81, 98],
        }),
    },
    RealRow {
        cluster: "18n5",
        experiment: "register-healthy-all",
        runs: 3,
        writes: ends(2072, 0, 0),
        acked_in_partition: s(0, 0),
        illegal: Some([s(1, 3), s(1, 3), s(1, 3)]),
        write_ok_whole: Some([2.6, 4.8, 7.8, 12.9]),
        write_ok_partition: None,
        write_not_ok_whole: None,
        write_not_ok_partition: None,
        read_whole: Some([3.2, 6.3, 9.7, 19.7]),
        read_partition: None,
        register: register(s(0, 3), s(0, 9), s(0, 2169)),
        timed: None,
    },
    RealRow {
        cluster: "18n5",
        experiment: "register-healthy-any",
        runs: 3,
        writes: ends(2070, 0, 0),
        acked_in_partition: s(0, 0),
        illegal: Some([s(2, 3), s(2, 3), s(2, 3)]),
        write_ok_whole: Some([2.2, 4.9, 7.8, 17.8]),
        write_ok_partition: None,
        write_not_ok_whole: None,
        write_not_ok_partition: None,
        read_whole: Some([3.0, 6.4, 9.4, 13.4]),
        read_partition: None,
        register: register(s(0, 3), s(0, 9), s(0, 2169)),
        timed: None,
    },
    RealRow {
        cluster: "18n5",
        experiment: "register-partition-all",
        runs: 3,
        writes: ends(173, 46, 341),
        acked_in_partition: s(3, 161),
        illegal: Some([s(3, 3), s(1, 3), s(3, 3)]),
        write_ok_whole: Some([2.7, 5.4, 7.6, 8.8]),
        write_ok_partition: Some([8.9, 12.3, 12.3, 12.3]),
        write_not_ok_whole: Some([2.3, 3.9, 5.0, 9.7]),
        write_not_ok_partition: Some([2.6, 1003.0, 1004.0, 1005.0]),
        read_whole: Some([3.2, 6.4, 13.1, 18.1]),
        read_partition: Some([1495.0, 3131.0, 7579.0, 7598.0]),
        register: register(s(3, 3), s(2, 9), s(0, 587)),
        timed: None,
    },
    RealRow {
        cluster: "18n5",
        experiment: "register-partition-any",
        runs: 3,
        writes: ends(553, 8, 2),
        acked_in_partition: s(173, 183),
        illegal: Some([s(3, 3), s(3, 3), s(3, 3)]),
        write_ok_whole: Some([2.0, 3.4, 5.8, 8.5]),
        write_ok_partition: Some([2.0, 3.9, 7.6, 9.4]),
        write_not_ok_whole: None,
        write_not_ok_partition: Some([1002.0, 1004.0, 1004.0, 1004.0]),
        read_whole: Some([3.1, 5.9, 8.9, 10.9]),
        read_partition: Some([2006.0, 3013.0, 7443.0, 7643.0]),
        register: register(s(3, 3), s(4, 9), s(172, 583)),
        timed: None,
    },
    RealRow {
        cluster: "18n5",
        experiment: "shards-healthy",
        runs: 3,
        writes: ends(1536, 0, 0),
        acked_in_partition: s(0, 0),
        illegal: None,
        write_ok_whole: Some([29.3, 113.0, 176.0, 273.0]),
        write_ok_partition: None,
        write_not_ok_whole: None,
        write_not_ok_partition: None,
        read_whole: None,
        read_partition: None,
        register: None,
        timed: Some(RealTimed {
            acked_missing: s(0, 1536),
            acked_nowhere: s(0, 1536),
            unacked_somewhere: s(0, 0),
            shards_made: [2475, 2650, 2570],
        }),
    },
    RealRow {
        cluster: "18n5",
        experiment: "shards-partition",
        runs: 3,
        writes: ends(298, 21, 0),
        acked_in_partition: s(174, 192),
        illegal: None,
        write_ok_whole: Some([20.4, 107.0, 7799.0, 7799.0]),
        write_ok_partition: Some([24.6, 7588.0, 9493.0, 9723.0]),
        write_not_ok_whole: Some([10011.0, 10011.0, 10011.0, 10011.0]),
        write_not_ok_partition: Some([10008.0, 10011.0, 10011.0, 10011.0]),
        read_whole: None,
        read_partition: None,
        register: None,
        timed: Some(RealTimed {
            acked_missing: s(0, 298),
            acked_nowhere: s(0, 298),
            unacked_somewhere: s(15, 21),
            shards_made: [470, 395, 740],
        }),
    },
];

/// A row of the table of writes that began in a partition, by the side on which they did (study figures § 2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RealSide {
    /// The kind of cluster.
    pub cluster: &'static str,
    /// Whether the first node was on that side.
    pub with_first: bool,
    /// Whether that side had more than half of the nodes.
    pub majority: bool,
    /// Acknowledged, of those that began there.
    pub ok: Share,
    /// Median and 95th percentile in milliseconds, however they ended.
    pub ms: [f64; 2],
}

const fn side(cluster: &'static str, place: [bool; 2], ok: Share, ms: [f64; 2]) -> RealSide {
    RealSide { cluster, with_first: place[0], majority: place[1], ok, ms }
}

/// `shards-partition` by side.
pub const SIDES: &[RealSide] = &[
    side("010n3", [true, true], s(231, 231), [12.0, 103.0]),
    side("010n3", [true, false], s(3, 3), [4257.0, 4484.0]),
    side("010n3", [false, true], s(4, 6), [4408.0, 10_010.0]),
    side("010n3", [false, false], s(7, 8), [5445.0, 10_008.0]),
    side("010n5", [true, true], s(117, 117), [65.0, 3036.0]),
    side("010n5", [true, false], s(13, 15), [3996.0, 10_011.0]),
    side("010n5", [false, true], s(19, 23), [3778.0, 10_010.0]),
    side("010n5", [false, false], s(11, 13), [3480.0, 10_012.0]),
    side("18n5", [true, true], s(75, 85), [19.0, 10_010.0]),
    side("18n5", [true, false], s(67, 70), [24.0, 3761.0]),
    side("18n5", [false, true], s(13, 17), [7559.0, 10_010.0]),
    side("18n5", [false, false], s(15, 16), [3454.0, 10_011.0]),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The totals that the text below the table of the real clusters names.
    #[test]
    fn the_rows_add_up_to_what_is_told_of_them() {
        let of = |experiment: &'static str, old: bool| {
            ROWS.iter().filter(move |row| row.experiment == experiment && row.cluster.starts_with("010") == old)
        };
        let any = || of("register-partition-any", true);
        assert_eq!(any().map(|row| row.writes.ok).sum::<u64>(), 5105);
        assert_eq!(any().map(|row| row.writes.all()).sum::<u64>(), 5118);
        let stale = any().filter_map(|row| row.register).map(|register| register.stale_reads);
        assert_eq!(stale.fold((0, 0), |sum, share| (sum.0 + share.k, sum.1 + share.n)), (1816, 5170));
        assert_eq!(of("register-partition-all", true).map(|row| row.writes.info).sum::<u64>(), 731);
        let missing = of("shards-healthy", true).filter_map(|row| row.timed).map(|timed| timed.acked_missing);
        assert_eq!(missing.fold((0, 0), |sum, share| (sum.0 + share.k, sum.1 + share.n)), (1504, 2646));
        let new = of("register-partition-all", false).next().map(RealRow::acked);
        assert_eq!(new, Some(s(173, 560)));
        assert!(ROWS.iter().all(|row| row.illegal.is_none() == row.timed.is_some()));
    }
}
