//! Whether a process runs.

use super::cluster::Event;

/// A process: a data node or a meta node.
#[derive(Debug, Default)]
pub(super) struct Process {
    pub(super) down: bool,
    pub(super) paused: bool,
    /// How often it was started again.
    pub(super) life: u32,
    /// What came while it was frozen, in order.
    pub(super) backlog: Vec<(Option<u32>, Event)>,
}

impl Process {
    /// Whether it answers.
    pub(super) fn is_live(&self) -> bool {
        !self.down && !self.paused
    }
}
