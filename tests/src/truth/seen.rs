//! What a client sent, request by request.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use influx_client::{Attempt, Observer};

use super::writers::Field;
use super::{Request, nanoseconds};

/// What the observer of a client saw: it counts requests, those of calls that were dropped as well, and keeps them if it
/// is to.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) field: Arc<Field>,
    /// When each began, and what it was.
    kept: Option<Mutex<Vec<(u64, Request)>>>,
}

impl Seen {
    pub(super) fn new(field: Arc<Field>, kept: Option<Mutex<Vec<(u64, Request)>>>) -> Self {
        Self { field, kept }
    }

    /// The requests that began in this time, which starts at `from`.
    pub(super) fn between(&self, from: u64, to: u64) -> Vec<Request> {
        let Some(kept) = &self.kept else { return Vec::new() };
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let within = kept.iter().filter(|(began, _)| (from..=to).contains(began));
        let mut within: Vec<Request> = within
            .map(|(began, request)| Request { started: Duration::from_nanos(began - from), ..request.clone() })
            .collect();
        within.sort_by_key(|request| request.started);
        within
    }
}

/// What the client has of it.
#[derive(Debug)]
pub(super) struct Sees(pub(super) Arc<Seen>);

impl Observer for Sees {
    fn attempt(&self, attempt: &Attempt) {
        let Seen { field, kept } = &*self.0;
        field.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(kept) = kept {
            let began = field.now().saturating_sub(nanoseconds(attempt.elapsed));
            let request = Request::of(attempt, |address| field.node(address));
            kept.lock().unwrap_or_else(PoisonError::into_inner).push((began, request));
        }
    }
}
