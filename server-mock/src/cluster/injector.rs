//! Puts faults into effect in a cluster inside this process.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::fault::{Board, Fault, FaultError, Faults, Member};

/// How long listeners may take to open or close. They are on threads of their own, so that waiting for them here, in a
/// test's own thread, holds nothing up.
const LISTENERS_LIMIT: Duration = Duration::from_secs(10);

/// The faults of a whole cluster and the nodes they apply to; shared by the cluster and its nodes.
#[derive(Debug, Default)]
pub(super) struct Injector {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    board: Board,
    nodes: Vec<(Member, Faults)>,
    /// Nodes that are paused, which open and close nothing.
    still: HashSet<String>,
}

impl Known {
    /// Waits until the listeners of all nodes that are not paused are as the faults want them.
    fn wait_for_listeners(&self) {
        let deadline = Instant::now() + LISTENERS_LIMIT;
        let awake = || self.nodes.iter().filter(|(member, _)| !self.still.contains(&member.name));
        while Instant::now() < deadline && !awake().all(|(_, faults)| faults.network().listeners_comply()) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Injector {
    /// Without faults and without nodes.
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Takes in a node, which is told from now on what is wrong with it.
    pub(super) fn admit(&self, member: Member, faults: Faults) {
        self.known().nodes.push((member, faults));
        // Of those that are cut off from all others it is one.
        self.change(|_, _| ());
    }

    /// Forgets a node and what was wrong with it and with its links.
    pub(super) fn dismiss(&self, name: &str) {
        self.known().nodes.retain(|(member, _)| member.name != name);
        self.change(|board, _| board.forget(name));
    }

    /// From now on a node is paused.
    pub(super) fn stands_still(&self, name: &str) {
        self.known().still.insert(name.to_owned());
    }

    /// A node is paused no longer: returns once its listeners are as the faults want them.
    pub(super) fn goes_on(&self, name: &str) {
        let mut known = self.known();
        if known.still.remove(name) {
            known.wait_for_listeners();
        }
    }

    /// Adds faults: all of them, or none where one of them cannot be.
    pub(super) fn add(&self, faults: &[Fault]) -> Result<(), FaultError> {
        self.change(|board, nodes| {
            let members: Vec<Member> = nodes.iter().map(|(member, _)| member.clone()).collect();
            let mut all = board.clone();
            faults.iter().try_for_each(|fault| all.add(fault, &members))?;
            *board = all;
            Ok(())
        })
    }

    /// Ends the partition, and only that.
    pub(super) fn rejoin(&self) {
        self.change(|board, _| board.partition.clear());
    }

    /// Ends everything.
    pub(super) fn heal(&self) {
        self.change(|board, _| board.clear());
    }

    /// Ends what is wrong with some nodes and with their links.
    pub(super) fn heal_nodes(&self, names: &[&str]) {
        self.change(|board, _| names.iter().for_each(|name| board.forget(name)));
    }

    /// What is in force; of counted replies, how often they still apply.
    pub(super) fn list(&self) -> Vec<Fault> {
        let known = self.known();
        let mut board = known.board.clone();
        for (member, faults) in &known.nodes {
            board.keep_replies(&member.name, &faults.state().node.replies);
        }
        board.list()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Board, &[(Member, Faults)]) -> T) -> T {
        let mut known = self.known();
        let Known { board, nodes, .. } = &mut *known;
        let result = change(board, nodes);
        for (member, faults) in &*nodes {
            faults.set(board.of(&member.name, nodes.iter().map(|(member, _)| member.name.as_str())));
        }
        known.wait_for_listeners();
        result
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
