//! Checkers: is a history of a register linearizable, and if not, why?
//!
//! [`judge`] gives the verdicts by every [`Rule`]: the one of the 2016 study, the honest one, and the honest one with the
//! number of each write in place of its value. [`counterexample`] shrinks an illegal history to what shows it, and
//! [`draw`] makes a picture of that. [`check_file`] does all of it for a file of anybody's making.
//!
//! A verdict is never wrong: where a history has too many ways to go, it is [`Answer::Unknown`].

mod action;
mod counterexample;
#[cfg(test)]
mod cross_check;
mod draw;
mod file;
mod register;
mod rule;
#[cfg(test)]
mod sample;
mod shrink;
mod simulated;
mod unique;
mod verdict;
mod words;

pub use counterexample::{Counterexample, counterexample};
pub use draw::draw;
pub use file::{Checked, check, check_file, check_operations, read_history, read_history_from};
pub use rule::Rule;
pub use simulated::{INITIAL, Shape, simulated};
pub use unique::INITIAL_ID;
pub use verdict::{Answer, Counts, Verdict, Why, judge};
