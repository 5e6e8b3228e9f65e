//! What a data node does on its own, with nobody asking.
//!
//! | service | who runs it |
//! |---|---|
//! | retention enforcement | every data node: each deletes its own copies; marking a group twice does nothing |
//! | continuous queries | the one that has the lease for it |
//! | shard precreation | 0.10: every data node; 1.8: the one that has the lease for it |

mod continuous;
mod precreation;
mod retention;

use std::sync::Arc;

use crate::runtime::DataServices;

/// Starts the services that are switched on. They run until the runtime ends.
///
/// Must be called within a tokio runtime.
pub(crate) fn start(services: &Arc<DataServices>) {
    if services.options.retention_enabled {
        tokio::spawn(retention::run(services.clone()));
    }
    if services.options.continuous_queries_enabled {
        tokio::spawn(continuous::run(services.clone()));
    }
    if services.options.shard_precreation_enabled {
        tokio::spawn(precreation::run(services.clone()));
    }
}
