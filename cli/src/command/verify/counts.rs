//! Counts held against each other, stretch by stretch.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::{Map, Value, json};

use super::end::{between, reader_name};
use super::{SHOWN, VerifyArgs};
use crate::console::{Console, Verbosity};
use crate::failure::Failure;
use crate::input::Target;
use crate::render::{one_line, shortened};
use crate::settings::grouped;
use crate::times;
use crate::verify::{Between, Counted, Difference, Question, Reader, Stretch, Totals};

/// What the comparison came to.
pub(super) struct Outcome {
    pub(super) totals: Totals,
    pub(super) by_reader: Vec<Totals>,
    /// Measurement, its points, and what they came to.
    pub(super) rows: Vec<(String, Between, Totals)>,
    pub(super) different: Vec<[String; 7]>,
}

impl Outcome {
    pub(super) fn new(readers: usize) -> Self {
        let by_reader = vec![Totals::default(); readers];
        Self { totals: Totals::default(), by_reader, rows: Vec::new(), different: Vec::new() }
    }
}

/// One stretch of one measurement.
pub(super) struct Compared<'a> {
    pub(super) target: &'a Target,
    pub(super) measurement: &'a str,
    pub(super) fields: &'a [&'a str],
    pub(super) stretch: &'a Stretch,
    pub(super) width: i64,
    pub(super) beyond: bool,
    /// Only one reader is asked.
    pub(super) alone: bool,
}

impl Compared<'_> {
    fn end(&self) -> i64 {
        self.stretch.start.saturating_add(self.width)
    }

    fn object(&self, reader: &Reader, counts: &[u64], difference: Difference) -> Value {
        let fields: Map<String, Value> = self
            .fields
            .iter()
            .zip(&self.stretch.fields)
            .enumerate()
            .map(|(at, (name, expected))| {
                let found = counts.get(at).copied().unwrap_or_default();
                let object = json!({"expected": expected.low, "expected_at_most": expected.high, "found": found});
                ((*name).to_owned(), object)
            })
            .collect();
        json!({
            "v": 1, "type": "window", "database": self.target.database, "rp": self.target.retention_policy,
            "measurement": self.measurement, "node": reader.id, "address": reader.name,
            "start": times::text(self.stretch.start), "end": times::text(self.end()),
            "points": self.stretch.points.low, "points_at_most": self.stretch.points.high,
            "missing": difference.missing, "extra": difference.extra, "uncertain": difference.uncertain,
            "beyond_retention": self.beyond, "fields": fields,
        })
    }

    /// For a table: the field that differs most.
    fn cells(&self, reader: &Reader, counts: &[u64], difference: Difference) -> [String; 7] {
        let found = |at: usize| counts.get(at).copied().unwrap_or_default();
        let off = |at: usize| {
            let Between { low, high } = self.stretch.fields[at];
            low.saturating_sub(found(at)).max(found(at).saturating_sub(high))
        };
        let worst = (0..self.fields.len()).rev().max_by_key(|at| off(*at)).unwrap_or_default();
        let expected = self.stretch.fields.get(worst).copied().unwrap_or_default();
        [
            shortened(&one_line(self.measurement), 40),
            shortened(&one_line(self.fields.get(worst).copied().unwrap_or_default()), 40),
            times::text(self.stretch.start),
            between(expected),
            grouped(found(worst)),
            if difference.uncertain { "cannot tell".to_owned() } else { String::new() },
            if self.alone { String::new() } else { reader_name(reader) },
        ]
    }
}

pub(super) fn expected_points(stretches: &[Stretch]) -> Between {
    stretches.iter().fold(Between::default(), |sum, stretch| Between {
        low: sum.low + stretch.points.low,
        high: sum.high + stretch.points.high,
    })
}

impl VerifyArgs {
    /// What each reader counts. One that fails is not asked again; if it is the only one, that is the end.
    pub(super) async fn ask(
        &self,
        readers: &mut [Reader],
        question: &Question<'_>,
        stretches: &[Stretch],
    ) -> Result<Vec<BTreeMap<i64, Counted>>, Failure> {
        let asked = join_all(readers.iter_mut().map(|reader| reader.count(question, stretches))).await;
        let mut all = Vec::new();
        for (reader, found) in readers.iter_mut().zip(asked) {
            match found {
                Ok(found) => all.push(found),
                Err(failure) if !self.every_node => return Err(failure),
                Err(failure) => {
                    let Failure::Classed { class, message, .. } = failure else { return Err(failure) };
                    reader.trouble = Some((class, message));
                    reader.client = None;
                    all.push(BTreeMap::new());
                }
            }
        }
        Ok(all)
    }

    /// Holds one stretch against what the readers count.
    pub(super) fn compare(
        &self,
        one: &Compared<'_>,
        readers: &[Reader],
        found: &[BTreeMap<i64, Counted>],
        row: &mut Totals,
        outcome: &mut Outcome,
        console: &Console,
    ) -> Result<(), Failure> {
        let mut differences = Vec::new();
        for (at, reader) in readers.iter().enumerate().filter(|(_, reader)| reader.client.is_some()) {
            let counts = found[at].get(&one.stretch.start).map_or(&[][..], Vec::as_slice);
            let difference = Difference::of(one.stretch, counts);
            outcome.by_reader[at].add(&[difference], one.beyond);
            if self.json && (!difference.is_equal() || console.verbosity() >= Verbosity::Verbose) {
                console.print_json(&one.object(reader, counts, difference))?;
            }
            if !difference.is_equal() && outcome.different.len() < SHOWN {
                outcome.different.push(one.cells(reader, counts, difference));
            }
            differences.push(difference);
        }
        if !differences.is_empty() {
            row.add(&differences, one.beyond);
            outcome.totals.add(&differences, one.beyond);
        }
        Ok(())
    }
}
