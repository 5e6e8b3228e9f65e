//! Where a write went.

/// The database and retention policy of a write, as they were asked for: what is not named is the client's own, or the
/// database's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) database: Option<Box<str>>,
    pub(crate) retention_policy: Option<Box<str>>,
}

impl Destination {
    /// Nothing was named.
    pub(crate) const fn none() -> Self {
        Self { database: None, retention_policy: None }
    }
}
