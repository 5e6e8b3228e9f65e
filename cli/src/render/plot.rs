//! A small picture of a curve in braille dots, two by four to a character.

/// Points joined into a picture of `columns` by `rows` characters, with the extremes of the scale at the left.
///
/// Points are binned by x; a bin shows the span from its least to its greatest value, so that no peak is lost.
/// Returns no lines when there are no finite points.
pub(crate) fn plot(points: &[(f64, f64)], columns: usize, rows: usize) -> Vec<String> {
    let finite = || points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite());
    let Some((x_span, y_span)) = spans(finite()) else { return Vec::new() };
    let (across, down) = (columns * 2, rows * 4);
    if across == 0 || down == 0 {
        return Vec::new();
    }
    let mut bins: Vec<Option<(usize, usize)>> = vec![None; across];
    for (x, y) in finite() {
        let (column, row) = (scaled(x, x_span, across), down - 1 - scaled(y, y_span, down));
        let bin = &mut bins[column];
        *bin = Some(bin.map_or((row, row), |(top, bottom)| (top.min(row), bottom.max(row))));
    }
    let mut cells = vec![0_u8; columns * rows];
    for (column, bin) in bins.iter().enumerate() {
        let Some((top, bottom)) = bin else { continue };
        for row in *top..=*bottom {
            cells[row / 4 * columns + column / 2] |= dot(column % 2, row % 4);
        }
    }
    let labels = [format!("{:.1}", y_span.1), format!("{:.1}", y_span.0)];
    let margin = labels.iter().map(String::len).max().unwrap_or(0);
    cells
        .chunks(columns)
        .enumerate()
        .map(|(row, cells)| {
            let label = match row {
                0 => labels[0].as_str(),
                last if last + 1 == rows => labels[1].as_str(),
                _ => "",
            };
            let dots: String = cells.iter().filter_map(|bits| char::from_u32(0x2800 + u32::from(*bits))).collect();
            format!("{label:>margin$} ┤{dots}")
        })
        .collect()
}

/// The least and greatest x and y.
fn spans(points: impl Iterator<Item = (f64, f64)>) -> Option<((f64, f64), (f64, f64))> {
    points.fold(None, |spans, (x, y)| match spans {
        None => Some(((x, x), (y, y))),
        Some((xs, ys)) => Some(((xs.0.min(x), xs.1.max(x)), (ys.0.min(y), ys.1.max(y)))),
    })
}

/// Where a value lies among `steps` equal steps of its span.
fn scaled(value: f64, (least, greatest): (f64, f64), steps: usize) -> usize {
    let span = greatest - least;
    if span <= 0.0 {
        return 0;
    }
    // Both factors are finite and the quotient lies in 0..=1.
    (((value - least) / span * steps as f64) as usize).min(steps - 1)
}

/// The bit of a dot within its braille character (the Unicode numbering of dots 1 to 8).
fn dot(column: usize, row: usize) -> u8 {
    const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    BITS[column][row]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rising_line_climbs_from_the_lower_left() {
        let points: Vec<(f64, f64)> = (0..8).map(|x| (f64::from(x), f64::from(x))).collect();
        assert_eq!(plot(&points, 4, 2), ["7.0 ┤⠀⠀⡠⠊", "0.0 ┤⡠⠊⠀⠀"]);
    }

    #[test]
    fn a_constant_is_drawn_and_nothing_is_not() {
        assert_eq!(plot(&[(0.0, 5.0), (1.0, 5.0)], 2, 1).len(), 1);
        assert!(plot(&[], 10, 4).is_empty());
        assert!(plot(&[(f64::NAN, 1.0)], 10, 4).is_empty());
        assert!(plot(&[(1.0, 1.0)], 0, 4).is_empty());
    }

    #[test]
    fn a_bin_shows_its_extremes() {
        let picture = plot(&[(0.0, 0.0), (0.0, 7.0), (1.0, 3.0)], 1, 2);
        assert_eq!(picture.len(), 2);
        assert!(picture[0].contains('⡇'), "{picture:?}");
    }
}
