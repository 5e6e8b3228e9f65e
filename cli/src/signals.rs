//! SIGINT, SIGTERM and SIGHUP: the first asks for an orderly end, the second is obeyed at once.

use std::io;

use tokio::sync::watch;

use crate::failure::Exit;

/// The number of SIGINT.
pub(crate) const INTERRUPT: u8 = 2;
/// The number of SIGTERM.
#[cfg(unix)]
pub(crate) const TERMINATE: u8 = 15;
/// The number of SIGHUP: the terminal is gone.
#[cfg(unix)]
const HANGUP: u8 = 1;

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
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Arrivals {
    /// Takes the signals over from their default action. Call inside a tokio runtime.
    ///
    /// # Errors
    /// The handlers cannot be installed.
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // What whoever started this had ignored stays so: `nohup`, and the background jobs of a script.
        let unless_ignored = |number, kind| if is_ignored(number) { Ok(None) } else { signal(kind).map(Some) };
        Ok(Self {
            interrupt: unless_ignored(INTERRUPT, SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: unless_ignored(HANGUP, SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal.
    ///
    /// # Cancellation
    /// Cancel safe: a signal that arrived meanwhile comes next.
    pub(crate) async fn arrival(&mut self) -> u8 {
        tokio::select! {
            () = received(&mut self.interrupt) => INTERRUPT,
            _ = self.terminate.recv() => TERMINATE,
            () = received(&mut self.hangup) => HANGUP,
        }
    }
}

/// Waits for a signal; for ever for one that is ignored.
#[cfg(unix)]
async fn received(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether the process was started with a signal ignored; where the system does not tell, it was not.
#[cfg(unix)]
fn is_ignored(number: u8) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> (number - 1) & 1 == 1)
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
