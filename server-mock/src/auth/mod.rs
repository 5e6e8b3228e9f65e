//! Who a request is from, and what it may do.
//!
//! [`Authenticator`] finds the user of a request by password or token; [`Caller`] tells what that user may do. The
//! users themselves are part of the metadata; a password is kept there as a salted slow hash and nowhere else.

mod authenticator;
mod caller;
mod credentials;
mod passwords;
mod secret;
mod token;

pub(crate) use authenticator::{Authenticator, Claim};
pub(crate) use caller::Caller;
pub use secret::SharedSecret;
