//! One page of many runs.

use std::path::Path;

use maud::{Markup, PreEscaped, html};
use serde_json::Value;

use super::files::Files;
use super::page::{page, section};
use super::run::encoded;
use super::{pictures, study};
use crate::experiment::{Ending, LabError, RunDir};
use crate::plot::Picture;

/// Makes one page of many runs: `report.html` in `dir`. Each run has a row with its verdicts, what had to hold, the words of
/// the study, a small picture and a link to its own page, which is made by [`write_run`](super::write_run). `ending` is what the
/// runs come to together.
///
/// # Errors
/// As [`write_run`](super::write_run).
pub fn write_collection(dir: &RunDir, title: &str, runs: &[RunDir], ending: Option<&Ending>) -> Result<(), LabError> {
    let mut rows = Vec::new();
    for run in runs {
        rows.push(Row::read(run, dir.path())?);
    }
    let body = html! {
        h1 { (title) }
        @if let Some(ending) = ending {
            (super::run::banner(ending))
        }
        (section("runs", "Runs", &table(&rows)))
        @if let Some(ending) = ending { (section("expectations", "What had to hold", &super::run::expectations(ending))) }
    };
    dir.write(RunDir::REPORT, page(title, &body))
}

struct Row {
    experiment: String,
    detail: String,
    link: Option<String>,
    ending: Option<Ending>,
    verdict: Option<Value>,
    thumbnail: Option<String>,
    study: Option<&'static str>,
}

impl Row {
    fn read(run: &RunDir, from: &Path) -> Result<Self, LabError> {
        let files = Files::read(run)?;
        let caption = files.caption(run);
        let thumbnail = if files.has_history {
            let [raw, ..] = pictures::draw(&files, run);
            Some(small(&raw)?)
        } else {
            None
        };
        // A page on another disk than its runs has no links to them.
        let link = run.file(RunDir::REPORT).exists().then(|| run.path().strip_prefix(from).ok()).flatten();
        Ok(Self {
            study: study::words(&caption.title),
            experiment: caption.title,
            detail: caption.detail,
            link: link.map(|path| encoded(&format!("{}/{}", path.display(), RunDir::REPORT))),
            ending: files.ending,
            verdict: files.verdict,
            thumbnail,
        })
    }
}

fn small(picture: &Picture) -> Result<String, LabError> {
    picture.svg()
}

fn table(rows: &[Row]) -> Markup {
    html! {
        div class="scroll" {
            table {
                thead { tr { th { "run" } th { "held" } th { "verdicts" } th { "the study of 2016" } th { "latency" } } }
                tbody {
                    @for row in rows {
                        tr {
                            td {
                                @if let Some(link) = &row.link { a href=(link) { b { (row.experiment) } } } @else { b { (row.experiment) } }
                                br; span class="remark" { (row.detail) }
                            }
                            td { @if let Some(ending) = &row.ending { (share(ending)) } }
                            td { @if let Some(verdict) = &row.verdict { (answers(verdict)) } }
                            td { @if let Some(words) = row.study { (words) } }
                            td { @if let Some(svg) = &row.thumbnail { div class="thumbnail" { (PreEscaped(svg)) } } }
                        }
                    }
                }
            }
        }
    }
}

fn share(ending: &Ending) -> Markup {
    let held = ending.expectations.iter().filter(|one| one.held).count();
    let all = ending.expectations.len();
    html! { span class=(if held == all { "mark good" } else { "mark bad" }) { (held) " of " (all) } }
}

fn answers(verdict: &Value) -> Markup {
    html! {
        @for rule in ["study", "honest", "unique"] {
            @if let Some(answer) = verdict.get(rule).and_then(Value::as_str) {
                span class="faint" { (rule) ": " } (answer) br;
            }
        }
    }
}
