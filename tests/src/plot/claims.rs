//! What clients said of their writes, and where the data was in the end.

use super::frame::Caption;
use super::{Align, Paint, Picture, Shape};

const WIDTH: u32 = 900;
const LEFT: f64 = 270.0;
const RIGHT: f64 = 800.0;
const TOP: f64 = 96.0;
const ROW: f64 = 30.0;
const BAR: f64 = 18.0;

/// Batches of which the client said the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// What it said.
    pub claim: String,
    /// Of so many, every point was on every owner in the end.
    pub everywhere: u64,
    /// Of so many, some of it was somewhere.
    pub somewhere: u64,
    /// Of so many, there was nothing anywhere.
    pub nowhere: u64,
}

impl Claimed {
    fn parts(&self) -> [u64; 3] {
        [self.everywhere, self.somewhere, self.nowhere]
    }
}

const PARTS: [(&str, Paint, Paint); 3] = [
    ("on every owner", Paint::solid(0x2f, 0x7d, 0xc4), Paint::PAPER),
    ("in part, or not on every owner", Paint::solid(0xf2, 0xb1, 0x4a), Paint::INK),
    ("nowhere", Paint::solid(0xdf, 0xe3, 0xe8), Paint::INK),
];

/// A bar for each claim, as long for every one of them: the shares of what was found on the replicas, with the numbers of
/// batches.
#[must_use]
pub fn claims(rows: &[Claimed], caption: &Caption) -> Picture {
    let height = TOP + ROW * rows.len().max(1) as f64 + 18.0;
    let mut shapes = vec![
        Shape::bold((16.0, 25.0), Align::Start, 16.0, Paint::INK, caption.title.clone()),
        Shape::text((16.0, 44.0), Align::Start, 11.5, Paint::FAINT, caption.detail.clone()),
        Shape::text((LEFT - 12.0, 80.0), Align::End, 11.5, Paint::FAINT, "the client said"),
        Shape::text((RIGHT + 12.0, 80.0), Align::Start, 11.5, Paint::FAINT, "batches"),
    ];
    let mut x = LEFT;
    for (name, paint, _) in PARTS {
        shapes.push(Shape::Rectangle { from: (x, 70.0), to: (x + 11.0, 81.0), paint });
        shapes.push(Shape::text((x + 17.0, 80.0), Align::Start, 11.5, Paint::INK, name));
        // A fifth more, for viewers with a wider font.
        x += 17.0 + super::text_width(name, 11.5, false) * 1.2 + 18.0;
    }
    if rows.is_empty() {
        shapes.push(Shape::text((LEFT, TOP + 16.0), Align::Start, 12.0, Paint::FAINT, "nothing was claimed"));
    }
    let mut widened = false;
    for (number, row) in rows.iter().enumerate() {
        let top = TOP + ROW * number as f64;
        let base = top + 13.5;
        let all: u64 = row.parts().iter().sum();
        shapes.push(Shape::text((LEFT - 12.0, base), Align::End, 12.0, Paint::INK, row.claim.clone()));
        shapes.push(Shape::text((RIGHT + 12.0, base), Align::Start, 12.0, Paint::INK, all.to_string()));
        let mut from = LEFT;
        for ((count, wide), (_, paint, ink)) in row.parts().into_iter().zip(widths(row.parts())).zip(PARTS) {
            if count == 0 {
                continue;
            }
            let to = from + wide;
            shapes.push(Shape::Rectangle { from: (from, top), to: (to, top + BAR), paint });
            shapes.push(Shape::text((f64::midpoint(from, to), base), Align::Middle, 11.0, ink, count.to_string()));
            widened |= wide > (RIGHT - LEFT) * count as f64 / all as f64 + 0.5;
            from = to;
        }
    }
    if widened {
        let text = "What is rare is drawn wider than its share.";
        shapes.push(Shape::text((RIGHT, height - 6.0), Align::End, 10.0, Paint::FAINT, text));
    }
    Picture { size: (WIDTH, height.ceil() as u32), about: format!("{}, {}", caption.title, caption.detail), shapes }
}

/// The widths of the parts of a bar: by their shares, but wide enough for their numbers. What is rare is what matters most.
fn widths(parts: [u64; 3]) -> [f64; 3] {
    let least = parts
        .map(|count| if count == 0 { 0.0 } else { super::text_width(&count.to_string(), 11.0, false) * 1.2 + 6.0 });
    let mut fixed = [false; 3];
    loop {
        let taken: f64 = (0..3).filter(|part| fixed[*part]).map(|part| least[part]).sum();
        let shared: u64 = (0..3).filter(|part| !fixed[*part]).map(|part| parts[part]).sum();
        let wide = |part: usize| {
            let share = parts[part] as f64 / shared.max(1) as f64;
            if fixed[part] { least[part] } else { (RIGHT - LEFT - taken) * share }
        };
        let Some(narrow) = (0..3).find(|part| !fixed[*part] && wide(*part) < least[*part]) else {
            return [wide(0), wide(1), wide(2)];
        };
        fixed[narrow] = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(picture: &Picture) -> Vec<f64> {
        let wide = |shape: &Shape| match shape {
            Shape::Rectangle { from, to, .. } if from.1 >= TOP => Some(to.0 - from.0),
            _ => None,
        };
        picture.shapes.iter().filter_map(wide).collect()
    }

    #[test]
    fn bars_are_as_long_as_their_shares_and_nothing_rare_is_lost() {
        let row = |everywhere, somewhere, nowhere| Claimed { claim: "stored".into(), everywhere, somewhere, nowhere };
        let picture = claims(&[row(1, 0, 3), row(1_000_000, 1, 0)], &Caption::default());
        let bars = bars(&picture);
        assert_eq!(bars.len(), 4);
        assert!((bars[1] / bars[0] - 3.0).abs() < 1e-9, "{bars:?}");
        assert!(bars[3] > 8.0, "its number can be read: {bars:?}");
        assert!((bars[2] + bars[3] - (RIGHT - LEFT)).abs() < 1e-9, "{bars:?}");
        assert!(picture.svg().is_ok_and(|svg| svg.contains("wider than its share")));
        let none = claims(&[], &Caption::default());
        assert!(none.svg().is_ok_and(|svg| svg.contains("nothing was claimed")));
    }
}
