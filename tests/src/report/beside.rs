//! Figures beside those of the real clusters.

use maud::{Markup, html};
use serde_json::Value;

use super::value::value;
use crate::figures::{Comparison, Figures, Standing, judge};

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
    rows.sort_by_key(|row| row.standing);
    html! {
        div class="scroll" {
            table {
                thead { tr { th { "figure" } th { "here" } th { "real cluster" } th { "alike?" } th { "by which measure" } } }
                tbody {
                    @for row in rows {
                        @let mark = match row.standing {
                            Standing::Outside => "mark bad",
                            Standing::Inside => "mark good",
                            Standing::TooFew | Standing::Busy => "mark unsure",
                        };
                        tr class=[row.is_outside().then_some("outside")] {
                            td { (row.what) } td { (row.ours) } td { (row.real) }
                            td { span class=(mark) { (row.standing.words()) } }
                            td class="remark" { (row.why) }
                        }
                    }
                }
            }
        }
    }
}

/// How many of these came to what.
pub(super) fn tally(compared: &[Comparison]) -> String {
    let names = [
        (Standing::Outside, "outside"),
        (Standing::Inside, "alike"),
        (Standing::TooFew, "too few to tell"),
        (Standing::Busy, "not judged, as the machine was busy"),
    ];
    let count = |standing| compared.iter().filter(|one| one.standing == standing).count();
    let parts = names.into_iter().map(|(standing, name)| (count(standing), name)).filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, name)| format!("{count} {name}")).collect();
    format!("of {}: {}", compared.len(), parts.join(", "))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_told_is_not_counted_as_alike() {
        let one = |standing| Comparison {
            experiment: "shards-healthy".into(),
            cluster: "010n3".into(),
            what: "writes acknowledged".into(),
            ours: "1/4".into(),
            real: "3/3".into(),
            latency: false,
            standing,
            why: "because".into(),
        };
        let all = [Standing::Inside, Standing::TooFew, Standing::Outside, Standing::TooFew].map(one);
        assert_eq!(tally(&all), "of 4: 1 outside, 1 alike, 2 too few to tell");
        let page = comparisons(&all).into_string();
        assert_eq!(page.matches("too few to tell").count(), 2);
        assert!(page.find("class=\"mark bad\">outside") < page.find(">yes<"), "what is outside comes first");
    }
}
