//! A client and what is under way in it.

use std::sync::Arc;

use influx_client::{BuildError, Client};
use tokio::runtime::Handle;

use crate::call::{self, Call};
use crate::frame::Writer;
use crate::hold::Hold;
use crate::inbox::{Inbox, NotBegun};
use crate::policy::Asking;
use crate::settings::Settings;

/// What a handle of a client stands for.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) asking: Asking,
    pub(crate) runtime: Handle,
    pub(crate) provokes: bool,
}

impl Session {
    pub(crate) fn new(settings: &Settings, runtime: Handle) -> Result<Self, BuildError> {
        let client = settings.build()?;
        let asking = settings.asking.clone();
        Ok(Self { client, inbox: Arc::clone(&asking.inbox), asking, runtime, provokes: settings.provokes })
    }

    /// Starts a call; see [`call::start`].
    pub(crate) fn start<F>(
        &self,
        id: i64,
        hold: Option<Hold>,
        work: impl FnOnce(Call, Client) -> F + Send + 'static,
    ) -> Result<(), (NotBegun, Option<Hold>)>
    where
        F: Future<Output = Writer> + Send + 'static,
    {
        let client = self.client.clone();
        call::start(&self.runtime, &self.inbox, id, hold, |call| work(call, client))
    }
}
