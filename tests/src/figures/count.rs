//! Shares: so many of so many.

use serde::{Deserialize, Serialize};

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// So many.
    pub k: u64,
    /// Of so many.
    pub n: u64,
}

impl Share {
    /// `k` of `n`.
    #[must_use]
    pub const fn of(k: u64, n: u64) -> Self {
        Self { k, n }
    }

    /// Adds one case.
    pub fn add(&mut self, is: bool) {
        self.k += u64::from(is);
        self.n += 1;
    }

    /// From 0 to 1; 0 of nothing is 0.
    #[must_use]
    pub fn ratio(self) -> f64 {
        if self.n == 0 { 0.0 } else { self.k as f64 / self.n as f64 }
    }
}

impl std::fmt::Display for Share {
    /// `3/12 (25 %)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.k, self.n)?;
        if self.n > 0 { write!(f, " ({:.0} %)", 100.0 * self.ratio()) } else { Ok(()) }
    }
}

/// How operations ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// Done.
    pub ok: u64,
    /// Nobody knows.
    pub info: u64,
    /// Not done.
    pub fail: u64,
}

impl Ends {
    /// All of them.
    #[must_use]
    pub const fn all(self) -> u64 {
        self.ok + self.info + self.fail
    }
}
