//! Spans and events of a write for `tracing`. Without the feature of that name nothing of this is compiled.
//!
//! They hold counts, names and classes, never points, messages of servers (which quote points) or credentials.

#[cfg(feature = "tracing")]
pub(super) use on::*;

#[cfg(not(feature = "tracing"))]
pub(super) use off::*;

#[cfg(feature = "tracing")]
mod on {
    use std::time::Duration;

    use tracing::{Instrument as _, debug, debug_span};

    use crate::endpoint::Pick;
    use crate::write::request::Target;
    use crate::{Ack, Attempt, Batch, WriteError};

    /// The span of a whole call.
    pub(in crate::write) async fn call<F>(target: &Target, batch: &Batch, call: F) -> F::Output
    where
        F: Future<Output = Result<Ack, WriteError>>,
    {
        let span = debug_span!(
            "influx.write",
            database = &*target.database,
            level = target.level.as_str(),
            points = batch.points(),
            bytes = batch.bytes(),
        );
        let end = async {
            let end = call.await;
            match &end {
                Ok(ack) => debug!(level = ack.level().as_str(), attempts = ack.attempts().len(), "acknowledged"),
                Err(error) => debug!(
                    class = error.class().id(),
                    outcome = error.outcome().id(),
                    attempts = error.attempts().len(),
                    "failed"
                ),
            }
            end
        };
        end.instrument(span).await
    }

    /// The span of one request.
    pub(in crate::write) async fn attempt<F: Future>(
        number: usize,
        pick: &Pick,
        bytes: usize,
        attempt: F,
    ) -> F::Output {
        attempt.instrument(debug_span!("influx.attempt", endpoint = pick.endpoint.as_str(), number, bytes)).await
    }

    /// A request has ended.
    pub(in crate::write) fn answered(attempt: &Attempt) {
        debug!(
            class = attempt.class.id(),
            outcome = attempt.outcome.id(),
            status = attempt.status,
            sent = attempt.sent,
            elapsed = ?attempt.elapsed,
            request_id = attempt.request_id.as_deref(),
            endpoint = attempt.endpoint.as_str(),
            "answered"
        );
    }

    /// Its points are sent again.
    pub(in crate::write) fn retry(failed: &Attempt, wait: Duration) {
        debug!(class = failed.class.id(), ?wait, "sending again");
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use std::time::Duration;

    use crate::endpoint::Pick;
    use crate::write::request::Target;
    use crate::{Attempt, Batch};

    pub(in crate::write) fn call<F: Future>(_: &Target, _: &Batch, call: F) -> F {
        call
    }

    pub(in crate::write) fn attempt<F: Future>(_: usize, _: &Pick, _: usize, attempt: F) -> F {
        attempt
    }

    pub(in crate::write) const fn answered(_: &Attempt) {}

    pub(in crate::write) const fn retry(_: &Attempt, _: Duration) {}
}
