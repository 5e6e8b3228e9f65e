//! Text for people: tables and small pictures. Pure; nothing here prints.

mod plot;
mod table;

pub(crate) use plot::plot;
pub(crate) use table::{Table, one_line, shortened};
