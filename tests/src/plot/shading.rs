//! The times of faults, shaded.

use super::frame::Panel;
use super::legend::Legend;
use super::{Align, Paint, Shape, family, of_fault, text_width};
use crate::history::Interval;

/// How much a band hides: two that overlap are still seen through.
const ALPHA: f64 = 0.17;
const LABEL: f64 = 9.5;

/// Room for so many lines of labels at the top of a panel, in pixels: data is drawn below it.
pub(super) fn headroom(faults: &[Interval], lines: usize) -> f64 {
    if faults.is_empty() { 0.0 } else { 6.0 + 11.0 * lines as f64 }
}

/// A band for each fault, with so many lines of its label: its kind, and whom it struck. A label that does not fit into its
/// band is left to the legend.
pub(super) fn bands(panel: &Panel, faults: &[Interval], lines: usize) -> Vec<Shape> {
    let span = |fault: &Interval| (panel.x.at(fault.from as f64 / 1e9), panel.x.at(fault.to as f64 / 1e9));
    let mut shapes = Vec::new();
    for fault in faults {
        let (from, to) = span(fault);
        // A fault too short to be seen is still there.
        let to = to.max(from + 1.0);
        let paint = of_fault(&fault.fault).with_alpha(ALPHA);
        shapes.push(Shape::Rectangle { from: (from, panel.top), to: (to, panel.bottom), paint });
    }
    // Where the last label of each line ends.
    let mut taken = [f64::NEG_INFINITY; 2];
    for fault in faults {
        let (from, to) = span(fault);
        let overlapped = faults.iter().any(|other| other != fault && other.from < fault.to && fault.from < other.to);
        let texts = [fault.fault.clone(), whom(&fault.whom)];
        for (line, text) in texts.iter().take(lines).enumerate() {
            let width = text_width(text, LABEL, false) * 1.15;
            let middle = f64::midpoint(from, to);
            if overlapped || width > to - from || middle - width / 2.0 < taken[line] {
                break;
            }
            taken[line] = middle + width / 2.0;
            let at = (middle, panel.top + 11.0 + 11.0 * line as f64);
            shapes.push(Shape::text(at, Align::Middle, LABEL, of_fault(&fault.fault), text.clone()));
        }
    }
    shapes
}

/// Whom a fault struck, as short as it can be said: `node1,node2 | node3` is `1 2 | 3`.
fn whom(whom: &str) -> String {
    let sides = whom.split('|').map(|side| {
        let nodes = side.split(',').map(|node| node.trim().trim_start_matches("node").trim_start_matches("data"));
        nodes.collect::<Vec<_>>().join(" ")
    });
    sides.collect::<Vec<_>>().join(" | ")
}

/// More kinds of faults than these are told by family.
const MOST_KINDS: usize = 6;

/// The kinds of faults with how many there were.
pub(super) fn legend(legend: &mut Legend, faults: &[Interval]) {
    let kinds = count(faults.iter().map(|fault| fault.fault.as_str()));
    if kinds.is_empty() {
        legend.heading("no faults");
        return;
    }
    legend.heading("faults");
    let families = || count(faults.iter().map(|fault| family(&fault.fault).0));
    let counted = if kinds.len() > MOST_KINDS { families() } else { kinds };
    for (name, count) in counted {
        let paint = faults.iter().find(|fault| fault.fault == name || family(&fault.fault).0 == name);
        let paint = paint.map_or(Paint::FAINT, |fault| of_fault(&fault.fault));
        legend.patch(paint.with_alpha(2.0 * ALPHA), &format!("{name} × {count}"));
    }
}

fn count<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(&'a str, usize)> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    counts
}
