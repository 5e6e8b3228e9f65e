//! Strings as Go's JSON encoder writes them.

use std::fmt::Write as _;

/// Appends a string in quotes. Go escapes, beside what JSON asks for, what could end a script element.
pub fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_end_a_script_element_is_escaped() {
        let mut out = String::new();
        write_json_string(&mut out, "a>b \"c\" \\ \n\u{1}");
        assert_eq!(out, "\"a\\u003eb \\\"c\\\" \\\\ \\n\\u0001\"");
    }
}
