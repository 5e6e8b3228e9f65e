//! What is counted and measured in runs of the 2016 study, what was on real clusters, and how the two compare.
//!
//! [`Figures`] are taken from the [`Material`] of one run or of several with other seeds. [`real`] has those of the real
//! clusters; [`judge`] compares the two as distributions, since a verdict on one run is chance.

mod count;
mod judge;
mod latency;
mod likeness;
pub mod real;
mod replicas;
mod run;
mod sides;
mod stale;
mod taken;

pub use count::{Ends, Share};
pub use judge::{Comparison, Standing, judge};
pub use latency::{Quantiles, quantile};
pub use replicas::{Owner, Replicas, TimedPoint};
pub use run::{Material, Run};
pub use sides::{Side, SideFigures};
pub use taken::{ErrorCount, Figures, Latencies, RegisterFigures, TimedFigures, Verdicts};
