//! Which points of a batch a shard takes.
//!
//! Pure: the answer hangs on the batch, the field types the shard knows, and the profile. Sources of the rules:
//! cluster 1.8 facts § 4, cluster 0.10 facts § 2.5, captured cases "conflict" and "reserved time name".

use std::borrow::Cow;
use std::collections::HashMap;

use super::error::{Conflict, PartialWrite, Rejection, StoreError};
use super::schema::{Fields, NewField, Schema};
use crate::line::{RawField, RawFields, lossy, measurement_of, measurement_range, split_key};
use crate::scan::FieldType;
use crate::{Point, Points, Profile};

/// What becomes of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Admission<'a> {
    /// The points to store: the batch itself, or what is left of it.
    pub(super) kept: Cow<'a, Points>,
    /// Fields that the shard does not know yet, each once.
    pub(super) new_fields: Vec<NewField>,
    /// Why the others are refused.
    pub(super) refused: Option<PartialWrite>,
}

/// A batch of which nothing is stored.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: StoreError,
    /// Fields that the shard knows from now on, though no point came with them.
    pub(super) new_fields: Vec<NewField>,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self { error, new_fields: Vec::new() }
    }
}

/// The points without those that 1.8 refuses for a tag named `time`; the first step, before limits are looked at.
pub(super) fn without_time_tags(points: &Points) -> (Cow<'_, Points>, Option<PartialWrite>) {
    if !points.iter().any(|point| has_time_tag(point.key)) {
        return (Cow::Borrowed(points), None);
    }
    let mut refused = Refused::default();
    let kept = points.iter().filter(|point| {
        let refuse = has_time_tag(point.key);
        if refuse {
            refused.point(|| Rejection::TimeTag { measurement: measurement_text(point.key) });
        }
        !refuse
    });
    let kept = kept.collect();
    (Cow::Owned(kept), refused.into_error())
}

/// Decides on a batch. In profile 1.8 `points` are those that [`without_time_tags`] left, and `refused` is its error.
pub(super) fn admit<'a>(
    profile: Profile,
    schema: &Schema,
    points: Cow<'a, Points>,
    refused: Option<PartialWrite>,
) -> Result<Admission<'a>, Refusal> {
    match profile {
        Profile::V1_8 => admit_each(schema, points, refused),
        Profile::V0_10 => {
            let new_fields = admit_all(schema, &points)?;
            Ok(Admission { kept: points, new_fields, refused: None })
        }
    }
}

/// 1.8: a point is refused alone, except where the batch disagrees with itself.
fn admit_each<'a>(
    schema: &Schema,
    points: Cow<'a, Points>,
    refused: Option<PartialWrite>,
) -> Result<Admission<'a>, Refusal> {
    let mut refused = Refused::from(refused);
    let mut new_fields = Definitions::default();
    let mut known = Known::of(schema);
    // Most batches are kept as they are: a copy is begun at the first point that is not.
    let mut copy: Option<Points> = None;
    for (position, point) in points.iter().enumerate() {
        let verdict = judge(&mut known, point, &mut new_fields);
        if verdict != Verdict::Keep && copy.is_none() {
            copy = Some(points.iter().take(position).collect());
        }
        match verdict {
            Verdict::Keep => {
                if let Some(copy) = &mut copy {
                    copy.push(point);
                }
            }
            Verdict::KeepFields(fields) => {
                let point = Point { fields: &fields, ..point };
                copy.get_or_insert_default().push(point);
            }
            Verdict::Refuse(rejection) => refused.point(|| rejection),
        }
    }
    let refused = refused.into_error();
    let kept = copy.map_or(points, Cow::Owned);
    let new_fields = new_fields.finish()?;
    Ok(Admission { kept, new_fields, refused })
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Keep,
    /// Without a field named `time`.
    KeepFields(Vec<u8>),
    Refuse(Rejection),
}

/// Raw names stand for themselves: no escape makes another name out of these bytes.
const TIME: &[u8] = b"time";

fn judge<'s>(known: &mut Known<'s>, point: Point<'_>, new_fields: &mut Definitions) -> Verdict {
    let fields = || RawFields::new(point.fields).filter_map(Result::ok);
    let (mut with_time, mut without_time, mut unknown) = (false, false, false);
    let measurement = known.measurement(point.key);
    for field in fields() {
        if field.name == TIME {
            with_time = true;
            continue;
        }
        without_time = true;
        match known.compare(&field) {
            Compared::Same => {}
            Compared::New => unknown = true,
            Compared::Other(existing) => {
                let conflict = conflict(Profile::V1_8, point.key, &field, existing);
                return Verdict::Refuse(Rejection::FieldTypeConflict(conflict));
            }
        }
    }
    if !without_time {
        return Verdict::Refuse(Rejection::TimeField { measurement: measurement_text(point.key) });
    }
    if unknown {
        for field in fields().filter(|field| field.name != TIME && known.compare(field) == Compared::New) {
            new_fields.define(&measurement, &field);
        }
    }
    if with_time { Verdict::KeepFields(without(point.fields)) } else { Verdict::Keep }
}

fn without(fields: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(fields.len());
    for field in RawFields::new(fields).filter_map(Result::ok).filter(|field| field.name != TIME) {
        if !kept.is_empty() {
            kept.push(b',');
        }
        kept.extend_from_slice(field.name);
        kept.push(b'=');
        kept.extend_from_slice(field.value);
    }
    kept
}

/// 0.10: one conflict refuses the whole batch.
fn admit_all(schema: &Schema, points: &Points) -> Result<Vec<NewField>, Refusal> {
    let mut new_fields = Definitions::default();
    let mut known = Known::of(schema);
    for point in points.iter() {
        let measurement = known.measurement(point.key);
        for field in RawFields::new(point.fields).filter_map(Result::ok) {
            match known.compare(&field) {
                Compared::Same => {}
                Compared::New => new_fields.define(&measurement, &field),
                Compared::Other(existing) => {
                    let conflict = conflict(Profile::V0_10, point.key, &field, existing);
                    return Err(StoreError::FieldTypeConflict(conflict).into());
                }
            }
        }
    }
    new_fields.finish()
}

/// The types that the shard knew before the batch, looked at one measurement at a time.
struct Known<'s> {
    schema: &'s Schema,
    /// Escaped, as it stood in the last point: a batch tends to stay with one measurement.
    raw: Vec<u8>,
    measurement: std::rc::Rc<[u8]>,
    fields: Option<&'s Fields>,
}

impl<'s> Known<'s> {
    fn of(schema: &'s Schema) -> Self {
        Self { schema, raw: Vec::new(), measurement: [].into(), fields: None }
    }

    fn measurement(&mut self, key: &[u8]) -> std::rc::Rc<[u8]> {
        let raw = &key[measurement_range(key)];
        if self.raw != raw || raw.is_empty() {
            self.raw = raw.to_vec();
            self.measurement = measurement_of(key).into();
            self.fields = self.schema.fields(&self.measurement);
        }
        self.measurement.clone()
    }

    fn compare(&self, field: &RawField<'_>) -> Compared {
        match self.fields.and_then(|fields| fields.get(&*field.unescaped_name())) {
            None => Compared::New,
            Some(existing) if *existing == field.field_type() => Compared::Same,
            Some(existing) => Compared::Other(*existing),
        }
    }
}

/// The type of a field beside the one that the shard knew before the batch.
#[derive(PartialEq, Eq)]
enum Compared {
    Same,
    New,
    Other(FieldType),
}

fn conflict(profile: Profile, key: &[u8], field: &RawField<'_>, existing: FieldType) -> Conflict {
    let name = lossy(&field.unescaped_name()).into_owned();
    Conflict { profile, measurement: measurement_text(key), field: name, input: field.field_type(), existing }
}

/// The fields that a batch brings into being, in the order of their coming.
#[derive(Default)]
struct Definitions {
    list: Vec<NewField>,
    types: HashMap<Box<[u8]>, Fields>,
    /// How many fields came before the batch first disagreed with itself.
    sound: Option<usize>,
}

impl Definitions {
    fn define(&mut self, measurement: &[u8], field: &RawField<'_>) {
        let (name, field_type) = (field.unescaped_name(), field.field_type());
        if !self.types.contains_key(measurement) {
            self.types.insert(measurement.into(), Fields::new());
        }
        let Some(fields) = self.types.get_mut(measurement) else { return };
        match fields.get(&*name) {
            Some(first) if *first == field_type => {}
            Some(_) => self.sound = self.sound.or(Some(self.list.len())),
            None => {
                fields.insert((*name).into(), field_type);
                self.list.push(NewField { measurement: measurement.into(), field: (*name).into(), field_type });
            }
        }
    }

    /// Fields are made one by one when all points have been looked at: those before the disagreement stay.
    fn finish(mut self) -> Result<Vec<NewField>, Refusal> {
        match self.sound {
            None => Ok(self.list),
            Some(sound) => {
                self.list.truncate(sound);
                Err(Refusal { error: StoreError::FieldTypeConflictInBatch, new_fields: self.list })
            }
        }
    }
}

#[derive(Default)]
struct Refused {
    first: Option<Rejection>,
    dropped: usize,
}

impl From<Option<PartialWrite>> for Refused {
    fn from(error: Option<PartialWrite>) -> Self {
        error.map_or_else(Self::default, |error| Self { first: Some(error.rejection), dropped: error.dropped })
    }
}

impl Refused {
    fn point(&mut self, rejection: impl FnOnce() -> Rejection) {
        self.first.get_or_insert_with(rejection);
        self.dropped += 1;
    }

    fn into_error(self) -> Option<PartialWrite> {
        let Self { first, dropped } = self;
        first.map(|rejection| PartialWrite { rejection, dropped })
    }
}

fn has_time_tag(key: &[u8]) -> bool {
    memchr::memmem::find(key, b",time=").is_some() && split_key(key).1.into_iter().any(|(tag, _)| tag == "time")
}

fn measurement_text(key: &[u8]) -> String {
    lossy(&measurement_of(key)).into_owned()
}
