//! Whether, where and when to send again.

mod backoff;
mod budget;
mod downgrade;
mod policy;

pub use backoff::Backoff;
pub(crate) use budget::Bucket;
pub use budget::RetryBudget;
pub use downgrade::Downgrade;
pub use policy::{Failed, NoRetry, Retry, RetryPolicy};
