//! Running a command again by a table: what each exit code asks for, and for how long.

mod file;
mod policy;
mod spool;

pub(crate) use file::{DEFAULT, read};
pub(crate) use policy::{Action, Course, End, Growth, Next, On, Policy, Rule};
pub(crate) use spool::Input;
