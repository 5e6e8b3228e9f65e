//! Text for people: tables and small pictures. Pure; nothing here prints.

mod fold;
mod plot;
mod table;

pub(crate) use fold::folded;
pub(crate) use plot::plot;
pub(crate) use table::{Table, one_line, shortened};
