//! Placeholder while the workspace is primed.
