//! Whether a server has what a file has: what is expected of it, what it counts, and what the difference says.

mod compare;
mod expected;
mod readers;
mod values;

pub(crate) use compare::{Circumstances, Counted, Difference, Totals, Verdict, verdict};
pub(crate) use expected::{Between, Expected, Measurement, NotTaken, Stretch};
pub(crate) use readers::{Question, Reader, every_node, policy};
pub(crate) use values::{Located, Values, copies};
