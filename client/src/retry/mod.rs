//! Whether, where and when to send again.

mod backoff;
mod policy;

pub use backoff::Backoff;
pub use policy::{Failed, NoRetry, Retry, RetryPolicy};
