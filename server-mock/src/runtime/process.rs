//! A node as a process of its own.

use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use super::{Node, NodeConfig, NodeError};
use crate::fault::{FaultState, Faults};

/// The file beside the configuration that says what is wrong with the node, so that a restarted one does not forget.
pub(crate) const FAULTS_FILE: &str = "faults.json";

/// How long requests under way may take once the node was told to end; less than its cluster waits before it kills.
const GRACE: Duration = Duration::from_millis(1_500);

/// Runs the node of a configuration file until the process is told to end (SIGTERM or Ctrl-C), or until standard input
/// ends when `tied` to the process that holds its other end.
///
/// # Errors
/// [`NodeError`] when the node cannot start.
pub async fn run_node(config: &Path, tied: bool) -> Result<(), NodeError> {
    let unreadable = |why: String| NodeError::Config { path: config.display().to_string(), why };
    let text = std::fs::read(config).map_err(|error| unreadable(error.to_string()))?;
    let parsed: NodeConfig = serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
    let faults = Faults::new();
    if let Some(state) = faults_beside(config) {
        faults.set(state);
    }
    let mut signals = EndSignals::listen().map_err(NodeError::Signals)?;
    let orphaned = orphaned(tied);
    tokio::pin!(orphaned);
    let node = tokio::select! {
        node = Node::start_on(&parsed, faults, super::NodeStorage::Disk) => node?,
        () = signals.next() => return Ok(()),
        () = &mut orphaned => return Ok(()),
    };
    tracing::info!(name = parsed.name, "node is up");
    tokio::select! {
        () = signals.next() => {}
        () = &mut orphaned => {}
    }
    let finished = tokio::select! {
        finished = node.shutdown(GRACE) => finished,
        () = signals.next() => false,
    };
    if !finished {
        tracing::warn!(name = parsed.name, "requests were still under way when the node ended");
    }
    Ok(())
}

fn faults_beside(config: &Path) -> Option<FaultState> {
    let text = std::fs::read(config.with_file_name(FAULTS_FILE)).ok()?;
    match serde_json::from_slice(&text) {
        Ok(state) => Some(state),
        Err(error) => {
            tracing::error!(%error, "cannot read {FAULTS_FILE}: the node starts without faults");
            None
        }
    }
}

/// Waits until the process that a tied one belongs to is gone.
async fn orphaned(tied: bool) {
    if !tied {
        return std::future::pending().await;
    }
    let (ended, wait) = tokio::sync::oneshot::channel();
    // A thread, since a read of standard input cannot be given up; it ends with the process.
    std::thread::spawn(move || {
        let mut sink = [0; 64];
        while std::io::stdin().read(&mut sink).is_ok_and(|read| read > 0) {}
        let _ = ended.send(());
    });
    let _ = wait.await;
}

/// SIGTERM and Ctrl-C, taken over from their default action for as long as the process lives.
#[derive(Debug)]
pub struct EndSignals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl EndSignals {
    /// Takes the signals over. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The operating system's.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Takes the signals over. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The operating system's.
    #[cfg(windows)]
    pub fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    /// Waits for the next one; one that came since the last call, while nobody waited, counts.
    ///
    /// # Cancellation
    /// Cancel safe.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}
