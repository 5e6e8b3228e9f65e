//! Which endpoint to ask, and what is known of each.

mod balance;
mod health;
mod set;
mod url;

pub use balance::Balance;
pub(crate) use balance::series_of;
pub use health::EndpointState;
pub(crate) use health::Sign;
pub use set::EndpointStatus;
pub(crate) use set::{Endpoints, Pick};
pub use url::{Endpoint, EndpointError};
