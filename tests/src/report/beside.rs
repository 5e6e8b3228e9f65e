//! Figures beside those of the real clusters.

use maud::{Markup, html};
use serde_json::Value;

use super::value::value;
use crate::figures::{Comparison, Figures, judge};

/// The figures of one run or of several of a kind: beside those of the real cluster of that kind where it was measured,
/// then latencies, then everything.
pub(super) fn figures(content: &Value) -> Markup {
    let Ok(figures) = serde_json::from_value::<Figures>(content.clone()) else {
        return html! { div class="scroll" { (value(content)) } };
    };
    let compared = judge(&figures);
    html! {
        @if let Some(compared) = &compared {
            (comparisons(compared))
            @if figures.seeds.len() == 1 {
                p class="remark" { "One run is chance: only runs of several seeds together can be held against the real cluster." }
            }
        }
        (latencies(&figures))
        details {
            summary { "all figures" }
            div class="scroll" { (value(content)) }
        }
    }
}

/// Ours beside the real ones, those first that could not be the same.
pub(super) fn comparisons(compared: &[Comparison]) -> Markup {
    let mut rows: Vec<&Comparison> = compared.iter().collect();
    rows.sort_by_key(|row| row.inside);
    html! {
        div class="scroll" {
            table {
                thead { tr { th { "figure" } th { "here" } th { "real cluster" } th { "alike?" } th { "by which measure" } } }
                tbody {
                    @for row in rows {
                        tr class=[(!row.inside).then_some("outside")] {
                            td { (row.what) } td { (row.ours) } td { (row.real) }
                            td { @if row.inside { span class="mark good" { "yes" } } @else { span class="mark bad" { "outside" } } }
                            td class="remark" { (row.why) }
                        }
                    }
                }
            }
        }
    }
}

fn latencies(figures: &Figures) -> Markup {
    html! {
        @if !figures.latencies.is_empty() {
            table {
                thead { tr {
                    th { "latency (ms)" } th { "begun while the network was" } th class="number" { "operations" }
                    th class="number" { "p50" } th class="number" { "p95" } th class="number" { "p99" } th class="number" { "longest" }
                } }
                tbody {
                    @for row in &figures.latencies {
                        @let what = match (row.read, row.ok) {
                            (true, true) => "reads",
                            (true, false) => "reads without an answer",
                            (false, true) => "acknowledged writes",
                            (false, false) => "other writes",
                        };
                        tr {
                            td { (what) } td { @if row.partition { "cut" } @else { "whole" } } td class="number" { (row.ms.n) }
                            @for ms in [row.ms.p50, row.ms.p95, row.ms.p99, row.ms.max] { td class="number" { (format!("{ms:.1}")) } }
                        }
                    }
                }
            }
        }
    }
}
