//! A client and what is under way in it.

use std::sync::{Arc, Mutex, PoisonError};

use influx_client::{BuildError, Client};
use tokio::runtime::Handle;

use crate::call::{self, Call};
use crate::frame::Writer;
use crate::hold::Hold;
use crate::inbox::{Inbox, Manner, NotBegun};
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
    /// The handles of its writers.
    writers: Mutex<Vec<i64>>,
}

impl Session {
    pub(crate) fn new(settings: &Settings, runtime: Handle) -> Result<Self, BuildError> {
        let client = settings.build()?;
        let asking = settings.asking.clone();
        Ok(Self {
            client,
            inbox: Arc::clone(&asking.inbox),
            asking,
            runtime,
            provokes: settings.provokes,
            writers: Mutex::default(),
        })
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
        call::start(&self.runtime, &self.inbox, id, Manner::Call, hold, |call| work(call, client))
    }

    /// Notes a writer, which is let go of with the client.
    pub(crate) fn has_writer(&self, handle: i64) {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
    }

    /// Forgets a writer.
    pub(crate) fn has_no_writer(&self, handle: i64) {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).retain(|writer| *writer != handle);
    }

    /// Takes the handles of the writers that are left.
    pub(crate) fn take_writers(&self) -> Vec<i64> {
        std::mem::take(&mut *self.writers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
