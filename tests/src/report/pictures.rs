//! The pictures of a run.

use super::files::Files;
use crate::experiment::{LabError, RunDir};
use crate::plot::{Picture, latency_quantiles, latency_raw, rate};

/// Names of their files, without the ending.
const NAMES: [&str; 3] = ["latency-raw", "latency-quantiles", "rate"];

/// Whether a file is one of the pictures that are drawn here.
pub(super) fn is_own(file: &str) -> bool {
    NAMES.iter().chain([&super::truth::NAME]).any(|own| file.strip_suffix(".svg") == Some(own))
}

/// Draws a run's history and leaves the pictures in its directory; gives back the texts of the SVGs.
///
/// # Errors
/// [`LabError::File`] and [`LabError::Plot`].
pub(super) fn write(files: &Files, dir: &RunDir) -> Result<Vec<String>, LabError> {
    let caption = files.caption(dir);
    let draw: [fn(&[_], &[_], &_) -> Picture; 3] = [latency_raw, latency_quantiles, rate];
    draw.into_iter()
        .zip(NAMES)
        .map(|(draw, name)| leave(&draw(&files.operations, &files.faults, &caption), name, dir))
        .collect()
}

/// Leaves a picture as SVG and PNG, and gives back the text of the SVG.
///
/// # Errors
/// [`LabError::File`] and [`LabError::Plot`].
pub(super) fn leave(picture: &Picture, name: &str, dir: &RunDir) -> Result<String, LabError> {
    let svg = picture.svg()?;
    dir.write(&format!("{name}.svg"), &svg)?;
    dir.write(&format!("{name}.png"), picture.png()?)?;
    Ok(svg)
}
