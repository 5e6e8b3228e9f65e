//! Runs the statements of queries.

mod ddl;

use std::sync::Arc;

use super::Owners;

/// Runs statements on behalf of clients.
#[derive(Clone, Debug)]
pub(crate) struct Statements {
    pub(crate) owners: Arc<Owners>,
}
