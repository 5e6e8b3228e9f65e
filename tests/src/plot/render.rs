//! Drawing pictures.

use std::fmt::Display;

use plotters::coord::Shift;
use plotters::prelude::{
    BitMapBackend, Circle, Color, DrawingArea, DrawingBackend, IntoDrawingArea, IntoTextStyle, PathElement, Polygon,
    RGBAColor, Rectangle, SVGBackend, ShapeStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::text::{HEIGHT, font};
use super::{Align, Form, Paint, Picture, Shape};
use crate::experiment::LabError;

/// Positions of the library are whole numbers: an SVG is drawn on finer paper and shown smaller.
const SVG_SCALE: u32 = 4;
/// Pixels of a PNG to one of a picture.
const PNG_SCALE: u32 = 2;

/// How a backend takes the size of a font and where it puts text that hangs from its top.
#[derive(Clone, Copy)]
struct Letters {
    /// What the backend calls a font's size, for one whose em is 1.
    size: f64,
    /// From the position to the base line, in what the backend calls the size.
    drop: f64,
}

/// The size is divided by 1.24, and the text hangs 0.76 of that below its position.
const SVG_LETTERS: Letters = Letters { size: 1.24, drop: 0.76 / 1.24 };
/// The size is from the top to the bottom of the letters, half of it above the base line.
const PNG_LETTERS: Letters = Letters { size: HEIGHT, drop: 0.5 };

impl Picture {
    /// The picture as the text of an SVG file, which may stand in a page as it is.
    ///
    /// # Errors
    /// [`LabError::Plot`].
    pub fn svg(&self) -> Result<String, LabError> {
        let (width, height) = self.size;
        let mut text = String::new();
        {
            let area = SVGBackend::with_string(&mut text, (width * SVG_SCALE, height * SVG_SCALE)).into_drawing_area();
            self.draw(&area, f64::from(SVG_SCALE), SVG_LETTERS)?;
        }
        let (_, content) = text.split_once(">\n").ok_or_else(|| self.failed("the library wrote no SVG"))?;
        let about = self.about.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let (wide, high) = (width * SVG_SCALE, height * SVG_SCALE);
        // Quotes in texts are escaped, so these are never part of one.
        let content =
            content.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "").replace(" points=\" ", " points=\"");
        Ok(format!(
            "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {wide} {high}\" \
             xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{about}\">\n{content}"
        ))
    }

    /// The picture as a PNG file, with two pixels for each of [`Picture::size`].
    ///
    /// # Errors
    /// [`LabError::Plot`].
    pub fn png(&self) -> Result<Vec<u8>, LabError> {
        let (width, height) = (self.size.0 * PNG_SCALE, self.size.1 * PNG_SCALE);
        let mut pixels = vec![255; 3 * width as usize * height as usize];
        {
            let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
            self.draw(&area, f64::from(PNG_SCALE), PNG_LETTERS)?;
        }
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        // Large areas of one colour.
        encoder.set_compression(png::Compression::Best);
        encoder.set_filter(png::FilterType::Sub);
        let mut writer = encoder.write_header().map_err(|error| self.failed(error))?;
        writer.write_image_data(&pixels).map_err(|error| self.failed(error))?;
        writer.finish().map_err(|error| self.failed(error))?;
        Ok(file)
    }

    fn draw<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        scale: f64,
        letters: Letters,
    ) -> Result<(), LabError> {
        area.fill(&colour(Paint::PAPER)).map_err(|error| self.failed(error))?;
        for shape in &self.shapes {
            draw(area, shape, scale, letters).map_err(|error| self.failed(error))?;
        }
        area.present().map_err(|error| self.failed(error))
    }

    fn failed(&self, why: impl Display) -> LabError {
        LabError::Plot { what: self.about.clone(), why: why.to_string() }
    }
}

fn draw<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    shape: &Shape,
    scale: f64,
    letters: Letters,
) -> Result<(), plotters::drawing::DrawingAreaErrorKind<B::ErrorType>> {
    let at = |(x, y): (f64, f64)| ((x * scale).round() as i32, (y * scale).round() as i32);
    let stroke = |paint: Paint, width: f64| ShapeStyle {
        color: colour(paint),
        filled: false,
        stroke_width: (width * scale).round().max(1.0) as u32,
    };
    match shape {
        Shape::Rectangle { from, to, paint } => {
            area.draw(&Rectangle::new([at(*from), at(*to)], colour(*paint).filled()))
        }
        Shape::Line { points, width, paint } => {
            area.draw(&PathElement::new(points.iter().copied().map(at).collect::<Vec<_>>(), stroke(*paint, *width)))
        }
        Shape::Mark { at: middle, radius, form: Form::Circle, hollow, paint } => {
            let style = if *hollow { stroke(*paint, 1.3) } else { colour(*paint).filled() };
            area.draw(&Circle::new(at(*middle), (radius * scale).round() as i32, style))
        }
        Shape::Mark { at: (x, y), radius, form: Form::Cross, paint, .. } => {
            let r = radius * 0.8;
            for (dx, dy) in [(r, r), (r, -r)] {
                let line = vec![at((x - dx, y - dy)), at((x + dx, y + dy))];
                area.draw(&PathElement::new(line, stroke(*paint, 1.3)))?;
            }
            Ok(())
        }
        Shape::Mark { at: (x, y), radius, form, hollow, paint } => {
            let mut points: Vec<_> =
                corners(*form).iter().map(|(dx, dy)| at((x + dx * radius, y + dy * radius))).collect();
            if !hollow {
                return area.draw(&Polygon::new(points, colour(*paint).filled()));
            }
            points.push(points[0]);
            area.draw(&PathElement::new(points, stroke(*paint, 1.3)))
        }
        Shape::Text { at: (x, y), align, text, size, bold, paint } => {
            let size = size * scale * letters.size;
            let position = ((x * scale).round() as i32, (y * scale - letters.drop * size).round() as i32);
            let anchor = match align {
                Align::Start => HPos::Left,
                Align::Middle => HPos::Center,
                Align::End => HPos::Right,
            };
            let style = font(size, *bold).color(&colour(*paint)).pos(Pos::new(anchor, VPos::Top));
            area.draw_text(text, &style.into_text_style(area), position)
        }
    }
}

/// The corners of a mark of radius 1 around 0; those that have none are drawn otherwise.
fn corners(form: Form) -> &'static [(f64, f64)] {
    match form {
        Form::Triangle => &[(0.0, -1.1), (1.0, 0.75), (-1.0, 0.75)],
        Form::Diamond => &[(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)],
        Form::Square | Form::Circle | Form::Cross => &[(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    }
}

fn colour(paint: Paint) -> RGBAColor {
    let (red, green, blue) = paint.rgb;
    RGBAColor(red, green, blue, paint.alpha)
}
