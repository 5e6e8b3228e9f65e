//! The writer's state, driven by hand.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use proptest::prelude::*;

use super::core::{Core, Limits, Refused};
use super::fate::{Delivered, DeliveryError, Fate};
use super::window::{BATCH_OVERHEAD, Size, nanoseconds_at};
use super::{Overflow, PushError};
use crate::{Ack, Batch, PointErrorKind, Precision};

fn limits() -> Limits {
    Limits {
        precision: Precision::Nanoseconds,
        size: Size { points: 10, bytes: 1 << 20 },
        linger: Duration::from_millis(100),
        lanes: 2,
        memory: 1 << 20,
        overflow: Overflow::Wait,
        checks_types: true,
    }
}

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn push(core: &mut Core, series: u8, time: i64, now: Duration) -> Result<Option<Delivered>, Refused> {
    core.push(|batch| batch.point("m").tag("s", &series.to_string()).field("f", 1.0).at(time), false, || now)
}

/// What the driver does when it is woken.
fn drive(core: &mut Core, now: Duration) -> Vec<(u64, Arc<Batch>)> {
    loop {
        core.tick(now);
        let Some((window, whole)) = core.take_sealed() else { break };
        let (lanes, size) = core.cut();
        core.place(window.cut(lanes, size, whole));
    }
    std::iter::from_fn(|| core.start()).map(|started| (started.id, started.batch)).collect()
}

/// Why so many points at once are refused.
fn push_points(core: &mut Core, count: i64) -> PushError {
    let write = |batch: &mut Batch| (0..count).try_for_each(|time| batch.point("m").field("f", 1.0).at(time));
    match core.push(write, false, Duration::default) {
        Err(Refused::Error(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn stored(batch: &Batch) -> Fate {
    Ok(Arc::new(Ack::of(batch.points())))
}

#[test]
fn points_go_when_they_have_lingered() {
    let mut core = Core::new(limits());
    push(&mut core, 1, 1, millis(50)).unwrap();
    push(&mut core, 1, 2, millis(90)).unwrap();
    assert_eq!(core.next_tick(), Some(millis(150)), "the first point's time counts");
    assert!(drive(&mut core, millis(149)).is_empty());
    assert_eq!(drive(&mut core, millis(150))[0].1.points(), 2);
    assert_eq!(core.next_tick(), None);
}

#[test]
fn a_full_request_goes_at_once_and_more_is_gathered_while_it_is_under_way() {
    let mut core = Core::new(limits());
    (0..10).for_each(|time| drop(push(&mut core, 1, time, millis(0)).unwrap()));
    assert!(core.wants_driver());
    let (id, batch) = drive(&mut core, millis(0)).remove(0);
    assert_eq!(batch.points(), 10);
    (0..10).for_each(|time| drop(push(&mut core, 1, time, millis(0)).unwrap()));
    assert!(drive(&mut core, millis(1)).is_empty(), "its series is under way");
    (0..10).for_each(|time| drop(push(&mut core, 1, time, millis(0)).unwrap()));
    assert!(drive(&mut core, millis(1)).is_empty());
    core.settle(id, &stored(&batch));
    let next = drive(&mut core, millis(1));
    assert_eq!(next.len(), 1, "one after the other");
    assert_eq!(next[0].1.points(), 10);
}

#[test]
fn a_retry_keeps_back_its_series_only() {
    let mut core = Core::new(limits());
    // Two series in different lanes.
    let other = (1..50).find(|s| super::lane_of::lane_of(format!("m,s={s} f").as_bytes(), 2) != lane(0)).unwrap();
    push(&mut core, 0, 1, millis(0)).unwrap();
    let stuck = drive(&mut core, millis(100));
    assert_eq!(stuck.len(), 1);
    push(&mut core, 0, 2, millis(100)).unwrap();
    push(&mut core, other, 2, millis(100)).unwrap();
    let free = drive(&mut core, millis(200));
    assert_eq!(free.len(), 1, "cut by series, as one of them waits");
    assert!(free[0].1.as_bytes().starts_with(format!("m,s={other} ").as_bytes()));
}

fn lane(series: u8) -> u8 {
    super::lane_of::lane_of(format!("m,s={series} f").as_bytes(), 2)
}

#[test]
fn a_field_of_two_types_is_refused_within_a_window_only() {
    let mut core = Core::new(limits());
    let integer = |core: &mut Core| core.push(|b| b.point("m").field("f", 1i64).at(1), false, Duration::default);
    push(&mut core, 1, 1, millis(0)).unwrap();
    let Err(Refused::Error(PushError::Point(error))) = integer(&mut core) else { panic!("it must be refused") };
    assert!(matches!(error.kind(), PointErrorKind::TypeFlip { .. }));
    assert_eq!(core.totals().accepted, 1);
    core.seal();
    integer(&mut core).unwrap();
}

#[test]
fn all_points_of_a_call_or_none() {
    let mut core = Core::new(limits());
    let result = core.push(
        |batch| {
            batch.point("m").field("f", 1.0).at(1)?;
            batch.point("m").field("f", 1i64).at(1)
        },
        false,
        Duration::default,
    );
    assert!(matches!(result, Err(Refused::Error(PushError::Point(_)))));
    assert_eq!(core.totals().accepted, 0);
    core.push(|batch| batch.point("m").field("f", 1i64).at(1), false, Duration::default).unwrap();
    let clears = |batch: &mut Batch| {
        batch.clear();
        Ok(())
    };
    core.push(clears, false, Duration::default).unwrap();
    assert_eq!(core.totals().accepted, 1, "a closure has no hold on what others pushed");
}

#[test]
fn a_closure_that_panics_leaves_nothing_behind() {
    let mut core = Core::new(limits());
    push(&mut core, 1, 1, millis(0)).unwrap();
    let panics = |batch: &mut Batch| {
        batch.point("n").field("f", 1i64).at(2)?;
        panic!("as the test wants it")
    };
    let push_it = std::panic::AssertUnwindSafe(|| core.push(panics, false, Duration::default).is_ok());
    assert!(std::panic::catch_unwind(push_it).is_err());
    let exchanges = |batch: &mut Batch| {
        *batch = Batch::new(Precision::Seconds);
        Ok(())
    };
    let push_it = std::panic::AssertUnwindSafe(|| core.push(exchanges, false, Duration::default).is_ok());
    assert!(std::panic::catch_unwind(push_it).is_err());
    core.push(|batch| batch.point("m").field("f", "x").at(3), false, Duration::default).unwrap();
    assert_eq!(core.totals().accepted, 2);
    let sent = drive(&mut core, millis(100));
    let points: usize = sent.iter().map(|(_, batch)| batch.points()).sum();
    assert!(points <= 2 && sent.iter().all(|(_, batch)| !times(batch).contains(&2)));
}

/// Points of a record of the spool whose types differ from the window's go in another batch.
#[test]
fn records_of_the_spool_are_taken_in() {
    let mut core = Core::new(Limits { lanes: 1, ..limits() });
    core.spooled(5, Default::default());
    core.feed(b"m f=1 1\n", 0, None, millis(0)).unwrap();
    core.feed(b"m f=1i 2\n", 1, None, millis(0)).unwrap();
    let flips = core.push(|batch| batch.point("m").field("f", 1.0).at(3), false, Duration::default);
    assert!(matches!(flips, Err(Refused::Error(PushError::Point(_)))), "the window knows the record's types");
    core.feed(b"m f=1 4\nm f=2i 5\nm f=\"a\nb\" 6\n", 2, None, millis(0)).unwrap();
    core.seal();
    let mut sent = Vec::new();
    loop {
        let batches = drive(&mut core, millis(0));
        if batches.is_empty() {
            break;
        }
        for (id, batch) in batches {
            sent.push(times(&batch));
            assert_eq!(core.take_settled_record(), None);
            core.settle(id, &stored(&batch));
        }
        let settled = core.take_settled_record();
        assert_eq!(settled, Some(sent.len() as u64 - 1));
    }
    assert_eq!(sent, [vec![1], vec![2], vec![4, 5, 6]]);
    assert_eq!(core.totals().memory, 0);
}

/// Only what an earlier writer may have sent is marked so, and nothing new goes with it.
#[test]
fn what_was_left_over_goes_apart() {
    let mut core = Core::new(Limits { lanes: 1, ..limits() });
    core.recovered(2, Default::default(), 2);
    core.spooled(2, Default::default());
    for record in 0..4_u8 {
        core.feed(format!("m f=1 {record}\n").as_bytes(), record.into(), None, millis(0)).unwrap();
    }
    core.seal();
    let mut sent = Vec::new();
    while let Some((window, whole)) = core.take_sealed() {
        let (lanes, size) = core.cut();
        core.place(window.cut(lanes, size, whole));
        let started = core.start().unwrap();
        sent.push((times(&started.batch), started.is_left_over));
        core.settle(started.id, &stored(&started.batch));
    }
    assert_eq!(sent, [(vec![0, 1], true), (vec![2, 3], false)]);
}

/// What is not settled stays in the spool, and everything behind it too.
#[test]
fn a_record_is_settled_only_with_all_before_it() {
    let mut core = Core::new(Limits { lanes: 8, size: Size { points: 1, bytes: 1 << 20 }, ..limits() });
    core.spooled(9, Default::default());
    for record in 0..9_u8 {
        let line = format!("m,s={record} f=1 {record}\n");
        core.feed(line.as_bytes(), record.into(), None, millis(0)).unwrap();
        core.seal();
    }
    let sent = drive(&mut core, millis(0));
    assert!(sent.len() > 2);
    for (id, batch) in &sent[1..] {
        core.settle(*id, &stored(batch));
    }
    assert_eq!(core.take_settled_record(), None, "the first is under way");
    core.settle(sent[0].0, &Err(DeliveryError::Spooled));
    assert_eq!(core.take_settled_record(), None, "the first is still to be sent");
    assert_eq!(core.totals().pending, 10 - sent.len() as u64);
}

#[test]
fn memory_is_a_hard_bound() {
    let memory = BATCH_OVERHEAD * 2 + 100;
    let mut core = Core::new(Limits { memory, ..limits() });
    let mut taken = 0;
    let rows = loop {
        match push(&mut core, 1, taken, millis(0)) {
            Ok(_) => taken += 1,
            Err(Refused::Full(rows)) => break rows,
            Err(Refused::Error(error)) => panic!("{error}"),
        }
        assert!(core.totals().memory <= memory);
    };
    assert!(taken > 1);
    let sent = drive(&mut core, millis(0));
    assert_eq!(sent[0].1.points() as i64, taken, "what is gathered goes when memory is short");
    assert!(matches!(core.push_again(&rows, false, Duration::default), Err(Refused::Full(_))));
    core.settle(sent[0].0, &stored(&sent[0].1));
    assert_eq!(core.totals().memory, 0);
    core.push_again(&rows, false, Duration::default).unwrap();
    let large = core.push(|b| b.point("l").field("f", "x".repeat(200).as_str()).at(1), false, Duration::default);
    let Err(Refused::Error(PushError::TooLarge { bytes, memory })) = large else { panic!("{large:?}") };
    assert!(bytes > memory, "{bytes} bytes would fit into {memory}");
    let refused = push_points(&mut core, 5);
    assert!(matches!(refused, PushError::TooLarge { bytes, memory } if bytes > memory), "{refused}");
}

#[test]
fn the_oldest_unsent_batch_is_dropped_and_told() {
    let memory = BATCH_OVERHEAD * 4 + 200;
    let mut core = Core::new(Limits { memory, overflow: Overflow::DropOldest, ..limits() });
    let mut reports = core.readers.subscribe(100, 1 << 20);
    let first = core.push(|b| b.point("m").field("f", 1.0).at(0), true, Duration::default).unwrap().unwrap();
    for time in 1..100 {
        push(&mut core, 1, time, millis(0)).unwrap();
        assert!(core.totals().memory <= memory);
    }
    assert!(matches!(first.now_or_never(), Some(Err(DeliveryError::Dropped))));
    let report = reports.try_recv().unwrap();
    assert!(report.failed.unwrap().line(0).ends_with(b" 0"));
    let totals = core.totals();
    assert!(totals.dropped > 0 && totals.dropped + totals.pending == totals.accepted);
    assert_eq!(core.horizon().holes, 0);
}

#[test]
fn a_flush_waits_for_what_was_before_it() {
    let mut core = Core::new(limits());
    let empty = core.begin_flush();
    assert!(core.end_flush(empty).unwrap().is_ok());
    push(&mut core, 1, 1, millis(0)).unwrap();
    let flush = core.begin_flush();
    let sent = drive(&mut core, millis(0));
    push(&mut core, 1, 2, millis(0)).unwrap();
    assert!(core.end_flush(flush).is_none());
    core.settle(sent[0].0, &Err(DeliveryError::Interrupted));
    assert_eq!(core.end_flush(flush).unwrap().unwrap_err().points.unknown, 1);
    let flush = core.begin_flush();
    let sent = drive(&mut core, millis(0));
    core.settle(sent[0].0, &stored(&sent[0].1));
    assert!(core.end_flush(flush).unwrap().is_ok(), "an older failure is not told again");
}

#[test]
fn what_is_not_settled_is_handed_back() {
    let mut core = Core::new(limits());
    (0..30).for_each(|time| drop(push(&mut core, 1, time, millis(0)).unwrap()));
    let sent = drive(&mut core, millis(0));
    assert_eq!(sent.len(), 1);
    push(&mut core, 1, 99, millis(0)).unwrap();
    let left = core.abandon(DeliveryError::Interrupted, DeliveryError::Unsent);
    assert_eq!(left.interrupted.iter().map(|batch| batch.points()).sum::<usize>(), 10);
    let times: Vec<i64> = left.unsent.iter().flat_map(|batch| times(batch)).collect();
    assert_eq!(times, (10..30).chain([99]).collect::<Vec<_>>());
    assert!(matches!(push(&mut core, 1, 1, millis(0)), Err(Refused::Error(PushError::Closed))));
    assert!(core.is_finished() && core.totals().memory == 0 && core.totals().pending == 0);
}

fn times(batch: &Batch) -> Vec<i64> {
    (0..batch.points()).map(|line| nanoseconds_at(batch, line).unwrap()).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Push(u8, u8, bool),
    Drive(u64),
    Settle(usize, bool),
    Flush,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0_u8..8, 1_u8..4, any::<bool>()).prop_map(|(series, points, track)| Step::Push(series, points, track)),
        3 => (0_u64..80).prop_map(Step::Drive),
        3 => (any::<usize>(), prop::bool::weighted(0.8)).prop_map(|(which, good)| Step::Settle(which, good)),
        1 => Just(Step::Flush),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    /// Whatever happens in whatever order: points of a series are sent in the order they were pushed in and never two
    /// batches of it at a time, no point is lost or doubled, memory is never over its bound and is free in the
    /// end, the horizon is never ahead of an unsettled point or a hole, and every call that is followed is told.
    #[test]
    fn nothing_is_lost_overtaken_or_over_claimed(
        steps in steps(), lanes in 1_usize..5, points in 1_usize..8, memory in 0_usize..3_000,
        overflow in prop::sample::select(vec![Overflow::Wait, Overflow::Fail, Overflow::DropOldest]),
    ) {
        let memory = BATCH_OVERHEAD * lanes + 300 + memory;
        let size = Size { points, bytes: 200 };
        let mut core = Core::new(Limits { size, lanes, memory, overflow, ..limits() });
        let mut reports = core.readers.subscribe(10_000, usize::MAX);
        let (mut now, mut next) = (Duration::ZERO, 0_i64);
        // Every accepted point by its time, which is its number, with its series.
        let mut accepted: BTreeMap<i64, u8> = BTreeMap::new();
        let mut settled: BTreeMap<i64, bool> = BTreeMap::new();
        let mut under_way: Vec<(u64, Arc<Batch>)> = Vec::new();
        let mut sent_last: BTreeMap<u8, i64> = BTreeMap::new();
        let mut followed = Vec::new();
        let end = [Step::Flush].into_iter().chain((0..200).flat_map(|_| [Step::Drive(200), Step::Settle(0, true)]));
        for step in steps.into_iter().chain(end) {
            match step {
                Step::Push(series, count, track) => {
                    let first = next;
                    next += i64::from(count);
                    let result = core.push(
                        |batch| (first..first + i64::from(count)).try_for_each(|time| {
                            batch.point("m").tag("s", &series.to_string()).field("f", 1.0).at(time)
                        }),
                        track,
                        || now,
                    );
                    match result {
                        Ok(delivered) => {
                            accepted.extend((first..next).map(|time| (time, series)));
                            followed.extend(delivered);
                        }
                        Err(Refused::Full(_)) => prop_assert_eq!(overflow, Overflow::Wait),
                        Err(Refused::Error(error)) => {
                            prop_assert!(matches!(error, PushError::Full), "{error}");
                        }
                    }
                }
                Step::Drive(time) => {
                    now += millis(time);
                    for (id, batch) in drive(&mut core, now) {
                        prop_assert!(batch.points() <= points);
                        for time in times(&batch) {
                            let series = accepted[&time];
                            prop_assert!(!settled.contains_key(&time));
                            let last = sent_last.insert(series, time);
                            prop_assert!(last < Some(time), "{time} behind {last:?}");
                            let beside = under_way.iter().any(|(_, other)| times(other).iter().any(|t| accepted[t] == series));
                            prop_assert!(!beside, "series {series} is under way twice");
                        }
                        under_way.push((id, batch));
                    }
                }
                Step::Settle(which, good) if !under_way.is_empty() => {
                    let (id, batch) = under_way.swap_remove(which % under_way.len());
                    let fate = if good { stored(&batch) } else { Err(DeliveryError::Interrupted) };
                    core.settle(id, &fate);
                    settled.extend(times(&batch).into_iter().map(|time| (time, good)));
                }
                Step::Settle(..) => {}
                Step::Flush => {
                    let flush = core.begin_flush();
                    core.cancel_flush(flush);
                }
            }
            while let Some(report) = reports.try_recv() {
                if matches!(report.fate, Err(DeliveryError::Dropped)) {
                    settled.extend(times(&report.failed.unwrap()).into_iter().map(|time| (time, true)));
                }
            }
            let totals = core.totals();
            prop_assert!(totals.memory <= memory);
            prop_assert_eq!(totals.accepted, accepted.len() as u64);
            prop_assert_eq!(totals.accepted, totals.pending + totals.dropped + totals.settled.total() as u64);
            prop_assert_eq!(totals.pending, (accepted.len() - settled.len()) as u64);
            let oldest = accepted.keys().find(|time| settled.get(time) != Some(&true)).copied();
            let wanted = oldest.or_else(|| accepted.keys().next_back().map(|last| last + 1));
            // A hole reaches over the whole of its batch.
            let before = core.horizon().before;
            prop_assert!(before <= wanted, "{before:?} {wanted:?}");
            if settled.values().all(|good| *good) {
                prop_assert_eq!(before, wanted);
            }
        }
        prop_assert_eq!(settled.len(), accepted.len());
        prop_assert_eq!(core.totals().memory, 0);
        for delivered in followed {
            prop_assert!(delivered.now_or_never().is_some());
        }
        let flush = core.begin_flush();
        prop_assert!(core.end_flush(flush).is_some());
    }
}
