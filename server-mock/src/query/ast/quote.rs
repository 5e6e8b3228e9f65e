//! Quoting.

use crate::query::token::{Kind, classify_word};

/// A text in single quotes.
#[must_use]
pub fn quote_string(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\n', "\\n").replace('\'', "\\'"))
}

/// A name, in double quotes when it needs them.
#[must_use]
pub fn quote_ident(name: &str) -> String {
    if needs_quotes(name) { in_quotes(name) } else { name.to_owned() }
}

/// The parts of a dotted name: all but the last in quotes, so that a part with a dot stays one part.
pub(in crate::query) fn quote_idents(parts: &[String]) -> String {
    let last = parts.len().saturating_sub(1);
    let quoted = parts.iter().enumerate().map(|(at, part)| match part.as_str() {
        "" if at > 0 && at < last => String::new(),
        part if at < last => in_quotes(part),
        part => quote_ident(part),
    });
    quoted.collect::<Vec<_>>().join(".")
}

/// A name in double quotes.
fn in_quotes(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\""))
}

fn needs_quotes(name: &str) -> bool {
    let bare = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    !bare || classify_word(name) != Kind::Ident
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_quotes_gets_them() {
        for (name, quoted) in
            [("cpu", "cpu"), ("1cpu", "\"1cpu\""), ("select", "\"select\""), ("a\"b", "\"a\\\"b\""), ("", "\"\"")]
        {
            assert_eq!(quote_ident(name), quoted);
        }
        assert_eq!(quote_string("it's\\\n"), "'it\\'s\\\\\\n'");
    }
}
