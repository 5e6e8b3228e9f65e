//! Text broken at blanks, for terminals of any width.

use super::table::width;

/// The text in lines of at most `limit` characters where it has blanks to break at; all but the first begin with `indent`
/// blanks.
pub(crate) fn folded(text: &str, limit: usize, indent: usize) -> String {
    let mut lines = String::new();
    let mut used = 0;
    for (at, word) in text.split(' ').enumerate() {
        let wide = width(word);
        // What is too long for any line stays whole: half a path or command is of no use.
        if !lines.trim_end().is_empty() && used + 1 + wide > limit && wide > 0 {
            lines.truncate(lines.trim_end_matches(' ').len());
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            used = indent;
        } else if at > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += wide;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_blanks_and_indented() {
        assert_eq!(folded("one two three four", 9, 2), "one two\n  three\n  four");
        assert_eq!(folded("one two", 80, 2), "one two");
        assert_eq!(folded("a verylongword b", 6, 2), "a\n  verylongword\n  b");
        assert_eq!(folded("a  b", 80, 0), "a  b", "blanks stay as they are");
        assert_eq!(folded("  one two", 6, 4), "  one\n    two");
        assert_eq!(folded("\u{1b}[31mone\u{1b}[0m two", 7, 0), "\u{1b}[31mone\u{1b}[0m two", "colours take no room");
    }
}
