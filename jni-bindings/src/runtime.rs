//! The threads that carry calls out.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Handle, Runtime};

/// The one runtime of the process; made with the first client, and never ended: it goes with the process, whose exit waits for
/// none of these threads. The JVM does not know them.
static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);

/// The most threads that do the work. More would only take processors away from the application.
const MOST_WORKERS: usize = 4;

/// The runtime.
///
/// # Errors
/// Where its threads cannot be started; the next call tries again.
pub(crate) fn runtime() -> io::Result<Handle> {
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = &*runtime {
        return Ok(runtime.handle().clone());
    }
    // Two at least, so that one that encodes does not keep answers waiting.
    let workers = available_parallelism().map_or(2, |processors| processors.get().clamp(2, MOST_WORKERS));
    let made = Builder::new_multi_thread().worker_threads(workers).thread_name("influx-client").enable_all().build()?;
    Ok(runtime.insert(made).handle().clone())
}
