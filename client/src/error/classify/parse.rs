//! Lines that are not line protocol (rows 28, 30 and 78 of the captured table).

use crate::error::scan::{Text, cut_dropped};
use crate::error::verdict::{Finding, Others, Unparsable};
use crate::error::{Dropped, ErrorKind, Outcome, Reason};

const QUOTE: &str = "unable to parse '";

pub(super) fn find(text: &Text<'_>) -> Option<Finding> {
    if let Some(rest) = text.after(QUOTE) {
        // Without `partial write` before it: not one line was parsed.
        let unparsable = quotes(rest);
        let kind = ErrorKind::Invalid { lines: unparsable.len() };
        return Some(Finding { unparsable, ..Finding::new(28, kind, Outcome::NotStored) });
    }
    let rest = text.inner.strip_prefix("partial write:")?;
    let (row, rest) = match rest.strip_prefix('\n') {
        Some(rest) => (78, rest),
        None => (30, rest.strip_prefix(' ')?),
    };
    let quoted = rest.strip_prefix(QUOTE)?;
    // `dropped=` is 0 here whatever was dropped, so the lines are counted.
    let unparsable = quotes(if row == 30 { cut_dropped(quoted).0 } else { quoted });
    let first = unparsable.first()?;
    let reason = Reason::Unparsable { why: first.why.clone() };
    let dropped = Dropped::AtLeast(unparsable.len() as u64);
    // The server reports bad lines only when everything else went well.
    let others = if text.is_wrapped() { Others::Unsettled } else { Others::Acknowledged };
    Some(Finding { unparsable, ..Finding::rejected(Some(row), reason, dropped, others) })
}

/// The quoted lines of a message, from behind the first opening quote.
///
/// A line may hold newlines, quotes, and even the words that separate two quotes. A quote therefore ends only where a
/// known explanation follows it; what remains open is settled by the lines of the batch (see the write loop).
fn quotes(text: &str) -> Vec<Unparsable> {
    const NEXT: &str = "\nunable to parse '";
    let mut found = Vec::new();
    let mut start = 0;
    let mut search = 0;
    while let Some(at) = text[search..].find(NEXT).map(|at| search + at) {
        search = at + NEXT.len();
        // No explanation spans lines, so that only the last line of the part can hold its begin.
        let part = &text[start..at];
        let last = part.rfind('\n').map_or(0, |end| end + 1);
        let end = part[last..].rfind("': ").map(|end| last + end);
        let Some(end) = end.filter(|end| is_explanation(&part[end + 3..])) else {
            continue;
        };
        found.push(Unparsable { line: part[..end].into(), why: part[end + 3..].into() });
        start = search;
    }
    let (line, why) = text[start..].rsplit_once("': ").unwrap_or((&text[start..], ""));
    found.push(Unparsable { line: line.into(), why: why.into() });
    found
}

/// Whether the text is one of the explanations of the line protocol parsers of 0.9 to 1.12.
fn is_explanation(why: &str) -> bool {
    const WHOLE: &[&str] = &[
        "missing measurement",
        "missing tag key",
        "missing tag value",
        "invalid tag format",
        "duplicate tags",
        "missing fields",
        "missing field key",
        "missing field value",
        "invalid field format",
        "unbalanced quotes",
        "invalid number",
        "invalid float",
        "invalid boolean",
        "bad timestamp",
        "point is invalid",
    ];
    const BEGINNINGS: &[&str] = &[
        "unable to parse integer ",
        "unable to parse unsigned ",
        "unable to parse float ",
        "time outside range ",
        "strconv.ParseInt: parsing \"",
        "strconv.ParseUint: parsing \"",
        "strconv.ParseFloat: parsing \"",
        "max key length exceeded: ",
    ];
    WHOLE.contains(&why) || BEGINNINGS.iter().any(|b| why.starts_with(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(message: &str) -> Vec<(String, String)> {
        let finding = find(&Text::new(message, true, 400));
        finding.map_or(Vec::new(), |f| f.unparsable.into_iter().map(|u| (u.line.into(), u.why.into())).collect())
    }

    fn pair(line: &str, why: &str) -> (String, String) {
        (line.to_owned(), why.to_owned())
    }

    #[test]
    fn several_lines_are_told_apart() {
        assert_eq!(
            lines(
                "partial write: unable to parse 'bad': missing fields\nunable to parse 'm x': invalid field format dropped=0"
            ),
            [pair("bad", "missing fields"), pair("m x", "invalid field format")]
        );
        assert_eq!(
            lines("partial write:\nunable to parse 'a': missing fields\nunable to parse 'b': invalid boolean"),
            [pair("a", "missing fields"), pair("b", "invalid boolean")]
        );
    }

    #[test]
    fn a_line_may_hold_quotes_newlines_and_the_words_between() {
        let hostile = "m s=\"x': y\nunable to parse 'z\",v=";
        assert_eq!(
            lines(&format!("unable to parse '{hostile}': missing field value")),
            [pair(hostile, "missing field value")]
        );
        assert_eq!(
            lines("unable to parse 'a': missing fields': missing fields"),
            [pair("a': missing fields", "missing fields")]
        );
    }

    #[test]
    fn an_unknown_explanation_is_kept() {
        assert_eq!(lines("unable to parse 'a': some new reason"), [pair("a", "some new reason")]);
        assert_eq!(lines("unable to parse 'a"), [pair("a", "")]);
    }
}
