//! Tables of text.

/// Rows under a heading, in columns as wide as they need to be.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// One with a heading.
    #[must_use]
    pub fn new<C: Into<String>>(heading: impl IntoIterator<Item = C>) -> Self {
        let mut table = Self::default();
        table.row(heading);
        table
    }

    /// Adds a row.
    pub fn row<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The lines, the heading underlined.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut lines: Vec<String> = Vec::with_capacity(self.rows.len() + 1);
        for (position, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            lines.push(cells.collect::<Vec<_>>().join("  ").trim_end().to_owned());
            if position == 0 {
                lines.push(widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  "));
            }
        }
        lines
    }
}

impl Table {
    /// The same in Markdown. Neither a bar nor the end of a line in a cell ends it.
    #[must_use]
    pub fn markdown(&self) -> String {
        let cell = |text: &String| text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ");
        let mut text = String::new();
        for (position, row) in self.rows.iter().enumerate() {
            let cells: Vec<String> = row.iter().map(cell).collect();
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
            if position == 0 {
                text.push_str(&format!("|{}\n", "---|".repeat(row.len())));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_markdown_ends_early() {
        let mut table = Table::new(["a", "name"]);
        table.row(["1|2", "x\ny\\"]);
        assert_eq!(table.markdown(), "| a | name |\n|---|---|\n| 1\\|2 | x y\\\\ |\n");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["a", "name"]);
        table.row(["1234", "x"]);
        table.row(["é", "last"]);
        assert_eq!(table.lines(), ["a     name", "----  ----", "1234  x", "é     last"]);
    }
}
