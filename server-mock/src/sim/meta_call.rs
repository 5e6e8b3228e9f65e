//! A data node's way to have the metadata changed: the real servers' loop of attempts.

use http::StatusCode;

use super::cluster::{Event, MILLISECOND, SimCluster};
use crate::core::meta::Command;
use crate::meta::{MetaClientConfig, MetaError};

/// How long a connection to a meta node may take to open.
const DIAL: u64 = 30_000 * MILLISECOND;

/// What a meta node says to a command.
#[derive(Clone, Debug)]
pub(super) enum MetaWord {
    /// It was applied at this index, or had been before.
    Applied(u64),
    /// Another meta node leads.
    Redirect(usize),
    /// It was not carried out, as far as that one knows.
    Failed(MetaError),
}

/// A command that a data node wants carried out.
#[derive(Debug)]
pub(super) struct MetaCall {
    node: usize,
    write: u64,
    command: Command,
    /// From 1.
    attempt: u32,
    /// Where the next attempt goes.
    server: usize,
    /// The index that the node's own copy has to reach.
    reach: Option<u64>,
    /// Whether it has, and what the node goes by has to reach it too (0.10).
    sight: Option<u64>,
}

impl SimCluster {
    /// Has a command carried out for a write.
    pub(super) fn execute(&mut self, node: usize, write: u64, command: Command) {
        let call = self.id();
        if self.nodes[node].meta.answer(&command, self.profile()).is_some() {
            // The metadata have it already: the next step will tell what is missing.
            return self.go_on(write);
        }
        self.meta_calls
            .insert(call, MetaCall { node, write, command, attempt: 1, server: 0, reach: None, sight: None });
        self.ask_meta(call);
    }

    /// One attempt.
    pub(super) fn ask_meta(&mut self, call: u64) {
        let count = self.options.meta_nodes;
        let Some(MetaCall { node, attempt, server, .. }) = self.meta_calls.get_mut(&call) else { return };
        let (node, attempt, at) = (*node, *attempt, *server);
        *server = (at + 1) % count;
        self.ask_server(call, attempt, node, at);
    }

    fn ask_server(&mut self, call: u64, attempt: u32, node: usize, server: usize) {
        let process = self.group.process(server);
        if self.links.is_cut(node, process) {
            self.within(node, DIAL, Event::MetaDial { call, attempt });
        }
        self.send(node, process, Event::MetaAsk { call, attempt, server });
    }

    /// A command is here at a meta node.
    pub(super) fn meta_asked(&mut self, call: u64, attempt: u32, server: usize) {
        let Some(one) = self.meta_calls.get(&call).filter(|one| one.attempt == attempt) else { return };
        let (node, command) = (one.node, one.command.clone());
        let process = self.group.process(server);
        let word = match self.group.leader() {
            Some(leader) if leader == server => return self.lead(call, attempt, node, command),
            Some(leader) => {
                let leader_process = self.group.process(leader);
                let knows = !self.links.is_cut(leader_process, process);
                if knows {
                    MetaWord::Redirect(leader)
                } else {
                    MetaWord::Failed(MetaError::Status(StatusCode::SERVICE_UNAVAILABLE))
                }
            }
            None => MetaWord::Failed(MetaError::Status(StatusCode::SERVICE_UNAVAILABLE)),
        };
        self.send(process, node, Event::MetaAnswer { call, attempt, word });
    }

    /// Nobody listens there.
    pub(super) fn meta_refused(&mut self, call: u64, attempt: u32, server: usize) {
        let Some(one) = self.meta_calls.get(&call) else { return };
        let node = one.node;
        let word = MetaWord::Failed(self.unreachable(server, "connect: connection refused"));
        let process = self.group.process(server);
        self.send(process, node, Event::MetaAnswer { call, attempt, word });
    }

    /// The meta node that had a command died.
    pub(super) fn meta_refused_later(&mut self, call: u64, attempt: u32, server: usize) {
        let Some(one) = self.meta_calls.get(&call) else { return };
        let node = one.node;
        let address = self.group.http_address(server);
        let word = MetaWord::Failed(MetaError::Unreachable { address, cause: "EOF".to_owned() });
        self.within(node, MILLISECOND, Event::MetaAnswer { call, attempt, word });
    }

    fn unreachable(&self, server: usize, why: &str) -> MetaError {
        let address = self.group.http_address(server);
        MetaError::Unreachable { cause: format!("dial tcp {address}: {why}"), address }
    }

    pub(super) fn meta_dial_timed_out(&mut self, call: u64, attempt: u32) {
        let count = self.options.meta_nodes;
        let Some(one) = self.meta_calls.get(&call).filter(|one| one.attempt == attempt) else { return };
        let server = (one.server + count - 1) % count;
        let (node, process) = (one.node, self.group.process(server));
        // Healed meanwhile: the request is on its way.
        if self.links.is_cut(node, process) {
            let error = self.unreachable(server, "i/o timeout");
            self.attempt_failed(call, error);
        }
    }

    pub(super) fn meta_answered(&mut self, call: u64, attempt: u32, word: MetaWord) {
        let Some(one) = self.meta_calls.get_mut(&call).filter(|one| one.attempt == attempt) else { return };
        let node = one.node;
        match word {
            MetaWord::Applied(index) => {
                one.reach = Some(index);
                self.metadata_reached(node);
            }
            MetaWord::Redirect(leader) => self.ask_server(call, attempt, node, leader),
            MetaWord::Failed(error) => self.attempt_failed(call, error),
        }
    }

    fn attempt_failed(&mut self, call: u64, error: MetaError) {
        let profile = self.profile();
        let config = MetaClientConfig::new(Vec::new(), profile);
        let Some(one) = self.meta_calls.get_mut(&call) else { return };
        if error.ends_attempts(profile) || config.attempts <= one.attempt {
            let write = one.write;
            self.meta_calls.remove(&call);
            return self.meta_failed(write, error.to_string());
        }
        one.attempt += 1;
        let node = one.node;
        let pause = super::coordinator::nanoseconds(config.retry_pause);
        self.within(node, pause, Event::MetaRetry { call });
    }

    /// A node's copy is newer: whoever waits for that goes on.
    pub(super) fn metadata_reached(&mut self, node: usize) {
        let (copy, sight) = (self.nodes[node].meta.index, self.nodes[node].sight.index);
        let mut ready = Vec::new();
        for (id, call) in &mut self.meta_calls {
            if call.node != node {
                continue;
            }
            if call.reach.is_some_and(|index| index <= copy) && call.sight.is_none() {
                call.sight = Some(copy);
            }
            if call.sight.is_some_and(|index| index <= sight) {
                ready.push((*id, call.write));
            }
        }
        for (id, write) in ready {
            self.meta_calls.remove(&id);
            self.go_on(write);
        }
    }

    /// A data node ended.
    pub(super) fn meta_calls_died(&mut self, node: usize) {
        self.meta_calls.retain(|_, call| call.node != node);
    }
}
