//! One row of the table: what was done, what the exit code said, what the replicas hold, and whether it is as claimed.

use super::child::Written;
use super::replicas::Held;
use crate::console::{Console, Paint};
use crate::failure::Failure;
use crate::render::folded;

/// A step and what came of it.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    written: Option<Written>,
    held: Vec<(String, Held)>,
    /// Expectations that did not hold, in words.
    broken: Vec<String>,
    notes: Vec<String>,
}

impl Row {
    /// A row about this step.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), written: None, held: Vec::new(), broken: Vec::new(), notes: Vec::new() }
    }

    /// What `influx-cli write` said, held against the class and the outcome that are claimed for the step.
    pub(crate) fn written(&mut self, written: &Written, exit: u8, class: &str, outcome: &str) {
        let summary = &written.summary;
        self.expect("exit code", &written.exit, &exit);
        self.expect("class", &summary.class.as_str(), &class);
        self.expect("outcome", &summary.outcome.as_str(), &outcome);
        self.expect("exit code in the JSON", &summary.exit, &written.exit);
        self.claim("the counts add up", summary.points.add_up());
        self.written = Some(written.clone());
    }

    /// What the nodes hold; where it must be said of one node, `None` leaves the others out.
    pub(crate) fn held(&mut self, held: &[(String, Held)], expected: &[(&str, Held)]) {
        for (name, expected) in expected {
            let found = held.iter().find(|(node, _)| node == name).map(|(_, held)| held);
            if found != Some(expected) {
                self.broken.push(format!("{name} holds {found:?}, not {expected:?}"));
            }
        }
        self.held = held.to_vec();
    }

    /// One more expectation.
    pub(crate) fn claim(&mut self, what: &str, holds: bool) {
        if !holds {
            self.broken.push(format!("not so: {what}"));
        }
    }

    /// An expectation about a value.
    pub(crate) fn expect<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: &T, expected: &T) {
        if found != expected {
            self.broken.push(format!("{what} is {found:?}, not {expected:?}"));
        }
    }

    /// Something to be said below the row.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Whether everything came out as claimed.
    pub(crate) fn holds(&self) -> bool {
        self.broken.is_empty()
    }
}

/// Prints rows as they come, in columns of fixed width; in two lines each where a terminal has no room for one.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    console: &'a Console,
    nodes: Vec<String>,
    /// Columns of the terminal.
    width: usize,
    narrow: bool,
    /// Rows that came out as claimed, and all rows.
    score: (usize, usize),
}

const WIDTHS: [usize; 5] = [44, 4, 16, 13, 17];
/// What follows the columns.
const CLAIM: &str = "as claimed";

impl<'a> Rows<'a> {
    /// Prints the head.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(crate) fn start(console: &'a Console, nodes: Vec<String>) -> Result<Self, Failure> {
        let width = console.width().unwrap_or(usize::MAX);
        let mut rows = Self { console, nodes, width, narrow: false, score: (0, 0) };
        let names: Vec<&str> = rows.nodes.iter().map(String::as_str).collect();
        let cells = ["what was done", "exit", "class", "outcome", "advice"];
        let mut head = line(cells, &names) + CLAIM;
        if head.chars().count() > width {
            head = below(cells, &names).map(|below| format!("{:<69}{CLAIM}\n{below}", cells[0])).unwrap_or(head);
            rows.narrow = true;
        }
        console.print(&format!("{}\n", console.painted(&head, Paint::Strong)))?;
        Ok(rows)
    }

    /// Prints a row and counts it.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(crate) fn add(&mut self, row: &Row) -> Result<(), Failure> {
        let held: Vec<String> = self
            .nodes
            .iter()
            .map(|name| {
                row.held
                    .iter()
                    .find(|(node, _)| node == name)
                    .map_or_else(|| "-".to_owned(), |(_, held)| held.to_string())
            })
            .collect();
        let held: Vec<&str> = held.iter().map(String::as_str).collect();
        let exit = row.written.as_ref().map(|written| written.exit.to_string()).unwrap_or_default();
        let summary = row.written.as_ref().map(|written| &written.summary);
        let cells = [
            row.what.as_str(),
            exit.as_str(),
            summary.map_or("", |summary| summary.class.as_str()),
            summary.map_or("", |summary| summary.outcome.as_str()),
            summary.map_or("", |summary| summary.advice.as_str()),
        ];
        let verdict =
            if row.holds() { self.console.painted("yes", Paint::Good) } else { self.console.painted("NO", Paint::Bad) };
        if self.narrow {
            self.console.print(&format!("{:<69}{verdict}\n", row.what))?;
            if let Some(below) = below(cells, &held) {
                self.console.print(&format!("{below}\n"))?;
            }
        } else {
            self.console.print(&format!("{}{verdict}\n", line(cells, &held)))?;
        }
        let margin = if self.narrow { 4 } else { 2 };
        for (note, paint) in row
            .notes
            .iter()
            .map(|note| (note, Paint::Faint))
            .chain(row.broken.iter().map(|broken| (broken, Paint::Bad)))
        {
            // Painted line by line, so that no margin is.
            for line in folded(note, self.width.saturating_sub(margin), 0).lines() {
                self.console.print(&format!("{}{}\n", " ".repeat(margin), self.console.painted(line, paint)))?;
            }
        }
        self.score = (self.score.0 + usize::from(row.holds()), self.score.1 + 1);
        Ok(())
    }

    /// How many rows came out as claimed, of how many.
    pub(crate) fn score(&self) -> (usize, usize) {
        self.score
    }
}

/// The second of two lines, which fits eighty columns; none where there is nothing to say in it.
fn below(cells: [&str; 5], nodes: &[&str]) -> Option<String> {
    let [_, exit, class, outcome, advice] = cells;
    let mut text = format!("  {exit:>4} {class:<16} {outcome:<13} {advice:<17}");
    for node in nodes {
        text.push_str(&format!(" {node:>7}"));
    }
    (!text.trim().is_empty()).then(|| text.trim_end().to_owned())
}

fn line(cells: [&str; 5], nodes: &[&str]) -> String {
    let mut text = String::new();
    for (cell, width) in cells.iter().zip(WIDTHS) {
        text.push_str(&format!("{cell:<width$}  "));
    }
    for node in nodes {
        text.push_str(&format!("{node:>6}  "));
    }
    text
}
