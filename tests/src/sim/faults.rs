//! What goes wrong in a schedule.

use std::time::Duration;

use fastrand::Rng;
use influx_server_mock::sim::{DataDisk, ReplyLoss, RequestLoss, SimFault};

use super::generate::{milliseconds, one_in, pick};
use super::schedule::{FaultPlan, Schedule, WritePlan};

/// Up to seven faults at any time before the heal, and in some schedules a few that are dangerous only together. Many
/// end before all others do, so that there are writes with what they left behind.
pub(super) fn faults(rng: &mut Rng, schedule: &Schedule) -> Vec<FaultPlan> {
    let span = schedule.heal.as_millis().try_into().unwrap_or(u64::MAX);
    // Most begin with a cluster that is whole, so that there is a first shard group.
    let first = if one_in(rng, 6) { 0 } else { 200 };
    let mut faults: Vec<FaultPlan> = (0..rng.usize(1..=7))
        .map(|_| {
            let (at, fault) = (milliseconds(rng, first, span), fault(rng, schedule));
            let until = (fault.lasts() && !one_in(rng, 3)).then(|| at + milliseconds(rng, 50, 5_000));
            FaultPlan { at, until: until.filter(|until| *until < schedule.heal), fault }
        })
        .collect();
    if one_in(rng, 3) {
        faults.extend(together(rng, schedule));
    }
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
        0..=4 => SimFault::Partition { side: some_of(rng, all) },
        5..=6 => SimFault::OneWay { from: process, to: other },
        7..=8 => SimFault::Slow { from: process, to: other, extra },
        9..=13 => SimFault::Crash { process, restart_after: for_a_while(rng) },
        14..=16 => SimFault::Pause { process, resume_after: for_a_while(rng) },
        17 => SimFault::SlowDisk { node, disk: pick(rng, &[DataDisk::Shards, DataDisk::Handoff]), extra },
        18 => SimFault::DiskFull { node, disk: pick(rng, &[DataDisk::Shards, DataDisk::Handoff]) },
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

/// Some of the processes, but not all and not none.
fn some_of(rng: &mut Rng, all: usize) -> Vec<usize> {
    let mut side: Vec<usize> = (0..all).filter(|_| rng.bool()).collect();
    if side.len() == all {
        side.pop();
    }
    if side.is_empty() {
        side.push(rng.usize(0..all));
    }
    side
}

/// Faults at the same time, around a write: a coordinator in trouble, and another node that needs it.
fn together(rng: &mut Rng, schedule: &Schedule) -> Vec<FaultPlan> {
    let before_heal: Vec<&WritePlan> = schedule.writes.iter().filter(|write| write.at < schedule.heal).collect();
    let write = pick(rng, &before_heal);
    let coordinator = pick(rng, &schedule.clients[write.client].endpoints);
    let other = (coordinator + rng.usize(1..schedule.data_nodes)) % schedule.data_nodes;
    let at = write.at.saturating_sub(milliseconds(rng, 1, 300));
    let until = Some(write.at + milliseconds(rng, 300, 5_000)).filter(|until| *until < schedule.heal);
    let plan = |fault| FaultPlan { at, until, fault };
    match rng.u32(0..8) {
        // What the other node misses cannot be kept for it.
        0..=3 => {
            let trouble = match rng.u32(0..5) {
                0 => SimFault::HandoffFull { node: coordinator },
                1 | 2 => SimFault::HandoffBlocked { node: coordinator },
                3 => SimFault::DiskFull { node: coordinator, disk: DataDisk::Handoff },
                _ => {
                    let extra = milliseconds(rng, 50, 3_000);
                    SimFault::SlowDisk { node: coordinator, disk: DataDisk::Handoff, extra }
                }
            };
            vec![plan(trouble), plan(away(rng, coordinator, other))]
        }
        // The coordinator dies with what the other node has not got yet.
        4..=5 => {
            let dies = write.at + milliseconds(rng, 1, 700);
            let restart_after = Some(milliseconds(rng, 50, 3_000));
            let crash = SimFault::Crash { process: coordinator, restart_after };
            vec![
                plan(away(rng, coordinator, other)),
                FaultPlan { at: dies.min(schedule.heal), until: None, fault: crash },
            ]
        }
        // Its own copy fails while others may not.
        6 => {
            let full = SimFault::DiskFull { node: coordinator, disk: DataDisk::Shards };
            vec![plan(full), plan(away(rng, coordinator, other))]
        }
        // Nobody can change the metadata.
        _ => {
            let metas = schedule.data_nodes..schedule.data_nodes + schedule.meta_nodes;
            metas.map(|process| plan(SimFault::Crash { process, restart_after: None })).collect()
        }
    }
}

/// A way for a node not to be there for another one.
fn away(rng: &mut Rng, from: usize, node: usize) -> SimFault {
    match rng.u32(0..5) {
        0 | 1 => SimFault::Crash { process: node, restart_after: None },
        2 => SimFault::Pause { process: node, resume_after: None },
        3 => SimFault::OneWay { from, to: node },
        _ => SimFault::Partition { side: vec![node] },
    }
}

fn request_loss(rng: &mut Rng) -> RequestLoss {
    match rng.u32(0..6) {
        0 => RequestLoss::Reset,
        1 => RequestLoss::Hang,
        2 => RequestLoss::TurnedAway { waited: rng.bool() },
        3 => RequestLoss::CutBody { percent: pick(rng, &[0, 1, 50, 99]) },
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
