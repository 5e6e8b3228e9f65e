//! Placeholder while the workspace is primed.
fn main() {}
