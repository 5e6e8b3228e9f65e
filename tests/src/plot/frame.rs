//! The paper that every plot of a run is drawn on: titles, axes, and the room between them.

use super::scale::{Scale, trimmed};
use super::{Align, Paint, Picture, Shape};

/// The size of every plot of a run.
const SIZE: (u32, u32) = (900, 400);
const LEFT: f64 = 60.0;
pub(super) const RIGHT: f64 = 738.0;
const TOP: f64 = 72.0;
const BOTTOM: f64 = 356.0;
/// Between two panels, one above the other.
const GAP: f64 = 34.0;

/// What stands above a plot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    /// What was run.
    pub title: String,
    /// With what: profile, nodes, level, seed.
    pub detail: String,
}

/// A panel of a plot: its place and its axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel {
    /// Seconds.
    pub(super) x: Scale,
    pub(super) y: Scale,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// Where the panel of this number is, of so many that are one above the other: its upper and lower end.
pub(super) fn place(number: usize, of: usize) -> (f64, f64) {
    let of = of.max(1) as f64;
    let height = (BOTTOM - TOP - GAP * (of - 1.0)) / of;
    let top = TOP + number as f64 * (height + GAP);
    (top, top + height)
}

/// The axis of time of a run that lasted so many nanoseconds.
pub(super) fn seconds(end: u64) -> Scale {
    // A run of no length still has an axis.
    Scale::linear((0.0, (end as f64 / 1e9).max(1e-3)), (LEFT, RIGHT))
}

/// An empty picture with its titles.
pub(super) fn picture(caption: &Caption, what: &str) -> Picture {
    let about = format!("{what}: {}, {}", caption.title, caption.detail);
    let shapes = vec![
        Shape::bold((LEFT - 44.0, 25.0), Align::Start, 16.0, Paint::INK, format!("{} — {what}", caption.title)),
        Shape::text((LEFT - 44.0, 44.0), Align::Start, 11.5, Paint::FAINT, caption.detail.clone()),
    ];
    Picture { size: SIZE, about, shapes }
}

impl Panel {
    /// The lines behind everything, and the numbers beside them. `name` says what the vertical axis measures, `label` writes
    /// its values; the axis of time is labelled on the lowest panel only.
    pub(super) fn axes(&self, name: &str, label: impl Fn(f64) -> String, lowest: bool) -> Vec<Shape> {
        let mut shapes = Vec::new();
        for value in self.y.fine_ticks() {
            let y = self.y.at(value);
            shapes.push(Shape::line((LEFT, y), (RIGHT, y), 0.5, Paint::FINE_GRID));
        }
        for value in self.y.ticks(((self.bottom - self.top) / 45.0) as usize) {
            let y = self.y.at(value);
            shapes.push(Shape::line((LEFT, y), (RIGHT, y), 1.0, Paint::GRID));
            shapes.push(Shape::text((LEFT - 7.0, y + 4.0), Align::End, 11.0, Paint::INK, label(value)));
        }
        let end = self.x.ends().1;
        let (step, unit, length) = time_step(end);
        let mut number = 0_u32;
        while f64::from(number) * step <= end * (1.0 + 1e-9) {
            let time = f64::from(number) * step;
            let x = self.x.at(time);
            shapes.push(Shape::line((x, self.bottom), (x, self.bottom + 5.0), 1.0, Paint::FAINT));
            if lowest {
                let text = trimmed(time / length);
                shapes.push(Shape::text((x, self.bottom + 18.0), Align::Middle, 11.0, Paint::INK, text));
            }
            number += 1;
        }
        if lowest {
            let middle = f64::midpoint(LEFT, RIGHT);
            let text = format!("time since the run began ({unit})");
            shapes.push(Shape::text((middle, self.bottom + 35.0), Align::Middle, 11.5, Paint::FAINT, text));
        }
        shapes.push(Shape::line((LEFT, self.bottom), (RIGHT, self.bottom), 1.0, Paint::FAINT));
        shapes.push(Shape::line((LEFT, self.top), (LEFT, self.bottom), 1.0, Paint::FAINT));
        shapes.push(Shape::text((LEFT - 44.0, self.top - 9.0), Align::Start, 11.5, Paint::FAINT, name));
        shapes
    }

    /// What a panel without anything to show says.
    pub(super) fn nothing(&self, what: &str) -> Shape {
        let middle = (f64::midpoint(LEFT, RIGHT), f64::midpoint(self.top, self.bottom));
        Shape::text(middle, Align::Middle, 14.0, Paint::FAINT, what)
    }
}

/// How far the marks of an axis of time are apart in seconds, the unit of their labels, and its length in seconds.
fn time_step(end: f64) -> (f64, &'static str, f64) {
    const STEPS: [f64; 19] = [
        1e-3, 5e-3, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0,
        7200.0,
    ];
    let step =
        STEPS.into_iter().find(|step| end / step <= 12.0).unwrap_or_else(|| (end / 12.0 / 3600.0).ceil() * 3600.0);
    if step >= 60.0 { (step, "min", 60.0) } else { (step, "s", 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_time_are_few_and_round() {
        for (end, step, unit) in [
            (0.001, 1e-3, "s"),
            (3.0, 0.5, "s"),
            (30.0, 5.0, "s"),
            (300.0, 30.0, "s"),
            (3600.0, 300.0, "min"),
            (1e6, 86400.0, "min"),
        ] {
            let found = time_step(end);
            assert_eq!((found.0, found.1), (step, unit), "{end}");
        }
    }

    #[test]
    fn panels_share_the_paper() {
        assert_eq!(place(0, 1), (TOP, BOTTOM));
        let (first, second) = (place(0, 2), place(1, 2));
        assert_eq!((first.0, second.1), (TOP, BOTTOM));
        assert!((second.0 - first.1 - GAP).abs() < 1e-9);
    }
}
