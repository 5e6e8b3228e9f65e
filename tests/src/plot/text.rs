//! The font of the pictures.

use std::sync::Once;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

/// The name under which the font is registered is what an SVG says of its font, so it ends with one that every viewer has.
pub(super) const FAMILY: &str = "Roboto, Helvetica, Arial, sans-serif";

/// From the top of the highest letter to the bottom of the lowest in the bundled font, in sizes of the font: what the
/// library that draws bitmaps takes for the size of a font.
pub(super) const HEIGHT: f64 = 2400.0 / 2048.0;

/// The font, at the size that the library which measures and draws bitmaps understands. The bundled font is registered
/// with the first use.
pub(super) fn font(size: f64, bold: bool) -> FontDesc<'static> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let files: [(FontStyle, &'static [u8]); 2] = [
            (FontStyle::Normal, include_bytes!("font/Roboto-Regular.ttf")),
            (FontStyle::Bold, include_bytes!("font/Roboto-Bold.ttf")),
        ];
        for (style, bytes) in files {
            // A file that is no font would show as an error of the first picture: no font of this name.
            let _ = register_font(FAMILY, style, bytes);
        }
    });
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), size, style)
}

/// How wide a text is in pixels, in the bundled font. Viewers of an SVG may have another one, up to a fifth wider.
#[must_use]
pub fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    // Measured at a large size, since the library rounds to whole pixels.
    const MEASURED_AT: f64 = 100.0;
    let width = font(MEASURED_AT * HEIGHT, bold).box_size(text).map_or(0, |(width, _)| width);
    f64::from(width) * size / MEASURED_AT
}
