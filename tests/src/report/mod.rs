//! Pages about runs: self-contained HTML without scripts, for a screen and for paper.
//!
//! * [`write_run`] makes the pictures and pages of one run from the files in its directory.
//! * [`write_collection`] makes one page of many runs.
//! * [`Table`] sets runs side by side.

mod collection;
mod compare;
mod errors;
mod files;
mod page;
mod pictures;
mod run;
mod study;
#[cfg(test)]
mod tests;
mod timeline;
mod value;

pub use collection::write_collection;
pub use compare::Table;
pub use run::write_run;
