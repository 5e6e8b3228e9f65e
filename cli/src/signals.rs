//! SIGINT and SIGTERM: the first asks for an orderly end, the second is obeyed at once.

use std::io;

use tokio::sync::watch;

use crate::failure::Exit;

/// The number of SIGINT.
pub(crate) const INTERRUPT: u8 = 2;
/// The number of SIGTERM.
#[cfg(unix)]
pub(crate) const TERMINATE: u8 = 15;

/// Whether the process was asked to end.
#[derive(Clone, Debug)]
pub(crate) struct Signals {
    received: watch::Receiver<Option<u8>>,
}

/// What a second signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Second {
    /// Ends the process at once.
    Leaves,
    /// Nothing: the orderly end has its own limit, and leaving earlier would leave processes behind.
    Waits,
}

impl Signals {
    /// Takes the signals over from their default action. Call inside a tokio runtime.
    ///
    /// # Errors
    /// The handlers cannot be installed.
    pub(crate) fn listen(second: Second) -> io::Result<Self> {
        let (sender, received) = watch::channel(None);
        let mut next = Arrivals::new()?;
        tokio::spawn(async move {
            let first = next.arrival().await;
            // Without a receiver the command is over, and the process about to end.
            let _ = sender.send(Some(first));
            loop {
                let again = next.arrival().await;
                if second == Second::Leaves {
                    std::process::exit(i32::from(Exit::by_signal(again).0));
                }
            }
        });
        Ok(Self { received })
    }

    /// The signal that arrived, if one did.
    pub(crate) fn received(&self) -> Option<u8> {
        *self.received.borrow()
    }

    /// Waits until a signal arrives.
    ///
    /// # Cancellation
    /// Cancel safe: a signal stays noted.
    pub(crate) async fn arrived(&mut self) -> u8 {
        match self.received.wait_for(Option::is_some).await.map(|signal| *signal) {
            Ok(Some(signal)) => signal,
            // The sender lives in a task that never ends; if the runtime ends first, so does this wait.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

/// Each signal as it arrives.
#[cfg(unix)]
pub(crate) struct Arrivals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Arrivals {
    /// Takes the signals over from their default action. Call inside a tokio runtime.
    ///
    /// # Errors
    /// The handlers cannot be installed.
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next signal.
    ///
    /// # Cancellation
    /// Cancel safe: a signal that arrived meanwhile comes next.
    pub(crate) async fn arrival(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPT,
            _ = self.terminate.recv() => TERMINATE,
        }
    }
}

/// Each signal as it arrives.
#[cfg(not(unix))]
pub(crate) struct Arrivals;

#[cfg(not(unix))]
impl Arrivals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) async fn arrival(&mut self) -> u8 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        INTERRUPT
    }
}
