//! Columns of text that line up.

use super::folded;

/// Which edge of its column a cell keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Text in columns, two spaces apart. Cells must not hold line ends; [`one_line`] makes them so.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of these columns; names that end in `#` hold numbers and keep to the right, without the `#`.
    pub(crate) fn new(columns: &[&str]) -> Self {
        let columns = columns
            .iter()
            .map(|name| match name.strip_suffix('#') {
                Some(number) => (number.to_owned(), Align::Right),
                None => ((*name).to_owned(), Align::Left),
            })
            .collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row; missing cells are empty.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        let mut row: Vec<String> = cells.into_iter().map(Into::into).collect();
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
    }

    /// Head, rule and rows, each ended by a line end, without blanks at the ends of lines.
    pub(crate) fn text(&self) -> String {
        self.fitted(None)
    }

    /// As [`text`](Self::text), with cells broken at their blanks where the lines would be longer than `limit`.
    pub(crate) fn fitted(&self, limit: Option<usize>) -> String {
        let widths = self.widths(limit.unwrap_or(usize::MAX));
        let mut text = String::new();
        let names: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let rule: Vec<String> = self.columns.iter().map(|(name, _)| "-".repeat(width(name))).collect();
        for row in [&names, &rule].into_iter().chain(&self.rows) {
            let pieces: Vec<Vec<String>> = row.iter().zip(&widths).map(|(cell, wide)| pieces(cell, *wide)).collect();
            for at in 0..pieces.iter().map(Vec::len).max().unwrap_or_default() {
                let mut line = String::new();
                for ((pieces, wide), (_, align)) in pieces.iter().zip(&widths).zip(&self.columns) {
                    let cell = pieces.get(at).map_or("", String::as_str);
                    let gap = " ".repeat(wide.saturating_sub(width(cell)));
                    match align {
                        Align::Left => line.extend([cell, gap.as_str(), "  "]),
                        Align::Right => line.extend([gap.as_str(), cell, "  "]),
                    }
                }
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        text
    }

    /// The columns' widths: as wide as their cells, or less where that is too much and their cells can be broken.
    fn widths(&self, limit: usize) -> Vec<usize> {
        let cells = |at: usize| self.rows.iter().map(move |row| row[at].as_str()).chain([self.columns[at].0.as_str()]);
        let columns = 0..self.columns.len();
        let mut widths: Vec<usize> = columns.clone().map(|at| cells(at).map(width).max().unwrap_or(0)).collect();
        let least = |at: usize| cells(at).flat_map(|cell| cell.split(' ')).map(width).max().unwrap_or(0);
        let least: Vec<usize> = columns.map(least).collect();
        let all = |widths: &[usize]| widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        while all(&widths) > limit {
            // The widest gives way first, so that two long ones end up alike.
            let widest = (0..widths.len())
                .filter(|at| self.columns[*at].1 == Align::Left && widths[*at] > least[*at])
                .max_by_key(|at| widths[*at]);
            let Some(widest) = widest else { break };
            widths[widest] -= 1;
        }
        widths
    }
}

/// The lines of a cell, each in its colour.
fn pieces(cell: &str, wide: usize) -> Vec<String> {
    if width(cell) <= wide {
        return vec![cell.to_owned()];
    }
    let (colour, rest) = match cell.strip_prefix("\u{1b}[").and_then(|rest| rest.split_once('m')) {
        Some((code, rest)) => (format!("\u{1b}[{code}m"), rest.strip_suffix(RESET).unwrap_or(rest)),
        None => (String::new(), cell),
    };
    let end = if colour.is_empty() { "" } else { RESET };
    folded(rest, wide, 0).lines().map(|line| format!("{colour}{line}{end}")).collect()
}

/// The end of a colour.
const RESET: &str = "\u{1b}[0m";

/// Characters, not columns of a terminal: wide characters in names are rare and only shift what follows. Colours take no
/// room.
pub(super) fn width(text: &str) -> usize {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().map_or(0, |piece| piece.chars().count());
    first + pieces.map(|piece| piece.split_once('m').map_or(piece, |(_, rest)| rest).chars().count()).sum::<usize>()
}

/// The text with control characters shown as escapes, so that what a server says cannot move the cursor.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

/// At most `limit` characters, with `…` for what was left out.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_numbers_keep_right() {
        let mut table = Table::new(&["name", "points#"]);
        table.row(["data1", "7"]);
        table.row(["a long name", "11,681"]);
        assert_eq!(
            table.text(),
            "name         points\n----         ------\ndata1             7\na long name  11,681\n"
        );
    }

    #[test]
    fn colours_take_no_room() {
        assert_eq!(width("\u{1b}[31;1mdown\u{1b}[0m"), 4);
        assert_eq!(width("down"), 4);
    }

    #[test]
    fn long_cells_are_broken_where_there_is_no_room() {
        let mut table = Table::new(&["n#", "what", "state"]);
        table.row(["1", "one two three", "\u{1b}[31mdown for good\u{1b}[0m"]);
        table.row(["22", "x", "up"]);
        let red = |text: &str| format!("\u{1b}[31m{text}\u{1b}[0m");
        let broken = [
            " n  what      state".to_owned(),
            " -  ----      -----".to_owned(),
            format!(" 1  one two   {}", red("down for")),
            format!("    three     {}", red("good")),
            "22  x         up".to_owned(),
        ];
        assert_eq!(table.fitted(Some(22)).lines().collect::<Vec<_>>(), broken);
        assert_eq!(table.fitted(Some(80)), table.text());
        assert!(table.fitted(Some(1)).contains("three"), "too narrow for anything is no reason to lose text");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(one_line("a\nb\u{1b}[31m"), "a\\nb\\u{1b}[31m");
    }

    #[test]
    fn shortening_counts_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüß", 3), "äö…");
    }
}
