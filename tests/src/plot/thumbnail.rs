//! A plot so small that it says one thing.

use super::frame::Panel;
use super::latency::{LEAST, end_of, look, milliseconds};
use super::scale::{Scale, latency_label};
use super::thin::thin;
use super::{Align, Paint, Picture, Shape, shading};
use crate::history::{Interval, Operation};

const SIZE: (u32, u32) = (300, 120);
const LEFT: f64 = 42.0;
const RIGHT: f64 = 294.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 112.0;
const MOST: usize = 500;

/// [`latency_raw`](super::latency_raw) without words, for a table of many runs.
#[must_use]
pub fn thumbnail(operations: &[Operation], faults: &[Interval]) -> Picture {
    let end = end_of(operations, faults);
    let latencies = operations.iter().map(|operation| milliseconds(operation, end));
    let panel = Panel {
        x: Scale::linear((0.0, (end as f64 / 1e9).max(1e-3)), (LEFT, RIGHT)),
        y: Scale::logarithmic(latencies, LEAST, (BOTTOM, TOP)),
        top: TOP,
        bottom: BOTTOM,
    };
    let mut shapes = Vec::new();
    for value in panel.y.ticks(0) {
        let y = panel.y.at(value);
        shapes.push(Shape::line((LEFT, y), (RIGHT, y), 1.0, Paint::GRID));
        shapes.push(Shape::text((LEFT - 4.0, y + 3.0), Align::End, 9.0, Paint::FAINT, latency_label(value)));
    }
    shapes.extend(shading::bands(&panel, faults, 0));
    let places: Vec<_> = operations
        .iter()
        .map(|operation| {
            let at = (panel.x.at(operation.invoked as f64 / 1e9), panel.y.at(milliseconds(operation, end)));
            (at, (operation.f as u8, operation.completion as u8))
        })
        .collect();
    for number in thin(&places, MOST) {
        let operation = &operations[number];
        shapes.push(look(operation.f, operation.completion).mark(places[number].0, 1.6));
    }
    Picture { size: SIZE, about: "latency of each operation".to_owned(), shapes }
}
