//! Which real system a cluster answers like.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The system whose rules and texts a cluster follows.
///
/// A profile is data: tables and switches that the one code path reads, never a second copy of the code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Profile {
    /// influxdb-cluster 1.8 and InfluxDB Enterprise 1.8, what users run today.
    #[default]
    #[serde(rename = "1.8")]
    V1_8,
    /// The clustered InfluxDB 0.10 of 2016.
    #[serde(rename = "0.10")]
    V0_10,
}

impl Profile {
    /// Both profiles.
    pub const ALL: [Self; 2] = [Self::V1_8, Self::V0_10];

    /// The value of `X-Influxdb-Version`.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::V1_8 => "1.8.11-c1.2.0",
            Self::V0_10 => "0.10.3",
        }
    }

    /// The name used on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::V1_8 => "1.8",
            Self::V0_10 => "0.10",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text named no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown profile {0:?}: use 1.8 or 0.10")]
pub struct UnknownProfile(String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|profile| profile.name() == text).ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}
