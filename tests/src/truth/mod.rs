//! Does the client ever lie? What it said of every batch is held against what each replica holds in the end.

mod claim;
mod evidence;
mod judge;
mod server_lie;

pub use claim::{Claim, Request, Sent};
pub use evidence::{Affected, Causes, Copy, PointEnd, PointId, ServerCause};
pub use judge::{FalseClaim, Liar, Promise, judge};
pub use server_lie::ServerLie;
