#![allow(clippy::unwrap_used)]

use futures::FutureExt;
use proptest::prelude::*;

use super::{Question, Reply, answer};
use crate::core::anti_entropy::{Comparison, LEVELS, Others, Progress, Span, Step, root};
use crate::scan::{Measurements, Scan};
use crate::store::{Engine, MemoryDisk, Options, Storage};
use crate::{Point, Points};

const SHARD: u64 = 1;

fn replica(points: &[(u8, i64, Value)]) -> Engine {
    let engine = Engine::open(Storage::Memory(MemoryDisk::new()), Options::default()).unwrap();
    engine.ensure_shard(SHARD, "db", "rp");
    for (series, time, value) in points {
        let key = format!("m\\ {},k={series}", series % 2);
        let fields = match value {
            Value::Integer(value) => format!("i={value}i"),
            Value::Text(value) => format!("s=\"{value}\""),
        };
        let one = [Point { key: key.as_bytes(), fields: fields.as_bytes(), time: *time }].into_iter().collect();
        store(&engine, &one);
    }
    engine
}

fn store(engine: &Engine, points: &Points) {
    engine.repair(SHARD, points).now_or_never().expect("memory is at once").unwrap();
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Integer(i64),
    Text(u8),
}

fn digests(engine: &Engine, ask: &crate::core::anti_entropy::Ask) -> Vec<(i64, u64)> {
    match answer(engine, Question::Digests { shard: SHARD, ask: ask.clone() }).unwrap() {
        Reply::Digests { blocks, .. } => blocks,
        Reply::Points(_) => panic!("digests were asked for"),
    }
}

/// One check of one owner with another, the rest of the owners being asked too: the spans that were fetched and how many
/// points were taken over.
fn check(here: &Engine, there: &Engine, rest: &[&Engine], progress: &mut Progress, most: usize) -> (Vec<Span>, usize) {
    let (mut comparison, mut ask) = Comparison::begin();
    let mut roots = None;
    for _ in LEVELS {
        let (ours, theirs) = (digests(here, &ask), digests(there, &ask));
        let (our_root, their_root) = *roots.get_or_insert((root(&ours), root(&theirs)));
        if progress.is_settled(our_root, their_root) {
            return (Vec::new(), 0);
        }
        match comparison.answered(&ours, &theirs) {
            Step::Equal => return (Vec::new(), 0),
            Step::Ask(next) => ask = next,
            Step::Differ(differ) => {
                let spans = progress.take(&differ, most);
                let mut points = 0;
                for span in &spans {
                    let theirs = there.points(SHARD, *span).unwrap();
                    let others: Vec<Points> = rest.iter().map(|owner| owner.points(SHARD, *span).unwrap()).collect();
                    let union = here.union(SHARD, *span, &theirs, Others::All(&others)).unwrap();
                    points += union.points.len();
                    store(here, &union.points);
                }
                progress.stored(here.digest(SHARD).unwrap(), their_root);
                return (spans, points);
            }
        }
    }
    panic!("a comparison ends after as many answers as there are levels")
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![(-3_i64..3).prop_map(Value::Integer), (0_u8..3).prop_map(Value::Text)]
}

fn all(engine: &Engine) -> Vec<crate::scan::SeriesBlock> {
    let scan = Scan { measurements: Measurements::All, min_time: i64::MIN, max_time: i64::MAX, fields: None };
    engine.scan(SHARD, &scan).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// However three owners differ, a few rounds of checks make them equal; a check fetches nothing but blocks that
    /// differ; and nothing is taken over that was there.
    #[test]
    fn replicas_become_equal(
        common in prop::collection::vec((0_u8..6, -40_i64..40, value()), 0..60),
        own in prop::array::uniform3(prop::collection::vec((0_u8..6, -40_i64..40, value()), 0..20)),
        most in 1_usize..6,
    ) {
        // Times a few minutes apart, so that some share a block and some do not.
        let spread = |points: &[(u8, i64, Value)]| -> Vec<(u8, i64, Value)> {
            points.iter().map(|(series, time, value)| (*series, time * 400 * 1_000_000_000, *value)).collect()
        };
        let owners: Vec<Engine> =
            own.iter().map(|own| replica(&spread(&[common.as_slice(), own.as_slice()].concat()))).collect();
        let mut progress = vec![vec![Progress::default(); 3]; 3];
        let mut rounds = 0;
        while !owners.iter().all(|owner| owner.digest(SHARD) == owners[0].digest(SHARD)) {
            rounds += 1;
            prop_assert!(rounds < 60, "still at work");
            for here in 0..3 {
                for there in (0..3).filter(|there| *there != here) {
                    let leaf = crate::core::anti_entropy::Ask { length: LEVELS[2], spans: vec![Span::ALL] };
                    let (ours, theirs) = (digests(&owners[here], &leaf), digests(&owners[there], &leaf));
                    let before = owners[here].stats(SHARD).unwrap().values;
                    let rest = &owners[3 - here - there];
                    let (spans, _) = check(&owners[here], &owners[there], &[rest], &mut progress[here][there], most);
                    prop_assert!(spans.len() <= most);
                    for span in &spans {
                        let at = |blocks: &[(i64, u64)]| blocks.iter().find(|(start, _)| *start == span.min).copied();
                        prop_assert_ne!(at(&ours), at(&theirs), "a block that is equal was fetched");
                    }
                    prop_assert!(before <= owners[here].stats(SHARD).unwrap().values);
                }
            }
        }
        for owner in &owners {
            prop_assert_eq!(all(owner), all(&owners[0]));
        }
    }
}

#[test]
fn two_types_are_left_alone_and_not_fetched_again() {
    let ours = replica(&[(0, 1, Value::Integer(1)), (0, 2, Value::Integer(2))]);
    let theirs = Engine::open(Storage::Memory(MemoryDisk::new()), Options::default()).unwrap();
    theirs.ensure_shard(SHARD, "db", "rp");
    let points = [Point { key: b"m\\ 0,k=0", fields: b"i=\"x\",other=5i", time: 1 }].into_iter().collect();
    store(&theirs, &points);
    let mut progress = Progress::default();
    let (spans, points) = check(&ours, &theirs, &[], &mut progress, 10);
    assert_eq!((spans.len(), points), (1, 1), "the other field is taken over");
    assert_eq!(check(&ours, &theirs, &[], &mut progress, 10), (Vec::new(), 0), "nothing has changed since");
    let union = ours.union(SHARD, Span::ALL, &theirs.points(SHARD, Span::ALL).unwrap(), Others::All(&[])).unwrap();
    assert_eq!((union.points.len(), union.divergent.len()), (0, 1));
}

/// Points that go through a fetch are what they were.
#[test]
fn fetched_points_are_the_same_values() {
    let source = replica(&[]);
    let mut points = Points::new();
    for (key, fields) in [
        (&b"m\\,x,a\\ b=c\\=d"[..], &b"f\\ 1=0.1,i=-9223372036854775808i,t=true,s=\"a \\\"b\\\" \\\\ c\""[..]),
        (b"\xffbroken", b"v=1e300"),
    ] {
        points.push(Point { key, fields, time: 7 });
    }
    store(&source, &points);
    let copy = replica(&[]);
    store(&copy, &source.points(SHARD, Span::ALL).unwrap());
    assert_eq!(copy.digest(SHARD), source.digest(SHARD));
    assert_eq!(all(&copy), all(&source));
}
