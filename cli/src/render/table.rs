//! Columns of text that line up.

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
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| {
                let cells = self.rows.iter().map(|row| width(&row[at]));
                cells.chain([width(&self.columns[at].0)]).max().unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        let names: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let rule: Vec<String> = self.columns.iter().map(|(name, _)| "-".repeat(width(name))).collect();
        for row in [&names, &rule].into_iter().chain(&self.rows) {
            let mut line = String::new();
            for ((cell, wide), (_, align)) in row.iter().zip(&widths).zip(&self.columns) {
                let gap = " ".repeat(wide.saturating_sub(width(cell)));
                match align {
                    Align::Left => line.extend([cell, gap.as_str(), "  "]),
                    Align::Right => line.extend([gap.as_str(), cell, "  "]),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Characters, not columns of a terminal: wide characters in names are rare and only shift what follows. Colours take no
/// room.
fn width(text: &str) -> usize {
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
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(one_line("a\nb\u{1b}[31m"), "a\\nb\\u{1b}[31m");
    }

    #[test]
    fn shortening_counts_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüß", 3), "äö…");
    }
}
