//! The picture of a counterexample.

use super::words::time;
use super::{Counterexample, Rule};
use crate::history::{Completion, Function, Operation};
use crate::plot::{Align, Paint, Picture, Shape, of_completion, text_width};

/// The widest picture, and the space around it.
const WIDEST: f64 = 1_600.0;
const MARGIN: f64 = 20.0;
/// Where the first row begins, how high each is, and its bar.
const TOP: f64 = 56.0;
const ROW: f64 = 44.0;
const BAR: f64 = 24.0;
/// Where time begins, right of the processes' names.
const LEFT: f64 = 110.0;
/// What follows the last event: room for bars without an end.
const TAIL: f64 = 70.0;
const TEXT: f64 = 12.0;
/// From a line of text to the next.
const LINE: f64 = 17.0;

/// The read that nothing explains.
const CULPRIT: Paint = Paint::solid(0xc4, 0x1c, 0x1c);

/// Draws a counterexample: a row for each process, a bar from the beginning of each operation to its end, the impossible
/// read in red. Bars of writes whose end nobody knows run open to the right.
///
/// Time is stretched where much happens: an operation of milliseconds is seen beside seconds of silence.
#[must_use]
pub fn draw(counterexample: &Counterexample, title: &str) -> Picture {
    let Counterexample { operations, rule, why, .. } = counterexample;
    let columns = columns(operations);
    let right = columns.last().map_or(LEFT, |(_, x)| *x) + TAIL;
    let width = right.max(760.0) + MARGIN;
    let mut processes: Vec<u32> = operations.iter().map(|operation| operation.process).collect();
    processes.sort_unstable();
    processes.dedup();
    let reason = wrapped(why, 13.0, width - 2.0 * MARGIN);
    let beginning = counterexample.initial.map_or("nothing".to_owned(), |value| value.to_string());
    let remark = format!(
        "No order explains these operations, by the {rule} rule. The register held {beginning} at first. \
         w: write, r: read{}. Time is not to scale.",
        if *rule == Rule::Unique { ", #: number of the write" } else { "" },
    );
    let remark = wrapped(&remark, TEXT, width - 2.0 * MARGIN);
    let top = TOP + LINE * (reason.len() + remark.len()) as f64;
    let bottom = top + ROW * processes.len() as f64;

    let mut shapes = vec![Shape::bold((MARGIN, 28.0), Align::Start, 16.0, Paint::INK, title)];
    let reason = reason.into_iter().map(|line| (line, 13.0, CULPRIT));
    let remark = remark.into_iter().map(|line| (line, TEXT, Paint::FAINT));
    for (number, (line, size, paint)) in reason.chain(remark).enumerate() {
        shapes.push(Shape::text((MARGIN, 51.0 + LINE * number as f64), Align::Start, size, paint, line));
    }
    axis(&columns, top, bottom, &mut shapes);
    for (row, process) in processes.iter().enumerate() {
        let middle = top + ROW * (row as f64 + 0.5);
        shapes.push(Shape::line((LEFT - 8.0, middle), (right, middle), 1.0, Paint::GRID));
        let name = format!("process {process}");
        shapes.push(Shape::text((LEFT - 14.0, middle + 4.0), Align::End, TEXT, Paint::INK, name));
        let those = operations.iter().enumerate().filter(|(_, operation)| operation.process == *process);
        for (place, operation) in those {
            let from = x(&columns, operation.invoked);
            let to = operation.completed.map_or(right, |completed| x(&columns, completed));
            let culprit = place == counterexample.read;
            bar(operation, *rule, culprit, (from, to), middle, &mut shapes);
        }
    }
    let size = (width.ceil() as u32, (bottom + 44.0).ceil() as u32);
    Picture { size, about: format!("{title}: {why}"), shapes }
}

/// The times at which something begins or ends, and where they are.
fn columns(operations: &[Operation]) -> Vec<(u64, f64)> {
    let ends = operations.iter().filter_map(|operation| operation.completed);
    let mut times: Vec<u64> = operations.iter().map(|operation| operation.invoked).chain(ends).collect();
    times.sort_unstable();
    times.dedup();
    // A bar between neighbours has room for its label; ten times the time takes a bit more.
    let gap = |pair: &[u64]| 34.0 + 6.0 * (1.0 + (pair[1] - pair[0]) as f64 / 1e3).log10();
    let whole: f64 = times.windows(2).map(gap).sum();
    let squeeze = ((WIDEST - LEFT - TAIL) / whole).min(1.0);
    let mut at = LEFT;
    let mut columns: Vec<(u64, f64)> = times.first().map(|first| (*first, at)).into_iter().collect();
    for pair in times.windows(2) {
        at += gap(pair) * squeeze;
        columns.push((pair[1], at));
    }
    columns
}

fn x(columns: &[(u64, f64)], time: u64) -> f64 {
    let at = columns.partition_point(|(other, _)| *other < time);
    columns.get(at).map_or(LEFT, |(_, x)| *x)
}

/// A line through all rows for each time, and as many of the times as fit, on two levels.
fn axis(columns: &[(u64, f64)], top: f64, bottom: f64, shapes: &mut Vec<Shape>) {
    let mut free = [f64::NEG_INFINITY; 2];
    for (moment, x) in columns {
        shapes.push(Shape::line((*x, top - 6.0), (*x, bottom + 4.0), 1.0, Paint::FINE_GRID));
        let label = time(*moment);
        let half = text_width(&label, 10.5, false) / 2.0;
        if let Some(level) = free.iter().position(|free| *free < x - half) {
            free[level] = x + half + 6.0;
            let y = bottom + 17.0 + 14.0 * level as f64;
            shapes.push(Shape::text((*x, y), Align::Middle, 10.5, Paint::FAINT, label));
        }
    }
}

/// One operation.
fn bar(operation: &Operation, rule: Rule, culprit: bool, (from, to): (f64, f64), middle: f64, shapes: &mut Vec<Shape>) {
    let (top, bottom) = (middle - BAR / 2.0, middle + BAR / 2.0);
    let open = operation.completed.is_none();
    let paint = match (culprit, operation.f, open) {
        (true, _, _) => CULPRIT,
        (false, _, true) => of_completion(Completion::Info),
        (false, Function::Read, false) => Paint::solid(0x5b, 0x8d, 0x5f),
        (false, Function::Write | Function::TimedWrite, false) => of_completion(Completion::Ok),
    };
    let to = to.max(from + 3.0);
    for paint in [Paint::PAPER, paint.with_alpha(0.25)] {
        shapes.push(Shape::Rectangle { from: (from, top), to: (to, bottom), paint });
    }
    let rim = if open {
        vec![(to, top), (from, top), (from, bottom), (to, bottom)]
    } else {
        // From the middle of a side, so that every corner is one.
        vec![(from, middle), (from, top), (to, top), (to, bottom), (from, bottom), (from, middle)]
    };
    shapes.push(Shape::Line { points: rim, width: if culprit { 2.5 } else { 1.5 }, paint });
    let value = operation.value.map_or_else(|| "nothing".to_owned(), |value| value.to_string());
    let mut label = format!("{} {value}", if operation.f == Function::Read { "r" } else { "w" });
    if let (Rule::Unique, Some(id)) = (rule, operation.id) {
        label = format!("{label} #{id}");
    }
    // An open bar has its label where it begins: nobody knows where it ends.
    let width = text_width(&label, TEXT, true);
    let at = if open { from + 6.0 + width / 2.0 } else { f64::midpoint(from, to).max(from + width / 2.0 + 2.0) };
    let ink = if culprit { CULPRIT } else { Paint::INK };
    shapes.push(Shape::bold((at, middle + 4.0), Align::Middle, TEXT, ink, label));
}

/// A sentence in lines that are not wider than this.
fn wrapped(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), size, false) < width * 0.95 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{read, unknown, write};
    use super::super::{INITIAL, Shape as Simulation, counterexample, simulated};
    use super::*;

    fn shown() -> Picture {
        const MS: u64 = 1_000_000;
        let operations = [
            write(0, 1, 10 * MS, 12 * MS),
            unknown(3, 4, 40 * MS),
            write(1, 2, 3_000 * MS, 3_002 * MS),
            read(2, 2, 3_001 * MS, 3_004 * MS),
            read(0, 1, 3_100 * MS, 3_101 * MS),
        ];
        draw(&counterexample(&operations, Some(INITIAL), Rule::Honest).unwrap(), "register-partition-any")
    }

    /// The picture can be looked at: `INFLUX_LAB_PICTURES=DIR` writes it there.
    fn look(picture: &Picture, name: &str) {
        if let Some(dir) = std::env::var_os("INFLUX_LAB_PICTURES").map(std::path::PathBuf::from) {
            std::fs::write(dir.join(format!("{name}.svg")), picture.svg().unwrap()).unwrap();
            std::fs::write(dir.join(format!("{name}.png")), picture.png().unwrap()).unwrap();
        }
    }

    #[test]
    fn every_operation_has_its_bar_and_the_impossible_read_is_red() {
        let picture = shown();
        look(&picture, "counterexample");
        let labels: Vec<_> = picture
            .shapes
            .iter()
            .filter_map(|shape| match shape {
                Shape::Text { text, paint, bold: true, .. } => Some((text.as_str(), *paint == CULPRIT)),
                _ => None,
            })
            .collect();
        assert_eq!(labels, [("register-partition-any", false), ("w 1", false), ("r 1", true), ("w 2", false)]);
        let svg = picture.svg().unwrap();
        assert!(
            svg.contains("process 0 read 1 (3.1000 s to 3.1010 s), but the last write of 1 was done by 0.0120 s"),
            "{svg}"
        );
    }

    #[test]
    fn all_of_it_is_within_the_picture() {
        let shape = Simulation { stale: 0.1, unknown: 0.4, ..Simulation::legal(6, 300) };
        let mut seen = 0;
        for seed in 0..20 {
            for rule in Rule::ALL {
                let Some(shown) = counterexample(&simulated(&shape, seed), Some(INITIAL), rule) else { continue };
                seen += 1;
                let picture = draw(&shown, "a title");
                look(&picture, &format!("{rule}-{seed}"));
                let (width, height) = (f64::from(picture.size.0), f64::from(picture.size.1));
                let within = |(x, y): &(f64, f64)| (0.0..=width).contains(x) && (0.0..=height).contains(y);
                for shape in &picture.shapes {
                    let fits = match shape {
                        Shape::Rectangle { from, to, .. } => within(from) && within(to),
                        Shape::Line { points, .. } => points.iter().all(within),
                        Shape::Mark { at, .. } => within(at),
                        Shape::Text { at, text, size, bold, align: Align::Start, .. } => {
                            within(&(at.0 + text_width(text, *size, *bold), at.1))
                        }
                        Shape::Text { at, .. } => within(at),
                    };
                    assert!(fits, "{rule}, seed {seed}: {shape:?} of {width} by {height}");
                }
            }
        }
        assert!(seen > 20, "{seen}");
    }
}
