//! A node as a process of its own.

use std::io::Read;
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
    let end = told_to_end(tied);
    tokio::pin!(end);
    let node = tokio::select! {
        node = Node::start_on(&parsed, faults, super::NodeStorage::Disk) => node?,
        () = &mut end => return Ok(()),
    };
    tracing::info!(name = parsed.name, "node is up");
    end.await;
    let finished = tokio::select! {
        finished = node.shutdown(GRACE) => finished,
        () = asked_to_end() => false,
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

async fn told_to_end(tied: bool) {
    let orphaned = async {
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
    };
    tokio::select! {
        () = asked_to_end() => {}
        () = orphaned => {}
    }
}

/// Waits for SIGTERM or Ctrl-C. The first call takes the signals over from their default action, so that from then on
/// somebody has to wait for them.
///
/// # Cancellation
/// Cancel safe; a signal that arrives while nobody waits is lost.
#[cfg(unix)]
pub async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Waits for Ctrl-C. The first call takes it over from its default action, so that from then on somebody has to wait.
///
/// # Cancellation
/// Cancel safe; one that comes while nobody waits is lost.
#[cfg(not(unix))]
pub async fn asked_to_end() {
    let _ = tokio::signal::ctrl_c().await;
}
