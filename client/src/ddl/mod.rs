//! Databases, retention policies and users: made, changed and dropped.

mod applied;
mod calls;
mod database;
mod duration;
mod policy;
mod user;

pub use applied::Applied;
pub use database::{CreateDatabase, DropDatabase};
pub use policy::{AlterRetentionPolicy, CreateRetentionPolicy, DropRetentionPolicy};
pub use user::{CreateUser, Grant, Privilege};
