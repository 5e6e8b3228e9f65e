//! Names as 1.x servers read them, checked and escaped.
//!
//! The rules are those of the encoder in `influx-client`, which applies them to names that come at run time; a test
//! there holds the two together.

use proc_macro2::Span;
use syn::{Error, Ident, LitStr, Result};

/// What a name names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Measurement,
    Tag,
    TagValue,
    Field,
}

impl Part {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Measurement => "measurement",
            Self::Tag => "tag",
            Self::TagValue => "tag value",
            Self::Field => "field",
        }
    }
}

/// A name and where it stands.
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// The most bytes a server takes for a series key with a field key, its own separator counted.
const MAX_BYTES: usize = 65_535 - 4;

impl Name {
    pub(crate) fn new(given: Option<&LitStr>, otherwise: &Ident, text: impl FnOnce() -> String) -> Self {
        match given {
            Some(given) => Self { text: given.value(), span: given.span() },
            None => Self { text: text(), span: otherwise.span() },
        }
    }

    /// The name as it is written in a line.
    ///
    /// # Errors
    /// Why no server could read it back.
    pub(crate) fn escaped(&self, part: Part) -> Result<String> {
        let text = &*self.text;
        let refuse = |why: String| Err(Error::new(self.span, why));
        let what = part.as_str();
        if text.is_empty() {
            return refuse(match part {
                Part::TagValue => "an empty text means no tag: give it another, and make the tag an `Option`".into(),
                Part::Measurement | Part::Tag | Part::Field => format!("a {what} needs a name"),
            });
        }
        if text.len() > MAX_BYTES {
            return refuse(format!(
                "a {what} of {} bytes: the server takes {MAX_BYTES} for all names together",
                text.len()
            ));
        }
        if text == "time" && matches!(part, Part::Tag | Part::Field) {
            return refuse(format!(
                "a {what} called \"time\" is dropped by the server: rename it, or make it the point's time with `#[influx(time)]`"
            ));
        }
        if text.starts_with('#') && part == Part::Measurement {
            return refuse("the server takes a line that begins with '#' for a comment: rename the measurement".into());
        }
        if text.starts_with(['\t', '\0']) && matches!(part, Part::Measurement | Part::Field) {
            return refuse(format!("the server strips a tab or NUL at the beginning of a {what}: rename it"));
        }
        if text.ends_with('\\') {
            return refuse("a backslash at the end would swallow the separator behind it: drop or replace it".into());
        }
        if text.contains('\n') {
            return refuse("line protocol has no way to write a line feed in a name or tag value: remove it".into());
        }
        if text.contains("#!~") && part != Part::Field {
            return refuse("the server's storage ends a series key at \"#!~\": replace it".into());
        }
        let mut out = String::with_capacity(text.len());
        let mut after_backslash = false;
        for c in text.chars() {
            let special = match c {
                ',' | ' ' | '=' => true,
                '"' => matches!(part, Part::Measurement | Part::Field),
                _ => false,
            };
            if special && after_backslash {
                return refuse(format!(
                    "1.x servers read a backslash before {c:?} in two ways: drop or replace the backslash"
                ));
            }
            // An equals sign needs no escape in a measurement, and a quote needs none anywhere.
            if matches!(c, ',' | ' ') || c == '=' && part != Part::Measurement {
                out.push('\\');
            }
            out.push(c);
            after_backslash = c == '\\';
        }
        Ok(out)
    }
}

/// `CpuLoad` as `cpu_load`, `HTTPStatus` as `http_status`.
pub(crate) fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (at, &c) in chars.iter().enumerate() {
        if c.is_uppercase() {
            let before = at.checked_sub(1).map(|before| chars[before]);
            let begins_word = before.is_some_and(|before| before != '_' && !before.is_uppercase())
                || before.is_some_and(char::is_uppercase) && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
            if begins_word {
                out.push('_');
            }
            out.extend(c.to_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_of_types() {
        for (name, snake) in [
            ("Cpu", "cpu"),
            ("CpuLoad", "cpu_load"),
            ("HTTPStatus", "http_status"),
            ("Cpu2Load", "cpu2_load"),
            ("IO", "io"),
            ("Already_Snake", "already_snake"),
            ("x", "x"),
            ("ÄrgerMaß", "ärger_maß"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn names_are_escaped_for_their_part() {
        let name = Name { text: r#"a,b c=d"e\f"#.to_owned(), span: Span::call_site() };
        assert_eq!(name.escaped(Part::Measurement).unwrap(), r#"a\,b\ c=d"e\f"#);
        assert_eq!(name.escaped(Part::Tag).unwrap(), r#"a\,b\ c\=d"e\f"#);
        assert_eq!(name.escaped(Part::Field).unwrap(), r#"a\,b\ c\=d"e\f"#);
    }
}
