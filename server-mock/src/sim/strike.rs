//! Faults begin and end.

use super::cluster::{Due, Event, MILLISECOND, SimCluster};
use super::coordinator::nanoseconds;
use super::fault::SimFault;
use crate::Disk;

/// How long a process takes to start.
const START: u64 = 300 * MILLISECOND;

impl SimCluster {
    pub(super) fn strike(&mut self, fault: SimFault) {
        self.record.count(fault.kind());
        self.record.tell(self.now, || format!("fault: {fault:?}"));
        match fault {
            SimFault::Partition { side } => {
                for from in 0..self.processes.len() {
                    for to in 0..self.processes.len() {
                        if side.contains(&from) != side.contains(&to) {
                            self.links.cut(from, to);
                        }
                    }
                }
                self.look_after_leader();
            }
            SimFault::OneWay { from, to } => {
                self.links.cut(from, to);
                self.look_after_leader();
            }
            SimFault::Slow { from, to, extra } => self.links.slow(from, to, nanoseconds(extra)),
            SimFault::Crash { process, restart_after } => self.crash(process, restart_after.map(nanoseconds)),
            SimFault::Pause { process, resume_after } => {
                self.processes[process].paused = true;
                if let Some(after) = resume_after {
                    self.later(nanoseconds(after), Event::Resume { process });
                }
                self.look_after_leader();
            }
            SimFault::SlowDisk { node, disk, extra } => {
                let there = &mut self.nodes[node].disk;
                match disk {
                    Disk::Shards => there.shards_slow = nanoseconds(extra),
                    Disk::Handoff => there.handoff_slow = nanoseconds(extra),
                    Disk::Raft => {}
                }
            }
            SimFault::DiskFull { node, disk } => {
                let there = &mut self.nodes[node].disk;
                match disk {
                    Disk::Shards => there.shards_full = true,
                    Disk::Handoff => there.handoff_full = true,
                    Disk::Raft => {}
                }
            }
            SimFault::HandoffFull { node } => self.nodes[node].handoff_full = true,
            SimFault::HandoffBlocked { node } => self.nodes[node].handoff_blocked = true,
            SimFault::LeaderChange => self.step_down(),
            SimFault::RefuseClients { node } => {
                self.nodes[node].refuses_clients = true;
                self.lose_all(node);
            }
            SimFault::CutClients { node } => self.nodes[node].clients_cut = true,
            SimFault::Requests { node, times, loss } => self.incoming.lose_requests(node, times, loss),
            SimFault::Replies { node, times, loss } => self.incoming.lose_replies(node, times, loss),
            SimFault::ClockSkew { node, ahead } => self.nodes[node].clock_ahead = ahead,
        }
    }

    /// A process is killed: what it remembered is lost, what was on its disks stays.
    fn crash(&mut self, process: usize, restart_after: Option<u64>) {
        if self.processes[process].down {
            return;
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
        for (from, to, due) in std::mem::take(&mut self.parked) {
            let delay = self.between(100, 5_000) + self.links.extra(from, to);
            self.agenda.put(self.now + delay, due);
        }
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
