//! From a seed to a schedule.

use std::time::Duration;

use fastrand::Rng;
use influx_client::{ConsistencyLevel, Precision};
use influx_server_mock::Profile;

use super::SimSettings;
use super::faults::faults;
use super::schedule::{ClientPlan, Line, LineKind, PolicyPlan, Schedule, WritePlan};

/// One of so many.
pub(super) fn one_in(rng: &mut Rng, many: u32) -> bool {
    rng.u32(0..many) == 0
}

pub(super) fn pick<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.usize(0..all.len())]
}

pub(super) fn milliseconds(rng: &mut Rng, least: u64, most: u64) -> Duration {
    Duration::from_millis(rng.u64(least..=most))
}

impl Schedule {
    /// The schedule of a seed.
    #[must_use]
    pub fn of(seed: u64, settings: &SimSettings) -> Self {
        // Seeds that stand side by side have nothing in common.
        let mut rng = Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5EED);
        let rng = &mut rng;
        let either = pick(rng, &Profile::ALL);
        let profile = settings.profile.unwrap_or(either);
        let data_nodes = pick(rng, &[3, 3, 3, 3, 5]);
        let heal = milliseconds(rng, 2_000, 15_000);
        let mut schedule = Self {
            seed,
            profile,
            data_nodes,
            meta_nodes: pick(rng, &[3, 3, 1]),
            replication: pick(rng, &[1, 2, 3, 3, 3]),
            retention: if one_in(rng, 10) { Duration::from_secs(300 * 24 * 3_600) } else { Duration::ZERO },
            options: options(rng, profile),
            clients: Vec::new(),
            writes: Vec::new(),
            faults: Vec::new(),
            heal,
        };
        schedule.clients = (0..rng.usize(1..=4)).map(|_| client(rng, data_nodes)).collect();
        let quiet = one_in(rng, 12);
        schedule.writes = writes(rng, &schedule);
        suit_background(&mut schedule);
        schedule.faults = if quiet { Vec::new() } else { faults(rng, &schedule) };
        schedule
    }
}

fn options(rng: &mut Rng, profile: Profile) -> Vec<(&'static str, String)> {
    let mut options = Vec::new();
    let mut set = |name, value: &str| options.push((name, value.to_owned()));
    match rng.u32(0..4) {
        0 => {}
        1 => set("write-timeout", "1s"),
        2 => set("write-timeout", "2s"),
        _ => set("write-timeout", "500ms"),
    }
    if profile == Profile::V0_10 && rng.bool() {
        set("shard-writer-timeout", pick(rng, &["500ms", "1s"]));
    }
    if one_in(rng, 15) {
        set("hh-enabled", "false");
    }
    if one_in(rng, 15) {
        set("hh-max-size", pick(rng, &["100", "300", "1000"]));
    }
    if profile == Profile::V0_10 && one_in(rng, 20) {
        set("hh-segment-size", "100");
    }
    if one_in(rng, 3) {
        set("hh-retry-interval", pick(rng, &["100ms", "300ms"]));
        set("hh-retry-max-interval", pick(rng, &["1s", "2s"]));
    }
    if profile == Profile::V1_8 {
        if one_in(rng, 4) {
            set("shared-slice-race", pick(rng, &["drop-bad", "lose-good", "random"]));
        }
        if one_in(rng, 10) {
            set("allow-out-of-order-writes", "true");
        }
    }
    options
}

fn client(rng: &mut Rng, data_nodes: usize) -> ClientPlan {
    let mut endpoints: Vec<usize> = (0..data_nodes).collect();
    rng.shuffle(&mut endpoints);
    endpoints.truncate(pick(rng, &[1, 2, data_nodes, data_nodes]));
    let weaker = pick(rng, &[ConsistencyLevel::Any, ConsistencyLevel::One]);
    ClientPlan {
        endpoints,
        policy: match rng.u32(0..12) {
            0..=4 => PolicyPlan::Backoff,
            5..=6 => PolicyPlan::Eager,
            7..=8 => PolicyPlan::Never,
            9 => PolicyPlan::Downgrade(weaker),
            10 => PolicyPlan::DowngradeAtOnce(weaker),
            _ => PolicyPlan::Hammer,
        },
        attempt_timeout: Duration::from_millis(pick(rng, &[300, 1_500, 4_000, 15_000])),
        sticky: one_in(rng, 4),
        budget: rng.bool(),
        background: one_in(rng, 8).then(|| pick(rng, &ConsistencyLevel::ALL)),
    }
}

fn writes(rng: &mut Rng, schedule: &Schedule) -> Vec<WritePlan> {
    let count = rng.u64(10..=20);
    let span = schedule.heal.as_millis().try_into().unwrap_or(u64::MAX);
    let mut writes: Vec<WritePlan> = (0..count)
        .map(|number| {
            // Most runs begin with a write that makes the first shard group while all is well.
            let at = match number {
                0 => Duration::ZERO,
                // After the heal there are queues that hold old writes.
                _ if one_in(rng, 7) => milliseconds(rng, span, span + 3_000),
                _ => milliseconds(rng, 200, span),
            };
            WritePlan {
                batch: 0,
                client: rng.usize(0..schedule.clients.len()),
                at,
                level: pick(rng, &ConsistencyLevel::ALL),
                deadline: Duration::from_millis(pick(rng, &[400, 3_000, 12_000, 60_000])),
                dropped_after: one_in(rng, 12).then(|| milliseconds(rng, 1, 2_000)),
                precision: pick(rng, &[Precision::Nanoseconds, Precision::Nanoseconds, Precision::Seconds]),
                per_shard_group: one_in(rng, 8),
                split_types: one_in(rng, 8),
                extra_requests: pick(rng, &[64, 64, 64, 2, 0]),
                lines: lines(rng, schedule),
            }
        })
        .collect();
    writes.sort_by_key(|write| write.at);
    (1..).zip(&mut writes).for_each(|(batch, write)| write.batch = batch);
    writes
}

/// A background writer has one level and one unit of time for all of its points, and may have two of a series under way.
fn suit_background(schedule: &mut Schedule) {
    for write in &mut schedule.writes {
        let Some(level) = schedule.clients[write.client].background else { continue };
        write.level = level;
        write.precision = Precision::Nanoseconds;
        write.dropped_after = None;
        for line in write.lines.iter_mut().filter(|line| line.kind == LineKind::Rewrite) {
            line.kind = LineKind::Plain;
        }
    }
}

fn lines(rng: &mut Rng, schedule: &Schedule) -> Vec<Line> {
    let plain = Line { kind: LineKind::Plain, measurement: pick(rng, &[0, 0, 0, 1]), week: 0 };
    if one_in(rng, 7) {
        return vec![Line { kind: LineKind::Rewrite, ..plain }];
    }
    let week = if one_in(rng, 5) { rng.u8(1..=3) } else { 0 };
    let mut lines = vec![Line { week, ..plain }; rng.usize(1..=5)];
    let some = rng.usize(0..lines.len());
    match rng.u32(0..24) {
        0..=2 => lines[some].kind = LineKind::OtherType,
        // Those that make a new shard group make it one where every usual point is of another type.
        3 if week == 0 || one_in(rng, 4) => lines.iter_mut().for_each(|line| line.kind = LineKind::OtherType),
        5..=6 => lines[some].kind = LineKind::Malformed,
        7..=8 => lines.iter_mut().for_each(|line| line.kind = LineKind::Unstamped),
        9 => lines[some].kind = LineKind::Unstamped,
        10 => {
            lines[some].kind = LineKind::OtherType;
            lines[0].kind = LineKind::Malformed;
        }
        11 => lines[some].kind = LineKind::TimeTag,
        12..=13 => lines[some].week = rng.u8(1..=4),
        14 if !schedule.retention.is_zero() => lines[some].kind = LineKind::Old,
        15 => {
            // A field that may be new to its shard, with two types.
            lines.push(Line { kind: LineKind::OtherType, measurement: 2, week });
            lines.push(Line { kind: LineKind::Plain, measurement: 2, week });
        }
        _ => {}
    }
    lines
}
