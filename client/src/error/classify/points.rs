//! Points that the storage refused (rows 31 to 37, 45 to 49, 79, 82 of the captured table), under any wrapping.

use crate::FieldType;
use crate::error::scan::{Text, between, cut_dropped, go_quoted, number, split_once_only};
use crate::error::verdict::{Finding, Others};
use crate::error::{Dropped, Reason};

/// What is left of a message without `partial write: ` and ` dropped=N`.
struct Refused<'a> {
    text: &'a str,
    whole: bool,
}

pub(super) fn find(text: &Text<'_>) -> Option<Finding> {
    let prefixed = text.inner.strip_prefix("partial write: ");
    let (reason, count) = cut_dropped(prefixed.unwrap_or(text.inner));
    let refused = Refused { text: reason, whole: text.whole };
    // At least the point that the message is about.
    let dropped = Dropped::AtLeast(count.unwrap_or(1).max(1));
    let rows = |alone, wrapped| Some(if text.is_wrapped() { wrapped } else { alone });
    let rejected = |row, reason| Some(Finding::rejected(row, reason, dropped, Others::Unsettled));

    if let Some(reason) = refused.field_type_conflict() {
        let row = match (prefixed, text.is_wrapped(), text.status) {
            (Some(_), wrapped, _) => Some(if wrapped { 45 } else { 32 }),
            (None, true, 400) => Some(79),
            (None, wrapped, _) => Some(if wrapped { 46 } else { 33 }),
        };
        return rejected(row, reason);
    }
    // Points are sorted into shard groups first: the count is of the whole request, and all others were written.
    let others = if text.is_wrapped() { Others::Unsettled } else { Others::AcknowledgedIfParsed };
    if refused.is_or_begins("points beyond retention policy") {
        return Some(Finding::rejected(Some(31), Reason::BeyondRetention, dropped, others));
    }
    if let Some(count) = refused.outside_retention() {
        let dropped = Dropped::AtLeast(count.max(1));
        return Some(Finding::rejected(Some(82), Reason::BeyondRetention, dropped, others));
    }
    prefixed?;
    if let Some(reason) = refused.max_values_per_tag() {
        return rejected(rows(34, 47), reason);
    }
    if let Some(reason) = refused.max_series() {
        return rejected(rows(35, 48), reason);
    }
    if let Some(reason) = refused.bad_name() {
        return rejected(rows(36, 49), reason);
    }
    refused.pending_deletion().and_then(|reason| rejected(Some(37), reason))
}

impl Refused<'_> {
    fn is_or_begins(&self, words: &str) -> bool {
        self.text.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ':']))
    }

    /// `field type conflict: input field "f" on measurement "m" is type T, already exists as type U`, or only
    /// the first three words.
    fn field_type_conflict(&self) -> Option<Reason> {
        let rest = self.text.strip_prefix("field type conflict")?;
        let mut reason = (None, None, None, None);
        let names = || {
            let (rest, existing) = rest.strip_prefix(": input field \"")?.rsplit_once(", already exists as type ")?;
            let (names, input) = rest.rsplit_once("\" is type ")?;
            Some((names, FieldType::from_server(input)?, FieldType::from_server(existing)?))
        };
        if let Some((names, input, existing)) = names().filter(|_| self.whole) {
            let names = split_once_only(names, "\" on measurement \"");
            reason = (names.map(|n| n.1.into()), names.map(|n| n.0.into()), Some(input), Some(existing));
        }
        let (measurement, field, input, existing) = reason;
        Some(Reason::FieldTypeConflict { measurement, field, input, existing })
    }

    /// The wording since 1.12: `dropped N points outside retention policy of duration …`.
    fn outside_retention(&self) -> Option<u64> {
        let (count, rest) = number(self.text.strip_prefix("dropped ")?)?;
        rest.starts_with(" points outside retention policy").then_some(count)
    }

    /// `max-values-per-tag limit exceeded (N/LIMIT): measurement="m" tag="k" value="v"`.
    fn max_values_per_tag(&self) -> Option<Reason> {
        let rest = self.text.strip_prefix("max-values-per-tag limit exceeded")?;
        let counts = || {
            let (values, rest) = number(rest.strip_prefix(" (")?)?;
            let (limit, rest) = number(rest.strip_prefix('/')?)?;
            Some((values, limit, rest.strip_prefix("): ")?))
        };
        let counts = counts();
        let names = || {
            let (measurement, rest) = go_quoted(counts?.2.strip_prefix("measurement=")?)?;
            let (tag, rest) = go_quoted(rest.strip_prefix(" tag=")?)?;
            let (value, rest) = go_quoted(rest.strip_prefix(" value=")?)?;
            rest.is_empty().then_some((measurement, tag, value))
        };
        let (measurement, tag, value) = match names() {
            Some((measurement, tag, value)) => (Some(measurement.into()), Some(tag.into()), Some(value.into())),
            None => (None, None, None),
        };
        Some(Reason::MaxValuesPerTag {
            values: counts.map(|c| c.0),
            limit: counts.map(|c| c.1),
            measurement,
            tag,
            value,
        })
    }

    /// `max-series-per-database limit exceeded: (LIMIT)`.
    fn max_series(&self) -> Option<Reason> {
        let rest = self.text.strip_prefix("max-series-per-database limit exceeded")?;
        let limit = between(rest, ": (", ")").and_then(number).filter(|(_, rest)| rest.is_empty());
        Some(Reason::MaxSeries { limit: limit.map(|l| l.0) })
    }

    /// A tag or a field called `time`, or a key that is not Unicode.
    fn bad_name(&self) -> Option<Reason> {
        let measurement = |input| {
            let name = between(self.text, input, "\" is invalid").filter(|_| self.whole);
            name.map(Into::into)
        };
        if self.text.starts_with("invalid tag key") {
            let input = "invalid tag key: input tag \"time\" on measurement \"";
            return Some(Reason::TimeTag { measurement: measurement(input) });
        }
        if self.text.starts_with("invalid field name") {
            let input = "invalid field name: input field \"time\" on measurement \"";
            return Some(Reason::TimeField { measurement: measurement(input) });
        }
        self.text.starts_with("key contains invalid unicode").then_some(Reason::InvalidUnicode)
    }

    /// `shard N is pending deletion`.
    fn pending_deletion(&self) -> Option<Reason> {
        let (shard, rest) = number(self.text.strip_prefix("shard ")?)?;
        (rest == " is pending deletion").then_some(Reason::ShardPendingDeletion { shard })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn reason(message: &str) -> Reason {
        let finding = find(&Text::new(message, true, 500)).unwrap();
        match finding.kind {
            crate::error::ErrorKind::Rejected { reason, .. } => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_conflict_names_field_measurement_and_types() {
        assert_eq!(
            reason(
                "write failed: error code 1: write shard 7: partial write: field type conflict: input field \"v\" on measurement \"c\" is type string, already exists as type float dropped=1"
            ),
            Reason::FieldTypeConflict {
                measurement: Some("c".into()),
                field: Some("v".into()),
                input: Some(FieldType::String),
                existing: Some(FieldType::Float),
            }
        );
        let old = reason(
            "write failed: field type conflict: input field \"f\" on measurement \"m\" is type int64, already exists as type float",
        );
        assert!(matches!(old, Reason::FieldTypeConflict { input: Some(FieldType::Integer), .. }));
    }

    /// Names are not escaped; where they leave open which is which, none is claimed.
    #[test]
    fn ambiguous_names_are_not_guessed() {
        let hostile = "partial write: field type conflict: input field \"a\" on measurement \"b\" on measurement \"c\" is type string, already exists as type float dropped=1";
        assert!(matches!(
            reason(hostile),
            Reason::FieldTypeConflict { measurement: None, field: None, input: Some(FieldType::String), .. }
        ));
        let inside = "partial write: field type conflict: input field \"x\" is type string, already exists as type float\" on measurement \"m\" is type boolean, already exists as type integer dropped=1";
        assert!(matches!(
            reason(inside),
            Reason::FieldTypeConflict { field: Some(f), input: Some(FieldType::Boolean), .. }
                if &*f == "x\" is type string, already exists as type float"
        ));
    }

    #[test]
    fn limits_tell_their_numbers() {
        assert_eq!(
            reason(
                "partial write: max-values-per-tag limit exceeded (3/3): measurement=\"m\" tag=\"k\" value=\"a\\\"b\" dropped=1"
            ),
            Reason::MaxValuesPerTag {
                values: Some(3),
                limit: Some(3),
                measurement: Some("m".into()),
                tag: Some("k".into()),
                value: Some("a\"b".into()),
            }
        );
        assert_eq!(
            reason("partial write: max-series-per-database limit exceeded: (1000) dropped=4"),
            Reason::MaxSeries { limit: Some(1000) }
        );
    }
}
