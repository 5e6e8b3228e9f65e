//! Texts in quotes as Go's formatting writes them.

use std::fmt::{self, Write as _};
use std::sync::LazyLock;

use regex::Regex;

/// Writes a text as Go does with `%q`: in double quotes, with what cannot be printed escaped.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\u{7}' => f.write_str("\\a")?,
                '\u{8}' => f.write_str("\\b")?,
                '\u{c}' => f.write_str("\\f")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\u{b}' => f.write_str("\\v")?,
                c if is_printed(c) => f.write_char(c)?,
                '\0'..='\u{7f}' => write!(f, "\\x{:02x}", u32::from(c))?,
                '\u{80}'..='\u{ffff}' => write!(f, "\\u{:04x}", u32::from(c))?,
                c => write!(f, "\\U{:08x}", u32::from(c))?,
            }
        }
        f.write_char('"')
    }
}

/// What Go calls printable: letters, marks, numbers, punctuation, symbols, and of all spaces the plain one.
fn is_printed(c: char) -> bool {
    static PRINTED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$").expect("a pattern of fixed text compiles"));
    let ascii = c == ' ' || c.is_ascii_graphic();
    ascii || (!c.is_ascii() && PRINTED.is_match(c.encode_utf8(&mut [0; 4])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_printed_is_escaped() {
        for (text, quoted) in [
            ("plain_1", r#""plain_1""#),
            ("a\"b\\c'd", r#""a\"b\\c'd""#),
            ("\n\r\t\u{7}\u{8}\u{b}\u{c}\0\u{1}\u{7f}", r#""\n\r\t\a\b\v\f\x00\x01\x7f""#),
            ("é😀 e\u{301}", "\"é😀 e\u{301}\""),
            ("\u{85}\u{a0}\u{feff}\u{e000}\u{10ffff}", r#""\u0085\u00a0\ufeff\ue000\U0010ffff""#),
        ] {
            assert_eq!(Quoted(text).to_string(), quoted);
        }
    }
}
