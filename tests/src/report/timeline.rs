//! The history as a page: a column for each client, a box for each operation.

use std::collections::HashMap;
use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use super::errors::shorten;
use super::files::Files;
use super::page::{duration, page, seconds};
use crate::experiment::RunDir;
use crate::history::{Completion, Function, Interval, Operation};
use crate::plot::of_fault;

/// Name of the page's file.
pub(super) const NAME: &str = "timeline.html";
/// Pixels of a second.
const SECOND: f64 = 260.0;
/// A box is so high if there is room, so that its text can be read.
const TEXT: f64 = 15.0;
/// Operations after so many are left out: a browser has to show the page.
const MOST: usize = 10_000;
/// Width of a column, and of the one with the times, in pixels.
const COLUMN: usize = 150;
const TIMES: usize = 90;

const STYLE: &str = "
  body { max-width: none; }
  .times { position: relative; border-left: 1px solid var(--line); }
  .times div { position: absolute; overflow: hidden; white-space: nowrap; font-size: 11px; line-height: 13px; }
  .box { width: 144px; border: 1px solid #fff; border-radius: 3px; padding: 0 4px; color: #10151a; }
  .box:hover { outline: 2px solid var(--ink); z-index: 2; }
  .ok { background: #9fcbf4; color: #10151a; } .info { background: #ffc869; color: #10151a; } .fail { background: #f19ac9; color: #10151a; }
  .open { border-bottom: 3px dashed #b36b00; }
  .fault { left: 0; right: 0; opacity: .22; } .label { left: 2px; width: 84px; white-space: normal; color: var(--faint); }
  .second { left: 0; right: 0; border-top: 1px solid var(--line); color: var(--faint); padding-left: 2px; }
  .heads { position: sticky; top: 0; z-index: 3; background: var(--paper); height: 2.6em; border-bottom: 1px solid var(--line); }
  .heads div { position: absolute; font-size: 12px; line-height: 1.25; } .key span { padding: 0 .5em; border-radius: 3px; margin-right: .5em; }
";

/// The page.
pub(super) fn timeline(files: &Files, dir: &RunDir) -> String {
    let title = format!("{}: timeline", files.experiment(dir));
    let caption = files.caption(dir);
    let shown = &files.operations[..files.operations.len().min(MOST)];
    let columns = columns(shown);
    let body = html! {
        style { (PreEscaped(STYLE)) }
        h1 { (title) }
        p class="faint" { (caption.detail) }
        p class="key" {
            span class="ok" { "ok" } span class="info" { "info: nobody knows" } span class="fail" { "fail" }
            "Time runs downwards. Point at a box for all that is known of it."
        }
        @if shown.len() < files.operations.len() {
            p class="remark" { "The first " (shown.len()) " of " (files.operations.len()) " operations." }
        }
        @if shown.is_empty() { p { "No operations." } } @else { (drawing(shown, &files.faults, &columns)) }
    };
    page(&title, &body)
}

/// Which column each operation is in, and the name of each column.
#[derive(Debug, PartialEq, Eq)]
struct Columns {
    of: Vec<usize>,
    names: Vec<String>,
}

/// A column for each client. A client whose operation ended without an answer goes on under a new number: its successor has
/// the same node, if nodes are known, and begins when that operation has ended.
fn columns(operations: &[Operation]) -> Columns {
    struct Column<'a> {
        node: Option<&'a str>,
        processes: Vec<u32>,
        /// When the last operation ended, if its process does not come back.
        left: Option<u64>,
    }
    let mut columns: Vec<Column> = Vec::new();
    let mut of_process: HashMap<u32, usize> = HashMap::new();
    let mut of = Vec::with_capacity(operations.len());
    for operation in operations {
        let node = operation.node.as_deref();
        let number = *of_process.entry(operation.process).or_insert_with(|| {
            let free = columns
                .iter()
                .position(|column| column.node == node && column.left.is_some_and(|left| left <= operation.invoked));
            if let Some(number) = free {
                columns[number].processes.push(operation.process);
                return number;
            }
            columns.push(Column { node, processes: vec![operation.process], left: None });
            columns.len() - 1
        });
        columns[number].left = operation.completed.filter(|_| operation.completion == Completion::Info);
        of.push(number);
    }
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|number| (columns[*number].node, columns[*number].processes.first().copied()));
    let mut place = vec![0; columns.len()];
    for (to, from) in order.iter().enumerate() {
        place[*from] = to;
    }
    let name = |column: &Column| {
        let processes = match column.processes.as_slice() {
            [one] => format!("process {one}"),
            [first, .., last] => format!("processes {first} … {last}"),
            [] => String::new(),
        };
        column.node.map_or_else(|| processes.clone(), |node| format!("{node}: {processes}"))
    };
    Columns {
        of: of.into_iter().map(|number| place[number]).collect(),
        names: order.iter().map(|number| name(&columns[*number])).collect(),
    }
}

fn drawing(operations: &[Operation], faults: &[Interval], columns: &Columns) -> Markup {
    let ends = operations.iter().map(|operation| operation.completed.unwrap_or(operation.invoked));
    let end = ends.max().unwrap_or(0);
    let y = |nanos: u64| nanos as f64 / 1e9 * SECOND;
    let width = TIMES + COLUMN * columns.names.len();
    // When the next operation of the same column begins, so that no box is over another.
    let mut next: Vec<Option<u64>> = vec![None; operations.len()];
    let mut following: HashMap<usize, u64> = HashMap::new();
    for (number, operation) in operations.iter().enumerate().rev() {
        next[number] = following.insert(columns.of[number], operation.invoked);
    }
    html! {
        div class="heads" style={ "width: " (width) "px" } {
            div { "time" br; "faults" }
            @for (number, name) in columns.names.iter().enumerate() {
                div style={ "left: " (TIMES + COLUMN * number) "px; width: " (COLUMN - 6) "px" } { (name) }
            }
        }
        div class="times" style=(format!("width: {width}px; height: {:.0}px", y(end) + 30.0)) {
            @for second in 0..=end / 1_000_000_000 {
                div class="second" style=(format!("top: {:.0}px", y(second * 1_000_000_000))) { (second) " s" }
            }
            @for fault in faults.iter().filter(|fault| fault.from <= end) {
                @let (from, to) = (y(fault.from), y(fault.to.min(end)).max(y(fault.from) + 2.0));
                div class="fault" title=(fault_title(fault))
                    style=(format!("top: {from:.0}px; height: {:.0}px; background: {}", to - from, of_fault(&fault.fault).css())) {}
                div class="label" style=(format!("top: {:.0}px", from + 15.0)) { (fault.fault) br; (fault.whom) }
            }
            @for (number, operation) in operations.iter().enumerate() {
                @let top = y(operation.invoked);
                @let room = next[number].map_or(TEXT, |next| y(next) - top);
                @let high = y(operation.completed.unwrap_or(end)) - top;
                @let class = if operation.completed.is_some() { "" } else { " open" };
                div class={ "box " (class_of(operation.completion)) (class) } title=(title(operation))
                    style=(format!("top: {top:.1}px; height: {:.1}px; left: {}px", high.max(TEXT.min(room)).max(2.0), TIMES + COLUMN * columns.of[number])) {
                    (label(operation))
                }
            }
        }
    }
}

fn class_of(completion: Completion) -> &'static str {
    match completion {
        Completion::Ok => "ok",
        Completion::Info => "info",
        Completion::Fail => "fail",
    }
}

fn label(operation: &Operation) -> String {
    let value = operation.value.map_or("nothing".to_owned(), |value| value.to_string());
    match operation.f {
        Function::Read if operation.completion != Completion::Ok => "read".to_owned(),
        Function::Read => format!("read {value}"),
        Function::Write => format!("write {value}"),
        Function::TimedWrite => format!("timedWrite {value}"),
    }
}

/// All that is known of an operation.
fn title(operation: &Operation) -> String {
    let mut text =
        format!("process {}: {}\nbegan at {} s", operation.process, label(operation), seconds(operation.invoked));
    let _ = match operation.completed {
        Some(completed) => write!(text, ", ended after {}", duration(completed.saturating_sub(operation.invoked))),
        None => write!(text, ", never ended"),
    };
    let _ = write!(text, ": {}", class_of(operation.completion));
    if let Some(id) = operation.id {
        let _ = write!(text, "\nnumber {id}");
    }
    if let Some(time) = operation.write_time {
        let _ = write!(text, "\ntime of the point {time}");
    }
    let parts = [&operation.node, &operation.class, &operation.outcome, &operation.error];
    for part in parts.into_iter().flatten() {
        let _ = write!(text, "\n{}", shorten(part));
    }
    text
}

fn fault_title(fault: &Interval) -> String {
    format!("{} {} from {} to {} s", fault.fault, fault.whom, seconds(fault.from), seconds(fault.to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sample::{Story, sample};

    fn files(operations: Vec<Operation>, faults: Vec<Interval>) -> Files {
        Files { operations, faults, has_history: true, ..Files::default() }
    }

    #[test]
    fn a_client_keeps_its_column_through_its_numbers() {
        let (operations, _) = sample(Story::All, 30, 3);
        let columns = columns(&operations);
        assert_eq!(columns.names.len(), 3, "{:?}", columns.names);
        for (operation, column) in operations.iter().zip(&columns.of) {
            let name = &columns.names[*column];
            assert!(name.starts_with(operation.node.as_deref().unwrap_or_default()), "{name}");
        }
        for column in 0..3 {
            let mut ended = 0;
            for (operation, _) in operations.iter().zip(&columns.of).filter(|(_, of)| **of == column) {
                assert!(operation.invoked >= ended, "two at a time in a column");
                ended = operation.completed.unwrap_or(u64::MAX);
            }
        }
    }

    #[test]
    fn each_operation_has_its_box_and_nothing_needs_another_file() {
        let (operations, faults) = sample(Story::All, 30, 3);
        let count = operations.len();
        let bands = faults.len();
        let page = timeline(&files(operations, faults), &RunDir::at("somewhere"));
        assert_eq!(page.matches("class=\"box ").count(), count);
        assert_eq!(page.matches("class=\"fault\"").count(), bands);
        assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"), "no other file");
        assert!(page.contains("ended after 1.00 s: info"));
    }

    #[test]
    fn a_history_of_any_length_makes_a_page_of_bounded_size() {
        let mut all = Vec::new();
        for seed in 0.. {
            all.extend(sample(Story::Any, 1800, seed).0);
            if all.len() > 20_000 {
                break;
            }
        }
        let page = timeline(&files(all, Vec::new()), &RunDir::at("somewhere"));
        assert_eq!(page.matches("class=\"box ").count(), MOST);
        assert!(page.len() < 5_000_000, "{}", page.len());
    }
}
