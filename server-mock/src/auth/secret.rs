//! A secret among the options.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A secret that nodes are configured with. `Debug` does not show it; only a node's private configuration file does.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SharedSecret(String);

impl SharedSecret {
    /// Takes the secret; an empty one is none.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key that tokens are signed with.
    pub(super) fn key(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "none" } else { "[hidden]" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_shown() {
        assert_eq!(format!("{:?}", SharedSecret::new("s3cret")), "[hidden]");
        assert_eq!(format!("{:?}", SharedSecret::default()), "none");
    }
}
