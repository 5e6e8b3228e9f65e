//! Which lines a refusal means.

use std::collections::HashMap;

use super::piece::Lines;
use crate::{Batch, Dropped, FieldType, RawLine, Reason, Verdict};

/// What a refusal says of the lines of a request.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Named {
    /// Lines that were refused for sure, with the reason of each.
    pub(super) refused: Vec<(usize, Reason)>,
    /// Lines of which at least one was refused; in rising order, and none of them in `refused`.
    pub(super) suspects: Vec<usize>,
    /// Whether `refused` is all that the message tells of.
    pub(super) complete: bool,
}

impl Named {
    fn sure(lines: Vec<usize>, reason: &Reason) -> Self {
        let refused = lines.into_iter().map(|line| (line, reason.clone())).collect();
        Self { refused, ..Self::default() }
    }

    /// One suspect is the culprit. Of several, some may be in another shard that took them: shards have types and
    /// limits of their own.
    fn among(suspects: Vec<usize>, reason: &Reason) -> Self {
        if suspects.len() == 1 { Self::sure(suspects, reason) } else { Self { suspects, ..Self::default() } }
    }
}

/// Reads the lines out of a refusal.
pub(super) fn name(batch: &Batch, lines: &Lines, verdict: &Verdict) -> Named {
    let Some(reason) = verdict.reason() else {
        return Named::default();
    };
    let parsed = || lines.iter().filter_map(|index| Some((index, RawLine::parse(batch.line(index)).ok()?)));
    let of = |measurement: &Option<Box<str>>, line: &RawLine<'_>| {
        measurement.as_ref().is_none_or(|name| shown(&line.measurement()) == **name)
    };
    match reason {
        Reason::Unparsable { .. } => quoted(batch, lines, verdict),
        Reason::FieldTypeConflict { measurement, field: Some(field), input: Some(input), .. } => {
            let gives = |line: &RawLine<'_>| line.fields().any(|f| f.field_type == *input && shown(&f.key) == **field);
            let suspects = parsed().filter(|(_, line)| of(measurement, line) && gives(line));
            Named::among(suspects.map(|(index, _)| index).collect(), reason)
        }
        // Two types for a new field within the request, or names that cannot be told apart.
        Reason::FieldTypeConflict { .. } => Named { suspects: second_types(parsed()), ..Named::default() },
        Reason::BeyondRetention => {
            let times: Option<Vec<(i64, usize)>> =
                lines.iter().map(|index| Some((RawLine::parse(batch.line(index)).ok()?.timestamp()?, index))).collect();
            times.map_or_else(Named::default, |times| oldest(times, verdict.dropped(), reason))
        }
        Reason::MaxValuesPerTag { measurement: Some(measurement), tag: Some(tag), value: Some(value), .. } => {
            let has = |line: &RawLine<'_>| {
                shown(&line.measurement()) == **measurement
                    && line.tags().any(|(k, v)| shown(&k) == **tag && shown(&v) == **value)
            };
            Named::among(parsed().filter(|(_, line)| has(line)).map(|(index, _)| index).collect(), reason)
        }
        // These three depend on the line alone, so that every such line is refused wherever it goes.
        Reason::TimeTag { measurement } => {
            let has = |line: &RawLine<'_>| line.tags().any(|(key, _)| *key == *b"time");
            let bad = parsed().filter(|(_, line)| of(measurement, line) && has(line));
            Named::sure(bad.map(|(index, _)| index).collect(), reason)
        }
        // Beside another field, one called `time` is left out without a word; alone it is refused.
        Reason::TimeField { measurement } => {
            let only = |line: &RawLine<'_>| line.fields().all(|field| *field.key == *b"time");
            let bad = parsed().filter(|(_, line)| of(measurement, line) && only(line));
            Named::sure(bad.map(|(index, _)| index).collect(), reason)
        }
        Reason::InvalidUnicode => {
            let bad = parsed().filter(|(_, line)| std::str::from_utf8(line.key()).is_err());
            Named::sure(bad.map(|(index, _)| index).collect(), reason)
        }
        Reason::MaxValuesPerTag { .. }
        | Reason::MaxSeries { .. }
        | Reason::ShardPendingDeletion { .. }
        | Reason::TooLarge
        | Reason::Several
        | Reason::Other { .. } => Named::default(),
    }
}

/// Bytes as a server's JSON shows them.
fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

/// The lines that the message quotes as unparsable.
pub(super) fn quoted(batch: &Batch, lines: &Lines, verdict: &Verdict) -> Named {
    let Some(message) = verdict.message() else {
        return Named::default();
    };
    let mut refused = Vec::new();
    // In a message that is cut, or whose newlines are gone, further quotes may hide.
    let mut complete = verdict.verbatim;
    let mut sent = lines.iter().peekable();
    for quote in batch.quoted_lines(message) {
        // The batch may hold the same line at an earlier place that was not in this request.
        let line = quote.line.and_then(|found| {
            while sent.next_if(|line| *line < found).is_some() {}
            let same = |line: &usize| batch.line(*line) == batch.line(found);
            let place = sent.clone().position(|line| same(&line))?;
            sent.nth(place)
        });
        match line {
            Some(line) => refused.push((line, Reason::Unparsable { why: quote.reason.into() })),
            // Where an unknown line ends can only be guessed, so what follows it proves nothing.
            None => {
                complete = false;
                break;
            }
        }
    }
    complete &= !refused.is_empty();
    Named { refused, suspects: Vec::new(), complete }
}

/// The lines that give a field another type than the first line with it.
fn second_types<'a>(lines: impl Iterator<Item = (usize, RawLine<'a>)>) -> Vec<usize> {
    let mut first = HashMap::new();
    let mut suspects = Vec::new();
    for (index, line) in lines {
        let measurement = line.measurement().into_owned();
        let flips = line.fields().any(|field| {
            let key = (measurement.clone(), field.key.into_owned());
            let own: FieldType = field.field_type;
            *first.entry(key).or_insert(own) != own
        });
        if flips {
            suspects.push(index);
        }
    }
    suspects
}

/// Points beyond a retention policy are those before a certain time, so the refused ones are the oldest.
fn oldest(mut times: Vec<(i64, usize)>, dropped: Option<Dropped>, reason: &Reason) -> Named {
    let count = dropped.map_or(0, |dropped| dropped.lower_bound(times.len()));
    if count == 0 {
        return Named::default();
    }
    times.sort_unstable();
    let last = times[count - 1].0;
    let tie = times.get(count).is_some_and(|(time, _)| *time == last);
    let mut lines: Vec<usize> =
        times.into_iter().take_while(|(time, _)| *time <= last).map(|(_, index)| index).collect();
    lines.sort_unstable();
    if tie { Named { suspects: lines, ..Named::default() } } else { Named::sure(lines, reason) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{ConsistencyLevel, Context, Reply, classify};

    fn batch(lines: &[&[u8]]) -> Batch {
        let mut batch = Batch::default();
        batch.check_field_types(false);
        for line in lines {
            batch.push_unchecked_line(line).unwrap();
        }
        batch
    }

    fn named(batch: &Batch, lines: Lines, text: &str) -> (Vec<usize>, Vec<usize>) {
        let body = serde_json::to_vec(&serde_json::json!({ "error": text })).unwrap();
        let context = Context::new(ConsistencyLevel::One, batch.points());
        let named = name(batch, &lines, &classify(&Reply::new(500, &body), &context));
        (named.refused.into_iter().map(|(line, _)| line).collect(), named.suspects)
    }

    fn all(batch: &Batch) -> Lines {
        Lines::Range(0..batch.points())
    }

    #[test]
    fn a_conflict_is_of_the_only_line_or_among_several() {
        let text = "write failed: partial write: field type conflict: input field \"v\" on measurement \"c\" is type string, already exists as type float dropped=1";
        let batch = batch(&[b"c v=1 1", b"c v=\"s\" 2", b"d v=\"s\" 3", b"c v=\"t\" 4"]);
        assert_eq!(named(&batch, Lines::Range(0..3), text), (vec![1], vec![]));
        assert_eq!(named(&batch, all(&batch), text), (vec![], vec![1, 3]));
        assert_eq!(named(&batch, Lines::Some(vec![0, 2]), text), (vec![], vec![]));
    }

    #[test]
    fn a_conflict_within_the_request_leaves_the_second_type() {
        let batch = batch(&[b"m f=1 1", b"m f=1i 2", b"m g=1i 3", b"m f=2 4", b"m f=2i 5"]);
        assert_eq!(named(&batch, all(&batch), "write failed: field type conflict"), (vec![], vec![1, 4]));
    }

    #[test]
    fn beyond_retention_are_the_oldest() {
        let text = "partial write: points beyond retention policy dropped=2";
        let apart = batch(&[b"m f=1 30", b"m f=1 10", b"m f=1 40", b"m f=1 20"]);
        assert_eq!(named(&apart, all(&apart), text), (vec![1, 3], vec![]));
        let tied = batch(&[b"m f=1 30", b"m f=1 10", b"m f=1 20", b"n f=1 20"]);
        assert_eq!(named(&tied, all(&tied), text), (vec![], vec![1, 2, 3]));
    }

    #[test]
    fn quotes_are_looked_for_among_the_lines_sent() {
        let batch = batch(&[b"bad", b"m f=1 1", b"bad", b"worse", b"bad"]);
        let text =
            "partial write: unable to parse 'bad': missing fields\nunable to parse 'worse': missing fields dropped=0";
        assert_eq!(named(&batch, Lines::Some(vec![1, 2, 3]), text).0, [2, 3]);
        assert_eq!(named(&batch, Lines::Some(vec![1, 3, 4]), text).0, [4]);
    }

    #[test]
    fn lines_that_are_wrong_by_themselves_are_all_refused() {
        let lines: [&[u8]; 5] = [b"m,time=x f=1 1", b"m f=1 2", b"m time=1 3", b"m time=1,f=2 4", b"n,time=y f=1 5"];
        let batch = batch(&lines);
        let tag = "partial write: invalid tag key: input tag \"time\" on measurement \"m\" is invalid dropped=1";
        assert_eq!(named(&batch, all(&batch), tag), (vec![0], vec![]));
        let field = "partial write: invalid field name: input field \"time\" on measurement \"m\" is invalid dropped=1";
        assert_eq!(named(&batch, all(&batch), field), (vec![2], vec![]));
    }

    #[test]
    fn a_tag_value_too_many_is_found() {
        let batch = batch(&[b"m,k=a f=1 1", b"m,k=b\\ c f=1 1", b"m,k=b\\ c,x=y f=1 1"]);
        let text = "partial write: max-values-per-tag limit exceeded (1/1): measurement=\"m\" tag=\"k\" value=\"b c\" dropped=1";
        assert_eq!(named(&batch, all(&batch), text), (vec![], vec![1, 2]));
        assert_eq!(named(&batch, Lines::Range(0..2), text), (vec![1], vec![]));
    }

    /// The header has no newlines, so that the second quote is not seen: nothing is claimed of the other lines.
    #[test]
    fn quotes_from_the_header_are_not_complete() {
        let batch = batch(&[b"bad", b"m f=1 1", b"m x"]);
        let header = b"partial write: unable to parse 'bad': missing fields unable to parse 'm x': invalid field format dropped=0";
        let context = Context::new(ConsistencyLevel::One, 3);
        let verdict = classify(&Reply::new(400, b"").error_header(header), &context);
        let named = name(&batch, &all(&batch), &verdict);
        assert!(!named.complete);
        assert_eq!(named.refused.len(), 1);
    }
}
