//! The time of what is written on a stage.

/// 2020-09-13, in nanoseconds.
pub const TIME: i64 = 1_600_000_000_000_000_000;

/// How long a shard group is unless a policy says otherwise, in nanoseconds.
pub const WEEK: i64 = 7 * 86_400 * 1_000_000_000;
