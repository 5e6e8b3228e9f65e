//! Puts faults into effect in a cluster inside this process.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::fault::{Board, Fault, FaultError, Faults, Member};

/// How long listeners may take to open or close. They are on threads of their own, so that waiting for them here, in a
/// test's own thread, holds nothing up.
const LISTENERS_LIMIT: Duration = Duration::from_millis(250);

/// The faults of a whole cluster and the nodes they apply to; shared by the cluster and its nodes.
#[derive(Debug)]
pub(super) struct Injector {
    board: Mutex<Board>,
    nodes: Vec<(Member, Faults)>,
}

impl Injector {
    pub(super) fn new(nodes: Vec<(Member, Faults)>) -> Arc<Self> {
        Arc::new(Self { board: Mutex::default(), nodes })
    }

    /// Adds a fault.
    pub(super) fn add(&self, fault: &Fault) -> Result<(), FaultError> {
        let members: Vec<Member> = self.nodes.iter().map(|(member, _)| member.clone()).collect();
        self.change(|board| board.add(fault, &members))
    }

    /// Ends the partition, and only that.
    pub(super) fn rejoin(&self) {
        self.change(|board| board.partition.clear());
    }

    /// Ends everything.
    pub(super) fn heal(&self) {
        self.change(Board::clear);
    }

    /// What is in force; of counted replies, how often they still apply.
    pub(super) fn list(&self) -> Vec<Fault> {
        let mut board = self.board().clone();
        for (member, faults) in &self.nodes {
            board.keep_replies(&member.name, &faults.state().node.replies);
        }
        board.list()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Board) -> T) -> T {
        let mut board = self.board();
        let result = change(&mut board);
        for (member, faults) in &self.nodes {
            faults.set(board.of(&member.name));
        }
        // A paused node opens and closes nothing, so there has to be an end to it.
        let deadline = Instant::now() + LISTENERS_LIMIT;
        while Instant::now() < deadline && !self.nodes.iter().all(|(_, faults)| faults.network().listeners_comply()) {
            std::thread::sleep(Duration::from_millis(1));
        }
        result
    }

    fn board(&self) -> std::sync::MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
