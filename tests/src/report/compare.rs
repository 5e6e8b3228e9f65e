//! Runs side by side.

use std::fmt::Write as _;

use maud::{Markup, html};
use serde_json::Value;

use super::files::Files;
use super::page::page;
use super::value::words;
use crate::experiment::{LabError, RunDir};
use crate::figures::Quantiles;
use crate::history::{Completion, Operation};

/// A column for each run, a row for each thing that is known of one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Names of the runs.
    pub columns: Vec<String>,
    /// What is compared, and what each run has; an empty text where a run has nothing of the kind.
    pub rows: Vec<(String, Vec<String>)>,
}

impl Table {
    /// Reads the runs in these directories.
    ///
    /// # Errors
    /// [`LabError::File`], and [`LabError::Content`] where a file holds something else than its name says.
    pub fn of(dirs: &[RunDir]) -> Result<Self, LabError> {
        let mut table = Self { columns: names(dirs), rows: Vec::new() };
        for (column, dir) in dirs.iter().enumerate() {
            let files = Files::read(dir)?;
            for (what, found) in known(&files, dir) {
                table.set(column, what, found);
            }
        }
        let columns = table.columns.len();
        for (_, cells) in &mut table.rows {
            cells.resize(columns, String::new());
        }
        Ok(table)
    }

    fn set(&mut self, column: usize, what: String, found: String) {
        let row = match self.rows.iter().position(|(name, _)| *name == what) {
            Some(row) => row,
            None => {
                self.rows.push((what, Vec::new()));
                self.rows.len() - 1
            }
        };
        let cells = &mut self.rows[row].1;
        cells.resize(column, String::new());
        cells.push(found);
    }

    /// The table for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec![(String::new(), self.columns.clone())];
        lines.extend(self.rows.iter().cloned());
        let width = |text: &String| text.chars().count();
        let first = lines.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| lines.iter().filter_map(|(_, cells)| cells.get(column).map(width)).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for (name, cells) in &lines {
            let mut line = format!("{name:first$}");
            for (cell, width) in cells.iter().zip(&widths) {
                let _ = write!(line, "  {cell:width$}");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The table as a page.
    #[must_use]
    pub fn html(&self) -> String {
        page("Runs side by side", &html! { h1 { "Runs side by side" } (self.markup()) })
    }

    fn markup(&self) -> Markup {
        html! {
            div class="scroll" {
                table {
                    thead { tr { th {} @for column in &self.columns { th { (column) } } } }
                    tbody {
                        @for (name, cells) in &self.rows {
                            @let differ = cells.windows(2).any(|pair| pair[0] != pair[1]);
                            tr {
                                th { (name) }
                                @for cell in cells { td { @if differ { b { (cell) } } @else { (cell) } } }
                            }
                        }
                    }
                }
            }
            p class="remark" { "In bold where the runs differ." }
        }
    }
}

/// The names of the directories where they differ, and their paths otherwise.
fn names(dirs: &[RunDir]) -> Vec<String> {
    let short: Vec<_> = dirs.iter().filter_map(|dir| dir.path().file_name()).collect();
    let distinct = short.iter().collect::<std::collections::HashSet<_>>().len() == dirs.len();
    if distinct {
        short.into_iter().map(|name| name.to_string_lossy().into_owned()).collect()
    } else {
        dirs.iter().map(|dir| dir.path().display().to_string()).collect()
    }
}

/// What is known of a run, in the order in which it is told.
fn known(files: &Files, dir: &RunDir) -> Vec<(String, String)> {
    let mut known = vec![("experiment".to_owned(), files.experiment(dir))];
    for key in ["profile", "nodes", "level", "seed", "seconds", "set"] {
        if let Some(found) = files.run.get(key) {
            known.push((key.to_owned(), plain(found)));
        }
    }
    if let Some(ending) = &files.ending {
        let held = ending.expectations.iter().filter(|one| one.held).count();
        known.push(("expectations held".to_owned(), format!("{held} of {}", ending.expectations.len())));
        for one in &ending.expectations {
            let held = if one.held { "held" } else { "not held" };
            known.push((one.what.clone(), format!("{held}: {}", one.found)));
        }
    }
    if let Some(verdict) = &files.verdict {
        for rule in ["study", "honest", "unique"] {
            if let Some(answer) = verdict.get(rule).and_then(Value::as_str) {
                known.push((format!("verdict, {rule}"), answer.to_owned()));
            }
        }
    }
    if files.has_history {
        for (name, is_read) in [("reads", true), ("writes", false)] {
            let those: Vec<&Operation> = files
                .operations
                .iter()
                .filter(|operation| (operation.f == crate::history::Function::Read) == is_read)
                .collect();
            if those.is_empty() {
                continue;
            }
            let count = |completion| those.iter().filter(|operation| operation.completion == completion).count();
            let ends = [Completion::Ok, Completion::Info, Completion::Fail].map(count);
            known.push((format!("{name} ok / info / fail"), ends.map(|count| count.to_string()).join(" / ")));
            for (outcome, ok) in [("ok", true), ("not ok", false)] {
                let took: Vec<u64> = those
                    .iter()
                    .filter(|operation| (operation.completion == Completion::Ok) == ok)
                    .filter_map(|operation| Some(operation.completed?.saturating_sub(operation.invoked)))
                    .collect();
                if let Some(ms) = Quantiles::of(took) {
                    known.push((format!("{name} {outcome}, p50 / p95 / p99 / max (ms)"), ms.to_string()));
                }
            }
        }
        known.push(("faults".to_owned(), files.faults.len().to_string()));
    }
    if let Some(figures) = &files.figures {
        flatten("", figures, 0, &mut known);
    }
    known
}

/// Numbers and shares of the figures, however deep; what the page already says otherwise is not repeated.
fn flatten(prefix: &str, value: &Value, depth: usize, known: &mut Vec<(String, String)>) {
    let Value::Object(map) = value else { return };
    for (key, one) in map {
        let name = if prefix.is_empty() { words(key) } else { format!("{prefix}, {}", words(key)) };
        match one {
            Value::Number(number) => known.push((name, number.to_string())),
            Value::Bool(_) => known.push((name, plain(one))),
            Value::Object(inner) if inner.len() == 2 && inner.contains_key("k") && inner.contains_key("n") => {
                known.push((name, plain(one)));
            }
            Value::Object(_) if depth < 3 => flatten(&name, one, depth + 1, known),
            Value::Object(_) | Value::Null | Value::String(_) | Value::Array(_) => {}
        }
    }
}

/// A value as text.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(" "),
        Value::Object(map) => match (map.get("k"), map.get("n")) {
            (Some(k), Some(n)) => format!("{k} of {n}"),
            _ => map.iter().map(|(key, one)| format!("{}={}", words(key), plain(one))).collect::<Vec<_>>().join(" "),
        },
    }
}
