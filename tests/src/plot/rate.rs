//! Operations a second.

use std::collections::BTreeMap;

use super::frame::{Caption, Panel, picture, place, seconds};
use super::latency::{COMPLETIONS, FUNCTIONS, completion_name, end_of, function_name, look};
use super::legend::Legend;
use super::scale::{Scale, rate_label, round_up};
use super::windows::Windows;
use super::{Picture, Shape, shading};
use crate::history::{Interval, Operation};

/// Lines of the labels of faults.
const LABELS: usize = 2;

/// How many operations ended a second in each window of time, by what was done and how it ended. What never ended is not
/// in it.
#[must_use]
pub fn rate(operations: &[Operation], faults: &[Interval], caption: &Caption) -> Picture {
    let end = end_of(operations, faults);
    let windows = Windows::of(end);
    let mut counts: BTreeMap<(usize, usize), Vec<u32>> = BTreeMap::new();
    for operation in operations {
        let Some(completed) = operation.completed else { continue };
        let f = FUNCTIONS.iter().position(|f| *f == operation.f);
        let completion = COMPLETIONS.iter().position(|completion| *completion == operation.completion);
        let Some(kind) = f.zip(completion) else { continue };
        let number = windows.number(completed);
        counts.entry(kind).or_insert_with(|| vec![0; windows.count()])[number] += 1;
    }
    let rates: Vec<_> = counts
        .into_iter()
        .map(|((f, completion), counts)| {
            let rates: Vec<f64> =
                counts.iter().zip(0..).map(|(count, number)| f64::from(*count) / windows.seconds(number)).collect();
            (FUNCTIONS[f], COMPLETIONS[completion], rates)
        })
        .collect();
    let most = rates.iter().flat_map(|(_, _, rates)| rates.iter().copied()).fold(0.0, f64::max);

    let mut picture = picture(caption, "operations ended a second");
    let (top, bottom) = place(0, 1);
    let highest = if most > 0.0 { nice_top(most) } else { 1.0 };
    let panel = Panel {
        x: seconds(end),
        y: Scale::linear((0.0, highest), (bottom, top + shading::headroom(faults, LABELS))),
        top,
        bottom,
    };
    picture.shapes.extend(panel.axes("operations / s", rate_label, true));
    picture.shapes.extend(shading::bands(&panel, faults, LABELS));
    let mut legend = Legend::at(top);
    let mut heading = None;
    for (f, completion, rates) in &rates {
        let look = look(*f, *completion);
        let points: Vec<_> = rates
            .iter()
            .zip(0..)
            .map(|(rate, number)| (panel.x.at(windows.middle(number)), panel.y.at(*rate)))
            .collect();
        picture.shapes.push(Shape::Line { points: points.clone(), width: 1.5, paint: look.paint });
        picture.shapes.extend(points.into_iter().map(|point| look.mark(point, 3.0)));
        if heading.is_some_and(|heading| heading != *f) {
            legend.gap();
        }
        if heading != Some(*f) {
            legend.heading(function_name(*f));
            heading = Some(*f);
        }
        legend.line(look, 1.5, completion_name(*completion));
    }
    if rates.is_empty() {
        picture.shapes.push(panel.nothing("nothing ended"));
    }
    legend.gap();
    shading::legend(&mut legend, faults);
    legend.gap();
    legend.remark(&format!("in windows of {}", windows.name()));
    picture.shapes.extend(legend.into_shapes());
    picture
}

/// A round value with some room above this one.
fn nice_top(value: f64) -> f64 {
    let step = round_up(value / 5.0);
    (value * 1.08 / step).ceil() * step
}
