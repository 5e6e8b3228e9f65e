//! Faults that end by themselves.
//!
//! Each order has a process of its own that waits for its end, so that it ends also if the command that gave it was
//! killed, and it is in the cluster's file before its fault is in force. That process and every later command end what is
//! due.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::events::{Event, now_millis};
use super::signal::{self, Signal};
use super::state::{State, io_error};
use super::{ClusterError, NodeState, ProcessCluster};
use crate::fault::{Board, Fault};

/// How a process is started that ends faults when their time has come: it must call [`ProcessCluster::wait_for_order`].
#[derive(Clone, Debug)]
pub struct TimerCommand {
    /// The program.
    pub executable: PathBuf,
    /// What stands before `FILE ORDER` on its command line: the cluster's file and the number of the order.
    pub arguments: Vec<String>,
}

/// A fault that ends by itself, as it is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// The number of the order that it is part of.
    pub order: u64,
    /// When it ends, in milliseconds since 1970.
    pub until: u64,
    /// The fault; `None` where the end is that of a stopped node.
    pub fault: Option<Fault>,
    /// The node that is started again or resumed then, where it is one.
    pub node: Option<String>,
}

impl Pending {
    /// How long it is in force yet.
    #[must_use]
    pub fn left(&self) -> Duration {
        Duration::from_millis(self.until.saturating_sub(now_millis()))
    }
}

/// What ends by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Timer {
    pub(super) order: u64,
    /// In milliseconds since 1970.
    pub(super) until: u64,
    pub(super) end: End,
    /// The process that waits for it.
    pub(super) pid: Option<u32>,
}

/// How it ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum End {
    /// The faults of the order are over.
    Faults,
    /// These nodes are started again, if they are dead.
    Restart(Vec<String>),
    /// These nodes are resumed, if they are paused.
    Resume(Vec<String>),
}

/// Between two looks at whether an order still stands.
const LOOK: Duration = Duration::from_millis(200);

impl ProcessCluster {
    /// Notes an order that ends by itself and starts the process that ends it. To be called alone, before the state is
    /// saved: the process waits for that, and finds nothing if it never comes.
    pub(super) fn start_timer(
        &mut self,
        end: End,
        lasting: Duration,
        command: &TimerCommand,
    ) -> Result<u64, ClusterError> {
        let order = self.state.next_order;
        let mut arguments: Vec<OsString> = command.arguments.iter().map(OsString::from).collect();
        arguments.extend([State::path(&self.dir).into(), order.to_string().into()]);
        let mut process = Command::new(&command.executable);
        process.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut process, 0);
        let child = process.spawn().map_err(io_error(format!("starting {}", command.executable.display())))?;
        let lasting = u64::try_from(lasting.as_millis()).unwrap_or(u64::MAX);
        let until = now_millis().saturating_add(lasting);
        self.state.next_order += 1;
        self.state.timers.push(Timer { order, until, end, pid: Some(child.id()) });
        self.children.push(child);
        Ok(order)
    }

    /// Takes nodes out of what is to be done to them later: somebody did something else to them by hand.
    pub(super) fn strike_out(&mut self, name: &str) {
        self.state.timers.retain_mut(|timer| match &mut timer.end {
            End::Faults => true,
            End::Restart(names) | End::Resume(names) => {
                names.retain(|other| other != name);
                !names.is_empty()
            }
        });
    }

    /// Forgets orders of whose faults none is left.
    pub(super) fn drop_idle_timers(&mut self) {
        let state = &mut self.state;
        let standing: Vec<u64> = state.faults.timed().map(|(order, _)| order).collect();
        state.timers.retain(|timer| timer.end != End::Faults || standing.contains(&timer.order));
    }

    /// What of these faults ends by itself, and which nodes run again then.
    pub(super) fn pending_on(&self, board: &Board) -> Vec<Pending> {
        let mut pending = Vec::new();
        for timer in &self.state.timers {
            let of = |fault, node| Pending { order: timer.order, until: timer.until, fault, node };
            match &timer.end {
                End::Faults => {
                    let faults = board.timed().filter(|(order, _)| *order == timer.order);
                    pending.extend(faults.map(|(_, fault)| of(Some(fault.clone()), None)));
                }
                End::Restart(names) | End::Resume(names) => {
                    pending.extend(names.iter().map(|name| of(None, Some(name.clone()))));
                }
            }
        }
        pending
    }

    /// Waits for the end of an order and ends its faults; returns as soon as the order or the cluster is gone.
    ///
    /// # Errors
    /// [`ClusterError`] when a running node does not take the change.
    pub async fn wait_for_order(&mut self, order: u64) -> Result<(), ClusterError> {
        // The order may be in the making.
        drop(self.alone().await?);
        loop {
            let state = State::load(&self.dir)?;
            let Some(timer) = state.timers.iter().find(|timer| timer.order == order) else { return Ok(()) };
            match timer.until.checked_sub(now_millis()).filter(|left| *left > 0) {
                Some(left) => tokio::time::sleep(LOOK.min(Duration::from_millis(left))).await,
                None => return self.end_due().await,
            }
        }
    }

    /// Ends what is due; a node that a process should have ended long ago, and did not, is not left as it is.
    ///
    /// # Errors
    /// [`ClusterError`] when a running node does not take the change.
    pub async fn end_due(&mut self) -> Result<(), ClusterError> {
        let due = |timer: &Timer| timer.until <= now_millis();
        if !self.state.timers.iter().any(due) {
            return Ok(());
        }
        let _alone = self.alone().await?;
        let (over, rest): (Vec<Timer>, Vec<Timer>) = std::mem::take(&mut self.state.timers).into_iter().partition(due);
        self.state.timers = rest;
        let mut resumed = Vec::new();
        let mut events = Vec::new();
        let mut changed = false;
        for timer in over {
            let mut ended = Vec::new();
            match timer.end {
                End::Faults => {
                    let faults = self.state.faults.end(timer.order);
                    changed |= !faults.is_empty();
                    ended.extend(faults.iter().map(|fault| match fault.node() {
                        Some(node) => format!("{node}: {fault}"),
                        None => fault.to_string(),
                    }));
                }
                End::Restart(names) => {
                    for name in names {
                        let position = self.position(&name)?;
                        if self.state_at(position) == NodeState::Dead {
                            self.spawn(position)?;
                            ended.push(format!("{name}: killed"));
                        }
                    }
                }
                End::Resume(names) => {
                    for name in names {
                        let position = self.position(&name)?;
                        if self.state_at(position) == NodeState::Paused {
                            self.signal(position, Signal::Resume)?;
                            resumed.push(position);
                            ended.push(format!("{name}: paused"));
                        }
                    }
                }
            }
            events.push(Event::of("heal").with("order", timer.order).with("cause", "time").with("ended", ended));
        }
        self.state.save(&self.dir)?;
        for event in events {
            self.note(event);
        }
        let this = &*self;
        let told = futures::future::join_all(resumed.into_iter().map(|position| async move {
            this.wait_for(position, NodeState::Running).await?;
            this.send_names(position).await?;
            this.send_faults(position).await
        }));
        told.await.into_iter().collect::<Result<(), _>>()?;
        if changed { self.apply_faults().await } else { Ok(()) }
    }

    /// Ends the processes that wait for the ends of orders.
    pub(super) fn end_timers(&self) {
        let file = State::path(&self.dir);
        for pid in self.state.timers.iter().filter_map(|timer| timer.pid) {
            // One that is not to be ended finds its cluster gone, and ends by itself.
            if signal::state(pid, &file) != NodeState::Dead
                && let Err(error) = signal::send(pid, Signal::Kill)
            {
                tracing::warn!(%error, "cannot end a timer");
            }
        }
    }
}
