//! The journal of an import: what of its inputs needs no more sending, kept on disk so that another run can go on.
//!
//! One file a job, of lines that are added and from time to time compacted. It only ever claims what a server has
//! acknowledged, refused for good or taken into its hinted handoff; whatever it does not claim is sent again, which is
//! harmless for points that carry their time. Lines that carry none get it from their place in the input and the time at
//! which the job began, so that they have the same in each run.

mod file;
mod identity;
mod ledger;
mod location;
mod ranges;
mod record;
mod state;
mod syncer;

pub(crate) use file::{is_in_use, is_journal, make_directory, read, remove};
pub(crate) use identity::line_hash;
pub(crate) use ledger::{Begin, Journal, bad_journal, unusable};
pub(crate) use location::{Choice, all, directory, file_name};
pub(crate) use record::{Header, Identity, InputProgress, Points, Settings, VERSION};
pub(crate) use state::State;
