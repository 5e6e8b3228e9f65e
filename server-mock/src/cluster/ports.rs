//! Ports for nodes that come back to the same port after a kill.

use std::collections::HashSet;
use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// Below the range from which systems take the ports of outgoing connections: one of those could otherwise sit on the
/// port of a node that is dead for a moment.
const RANGE: std::ops::Range<u16> = 12_000..32_000;
const ATTEMPTS: usize = 500;

/// Finds free ports on loopback.
#[derive(Debug, Default)]
pub(super) struct Ports {
    given: HashSet<u16>,
}

impl Ports {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// The address of another free port.
    pub(super) fn next(&mut self) -> io::Result<String> {
        let mut last = io::ErrorKind::AddrInUse.into();
        for _ in 0..ATTEMPTS {
            let port = fastrand::u16(RANGE);
            if !self.given.insert(port) {
                continue;
            }
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                Ok(_) => return Ok(format!("127.0.0.1:{port}")),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}
