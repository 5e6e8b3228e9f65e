//! How two owners of a shard find out where they differ, and what one of them takes over from the other.
//!
//! Digests of blocks of time are compared from the longest blocks to the shortest, and only within blocks that differ, so
//! that replicas that agree exchange one number and others fetch nothing but the blocks that differ. An owner then takes
//! from the other what it misses; it never pushes. When all owners have done so, they hold the union.
//!
//! The rules of the union:
//! * A value that is missing here is taken over. There are no marks of deletion: what one owner deleted while another was
//!   away comes back from that one. A deletion with an owner away is answered with an error, so whoever deleted knows.
//! * Of several values of one series, field and time the one that most owners hold stays; of those that equally many hold,
//!   the greatest (floats in their total order, integers, `false` before `true`, texts by bytes). Values carry no time of
//!   writing, so nobody can tell which is newest. But what the level acknowledged last is on most owners, unless old
//!   hints came to most of them; and whoever asks all owners comes to the same answer, which each that follows it only
//!   makes firmer. While an owner cannot be asked, nothing is replaced.
//! * A value of another type than the field has here cannot be stored, here or anywhere: it is reported and left.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::line::{FieldValue, RawFields, lossy, measurement_of};
use crate::scan::FieldType;
use crate::{Point, Points};

/// A span of time, both ends included (nanoseconds, Unix time).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// The first nanosecond.
    pub min: i64,
    /// The last nanosecond.
    pub max: i64,
}

impl Span {
    /// All times.
    pub const ALL: Self = Self { min: i64::MIN, max: i64::MAX };

    /// The block of this length that starts at `start`.
    #[must_use]
    pub fn block(start: i64, length: i64) -> Self {
        Self { min: start, max: start.saturating_add(length - 1) }
    }

    fn overlap(self, other: Self) -> Option<Self> {
        let both = Self { min: self.min.max(other.min), max: self.max.min(other.max) };
        (both.min <= both.max).then_some(both)
    }
}

/// Start and digest of blocks that hold values, in order.
pub type Digests = Vec<(i64, u64)>;

const SECOND: i64 = 1_000_000_000;

/// Lengths of the blocks, level by level, each a multiple of the next: everything, six hours, a quarter of an hour. Shard
/// groups span an hour to a week.
pub const LEVELS: [i64; 3] = [i64::MAX, 6 * 3_600 * SECOND, 900 * SECOND];

/// What both owners are asked next: the digests of blocks of this length within these spans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Of the blocks, in nanoseconds.
    pub length: i64,
    /// Where to look.
    pub spans: Vec<Span>,
}

/// How a comparison goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// With shorter blocks.
    Ask(Ask),
    /// The owners differ within these spans alone; in order.
    Differ(Vec<Span>),
    /// They hold the same.
    Equal,
}

/// One comparison of two owners; ends after as many answers as there are [`LEVELS`].
#[derive(Clone, Debug)]
pub struct Comparison {
    level: usize,
    spans: Vec<Span>,
}

impl Comparison {
    /// Begins one.
    #[must_use]
    pub fn begin() -> (Self, Ask) {
        let spans = vec![Span::ALL];
        (Self { level: 0, spans: spans.clone() }, Ask { length: LEVELS[0], spans })
    }

    /// Takes both answers to what was asked last.
    #[must_use]
    pub fn answered(&mut self, ours: &Digests, theirs: &Digests) -> Step {
        let length = LEVELS[self.level];
        let blocks = differing(ours, theirs).into_iter().map(|start| Span::block(start, length));
        self.spans = blocks.flat_map(|block| self.spans.iter().filter_map(move |span| span.overlap(block))).collect();
        if self.spans.is_empty() {
            return Step::Equal;
        }
        self.level += 1;
        match LEVELS.get(self.level) {
            Some(length) => Step::Ask(Ask { length: *length, spans: self.spans.clone() }),
            None => Step::Differ(std::mem::take(&mut self.spans)),
        }
    }
}

/// Starts of the blocks that only one side has, or that have two digests; in order.
fn differing(ours: &Digests, theirs: &Digests) -> BTreeSet<i64> {
    let mut differ: BTreeSet<i64> = BTreeSet::new();
    let (ours, theirs): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (ours.iter().copied().collect(), theirs.iter().copied().collect());
    differ.extend(ours.iter().filter(|(start, digest)| theirs.get(start) != Some(digest)).map(|(start, _)| *start));
    differ.extend(theirs.keys().filter(|start| !ours.contains_key(start)));
    differ
}

/// One number for the digests of the first level.
#[must_use]
pub fn root(digests: &Digests) -> u64 {
    digests.iter().fold(0, |sum, (_, digest)| sum.wrapping_add(*digest))
}

/// What is known of earlier comparisons of one shard with one other owner.
///
/// A difference that cannot be repaired, or that the other owner has to repair, is still there at the next comparison;
/// without a memory it would be fetched again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The two roots after all that differed had been fetched.
    settled: Option<(u64, u64)>,
    /// Where the next part of a comparison that was too long for one check begins.
    resume: Option<i64>,
}

impl Progress {
    /// Whether nothing has changed since all that differed was fetched.
    #[must_use]
    pub fn is_settled(&self, ours: u64, theirs: u64) -> bool {
        self.settled == Some((ours, theirs))
    }

    /// Whether the next part is the first one of a comparison.
    #[must_use]
    pub fn is_at_start(&self) -> bool {
        self.resume.is_none()
    }

    /// The spans to fetch at this check, at most so many; the others follow at the next ones.
    #[must_use]
    pub fn take(&mut self, differ: &[Span], most: usize) -> Vec<Span> {
        let from = self.resume.take().unwrap_or(i64::MIN);
        let mut rest = differ.iter().copied().filter(|span| from <= span.min);
        let taken: Vec<Span> = rest.by_ref().take(most.max(1)).collect();
        self.resume = rest.next().map(|span| span.min);
        taken
    }

    /// After what was taken is stored: the roots as they are now.
    pub fn stored(&mut self, ours: u64, theirs: u64) {
        self.settled = self.resume.is_none().then_some((ours, theirs));
    }
}

/// A field that has two types in two replicas for good.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TypeDivergence {
    /// Unescaped.
    pub measurement: String,
    /// Unescaped.
    pub field: String,
    /// Here.
    pub ours: FieldType,
    /// There.
    pub theirs: FieldType,
}

/// What one owner takes over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Union {
    /// Points that are missing here, or whose value is the one that stays.
    pub points: Points,
    /// What cannot be taken over.
    pub divergent: BTreeSet<TypeDivergence>,
    /// Values that are other ones there, and were not decided on because the other owners were not asked.
    pub undecided: usize,
}

/// What the other owners hold of the same span.
#[derive(Clone, Copy, Debug)]
pub enum Others<'a> {
    /// They were not asked, or one of them did not answer: values that are missing are taken over, and no other.
    NotAsked,
    /// All of them: none where the two that compare are the only owners.
    All(&'a [Points]),
}

/// Values of a span by series, field (unescaped) and time.
type Values<'a> = HashMap<(&'a [u8], Cow<'a, [u8]>, i64), FieldValue<'a>>;

fn values(points: &Points) -> Values<'_> {
    let mut values = HashMap::new();
    for point in points.iter() {
        for field in RawFields::new(point.fields).filter_map(Result::ok) {
            if let Some(value) = field.read() {
                values.insert((point.key, field.unescaped_name(), point.time), value);
            }
        }
    }
    values
}

/// What the owner of `ours` takes over from `theirs`; both are the points of one span. `type_of` gives the type that a
/// field (unescaped) of the measurement of a key has here.
#[must_use]
pub fn union(
    ours: &Points,
    theirs: &Points,
    others: Others<'_>,
    type_of: impl Fn(&[u8], &[u8]) -> Option<FieldType>,
) -> Union {
    let known = values(ours);
    let votes: Option<Vec<Values<'_>>> = match others {
        Others::NotAsked => None,
        Others::All(others) => Some(others.iter().map(values).collect()),
    };
    let mut union = Union::default();
    let mut fields = Vec::new();
    for point in theirs.iter() {
        fields.clear();
        for field in RawFields::new(point.fields).filter_map(Result::ok) {
            let name = field.unescaped_name();
            let measurement = measurement_of(point.key);
            let their_type = field.field_type();
            if let Some(our_type) = type_of(&measurement, &name).filter(|our_type| *our_type != their_type) {
                union.divergent.insert(TypeDivergence {
                    measurement: lossy(&measurement).into_owned(),
                    field: lossy(&name).into_owned(),
                    ours: our_type,
                    theirs: their_type,
                });
                continue;
            }
            let place = (point.key, name, point.time);
            let wins = match (known.get(&place), field.read()) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(ours), Some(theirs)) if order(ours, &theirs) == Ordering::Equal => false,
                (Some(ours), Some(theirs)) => match &votes {
                    Some(votes) => {
                        let others = votes.iter().filter_map(|values| values.get(&place));
                        let cast: Vec<&FieldValue<'_>> = [ours, &theirs].into_iter().chain(others).collect();
                        winner(&cast).is_some_and(|winner| order(winner, &theirs) == Ordering::Equal)
                    }
                    None => {
                        union.undecided += 1;
                        false
                    }
                },
            };
            if wins {
                if !fields.is_empty() {
                    fields.push(b',');
                }
                fields.extend_from_slice(field.name);
                fields.push(b'=');
                fields.extend_from_slice(field.value);
            }
        }
        if !fields.is_empty() {
            union.points.push(Point { fields: &fields, ..point });
        }
    }
    union
}

/// The value that most hold, the greatest of those that equally many do.
fn winner<'v, 'a>(cast: &[&'v FieldValue<'a>]) -> Option<&'v FieldValue<'a>> {
    let holders = |value: &FieldValue<'a>| cast.iter().filter(|one| order(one, value) == Ordering::Equal).count();
    cast.iter().copied().max_by(|left, right| holders(left).cmp(&holders(right)).then_with(|| order(left, right)))
}

/// A total order of values; those of two types are never compared where it matters.
fn order(left: &FieldValue<'_>, right: &FieldValue<'_>) -> Ordering {
    match (left, right) {
        (FieldValue::Float(left), FieldValue::Float(right)) => left.total_cmp(right),
        (FieldValue::Integer(left), FieldValue::Integer(right)) => left.cmp(right),
        (FieldValue::Boolean(left), FieldValue::Boolean(right)) => left.cmp(right),
        (FieldValue::String(left), FieldValue::String(right)) => left.cmp(right),
        (left, right) => left.field_type().cmp(&right.field_type()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(fields: &[u8]) -> Points {
        [Point { key: b"m,k=v", fields, time: 1 }].into_iter().collect()
    }

    fn among(ours: &[u8], theirs: &[u8], others: &[&[u8]]) -> Vec<u8> {
        let others: Vec<Points> = others.iter().map(|fields| point(fields)).collect();
        let union = union(&point(ours), &point(theirs), Others::All(&others), |_, _| None);
        assert_eq!(union.undecided, 0);
        union.points.iter().flat_map(|point| point.fields.to_vec()).collect()
    }

    fn taken(ours: &[u8], theirs: &[u8]) -> Vec<u8> {
        among(ours, theirs, &[])
    }

    #[test]
    fn what_most_owners_hold_stays() {
        assert_eq!(among(b"v=2", b"v=1", &[b"v=1"]), b"v=1", "the newer value may be the smaller one");
        assert!(among(b"v=1", b"v=2", &[b"v=1"]).is_empty());
        assert_eq!(among(b"v=1", b"v=3", &[b"v=2"]), b"v=3", "of equally many the greatest");
        assert!(among(b"v=1", b"v=2", &[b"v=3"]).is_empty(), "it is taken from the one that has it");
        assert_eq!(among(b"v=1", b"v=2", &[b"w=1"]), b"v=2", "who has nothing there has no say");
    }

    #[test]
    fn nothing_is_replaced_while_an_owner_cannot_be_asked() {
        let union = union(&point(b"v=1"), &point(b"v=2,w=3"), Others::NotAsked, |_, _| None);
        assert_eq!(union.points.get(0).map(|point| point.fields), Some(&b"w=3"[..]));
        assert_eq!(union.undecided, 1);
    }

    #[test]
    fn of_two_owners_the_greater_value_wins_on_both_sides() {
        for (less, greater) in
            [("v=1", "v=2"), ("v=-0.0", "v=0"), ("v=-7i", "v=3i"), ("v=f", "v=t"), ("v=\"a\"", "v=\"b\"")]
        {
            assert_eq!(taken(less.as_bytes(), greater.as_bytes()), greater.as_bytes());
            assert!(taken(greater.as_bytes(), less.as_bytes()).is_empty(), "{greater}");
            assert!(taken(less.as_bytes(), less.as_bytes()).is_empty(), "{less}");
        }
    }

    #[test]
    fn only_what_is_missing_is_taken() {
        assert_eq!(taken(b"a=1,b=2", b"b=2,c=3i,a=1"), b"c=3i");
    }

    #[test]
    fn another_type_is_reported_and_left() {
        let union = union(&Points::new(), &point(b"f=1,g=2"), Others::NotAsked, |measurement, field| {
            assert_eq!(measurement, b"m");
            (field == b"f").then_some(FieldType::String)
        });
        assert_eq!(union.points.get(0).map(|point| point.fields), Some(&b"g=2"[..]));
        let divergence = TypeDivergence {
            measurement: "m".to_owned(),
            field: "f".to_owned(),
            ours: FieldType::String,
            theirs: FieldType::Float,
        };
        assert_eq!(union.divergent.into_iter().collect::<Vec<_>>(), [divergence]);
    }

    #[test]
    fn a_comparison_goes_down_where_the_digests_differ() {
        let (mut comparison, ask) = Comparison::begin();
        assert_eq!(ask, Ask { length: i64::MAX, spans: vec![Span::ALL] });
        let Step::Ask(ask) = comparison.answered(&vec![(0, 1)], &vec![(0, 2)]) else { panic!("they differ") };
        assert_eq!(ask.length, LEVELS[1]);
        assert_eq!(ask.spans, [Span { min: 0, max: i64::MAX - 1 }]);
        let day = 4 * LEVELS[1];
        let step = comparison.answered(&vec![(0, 5), (day, 6)], &vec![(0, 5), (day, 7)]);
        let block = Span::block(day, LEVELS[1]);
        assert_eq!(step, Step::Ask(Ask { length: LEVELS[2], spans: vec![block] }));
        let step = comparison.answered(&vec![(day, 1)], &vec![(day, 1), (day + LEVELS[2], 2)]);
        assert_eq!(step, Step::Differ(vec![Span::block(day + LEVELS[2], LEVELS[2])]));
        let (mut comparison, _) = Comparison::begin();
        assert_eq!(comparison.answered(&vec![(0, 1)], &vec![(0, 1)]), Step::Equal);
    }

    #[test]
    fn a_long_comparison_is_done_in_parts_and_then_settled() {
        let differ: Vec<Span> = (0..5).map(|n| Span::block(n * 10, 10)).collect();
        let mut progress = Progress::default();
        let mut seen = Vec::new();
        for settled in [false, false, true] {
            seen.extend(progress.take(&differ, 2));
            progress.stored(7, 8);
            assert_eq!(progress.is_settled(7, 8), settled);
        }
        assert_eq!(seen, differ);
        assert!(!progress.is_settled(7, 9));
    }
}
