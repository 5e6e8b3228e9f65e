//! Which endpoint to ask, and what is known of each.

mod health;
mod set;
mod url;

pub(crate) use health::Sign;
pub use health::{EndpointHealth, EndpointState};
pub use set::EndpointStatus;
pub(crate) use set::{Endpoints, Pick};
pub use url::{Endpoint, EndpointError};
