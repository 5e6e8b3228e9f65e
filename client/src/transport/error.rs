//! Requests that brought no answer.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why no answer came back.
#[derive(Clone)]
pub struct TransportError {
    timed_out: bool,
    unconnected: bool,
    reason: Box<str>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl TransportError {
    /// The connection was lost before a complete answer, or the answer was none.
    #[must_use]
    pub fn lost(source: impl Error + Send + Sync + 'static) -> Self {
        let reason = chain(&source).into();
        Self { timed_out: false, unconnected: false, reason, source: Some(Arc::new(source)) }
    }

    /// No connection could be made.
    #[must_use]
    pub fn unconnected(source: impl Error + Send + Sync + 'static) -> Self {
        Self { unconnected: true, ..Self::lost(source) }
    }

    /// The time of the request ran out.
    #[must_use]
    pub fn timed_out() -> Self {
        let reason = "the time of the request ran out".into();
        Self { timed_out: true, unconnected: false, reason, source: None }
    }

    /// Whether no connection could be made, so that nothing at all was sent.
    #[must_use]
    pub const fn is_unconnected(&self) -> bool {
        self.unconnected
    }

    /// Whether the time of the request ran out.
    #[must_use]
    pub const fn is_time_out(&self) -> bool {
        self.timed_out
    }

    /// What happened, with the reasons behind it.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// The words of an error and of those behind it, without the ones that only repeat what stands there already.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        behind = error.source();
    }
    text
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransportError({:?})", self.reason)
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|e| e as &(dyn Error + 'static))
    }
}
