//! Pictures of histories, in the style of Jepsen's, as SVG and as PNG.
//!
//! A [`Picture`] is a list of [`Shape`]s at positions in pixels of its natural size; what is drawn where is decided
//! without any drawing and so can be tested. [`Picture::svg`] and [`Picture::png`] draw the same list.
//!
//! * [`latency_raw`]: each operation a point, when it began against how long it took.
//! * [`latency_quantiles`]: quantiles of the latency for each window of time.
//! * [`rate`]: how many operations ended a second, by how they ended.
//! * [`thumbnail`]: the first of them, so small that many fit on a page.
//! * [`claims`]: what clients said of their writes, and where the data was in the end.

mod claims;
mod frame;
mod latency;
mod legend;
mod paint;
mod quantiles;
mod rate;
mod render;
#[cfg(test)]
pub(crate) mod sample;
mod scale;
mod shading;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod thin;
mod thumbnail;
mod windows;

pub use claims::{Claimed, claims};
pub use frame::Caption;
pub use latency::latency_raw;
pub use paint::{Paint, family, of_completion, of_fault};
pub use quantiles::latency_quantiles;
pub use rate::rate;
pub use shape::{Align, Form, Picture, Shape};
pub use text::text_width;
pub use thumbnail::thumbnail;
