//! Writing in the background: points are gathered, cut into batches by series, and sent in order.
//!
//! ```text
//! push ─► staging ─► open window ─► sealed ─► cut by series ─► lanes ─► under way ─► settled ─► Delivered, Report, flush,
//!         (checked)  (one buffer)   (full,     (a lane a hash)  (one batch a lane)               horizon, memory
//!                                    linger)
//! ```
//!
//! [`core`] holds the state and decides; time is an argument. [`driver`] has the clock and the network.

mod batch_writer;
mod builder;
mod closed;
mod core;
#[cfg(test)]
mod core_tests;
mod doubt;
mod driver;
mod error;
mod fate;
mod feed;
mod flush;
mod horizon;
mod lane_of;
mod lanes;
mod push;
mod report;
mod totals;
pub(crate) mod trace;
mod window;

pub use batch_writer::{BatchWriter, HorizonWatch};
pub use builder::{BatchWriterBuilder, Overflow};
pub use closed::Closed;
pub use error::{PushError, StartError};
pub use fate::{Delivered, DeliveryError, Fate, SeveralBatches};
pub(crate) use feed::UnitTimes;
pub use flush::FlushError;
pub use horizon::SettledHorizon;
pub use report::{Report, Reports};
pub use totals::WriterTotals;
