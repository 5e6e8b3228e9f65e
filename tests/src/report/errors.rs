//! What clients were told in a run.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::page::duration;
use crate::history::{Completion, Operation};
use crate::plot::of_completion;

/// Longer texts are cut.
const MOST_LETTERS: usize = 300;
/// More texts are counted and not shown.
const MOST_ROWS: usize = 30;

/// The errors of a history, the most frequent first: text, class, what it means for the data, how often, and how long it
/// took in the median.
pub(super) fn table(operations: &[Operation]) -> Option<Markup> {
    let mut kinds: BTreeMap<(&str, &str, &str), (Completion, Vec<u64>)> = BTreeMap::new();
    for operation in operations {
        let Some(error) = &operation.error else { continue };
        let class = operation.class.as_deref().unwrap_or("");
        let outcome = operation.outcome.as_deref().unwrap_or("");
        let (_, took) = kinds.entry((error, class, outcome)).or_insert_with(|| (operation.completion, Vec::new()));
        took.extend(operation.completed.map(|completed| completed.saturating_sub(operation.invoked)));
    }
    let mut rows: Vec<_> = kinds.into_iter().collect();
    rows.sort_by_key(|(_, (_, took))| std::cmp::Reverse(took.len()));
    let rest = rows.len().saturating_sub(MOST_ROWS);
    (!rows.is_empty()).then(|| {
        html! {
            div class="scroll" {
                table {
                    thead { tr { th class="number" { "times" } th { "what was said" } th { "class" } th { "outcome" } th class="number" { "median" } } }
                    tbody {
                        @for ((error, class, outcome), (completion, took)) in rows.iter_mut().take(MOST_ROWS) {
                            tr {
                                td class="number" { (took.len()) }
                                td { span style={ "border-left: .3em solid " (of_completion(*completion).css()) "; padding-left: .5em" } class="code" { @if error.is_empty() { "(no text)" } @else { (shorten(error)) } } }
                                td { (class) }
                                td { (outcome) }
                                td class="number" { @if let Some(median) = median(took) { (duration(median)) } }
                            }
                        }
                    }
                }
            }
            @if rest > 0 { p class="remark" { "and " (rest) " texts more" } }
        }
    })
}

fn median(values: &mut [u64]) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

/// A text with its end cut off if it is long.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
