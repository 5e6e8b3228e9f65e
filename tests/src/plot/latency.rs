//! Each operation a point: when it began, and how long it took.

use super::frame::{Caption, Panel, picture, place, seconds};
use super::legend::{Legend, Look};
use super::scale::{Scale, latency_label};
use super::shading;
use super::thin::thin;
use super::{Form, Picture, of_completion};
use crate::history::{Completion, Function, Interval, Operation};

/// The least latency that an axis shows; what is faster is drawn there.
pub(super) const LEAST: f64 = 0.01;
/// More marks than these are thinned out: a picture of a long run stays one that a browser shows.
const MOST: usize = 6_000;

/// The functions, in the order of legends.
pub(super) const FUNCTIONS: [Function; 3] = [Function::Read, Function::Write, Function::TimedWrite];
/// The completions, in the order of legends.
pub(super) const COMPLETIONS: [Completion; 3] = [Completion::Ok, Completion::Info, Completion::Fail];

/// Lines of the labels of faults.
const LABELS: usize = 2;

/// The raw latencies of a run in milliseconds, on a logarithmic axis, over the time at which operations began. An
/// operation that never ended is where it would be had it ended with the run, and is counted apart in the legend.
#[must_use]
pub fn latency_raw(operations: &[Operation], faults: &[Interval], caption: &Caption) -> Picture {
    let end = end_of(operations, faults);
    let mut picture = picture(caption, "latency of each operation");
    let (top, bottom) = place(0, 1);
    let latencies = operations.iter().map(|operation| milliseconds(operation, end));
    let panel = Panel {
        x: seconds(end),
        y: Scale::logarithmic(latencies, LEAST, (bottom, top + shading::headroom(faults, LABELS))),
        top,
        bottom,
    };
    picture.shapes.extend(panel.axes("latency", latency_label, true));
    picture.shapes.extend(shading::bands(&panel, faults, LABELS));
    if operations.is_empty() {
        picture.shapes.push(panel.nothing("no operations"));
    }

    let places: Vec<_> = operations
        .iter()
        .map(|operation| {
            let at = (panel.x.at(operation.invoked as f64 / 1e9), panel.y.at(milliseconds(operation, end)));
            (at, (operation.f as u8, operation.completion as u8))
        })
        .collect();
    let kept = thin(&places, MOST);
    for number in &kept {
        let operation = &operations[*number];
        picture.shapes.push(look(operation.f, operation.completion).mark(places[*number].0, 2.7));
    }

    let mut legend = Legend::at(top);
    for f in FUNCTIONS {
        let those: Vec<_> = operations.iter().filter(|operation| operation.f == f).collect();
        if those.is_empty() {
            continue;
        }
        legend.heading(function_name(f));
        for completion in COMPLETIONS {
            let count = those.iter().filter(|operation| operation.completion == completion).count();
            if count > 0 {
                legend.mark(look(f, completion), &format!("{}: {count}", completion_name(completion)));
            }
        }
        legend.gap();
    }
    shading::legend(&mut legend, faults);
    let open = operations.iter().filter(|operation| operation.completed.is_none()).count();
    if open > 0 {
        legend.gap();
        legend.remark(&format!("{open} never ended,"));
        legend.remark("drawn as if with the run");
    }
    let fast = operations.iter().filter(|operation| milliseconds(operation, end) < panel.y.ends().0).count();
    if fast > 0 {
        legend.gap();
        legend.remark(&format!("{fast} faster than the axis"));
    }
    if kept.len() < operations.len() {
        legend.gap();
        legend.remark(&format!("{} marks for", kept.len()));
        legend.remark(&format!("{} operations", operations.len()));
    }
    picture.shapes.extend(legend.into_shapes());
    picture
}

/// When a run ended, as far as its operations and faults tell: nanoseconds since it began.
pub(super) fn end_of(operations: &[Operation], faults: &[Interval]) -> u64 {
    let last = operations.iter().map(|operation| operation.completed.unwrap_or(operation.invoked)).max();
    let fault = faults.iter().map(|fault| fault.to).max();
    last.max(fault).unwrap_or(0)
}

pub(super) fn milliseconds(operation: &Operation, end: u64) -> f64 {
    operation.completed.unwrap_or(end).saturating_sub(operation.invoked) as f64 / 1e6
}

/// The form says what was done, the colour how it ended; whether a mark is hollow says so too, for those who see no colours.
pub(super) fn look(f: Function, completion: Completion) -> Look {
    let form = match f {
        Function::Read => Form::Circle,
        Function::Write => Form::Triangle,
        Function::TimedWrite => Form::Diamond,
    };
    let (form, hollow) = match completion {
        Completion::Ok => (form, false),
        Completion::Info => (form, true),
        Completion::Fail => (Form::Cross, false),
    };
    Look { form, hollow, paint: of_completion(completion) }
}

pub(super) fn function_name(f: Function) -> &'static str {
    match f {
        Function::Read => "read",
        Function::Write => "write",
        Function::TimedWrite => "timedWrite",
    }
}

pub(super) fn completion_name(completion: Completion) -> &'static str {
    match completion {
        Completion::Ok => "ok",
        Completion::Info => "info",
        Completion::Fail => "fail",
    }
}
