//! Quantiles of the latency over time.

use std::collections::BTreeMap;

use super::frame::{Caption, Panel, picture, place, seconds};
use super::latency::{FUNCTIONS, LEAST, end_of, function_name};
use super::legend::{Legend, Look};
use super::scale::{Scale, latency_label};
use super::windows::Windows;
use super::{Form, Paint, Picture, Shape, shading};
use crate::figures::quantile;
use crate::history::{Function, Interval, Operation};

/// A quantile in percent, its name, how wide its line is and what it looks like: where lines fall together, the wider ones are still
/// seen beside the ones over them.
const LINES: [(usize, &str, f64, Look); 4] = [
    (100, "max", 6.0, Look { form: Form::Diamond, hollow: false, paint: Paint::solid(0xc3, 0xc9, 0xd0) }),
    (99, "p99", 4.0, Look { form: Form::Triangle, hollow: false, paint: Paint::solid(0xe8, 0x9c, 0x4a) }),
    (95, "p95", 2.4, Look { form: Form::Square, hollow: false, paint: Paint::solid(0x2a, 0x8f, 0x6d) }),
    (50, "p50", 1.5, Look { form: Form::Circle, hollow: false, paint: Paint::solid(0x1f, 0x4f, 0xa3) }),
];

/// p50, p95, p99 and the maximum of the latencies of operations that began in each window of time, by function, one panel
/// each. Operations that never ended have no latency and are left out.
#[must_use]
pub fn latency_quantiles(operations: &[Operation], faults: &[Interval], caption: &Caption) -> Picture {
    let end = end_of(operations, faults);
    let windows = Windows::of(end);
    let mut picture = picture(caption, "latency over time");
    let functions: Vec<Function> =
        FUNCTIONS.into_iter().filter(|f| operations.iter().any(|operation| operation.f == *f)).collect();
    let of = functions.len().max(1);
    let latency = |operation: &Operation| {
        operation.completed.map(|completed| completed.saturating_sub(operation.invoked) as f64 / 1e6)
    };
    // One axis for all panels, so that they can be compared.
    let latencies = || operations.iter().filter_map(latency);
    // There is less room for labels where there are more panels.
    let labels = if of == 1 { 2 } else { 1 };
    for number in 0..of {
        let (top, bottom) = place(number, of);
        let high = top + shading::headroom(faults, labels);
        let panel = Panel { x: seconds(end), y: Scale::logarithmic(latencies(), LEAST, (bottom, high)), top, bottom };
        let name = functions.get(number).map_or("latency".to_owned(), |f| format!("latency of {}", function_name(*f)));
        picture.shapes.extend(panel.axes(&name, latency_label, number + 1 == of));
        picture.shapes.extend(shading::bands(&panel, faults, labels));
        let Some(f) = functions.get(number) else {
            picture.shapes.push(panel.nothing("no operations"));
            continue;
        };
        let mut values: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for operation in operations.iter().filter(|operation| operation.f == *f) {
            if let Some(latency) = latency(operation) {
                values.entry(windows.number(operation.invoked)).or_default().push(latency);
            }
        }
        for values in values.values_mut() {
            values.sort_by(f64::total_cmp);
        }
        for (percent, _, width, look) in LINES {
            let at = |(number, values): (&usize, &Vec<f64>)| {
                Some((panel.x.at(windows.middle(*number)), panel.y.at(quantile(values, percent)?)))
            };
            let points: Vec<_> = values.iter().filter_map(at).collect();
            picture.shapes.push(Shape::Line { points: points.clone(), width, paint: look.paint });
            picture.shapes.extend(points.into_iter().map(|point| look.mark(point, 2.0 + width / 4.0)));
        }
    }

    let mut legend = Legend::at(place(0, 1).0);
    legend.heading("latency");
    for (_, name, width, look) in LINES {
        legend.line(look, width, name);
    }
    legend.remark(&format!("of those begun in {}", windows.name()));
    legend.gap();
    shading::legend(&mut legend, faults);
    let open = operations.iter().filter(|operation| operation.completed.is_none()).count();
    if open > 0 {
        legend.gap();
        legend.remark(&format!("without {open} that never ended"));
    }
    picture.shapes.extend(legend.into_shapes());
    picture
}
