//! Pages about runs: self-contained HTML without scripts, for a screen and for paper.
//!
//! * [`write_run`] makes the pictures and pages of one run from the files in its directory, and of the runs below it.
//! * [`write_collection`] makes one page of runs that are anywhere.
//! * [`Table`] sets runs side by side.

mod beside;
mod collection;
mod compare;
mod errors;
mod files;
mod page;
mod pictures;
mod run;
mod runs;
mod study;
#[cfg(test)]
mod tests;
mod timeline;
mod truth;
mod value;

pub use collection::write_collection;
pub use compare::Table;
pub use run::write_run;
