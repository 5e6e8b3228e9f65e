//! The page of one run.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{Markup, PreEscaped, html};
use serde_json::Value;

use super::files::{Files, names};
use super::page::{held, page, seconds, section};
use super::value::{facts, value, words};
use super::{beside, errors, pictures, runs, study, timeline, truth};
use crate::experiment::{Ending, LabError, RunDir, runs_below};
use crate::history::{Completion, Interval, Operation};
use crate::study::Study;

/// A picture that explains an illegal history, by the name of its file.
const COUNTEREXAMPLE: &str = "counterexample";

/// Makes the pictures and the pages of a run from what is in its directory, and leaves out what is not there. A history
/// gives `latency-raw`, `latency-quantiles` and `rate` as SVG and PNG and `timeline.html`; everything is on `report.html`.
///
/// Runs in directories below this one, as `study` and `all` leave them, are set side by side on the page and linked. Those
/// that have no page of their own get one.
///
/// # Errors
/// [`LabError::File`]; [`LabError::Content`] where a file holds something else than its name says; [`LabError::Plot`].
pub fn write_run(dir: &RunDir) -> Result<(), LabError> {
    write_page(dir, None, &runs_below(dir)?)
}

/// Makes the pictures and the page of what is in a directory, with these runs on it.
pub(super) fn write_page(dir: &RunDir, title: Option<&str>, below: &[RunDir]) -> Result<(), LabError> {
    let files = Files::read(dir)?;
    let mut drawn = Vec::new();
    if files.has_history {
        drawn = pictures::write(&files, dir)?;
        dir.write(timeline::NAME, timeline::timeline(&files, dir))?;
    }
    if let Some(picture) = files.other("truth.json").and_then(|truth| truth::picture(truth, &files.caption(dir))) {
        drawn.push(pictures::leave(&picture, truth::NAME, dir)?);
    }
    let mut rows = Vec::new();
    for run in below {
        if !run.file(RunDir::REPORT).exists() {
            write_run(run)?;
        }
        rows.push(runs::Row::read(run)?);
    }
    // So that the list of files has it.
    dir.write(RunDir::REPORT, "")?;
    let names = names(dir)?;
    let title = title.map_or_else(|| files.experiment(dir), str::to_owned);
    dir.write(RunDir::REPORT, report(&title, &files, dir, &drawn, &mut rows, &names))
}

pub(super) fn report(
    title: &str,
    files: &Files,
    dir: &RunDir,
    drawn: &[String],
    rows: &mut [runs::Row],
    names: &[String],
) -> String {
    let caption = files.caption(dir);
    let counterexamples = || files.pictures.iter().filter(|(name, _)| name.starts_with(COUNTEREXAMPLE));
    let others = || files.pictures.iter().filter(|(name, _)| !name.starts_with(COUNTEREXAMPLE));
    let body = html! {
        header {
            h1 { (title) }
            @if let Some(about) = files.about(dir) { p { (about) "." } }
            p class="faint" { (caption.detail) }
            @if let Some(ending) = &files.ending { (banner(ending)) }
            @if let Some(words) = study::words(&caption.title) {
                p { span class="faint" { "The study of 2016: " } (words) }
            }
        }
        @if let Some(ending) = &files.ending { (section("expectations", "What had to hold", &expectations(ending))) }
        @if !rows.is_empty() { (section("runs", "Runs", &runs::table(rows, dir))) }
        @if let Some(study) = files.other(Study::FILE) {
            (section("beside", "Beside the real clusters", &pooled(study)))
        } @else if let Some(beside) = runs::beside(rows) {
            (section("beside", "Beside the real clusters", &beside))
        }
        @if let Some(verdict) = &files.verdict { (section("verdict", "Is the history linearizable?", &verdicts(verdict))) }
        @for (name, svg) in counterexamples() {
            (figure(name, svg, "The shortest part of the history that shows it."))
        }
        @if !drawn.is_empty() {
            (section("pictures", "In pictures", &html! {
                @for svg in drawn { figure { (PreEscaped(svg)) } }
                @if files.has_history { p { a href=(timeline::NAME) { "Every operation in its place" } " (timeline)" } }
            }))
        }
        @if others().next().is_some() {
            (section("more", "More pictures", &html! { @for (name, svg) in others() { (figure(name, svg, name)) } }))
        }
        @if let Some(figures) = &files.figures {
            (section("figures", "Figures", &beside::figures(figures)))
        }
        @if let Some(table) = errors::table(&files.operations) {
            (section("errors", "What clients were told", &table))
        }
        @if !files.faults.is_empty() {
            (section("faults", "Faults", &faults(&files.faults, &files.operations)))
        }
        @for (name, content) in files.others.iter().filter(|(name, _)| name != Study::FILE) {
            @let heading = words(name.trim_end_matches(".json"));
            (section(&anchor(name), &capital(&heading), &html! { div class="scroll" { (value(content)) } }))
        }
        @if let Some(shards) = &files.shards {
            (section("shards", "Shards at the end", &html! { pre { (shards) } }))
        }
        @if !files.run.is_empty() { (section("run", "What was run", &facts(&files.run))) }
        (section("files", "Files", &html! {
            ul { @for name in names { li { a href={ "./" (encoded(name)) } { (name) } } } }
        }))
    };
    page(title, &body)
}

pub(super) fn banner(ending: &Ending) -> Markup {
    let missed = ending.expectations.iter().filter(|one| !one.held).count();
    let all = ending.expectations.len();
    html! {
        @if all == 0 {
        } @else if missed == 0 {
            div class="banner good" { "All " (all) " expectations held." }
        } @else {
            div class="banner bad" { (missed) " of " (all) " expectations did not hold." }
        }
        // Lines of a table stay under each other.
        @if ending.summary.iter().any(|line| line.contains("  ")) { pre { (ending.summary.join("\n")) } }
        @else { @for line in &ending.summary { p { (line) } } }
    }
}

pub(super) fn expectations(ending: &Ending) -> Markup {
    html! {
        @if ending.expectations.is_empty() { p class="faint" { "Nothing was expected." } } @else {
            table {
                thead { tr { th { "" } th { "expectation" } th { "found" } } }
                tbody {
                    @for one in &ending.expectations { tr { td { (held(one.held)) } td { (one.what) } td { (one.found) } } }
                }
            }
        }
    }
}

/// The figures of a study, experiment by experiment.
fn pooled(content: &Value) -> Markup {
    let Ok(study) = serde_json::from_value::<Study>(content.clone()) else {
        return html! { div class="scroll" { (value(content)) } };
    };
    let compared: Vec<_> = study.compared().cloned().collect();
    html! {
        p { "Figures beside those of the real clusters, " (beside::tally(&compared)) "." }
        @for pooled in &study.pooled {
            @let detail = format!("{}, {} runs", pooled.figures.cluster, pooled.runs.len());
            @if pooled.compared.is_empty() {
                p { b { (pooled.figures.experiment) } " " span class="remark" { (detail) ": not run like this on a real cluster" } }
            } @else {
                (runs::group(&pooled.figures.experiment, &detail, &pooled.compared))
            }
        }
        @for (run, why) in &study.failed { p class="mark bad" { (run) ": " (why) } }
    }
}

/// The three answers and why.
fn verdicts(verdict: &Value) -> Markup {
    let rules = [
        ("study", "the study's rule", "an error with the word timeout may have been applied, any other was not"),
        ("honest", "the honest rule", "what is not known not to be stored may have been applied"),
        ("unique", "unique values", "the honest rule with the number of each write in place of its value"),
    ];
    let mark = |answer: &str| match answer {
        "legal" => "mark good",
        "illegal" => "mark bad",
        _ => "mark unsure",
    };
    html! {
        div class="cards" {
            @for (key, name, about) in rules {
                @if let Some(answer) = verdict.get(key).and_then(Value::as_str) {
                    div class="card" {
                        (name)
                        b { span class=(mark(answer)) { (answer) } }
                        span class="remark" { (about) }
                    }
                }
            }
        }
        @if let Some(why) = verdict.get("why").and_then(Value::as_array) {
            @for one in why {
                p {
                    @if let Some(rule) = one.get("rule").and_then(Value::as_str) { span class="faint" { (rule) ": " } }
                    @if let Some(text) = one.get("text").and_then(Value::as_str) { (text) }
                }
            }
        }
        @if let Some(counts) = verdict.get("counts") {
            details { summary { "what was counted" } (value(counts)) }
        }
    }
}

/// A picture from a file: as an image, in which nothing of it can run.
fn figure(name: &str, svg: &str, about: &str) -> Markup {
    html! {
        figure {
            img alt=(name) src={ "data:image/svg+xml;base64," (BASE64.encode(svg)) };
            figcaption { (about) }
        }
    }
}

fn faults(faults: &[Interval], operations: &[Operation]) -> Markup {
    let begun = |fault: &Interval, completion: Completion| {
        let during = |operation: &&Operation| fault.from <= operation.invoked && operation.invoked < fault.to;
        operations.iter().filter(during).filter(|operation| operation.completion == completion).count()
    };
    html! {
        table {
            thead { tr {
                th class="number" { "from (s)" } th class="number" { "to (s)" } th { "fault" } th { "whom" }
                th class="number" { "begun meanwhile: ok" } th class="number" { "info" } th class="number" { "fail" }
            } }
            tbody {
                @for fault in faults {
                    tr {
                        td class="number" { (seconds(fault.from)) } td class="number" { (seconds(fault.to)) }
                        td { (fault.fault) } td { (fault.whom) }
                        @for completion in [Completion::Ok, Completion::Info, Completion::Fail] {
                            td class="number" { (begun(fault, completion)) }
                        }
                    }
                }
            }
        }
    }
}

fn anchor(name: &str) -> String {
    format!("file-{}", name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect::<String>())
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A name as a part of an address.
pub(super) fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
