//! What a statement is, as far as it matters for how it is sent.

/// What the statements of a query do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    /// They only read.
    pub(super) reads: bool,
    /// One of them creates a database, a retention policy or a user.
    pub(super) creates: bool,
    /// How many there are.
    pub(super) count: usize,
}

/// Looks at the words outside quotes and comments: what begins with `SELECT`, `SHOW` or `EXPLAIN` and has no `INTO` only
/// reads. What cannot be told is taken for a change.
pub(super) fn effect(query: &str) -> Effect {
    let mut effect = Effect { reads: true, creates: false, count: 0 };
    let mut first = true;
    for word in Words(query) {
        match word {
            ";" => first = true,
            word if first => {
                let is = |other: &str| word.eq_ignore_ascii_case(other);
                effect.reads &= is("select") || is("show") || is("explain");
                effect.creates |= is("create");
                effect.count += 1;
                first = false;
            }
            word => effect.reads &= !word.eq_ignore_ascii_case("into"),
        }
    }
    effect
}

/// The words and semicolons of a query, without what is quoted or a comment.
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let first = self.0.chars().next()?;
            let rest = &self.0[first.len_utf8()..];
            match first {
                ';' => {
                    let (word, rest) = self.0.split_at(1);
                    self.0 = rest;
                    return Some(word);
                }
                '\'' | '"' => self.0 = behind_quote(rest, first),
                '-' if rest.starts_with('-') => {
                    self.0 = rest.find('\n').map_or("", |end| &rest[end..]);
                }
                '/' if rest.starts_with('*') => {
                    self.0 = rest.find("*/").map_or("", |end| &rest[end + 2..]);
                }
                c if c.is_alphanumeric() || c == '_' => {
                    let end = self.0.find(|c: char| !c.is_alphanumeric() && c != '_');
                    let (word, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
                    self.0 = rest;
                    return Some(word);
                }
                _ => self.0 = rest,
            }
        }
    }
}

fn behind_quote(text: &str, quote: char) -> &str {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return &text[at + 1..],
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_told_from_changing() {
        for query in [
            "SELECT * FROM cpu",
            "  select \"into\" from 'x into y'",
            "SHOW DATABASES; SELECT 1 FROM \"a;drop\"",
            "-- into\nSELECT x FROM y",
            "/* DROP */ EXPLAIN SELECT x FROM y",
            "SELECT intox FROM y",
            "SELECT \"a\\\"into b\" FROM c",
        ] {
            assert!(effect(query).reads, "{query}");
        }
        for query in
            ["SELECT * INTO a FROM b", "DROP DATABASE x", "SHOW DATABASES; DELETE FROM x", "x", "(SELECT x", "'"]
        {
            assert_eq!(effect(query).reads, query == "(SELECT x" || query == "'", "{query}");
        }
    }

    #[test]
    fn statements_are_counted() {
        for (query, count) in
            [("SELECT 1", 1), ("SELECT 1;", 1), (" ; SHOW DATABASES ;; SELECT ';' FROM \"x;y\" ", 2), ("", 0)]
        {
            assert_eq!(effect(query).count, count, "{query}");
        }
    }

    #[test]
    fn creation_is_noticed() {
        assert!(effect("create database x").creates);
        assert!(effect("SHOW DATABASES; CREATE RETENTION POLICY rp ON x DURATION 1d REPLICATION 1").creates);
        assert!(!effect("SELECT create FROM x").creates);
    }
}
