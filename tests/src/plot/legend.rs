//! The legend beside a plot.

use super::frame::RIGHT;
use super::{Align, Form, Paint, Shape};

const LEFT: f64 = RIGHT + 20.0;
const LINE: f64 = 17.0;

/// Lines of a legend, from the top.
#[derive(Debug)]
pub(super) struct Legend {
    y: f64,
    shapes: Vec<Shape>,
}

/// How marks of one kind look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    pub(super) form: Form,
    pub(super) hollow: bool,
    pub(super) paint: Paint,
}

impl Look {
    /// One such mark.
    pub(super) fn mark(self, at: (f64, f64), radius: f64) -> Shape {
        Shape::Mark { at, radius, form: self.form, hollow: self.hollow, paint: self.paint }
    }
}

impl Legend {
    /// An empty one that begins at this height.
    pub(super) fn at(y: f64) -> Self {
        Self { y: y + 6.0, shapes: Vec::new() }
    }

    /// A heading.
    pub(super) fn heading(&mut self, text: &str) {
        self.shapes.push(Shape::bold((LEFT - 6.0, self.y + 4.0), Align::Start, 11.5, Paint::INK, text));
        self.y += LINE;
    }

    /// A mark and what it stands for.
    pub(super) fn mark(&mut self, look: Look, text: &str) {
        self.shapes.push(look.mark((LEFT, self.y), 3.6));
        self.says(text);
    }

    /// A line of this width with a mark on it, and what it stands for.
    pub(super) fn line(&mut self, look: Look, width: f64, text: &str) {
        self.shapes.push(Shape::line((LEFT - 7.0, self.y), (LEFT + 7.0, self.y), width, look.paint));
        self.shapes.push(look.mark((LEFT, self.y), 3.0));
        self.says(text);
    }

    /// A patch of colour and what it stands for.
    pub(super) fn patch(&mut self, paint: Paint, text: &str) {
        let (from, to) = ((LEFT - 6.0, self.y - 6.0), (LEFT + 6.0, self.y + 6.0));
        self.shapes.push(Shape::Rectangle { from, to, paint });
        self.says(text);
    }

    /// A remark in small letters; lines are the caller's to break.
    pub(super) fn remark(&mut self, text: &str) {
        self.shapes.push(Shape::text((LEFT - 6.0, self.y + 3.0), Align::Start, 10.0, Paint::FAINT, text));
        self.y += LINE - 4.0;
    }

    /// Room before what follows.
    pub(super) fn gap(&mut self) {
        self.y += 9.0;
    }

    pub(super) fn into_shapes(self) -> Vec<Shape> {
        self.shapes
    }

    fn says(&mut self, text: &str) {
        self.shapes.push(Shape::text((LEFT + 13.0, self.y + 4.0), Align::Start, 11.0, Paint::INK, text));
        self.y += LINE;
    }
}
