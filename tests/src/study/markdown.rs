//! The figures of a study as tables in Markdown, to be copied into a text.

use super::pooled::{Pooled, Study};
use crate::figures::{Comparison, Standing};
use crate::stage::Table;

/// The file of them.
pub(super) const NAME: &str = "study.md";

/// One table for each kind of cluster: every figure beside the real one, those outside marked.
pub(super) fn tables(study: &Study) -> String {
    let mut text = String::new();
    for group in study.pooled.chunk_by(|a, b| a.figures.cluster == b.figures.cluster) {
        let mut table = Table::new(["figure", "real cluster", "here", "alike?"]);
        for pooled in group {
            rows(pooled, &mut table);
        }
        text.push_str(&format!("## {}\n\n{}\n", group[0].figures.cluster, table.markdown()));
    }
    for (run, why) in &study.failed {
        text.push_str(&format!("Not made: {run}: {why}\n\n"));
    }
    text
}

fn rows(pooled: &Pooled, table: &mut Table) {
    let Pooled { runs, figures, compared } = pooled;
    let busy = if figures.busy { ", on a busy machine" } else { "" };
    let debug = if figures.optimized { "" } else { ", without optimizations" };
    let name = format!("**`{}`**", figures.experiment);
    table.row([name.as_str(), "", &format!("{} runs{busy}{debug}", runs.len()), ""]);
    for Comparison { what, ours, real, standing, why, .. } in compared {
        let (ours, mark) = match standing {
            Standing::Outside => (format!("**{ours}**"), format!("**outside**: {why}")),
            Standing::Inside | Standing::TooFew | Standing::Busy => (ours.clone(), standing.words().to_owned()),
        };
        table.row([format!("… {what}"), real.clone(), ours, mark]);
    }
    if compared.is_empty() {
        let ends = figures.writes;
        let acked = format!("{} of {}", ends.ok, ends.all());
        table.row(["… writes acknowledged", "not run like this", &acked, ""]);
    }
    for error in &figures.errors {
        table.row([format!("… told `{}`", error.error), String::new(), error.n.to_string(), String::new()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{ErrorCount, Figures};

    fn comparison(what: &str, standing: Standing) -> Comparison {
        Comparison {
            experiment: "shards-partition".into(),
            cluster: "010n3".into(),
            what: what.into(),
            ours: "1/9".into(),
            real: "7/8".into(),
            latency: false,
            standing,
            why: "far apart".into(),
        }
    }

    #[test]
    fn each_cluster_has_a_table_in_which_what_is_outside_is_marked() {
        let pooled = |cluster: &str, compared| Pooled {
            runs: vec!["a".into(), "b".into()],
            figures: Figures {
                experiment: "shards-partition".into(),
                cluster: cluster.into(),
                errors: vec![ErrorCount { error: "a|b".into(), class: "x".into(), n: 3, ms: None }],
                optimized: true,
                ..Figures::default()
            },
            compared,
        };
        let all = vec![
            comparison("writes begun on n1's side, majority: acknowledged", Standing::Inside),
            comparison("stale reads", Standing::Outside),
            comparison("verdicts", Standing::TooFew),
        ];
        let study = Study {
            pooled: vec![pooled("010n3", all), pooled("18n5", Vec::new())],
            failed: vec![("18n5/x/1".into(), "no node came up".into())],
        };
        let lines = tables(&study);
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(
            lines,
            [
                "## 010n3",
                "",
                "| figure | real cluster | here | alike? |",
                "|---|---|---|---|",
                "| **`shards-partition`** |  | 2 runs |  |",
                "| … writes begun on n1's side, majority: acknowledged | 7/8 | 1/9 | yes |",
                "| … stale reads | 7/8 | **1/9** | **outside**: far apart |",
                "| … verdicts | 7/8 | 1/9 | too few to tell |",
                "| … told `a\\|b` |  | 3 |  |",
                "",
                "## 18n5",
                "",
                "| figure | real cluster | here | alike? |",
                "|---|---|---|---|",
                "| **`shards-partition`** |  | 2 runs |  |",
                "| … writes acknowledged | not run like this | 0 of 0 |  |",
                "| … told `a\\|b` |  | 3 |  |",
                "",
                "Not made: 18n5/x/1: no node came up",
                "",
            ]
        );
    }
}
