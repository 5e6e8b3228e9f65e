//! What a picture is made of.

use super::Paint;

/// A picture, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Width and height in pixels, as shown; a PNG has twice as many in each direction.
    pub size: (u32, u32),
    /// What it shows, in a sentence, for those who cannot see it.
    pub about: String,
    /// Painted one after the other.
    pub shapes: Vec<Shape>,
}

/// A part of a picture. Positions are pixels from the upper left corner.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A filled rectangle.
    Rectangle {
        /// Upper left corner.
        from: (f64, f64),
        /// Lower right corner.
        to: (f64, f64),
        /// Its colour.
        paint: Paint,
    },
    /// A line through some points.
    Line {
        /// The points, in order.
        points: Vec<(f64, f64)>,
        /// Its width in pixels.
        width: f64,
        /// Its colour.
        paint: Paint,
    },
    /// A mark at a point.
    Mark {
        /// Its middle.
        at: (f64, f64),
        /// From its middle to its rim, in pixels.
        radius: f64,
        /// What it looks like.
        form: Form,
        /// Whether only its rim is drawn.
        hollow: bool,
        /// Its colour.
        paint: Paint,
    },
    /// A line of text.
    Text {
        /// On its base line: its beginning, middle or end.
        at: (f64, f64),
        /// Which of them.
        align: Align,
        /// The text.
        text: String,
        /// The size of the font in pixels.
        size: f64,
        /// Whether it is bold.
        bold: bool,
        /// Its colour.
        paint: Paint,
    },
}

/// The form of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A disc.
    Circle,
    /// A triangle that points up.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// A square on its side.
    Square,
    /// Two strokes; never filled.
    Cross,
}

/// Which part of a text is at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

impl Shape {
    /// A line of plain text.
    pub(crate) fn text(at: (f64, f64), align: Align, size: f64, paint: Paint, text: impl Into<String>) -> Self {
        Self::Text { at, align, text: text.into(), size, bold: false, paint }
    }

    /// A line of bold text.
    pub(crate) fn bold(at: (f64, f64), align: Align, size: f64, paint: Paint, text: impl Into<String>) -> Self {
        Self::Text { at, align, text: text.into(), size, bold: true, paint }
    }

    /// A straight line.
    pub(crate) fn line(from: (f64, f64), to: (f64, f64), width: f64, paint: Paint) -> Self {
        Self::Line { points: vec![from, to], width, paint }
    }
}
