//! The thread that drives the connections.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// A runtime that may be dropped anywhere.
#[derive(Debug)]
pub(super) struct Driver(Option<Runtime>);

impl Driver {
    /// Starts the thread.
    pub(super) fn start() -> io::Result<Self> {
        Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("influx-client")
            .enable_all()
            .build()
            .map(Some)
            .map(Self)
    }

    /// Carries a future out on the calling thread, while the other one drives the connections.
    pub(super) fn wait<F: Future>(&self, future: F) -> F::Output {
        let runtime = self.0.as_ref().expect("the runtime is there until it is dropped");
        runtime.block_on(future)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Waiting for its tasks is forbidden in async code, and there is nothing to wait for: those that are left are probes.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
