//! What goes wrong in a schedule.

use std::time::Duration;

use fastrand::Rng;
use influx_server_mock::Disk;
use influx_server_mock::sim::{ReplyLoss, RequestLoss, SimFault};

use super::generate::{milliseconds, one_in, pick};
use super::schedule::{FaultPlan, Schedule};

/// Up to eight faults at any time before the heal.
pub(super) fn faults(rng: &mut Rng, schedule: &Schedule) -> Vec<FaultPlan> {
    let span = schedule.heal.as_millis().try_into().unwrap_or(u64::MAX);
    // Most begin with a cluster that is whole, so that there is a first shard group.
    let first = if one_in(rng, 6) { 0 } else { 200 };
    let mut faults: Vec<FaultPlan> = (0..rng.usize(1..=8))
        .map(|_| FaultPlan { at: milliseconds(rng, first, span), fault: fault(rng, schedule) })
        .collect();
    faults.sort_by_key(|plan| plan.at);
    faults
}

fn fault(rng: &mut Rng, schedule: &Schedule) -> SimFault {
    let data = schedule.data_nodes;
    let all = data + schedule.meta_nodes;
    let node = rng.usize(0..data);
    let process = if one_in(rng, 3) { rng.usize(data..all) } else { node };
    let other = (process + rng.usize(1..all)) % all;
    let extra = milliseconds(rng, 5, 3_000);
    let times = rng.u32(1..=4);
    let for_a_while = |rng: &mut Rng| (!one_in(rng, 3)).then(|| milliseconds(rng, 50, 5_000));
    match rng.u32(0..32) {
        0..=4 => SimFault::Partition { side: (0..all).filter(|_| rng.bool()).collect() },
        5..=6 => SimFault::OneWay { from: process, to: other },
        7..=8 => SimFault::Slow { from: process, to: other, extra },
        9..=13 => SimFault::Crash { process, restart_after: for_a_while(rng) },
        14..=16 => SimFault::Pause { process, resume_after: for_a_while(rng) },
        17 => SimFault::SlowDisk { node, disk: pick(rng, &[Disk::Shards, Disk::Handoff]), extra },
        18 => SimFault::DiskFull { node, disk: pick(rng, &[Disk::Shards, Disk::Handoff]) },
        19 => SimFault::HandoffFull { node },
        20 => SimFault::HandoffBlocked { node },
        21 => SimFault::LeaderChange,
        22 => SimFault::RefuseClients { node },
        23..=24 => SimFault::CutClients { node },
        25..=26 => SimFault::Requests { node, times, loss: request_loss(rng) },
        27..=30 => SimFault::Replies { node, times, loss: reply_loss(rng) },
        _ => {
            let skew = i64::try_from(milliseconds(rng, 1, 1_800_000).as_nanos()).unwrap_or(0);
            SimFault::ClockSkew { node, ahead: if rng.bool() { skew } else { -skew } }
        }
    }
}

fn request_loss(rng: &mut Rng) -> RequestLoss {
    match rng.u32(0..5) {
        0 => RequestLoss::Reset,
        1 => RequestLoss::Hang,
        2 => RequestLoss::TurnedAway { waited: rng.bool() },
        _ => RequestLoss::Gateway(pick(rng, &[502, 503, 504])),
    }
}

fn reply_loss(rng: &mut Rng) -> ReplyLoss {
    match rng.u32(0..6) {
        0 | 1 => ReplyLoss::Reset,
        2 => ReplyLoss::CutBody,
        3 => ReplyLoss::Hang,
        4 => ReplyLoss::Late(Duration::from_millis(rng.u64(10..8_000))),
        _ => ReplyLoss::Gateway(pick(rng, &[502, 503, 504])),
    }
}
