//! Regular expressions as the scenario files write them.

use regex::{Regex, RegexBuilder};

/// A regular expression that has to match a text as a whole, with `.` matching newlines too.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    source: String,
    regex: Regex,
}

impl Pattern {
    pub(super) fn new(source: &str) -> Result<Self, String> {
        let build = |text: &str| RegexBuilder::new(text).dot_matches_new_line(true).build();
        // By itself first: `a)|(b` would become valid within the group below, and mean something else.
        let wrapped = build(source).and_then(|_| build(&format!(r"\A(?:{source})\z")));
        let regex = wrapped.map_err(|error| format!("pattern {source:?}: {error}"))?;
        Ok(Self { source: source.to_owned(), regex })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_whole_text_has_to_match_and_a_dot_takes_newlines() {
        let pattern = Pattern::new(r#"\{"error":"unable to parse .*"#).unwrap();
        assert!(pattern.matches("{\"error\":\"unable to parse 'a\nb'\"}\n"));
        assert!(!pattern.matches("x{\"error\":\"unable to parse "), "something stands before it");
        assert!(!Pattern::new("a").unwrap().matches("a\n"), "something stands behind it");
        assert!(!Pattern::new("a|b").unwrap().matches("ax"), "both alternatives are whole");
    }

    #[test]
    fn a_pattern_that_does_not_compile_is_an_error() {
        assert!(Pattern::new("a)|(b").is_err());
        assert!(Pattern::new(r"(?=a)").is_err());
    }
}
