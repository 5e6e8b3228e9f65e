//! Faults begin and end.

use super::cluster::{Due, Event, MILLISECOND, SimCluster};
use super::coordinator::nanoseconds;
use super::fault::{DataDisk, SimFault};

/// How long a process takes to start.
const START: u64 = 300 * MILLISECOND;

impl SimCluster {
    pub(super) fn strike(&mut self, fault: SimFault) {
        self.record.tell(self.now, || format!("fault: {fault:?}"));
        let kind = fault.kind();
        if self.takes_effect(fault) {
            self.record.count(kind);
        }
    }

    /// Does what a fault does; whether that changed anything. What happens to requests and answers is counted when it does.
    fn takes_effect(&mut self, fault: SimFault) -> bool {
        match fault {
            SimFault::Partition { side } => {
                let mut any = false;
                for (from, to) in self.between_sides(&side) {
                    any |= self.links.cut(from, to);
                }
                self.look_after_leader();
                any
            }
            SimFault::OneWay { from, to } => {
                let new = self.links.cut(from, to);
                self.look_after_leader();
                new
            }
            SimFault::Slow { from, to, extra } => {
                self.links.slow(from, to, nanoseconds(extra));
                true
            }
            SimFault::Crash { process, restart_after } => self.crash(process, restart_after.map(nanoseconds)),
            SimFault::Pause { process, resume_after } => {
                let there = &mut self.processes[process];
                // What does not run cannot be frozen.
                if there.down || std::mem::replace(&mut there.paused, true) {
                    return false;
                }
                if let Some(after) = resume_after {
                    self.later(nanoseconds(after), Event::Resume { process });
                }
                self.look_after_leader();
                true
            }
            SimFault::SlowDisk { node, disk, extra } => {
                let there = &mut self.nodes[node].disk;
                match disk {
                    DataDisk::Shards => there.shards_slow = nanoseconds(extra),
                    DataDisk::Handoff => there.handoff_slow = nanoseconds(extra),
                }
                true
            }
            SimFault::DiskFull { node, disk } => {
                let there = &mut self.nodes[node].disk;
                set(match disk {
                    DataDisk::Shards => &mut there.shards_full,
                    DataDisk::Handoff => &mut there.handoff_full,
                })
            }
            SimFault::HandoffFull { node } => set(&mut self.nodes[node].handoff_full),
            SimFault::HandoffBlocked { node } => set(&mut self.nodes[node].handoff_blocked),
            SimFault::LeaderChange => self.step_down(),
            SimFault::RefuseClients { node } => {
                let new = set(&mut self.nodes[node].refuses_clients);
                self.lose_all(node);
                new
            }
            SimFault::CutClients { node } => set(&mut self.nodes[node].clients_cut),
            SimFault::Requests { node, times, loss } => {
                self.incoming.lose_requests(node, times, loss);
                false
            }
            SimFault::Replies { node, times, loss } => {
                self.incoming.lose_replies(node, times, loss);
                false
            }
            SimFault::ClockSkew { node, ahead } => {
                self.nodes[node].clock_ahead = ahead;
                ahead != 0
            }
        }
    }

    /// One fault ends, while others may go on.
    pub(super) fn end_fault(&mut self, fault: &SimFault) {
        self.record.tell(self.now, || format!("fault ends: {fault:?}"));
        match fault {
            SimFault::Partition { side } => {
                for (from, to) in self.between_sides(side) {
                    self.links.mend(from, to);
                }
                self.links_opened();
            }
            SimFault::OneWay { from, to } => {
                self.links.mend(*from, *to);
                self.links_opened();
            }
            SimFault::Slow { from, to, extra } => self.links.quicken(*from, *to, nanoseconds(*extra)),
            SimFault::Crash { process, .. } => {
                let life = self.processes[*process].life;
                self.restart(*process, life);
            }
            SimFault::Pause { process, .. } => self.resume(*process),
            SimFault::SlowDisk { node, disk, .. } => match disk {
                DataDisk::Shards => self.nodes[*node].disk.shards_slow = 0,
                DataDisk::Handoff => self.nodes[*node].disk.handoff_slow = 0,
            },
            SimFault::DiskFull { node, disk } => match disk {
                DataDisk::Shards => self.nodes[*node].disk.shards_full = false,
                DataDisk::Handoff => self.nodes[*node].disk.handoff_full = false,
            },
            SimFault::HandoffFull { node } => self.nodes[*node].handoff_full = false,
            SimFault::HandoffBlocked { node } => self.nodes[*node].handoff_blocked = false,
            SimFault::RefuseClients { node } => self.nodes[*node].refuses_clients = false,
            SimFault::CutClients { node } => {
                self.nodes[*node].clients_cut = false;
                self.reach_clients(*node);
            }
            SimFault::ClockSkew { node, .. } => self.nodes[*node].clock_ahead = 0,
            SimFault::LeaderChange | SimFault::Requests { .. } | SimFault::Replies { .. } => {}
        }
    }

    /// The directions of all links between one side and the other.
    fn between_sides(&self, side: &[usize]) -> Vec<(usize, usize)> {
        let all = 0..self.processes.len();
        let pairs = all.clone().flat_map(|from| all.clone().map(move |to| (from, to)));
        pairs.filter(|(from, to)| side.contains(from) != side.contains(to)).collect()
    }

    /// Some links are open again: what waited in them passes, and the metadata with it.
    fn links_opened(&mut self) {
        let parked = std::mem::take(&mut self.parked);
        let (still, passes): (Vec<_>, Vec<_>) =
            parked.into_iter().partition(|(from, to, _)| self.links.is_cut(*from, *to));
        self.parked = still;
        for (from, to, due) in passes {
            let delay = self.between(100, 5_000) + self.links.extra(from, to);
            self.agenda.put(self.now + delay, due);
        }
        self.look_after_leader();
        self.spread();
    }

    /// A process is killed: what it remembered is lost, what was on its disks stays.
    fn crash(&mut self, process: usize, restart_after: Option<u64>) -> bool {
        if self.processes[process].down {
            return false;
        }
        let there = &mut self.processes[process];
        there.down = true;
        there.paused = false;
        there.life += 1;
        let (life, backlog) = (there.life, std::mem::take(&mut there.backlog));
        if process < self.nodes.len() {
            self.lose_all(process);
            self.writes_died(process);
            self.meta_calls_died(process);
        }
        self.calls_died(process);
        for (of, event) in backlog {
            // What had come and was not read is reset.
            if let Some(of) = of {
                self.agenda.put(self.now, Due { at: Some((process, of)), event });
            }
        }
        self.links.forget(process);
        if let Some(after) = restart_after {
            self.later(after, Event::Restart { process, life });
        }
        if process >= self.nodes.len() && self.group.leader().map(|leader| self.group.process(leader)) == Some(process)
        {
            self.step_down();
        }
        self.look_after_leader();
        true
    }

    /// A killed process starts again, once it can.
    pub(super) fn restart(&mut self, process: usize, life: u32) {
        let there = &self.processes[process];
        if !there.down || there.life != life {
            return;
        }
        if process < self.nodes.len() {
            // A data node opens its ports when a leader has told it the metadata.
            let reaches = |leader: usize| {
                let leader = self.group.process(leader);
                !self.links.is_cut(process, leader) && !self.links.is_cut(leader, process)
            };
            if !self.group.leader().is_some_and(reaches) {
                return self.later(START, Event::Restart { process, life });
            }
            let data = self.group.data();
            let node = &mut self.nodes[process];
            node.meta = data.clone();
            node.sight = data;
        }
        self.processes[process].down = false;
        self.record.tell(self.now, || format!("process {process} is back"));
        if process < self.nodes.len() {
            self.wake_all(process);
        }
        self.look_after_leader();
    }

    pub(super) fn resume(&mut self, process: usize) {
        if !std::mem::replace(&mut self.processes[process].paused, false) {
            return;
        }
        self.record.tell(self.now, || format!("process {process} goes on"));
        for (life, event) in std::mem::take(&mut self.processes[process].backlog) {
            self.agenda.put(self.now, Due { at: life.map(|life| (process, life)), event });
        }
        self.look_after_leader();
        self.spread();
    }

    /// All faults end.
    pub(super) fn heal(&mut self) {
        self.record.tell(self.now, || "heal".to_owned());
        self.links.heal();
        self.incoming.heal();
        self.links_opened();
        for node in 0..self.nodes.len() {
            let there = &mut self.nodes[node];
            there.disk = Default::default();
            there.handoff_full = false;
            there.handoff_blocked = false;
            there.refuses_clients = false;
            there.clients_cut = false;
            there.clock_ahead = 0;
            self.reach_clients(node);
        }
        for process in 0..self.processes.len() {
            self.resume(process);
            let life = self.processes[process].life;
            if self.processes[process].down {
                self.later(START, Event::Restart { process, life });
            }
        }
        self.look_after_leader();
        self.spread();
    }
}

/// Sets a flag; whether it was not set.
fn set(flag: &mut bool) -> bool {
    !std::mem::replace(flag, true)
}
