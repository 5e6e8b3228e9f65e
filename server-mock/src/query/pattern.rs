//! Regular expressions in Go's syntax on a linear engine.

use std::fmt;

/// A compiled regular expression, equal to another when their texts are equal.
#[derive(Clone)]
pub struct Pattern {
    source: String,
    regex: regex::Regex,
}

/// The text is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {0}")]
pub struct PatternError(String);

/// Bytes of compiled program allowed; a short text with nested counts can ask for gigabytes.
const PROGRAM_LIMIT: usize = 4 << 20;

impl Pattern {
    /// Compiles an expression written in Go's syntax.
    ///
    /// # Errors
    /// [`PatternError`] in the words of Go's `regexp/syntax` for the common mistakes.
    pub fn new(source: &str) -> Result<Self, PatternError> {
        let regex = regex::RegexBuilder::new(&translate(source).map_err(PatternError)?)
            .size_limit(PROGRAM_LIMIT)
            .build()
            .map_err(|error| PatternError(describe(source, &error)))?;
        Ok(Self { source: source.to_owned(), regex })
    }

    /// The text, without slashes.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether there is a match anywhere in `text`.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.source)
    }
}

/// As written in a statement: slashes around, slashes within escaped.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.source.replace('/', "\\/"))
    }
}

/// Takes away what the `regex` crate reads differently: within a class Go has no nested classes and no set
/// operations, and outside of one a brace that starts no count is a plain brace. A repetition of a repetition is an
/// error in Go.
fn translate(source: &str) -> Result<String, String> {
    let mut out = String::with_capacity(source.len());
    let mut chars = source.char_indices().peekable();
    // Position of the `[` of the class we are in.
    let mut class: Option<usize> = None;
    // Position of the repetition that ended just before.
    let mut repetition: Option<usize> = None;
    while let Some((at, c)) = chars.next() {
        let previous = repetition.take();
        match (class, c) {
            (_, '\\') => {
                out.push(c);
                if let Some((_, escaped)) = chars.next() {
                    out.push(escaped);
                }
            }
            (None, '[') => {
                class = Some(at);
                out.push(c);
                if chars.next_if(|(_, c)| *c == '^').is_some() {
                    out.push('^');
                }
                // A bracket right at the start is a member.
                if chars.next_if(|(_, c)| *c == ']').is_some() {
                    out.push_str("\\]");
                }
            }
            (None, '{') if !starts_count(&source[at..]) => out.push_str("\\{"),
            (None, '*' | '+' | '?' | '{') => {
                let mut end = at + if c == '{' { source[at..].find('}').map_or(1, |end| end + 1) } else { 1 };
                if let Some(start) = previous {
                    return Err(format!("invalid nested repetition operator: `{}`", &source[start..end]));
                }
                if source[end..].starts_with('?') {
                    end += 1;
                }
                out.push_str(&source[at..end]);
                while chars.next_if(|(at, _)| *at < end).is_some() {}
                repetition = Some(at);
            }
            (Some(_), ']') => {
                class = None;
                out.push(c);
            }
            (Some(_), '[') if source[at..].starts_with("[:") && source[at..].contains(":]") => {
                let end = at + source[at..].find(":]").map_or(1, |end| end + 2);
                out.push_str(&source[at..end]);
                while chars.next_if(|(at, _)| *at < end).is_some() {}
            }
            (Some(_), '[' | '&' | '~') => {
                out.push('\\');
                out.push(c);
            }
            (_, c) => out.push(c),
        }
    }
    Ok(out)
}

/// Whether the text starts with `{n}`, `{n,}` or `{n,m}`.
fn starts_count(text: &str) -> bool {
    let Some(end) = text.find('}') else { return false };
    let (low, high) = text[1..end].split_once(',').unwrap_or((&text[1..end], ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

/// The words of Go's compiler for what is wrong.
fn describe(source: &str, error: &regex::Error) -> String {
    let regex::Error::Syntax(report) = error else {
        return format!("expression too large: `{source}`");
    };
    let place = marked(report);
    // The crate's words, Go's words, and whether Go shows the place alone, all from there, or the whole expression.
    let (words, shown) = if report.contains("unclosed group") {
        ("missing closing )", source)
    } else if report.contains("unopened group") {
        ("unexpected )", source)
    } else if report.contains("unclosed character class") {
        ("missing closing ]", source.rfind('[').map_or(source, |at| &source[at..]))
    } else if report.contains("repetition operator missing expression") {
        ("missing argument to repetition operator", place)
    } else if report.contains("invalid character class range") {
        ("invalid character class range", place)
    } else if report.contains("unrecognized escape sequence") || report.contains("backreferences") {
        ("invalid escape sequence", place)
    } else if report.contains("incomplete escape sequence") {
        ("trailing backslash at end of expression", "")
    } else if report.contains("repetition quantifier") {
        ("invalid repeat count", place)
    } else {
        ("invalid or unsupported Perl syntax", place)
    };
    format!("{words}: `{shown}`")
}

/// The part of the expression that a report of the `regex` crate marks with carets.
fn marked(report: &str) -> &str {
    let lines: Vec<&str> = report.lines().collect();
    let pair = lines.windows(2).find(|pair| {
        let carets = pair[1].trim();
        !carets.is_empty() && carets.bytes().all(|b| b == b'^')
    });
    let Some([text, carets]) = pair else { return "" };
    let skipped = carets.len() - carets.trim_start().len();
    let end = skipped + carets.trim().len();
    let byte = |column: usize| text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
    &text[byte(skipped)..byte(end)]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn go_syntax_is_understood() {
        for (source, matching, other) in [
            ("^a.*z$", "abz", "ab"),
            ("[[]", "[", "a"),
            ("[]a]", "]", "b"),
            ("[a&&b]", "&", "c"),
            ("a{", "a{", "a"),
            ("a{2}", "aa", "a"),
            ("{x}", "{x}", "x"),
            ("[[:alpha:]]", "q", "1"),
            (r"\d+", "5", "x"),
            ("(?i)AB", "ab", "a"),
            ("^a+?b*?$", "aab", "ac"),
        ] {
            let pattern = Pattern::new(source).unwrap();
            assert!(pattern.is_match(matching), "{source}");
            assert!(!pattern.is_match(other), "{source}");
        }
    }

    #[test]
    fn mistakes_are_named_as_go_does() {
        for (source, message) in [
            ("(", "missing closing ): `(`"),
            ("a)", "unexpected ): `a)`"),
            ("a[b", "missing closing ]: `[b`"),
            ("é*[z-a]", "invalid character class range: `z-a`"),
            ("a\\qb", "invalid escape sequence: `\\q`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("a{2}+?", "invalid nested repetition operator: `{2}+`"),
            ("\\1", "invalid escape sequence: `\\1`"),
            ("*", "missing argument to repetition operator: `*`"),
        ] {
            assert_eq!(Pattern::new(source).unwrap_err().to_string(), format!("error parsing regexp: {message}"));
        }
        assert!(Pattern::new("a{1000}{1000}{1000}").is_err());
    }
}
