//! The runs below a directory.

use maud::{Markup, PreEscaped, html};
use serde_json::Value;

use super::beside::{comparisons, tally};
use super::files::Files;
use super::run::encoded;
use super::study;
use crate::experiment::{Ending, Experiment, LabError, RunDir};
use crate::figures::{Comparison, Figures, judge};
use crate::plot::thumbnail;

/// A run as a line of a table.
pub(super) struct Row {
    pub(super) dir: RunDir,
    experiment: String,
    cluster: String,
    seed: Option<u64>,
    detail: String,
    ending: Option<Ending>,
    verdict: Option<Value>,
    thumbnail: Option<String>,
    compared: Option<Vec<Comparison>>,
}

impl Row {
    /// Reads a run.
    ///
    /// # Errors
    /// As [`Files::read`], and [`LabError::Plot`].
    pub(super) fn read(dir: &RunDir) -> Result<Self, LabError> {
        let files = Files::read(dir)?;
        let caption = files.caption(dir);
        let small = files.has_history.then(|| thumbnail(&files.operations, &files.faults).svg()).transpose()?;
        let figures = files.figures.and_then(|figures| serde_json::from_value::<Figures>(figures).ok());
        Ok(Self {
            dir: dir.clone(),
            experiment: caption.title,
            cluster: files.run.get("profile").map(ToString::to_string).unwrap_or_default(),
            seed: files.run.get("seed").and_then(Value::as_u64),
            detail: caption.detail,
            ending: files.ending,
            verdict: files.verdict,
            thumbnail: small,
            compared: figures.as_ref().and_then(judge),
        })
    }

    /// The order in which runs are told: by experiment as in the catalogue, by cluster, by seed.
    fn order(&self) -> (usize, String, Option<u64>) {
        let place = self.experiment.parse::<Experiment>().ok();
        let place = place.and_then(|one| Experiment::ALL.iter().position(|known| *known == one));
        (place.unwrap_or(usize::MAX), self.cluster.clone(), self.seed)
    }
}

/// A table with a line for each run; links are from a page in `from`.
pub(super) fn table(rows: &mut [Row], from: &RunDir) -> Markup {
    rows.sort_by_key(Row::order);
    let verdicts = rows.iter().any(|row| row.verdict.is_some());
    let words = rows.iter().any(|row| study::words(&row.experiment).is_some());
    html! {
        div class="scroll" {
            table {
                thead { tr {
                    th { "run" } th { "held" }
                    @if verdicts { th { "verdicts" } }
                    @if words { th { "the study of 2016" } }
                    th { "latency" }
                } }
                tbody {
                    @for row in rows.iter() {
                        tr {
                            td {
                                b { @if let Some(link) = link(row, from) { a href=(link) { (row.experiment) } } @else { (row.experiment) } }
                                br; span class="remark" { (row.detail) }
                            }
                            td { @if let Some(ending) = &row.ending { (share(ending)) } }
                            @if verdicts { td { @if let Some(verdict) = &row.verdict { (answers(verdict)) } } }
                            @if words { td class="words" { @if let Some(words) = study::words(&row.experiment) { (words) } } }
                            td { @if let Some(svg) = &row.thumbnail { div class="thumbnail" { (PreEscaped(svg)) } } }
                        }
                    }
                }
            }
        }
    }
}

/// For each run of an experiment that was made on a real cluster too, its figures beside the real ones.
pub(super) fn beside(rows: &[Row]) -> Option<Markup> {
    let compared: Vec<_> = rows.iter().filter_map(|row| Some((row, row.compared.as_ref()?))).collect();
    (!compared.is_empty()).then(|| {
        html! {
            p class="remark" { "One run is chance: a figure outside is a reason to run more seeds, and no more than that." }
            @for (row, compared) in compared { (group(&row.experiment, &row.detail, compared)) }
        }
    })
}

/// A table of comparisons under its heading; open where something is outside.
pub(super) fn group(experiment: &str, detail: &str, compared: &[Comparison]) -> Markup {
    let outside = compared.iter().filter(|one| one.is_outside()).count();
    html! {
        details open[outside > 0] {
            summary {
                b { (experiment) } " " span class="remark" { (detail) } " "
                span class=(if outside == 0 { "mark good" } else { "mark bad" }) { (tally(compared)) }
            }
            @if let Some(words) = study::words(experiment) { p { span class="faint" { "The study of 2016: " } (words) } }
            (comparisons(compared))
        }
    }
}

fn link(row: &Row, from: &RunDir) -> Option<String> {
    // A page elsewhere than above its runs has no links to them.
    let path = row.dir.path().strip_prefix(from.path()).ok()?;
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    row.dir.file(RunDir::REPORT).exists().then(|| encoded(&format!("./{}/{}", parts.join("/"), RunDir::REPORT)))
}

fn share(ending: &Ending) -> Markup {
    let held = ending.expectations.iter().filter(|one| one.held).count();
    let all = ending.expectations.len();
    html! {
        @if all == 0 { span class="faint" { "–" } }
        @else { span class=(if held == all { "mark good" } else { "mark bad" }) { (held) " of " (all) } }
    }
}

fn answers(verdict: &Value) -> Markup {
    html! {
        @for rule in ["study", "honest", "unique"] {
            @if let Some(answer) = verdict.get(rule).and_then(Value::as_str) {
                span class="nowrap" { span class="faint" { (rule) ": " } (answer) } br;
            }
        }
    }
}
