//! One request of a write, as it is told afterwards.

use std::fmt;
use std::time::Duration;

use crate::{Class, Endpoint, Outcome};

/// One request of a write.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Whom it was sent to.
    pub endpoint: Endpoint,
    /// When it began, counted from the begin of the call.
    pub started: Duration,
    /// How long it took.
    pub elapsed: Duration,
    /// How many points it held.
    pub points: usize,
    /// How many bytes of its body were taken to be sent; none means that nothing was.
    pub sent: u64,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The class of what came back.
    pub class: Class,
    /// What it told of its points.
    pub outcome: Outcome,
    /// The server's message, cut after 64 KiB.
    pub message: Option<Box<str>>,
    /// The id under which the server logged it.
    pub request_id: Option<Box<str>>,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} ms: {}", self.endpoint, self.started.as_millis(), self.class)?;
        self.status.map_or(Ok(()), |status| write!(f, " (status {status})"))
    }
}
