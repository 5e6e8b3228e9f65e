//! The public HTTP API of a data node, as the real servers answer it.
//!
//! One file an endpoint; [`Reply`] knows the forms that answers share, [`request`] reads what requests share.

mod auth;
mod body;
mod counted;
mod debug;
mod encoding;
mod form;
mod json_body;
mod ping;
mod prometheus;
mod query;
mod reply;
mod route;
pub(crate) mod rules;
mod server;
mod throttle;
mod write;

pub(crate) use server::serve;
pub(crate) use throttle::Throttle;
