//! Each known bug of the real systems, found by a run that was made for it; and not found where it cannot be.
//!
//! A checker that finds nothing has proved nothing, and neither has one that always finds something. So each bug is sought
//! twice or more: in a run in which it must show, and in controls, which are the same run on the other profile or without
//! the fault. What the client says is the third part: which acknowledgement carries a warning, what is refused before it
//! is sent, and what reading back from the owners brings to light.
//!
//! * [`Bug`] has them by name; the runs are in `old` (0.10), `new` (1.8) and `handoff` (queues that keep nothing).
//! * [`Finding`] is what `bugs.json` holds for each.

mod bug;
mod finding;
mod handoff;
mod new;
mod old;
mod run;
mod trial;

pub use bug::{Bug, Owner};
pub use finding::{BUGS, Finding, table};
pub(crate) use run::check;
pub use run::run;
pub use trial::{Prevention, Trial};
