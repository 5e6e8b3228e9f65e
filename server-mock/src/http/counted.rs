//! Counting requests.

use std::time::Instant;

use http::StatusCode;

use super::route::Endpoint;
use crate::stats::{During, Http};

/// A request under way.
#[derive(Debug)]
pub(super) struct Counted<'a> {
    stats: &'a Http,
    endpoint: Endpoint,
    begun: Instant,
    _active: During<'a>,
    _active_write: Option<During<'a>>,
}

impl<'a> Counted<'a> {
    /// A request of a known endpoint begins.
    pub(super) fn begin(stats: &'a Http, endpoint: Endpoint) -> Self {
        stats.req.inc();
        let mut writes = None;
        match endpoint {
            Endpoint::Ping => stats.ping_req.inc(),
            Endpoint::Status => stats.status_req.inc(),
            Endpoint::Query => stats.query_req.inc(),
            Endpoint::Write | Endpoint::WriteV2 => {
                stats.write_req.inc();
                writes = Some(stats.write_req_active.during());
            }
            Endpoint::PrometheusWrite => stats.prom_write_req.inc(),
            Endpoint::PrometheusRead => stats.prom_read_req.inc(),
            Endpoint::Flux => stats.flux_query_req.inc(),
            Endpoint::Health | Endpoint::DebugVars | Endpoint::Metrics | Endpoint::Options => {}
        }
        let active = stats.req_active.during();
        Self { stats, endpoint, begun: Instant::now(), _active: active, _active_write: writes }
    }

    /// It was answered; the body of an answer to a query may still be on its way.
    pub(super) fn end(self, status: StatusCode) {
        let took = i64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(i64::MAX);
        self.stats.req_duration.add(took);
        match self.endpoint {
            Endpoint::Query => self.stats.query_req_duration.add(took),
            Endpoint::Write | Endpoint::WriteV2 => self.stats.write_req_duration.add(took),
            Endpoint::Ping
            | Endpoint::Status
            | Endpoint::Health
            | Endpoint::DebugVars
            | Endpoint::Metrics
            | Endpoint::Flux
            | Endpoint::PrometheusWrite
            | Endpoint::PrometheusRead
            | Endpoint::Options => {}
        }
        if status.is_client_error() {
            self.stats.client_error.inc();
        } else if status.is_server_error() {
            self.stats.server_error.inc();
        }
        if status == StatusCode::UNAUTHORIZED {
            self.stats.auth_fail.inc();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_where_it_belongs() {
        let stats = Http::default();
        let counted = Counted::begin(&stats, Endpoint::Write);
        assert_eq!((stats.req_active.get(), stats.write_req_active.get()), (1, 1));
        counted.end(StatusCode::NOT_FOUND);
        assert_eq!((stats.req_active.get(), stats.write_req_active.get()), (0, 0));
        assert_eq!((stats.req.get(), stats.write_req.get(), stats.client_error.get()), (1, 1, 1));
        assert_eq!((stats.query_req.get(), stats.server_error.get(), stats.auth_fail.get()), (0, 0, 0));
    }
}
