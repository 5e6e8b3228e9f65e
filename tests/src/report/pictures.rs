//! The pictures of a run.

use super::files::Files;
use crate::experiment::{LabError, RunDir};
use crate::plot::{Picture, latency_quantiles, latency_raw, rate};

/// Names of their files, without the ending.
pub(super) const NAMES: [&str; 3] = ["latency-raw", "latency-quantiles", "rate"];

/// The pictures of a run's history, in the order of [`NAMES`].
pub(super) fn draw(files: &Files, dir: &RunDir) -> [Picture; 3] {
    let caption = files.caption(dir);
    [latency_raw, latency_quantiles, rate].map(|draw| draw(&files.operations, &files.faults, &caption))
}

/// Leaves them in the directory of the run, as SVG and PNG, and gives back the texts of the SVGs.
///
/// # Errors
/// [`LabError::File`] and [`LabError::Plot`].
pub(super) fn write(files: &Files, dir: &RunDir) -> Result<Vec<String>, LabError> {
    let mut texts = Vec::new();
    for (picture, name) in draw(files, dir).iter().zip(NAMES) {
        let svg = picture.svg()?;
        dir.write(&format!("{name}.svg"), &svg)?;
        dir.write(&format!("{name}.png"), picture.png()?)?;
        texts.push(svg);
    }
    Ok(texts)
}
