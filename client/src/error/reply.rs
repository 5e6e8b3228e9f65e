//! What a server answered, as the classifier reads it.

use std::time::Duration;

use super::ServerVersion;
use crate::ConsistencyLevel;

/// A server's reply to a write: the status, the body and the headers that carry meaning.
///
/// ```
/// use influx_client::Reply;
/// let reply = Reply::new(500, b"{\"error\":\"timeout\"}\n").version("1.8.11-c1.2.0", Some("OSS"));
/// ```
#[derive(Clone, Debug)]
pub struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
    pub(crate) complete: bool,
    pub(crate) error_header: Option<&'a [u8]>,
    pub(crate) version: Option<ServerVersion>,
    pub(crate) retry_after: Option<Duration>,
}

impl<'a> Reply<'a> {
    /// A reply with this status and this body, and no headers of interest.
    #[must_use]
    pub const fn new(status: u16, body: &'a [u8]) -> Self {
        Self { status, body, complete: true, error_header: None, version: None, retry_after: None }
    }

    /// The value of `X-Influxdb-Error`. Servers cut it after 1,024 bytes and turn newlines into spaces.
    #[must_use]
    pub const fn error_header(mut self, value: &'a [u8]) -> Self {
        self.error_header = Some(value);
        self
    }

    /// The values of `X-Influxdb-Version` and `X-Influxdb-Build`.
    #[must_use]
    pub fn version(mut self, version: &str, build: Option<&str>) -> Self {
        self.version = ServerVersion::read(version, build);
        self
    }

    /// The values of `Retry-After` (seconds, or a date) and of `Date`, by which a date is turned into a duration
    /// without asking this machine's clock. What cannot be read is ignored.
    #[must_use]
    pub fn retry_after(mut self, value: &str, date: Option<&str>) -> Self {
        self.retry_after = retry_after(value, date);
        self
    }

    /// Says that the body ended before its time: the connection was lost, or the size limit was reached.
    #[must_use]
    pub const fn cut(mut self) -> Self {
        self.complete = false;
        self
    }
}

fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(date?.trim()).ok()?;
    Some(until.duration_since(now).unwrap_or(Duration::ZERO))
}

/// What the caller knows about the request that a reply answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Context {
    /// The level that was asked for.
    pub level: ConsistencyLevel,
    /// How many points were sent.
    pub points: usize,
    /// Whether every point carried a timestamp, so that a resend is harmless.
    pub idempotent: bool,
}

impl Context {
    /// A batch of `points` stamped points, written at `level`.
    #[must_use]
    pub const fn new(level: ConsistencyLevel, points: usize) -> Self {
        Self { level, points, idempotent: true }
    }

    /// The same for a batch which holds points without a timestamp.
    #[must_use]
    pub const fn not_idempotent(mut self) -> Self {
        self.idempotent = false;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_reads_seconds_and_dates() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(retry_after(" 7 ", None), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:07 GMT", date), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", date), Some(Duration::ZERO));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:07 GMT", None), None);
        for junk in ["", "-1", "soon", "1e3", "99999999999999999999"] {
            assert_eq!(retry_after(junk, date), None, "{junk}");
        }
    }
}
