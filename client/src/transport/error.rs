//! Requests that brought no answer.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why no answer came back.
#[derive(Clone)]
pub struct TransportError {
    timed_out: bool,
    reason: Box<str>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl TransportError {
    /// The connection could not be made, or was lost.
    #[must_use]
    pub fn lost(source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            timed_out: false,
            reason: chain(&source).into(),
            source: Some(Arc::new(source)),
        }
    }

    /// The time of the request ran out.
    #[must_use]
    pub fn timed_out() -> Self {
        Self {
            timed_out: true,
            reason: "the time of the request ran out".into(),
            source: None,
        }
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
