//! `lab check`: is a history of anybody's making linearizable?

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use influx_lab::checker::{self, Answer, Checked};
use influx_lab::experiment::LabError;
use serde_json::json;

use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::render::one_line;

/// Decide whether a history of a register is linearizable.
///
/// Three rules: the study of 2016 took a write with an error for one that never happened, unless the error said "timeout";
/// the honest rule believes the history, where "fail" means never and "info" that nobody knows; the unique one goes by the
/// number of each write, if it has one. Exit code 0 means legal, 40 illegal, 41 that it was too much to decide: by the
/// honest rule, or by the unique one where that says more.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The history: a JSON object a line with process, type (invoke, ok, fail, info), f (read, write), value and time;
    /// - for standard input.
    #[arg(value_name = "HISTORY")]
    history: PathBuf,
    /// What the register held before the first line; nothing unless given.
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    initial: Option<i64>,
    /// Draw the few operations that show why it is illegal into this file, as SVG or PNG by its name.
    #[arg(long, value_name = "FILE", value_parser = picture_file)]
    picture: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

fn picture_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg" | "png") => Ok(path),
        Some(_) | None => Err("a file whose name ends in .svg or .png".to_owned()),
    }
}

impl CheckArgs {
    pub(super) fn run(self, console: &Console) -> Result<Exit, Failure> {
        let operations = if self.history == Path::new("-") {
            checker::read_history_from(io::stdin().lock(), Path::new("standard input"))?
        } else {
            checker::read_history(&self.history)?
        };
        let checked = checker::check_operations(&operations, self.initial, &self.history)?;
        let answer = answer(&checked);
        if let (Some(path), Some(found)) = (&self.picture, &checked.counterexample) {
            let picture = checker::draw(found, "Why no order of the operations explains this history");
            let content = if path.extension().is_some_and(|it| it == "png") {
                picture.png()?
            } else {
                picture.svg()?.into_bytes()
            };
            std::fs::write(path, content).map_err(|source| LabError::File { path: path.clone(), source })?;
        }
        let exit = exit(answer);
        if self.json {
            let verdict = &checked.verdict;
            let read = checked.counterexample.as_ref().map(|found| found.read);
            let operations = checked.counterexample.as_ref().map_or(0, |found| found.operations.len());
            console.print_json(&json!({
                "v": 1, "type": "verdict", "exit": exit.0, "study": verdict.study, "honest": verdict.honest,
                "unique": verdict.unique, "counts": verdict.counts, "why": verdict.why,
                "counterexample": read.map(|read| json!({"operations": operations, "read": read})),
            }))?;
        } else {
            console.print(&text(&checked, console))?;
        }
        Ok(exit)
    }
}

/// What the exit code says: the unique rule knows more than the honest one, where it applies.
fn answer(checked: &Checked) -> Answer {
    match (checked.verdict.honest, checked.verdict.unique) {
        (Answer::Illegal, _) | (_, Some(Answer::Illegal)) => Answer::Illegal,
        (Answer::Unknown, None | Some(Answer::Unknown)) => Answer::Unknown,
        (Answer::Legal, _) | (Answer::Unknown, Some(Answer::Legal)) => Answer::Legal,
    }
}

fn exit(answer: Answer) -> Exit {
    match answer {
        Answer::Legal => Exit::OK,
        Answer::Illegal => Exit::CLAIM_BROKEN,
        Answer::Unknown => Exit::UNDECIDED,
    }
}

fn text(checked: &Checked, console: &Console) -> String {
    let verdict = &checked.verdict;
    let mut text = format!("{} operations\n", verdict.counts.operations());
    let answers = [("honest", Some(verdict.honest)), ("unique", verdict.unique), ("study's", Some(verdict.study))];
    for (rule, answer) in answers {
        let told = match answer {
            Some(answer) => {
                let paint = match answer {
                    Answer::Legal => Paint::Good,
                    Answer::Illegal => Paint::Bad,
                    Answer::Unknown => Paint::Doubtful,
                };
                console.painted(answer.name(), paint)
            }
            None => "its writes have no numbers".to_owned(),
        };
        text.push_str(&format!("{rule:>8}  {told}\n"));
    }
    if let Some(found) = &checked.counterexample {
        text.push_str(&format!("{}\n", one_line(&found.why)));
    }
    text
}
