//! Signals to the processes of nodes, and what became of them.

use super::{ClusterError, NodeState};

/// What is done to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGKILL: nothing is saved or said.
    Kill,
    /// SIGSTOP
    Pause,
    /// SIGCONT
    Resume,
    /// SIGTERM
    End,
}

#[cfg(unix)]
pub(super) fn send(pid: u32, signal: Signal) -> Result<(), ClusterError> {
    use rustix::process::{Pid, Signal as Raw, kill_process};
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return Ok(()) };
    let raw = match signal {
        Signal::Kill => Raw::KILL,
        Signal::Pause => Raw::STOP,
        Signal::Resume => Raw::CONT,
        Signal::End => Raw::TERM,
    };
    match kill_process(pid, raw) {
        // Gone already.
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(ClusterError::Io { what: format!("signal to process {pid:?}"), why: error.into() }),
    }
}

#[cfg(not(unix))]
pub(super) fn send(_: u32, _: Signal) -> Result<(), ClusterError> {
    Err(ClusterError::Unsupported("sending signals to nodes"))
}

/// Whether the process runs *and* is the node with this configuration file: a process id may have been given to
/// another program since.
#[cfg(target_os = "linux")]
pub(super) fn state(pid: u32, config: &std::path::Path) -> NodeState {
    use std::os::unix::ffi::OsStrExt;
    reap(pid);
    let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return NodeState::Dead };
    // `pid (name) state parent …`, and the name may hold anything.
    let fields: Vec<&str> =
        status.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    match fields.first() {
        None | Some(&"X") => return NodeState::Dead,
        // Its first thread has ended; until the others have, its sockets are open and take connections.
        Some(&"Z") if threads(pid) <= 1 => return NodeState::Dead,
        Some(&"Z") => return NodeState::Running,
        Some(_) => {}
    }
    // A process that ends gives up its memory, and its command line with it, before its sockets.
    let ending = fields.get(6).and_then(|flags| flags.parse::<u64>().ok()).is_some_and(|flags| flags & ENDING != 0);
    let Some(command) = command_line(pid, ending) else { return NodeState::Dead };
    let wanted = config.as_os_str().as_bytes();
    let ours = command.split(|byte| *byte == 0).any(|argument| argument == wanted) || (command.is_empty() && ending);
    match fields.first() {
        _ if !ours => NodeState::Dead,
        Some(&("T" | "t")) => NodeState::Paused,
        _ => NodeState::Running,
    }
}

/// One that has just been started has none yet: the parent goes on when the child's new memory is there, a moment before
/// its arguments are.
#[cfg(target_os = "linux")]
fn command_line(pid: u32, ending: bool) -> Option<Vec<u8>> {
    const LOOKS: usize = 50;
    const PAUSE: std::time::Duration = std::time::Duration::from_micros(200);
    let read = || std::fs::read(format!("/proc/{pid}/cmdline")).ok();
    let mut command = read()?;
    for _ in 0..LOOKS {
        if !command.is_empty() || ending {
            break;
        }
        std::thread::sleep(PAUSE);
        command = read()?;
    }
    Some(command)
}

/// The flag by which Linux marks a process on its way out (`PF_EXITING`).
#[cfg(target_os = "linux")]
const ENDING: u64 = 4;

#[cfg(target_os = "linux")]
fn threads(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count)
}

#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn state(pid: u32, _: &std::path::Path) -> NodeState {
    use rustix::process::{Pid, test_kill_process};
    reap(pid);
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    if pid.is_some_and(|pid| test_kill_process(pid).is_ok()) { NodeState::Running } else { NodeState::Dead }
}

#[cfg(not(unix))]
pub(super) fn state(_: u32, _: &std::path::Path) -> NodeState {
    NodeState::Running
}

/// Lets the system forget a child of ours that has ended; it would count as a process for ever.
#[cfg(unix)]
fn reap(pid: u32) {
    use rustix::process::{Pid, WaitOptions, waitpid};
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = waitpid(Some(pid), WaitOptions::NOHANG);
    }
}
