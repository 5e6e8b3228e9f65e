//! The version a server reports, and what follows from it for claims about data.

use std::fmt;

/// The version in `X-Influxdb-Version`, read together with `X-Influxdb-Build`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVersion {
    text: Box<str>,
    major: u32,
    minor: u32,
    standing: Standing,
}

/// Whether a server is part of a cluster, as far as its version tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A cluster build: versions such as `1.8.11-c1.2.0`, or an Enterprise build.
    Cluster,
    /// A build without clustering: the consistency level has no effect.
    SingleNode,
    /// Not to be told from the version, for example up to 0.11, where every build could be clustered.
    Unknown,
}

impl ServerVersion {
    /// Reads the two headers. `None` where the version does not begin with two numbers.
    #[must_use]
    pub fn read(version: &str, build: Option<&str>) -> Option<Self> {
        let version = version.trim();
        let numbers = version.strip_prefix('v').unwrap_or(version);
        let mut parts = numbers.splitn(3, '.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?;
        let minor = minor[..minor.bytes().take_while(u8::is_ascii_digit).count()].parse().ok()?;
        let standing = if is_cluster_build(version) || build.is_some_and(|b| b.eq_ignore_ascii_case("ENT")) {
            Standing::Cluster
        } else if (major, minor) >= (1, 0) && build.is_some_and(|b| b.eq_ignore_ascii_case("OSS")) {
            Standing::SingleNode
        } else {
            Standing::Unknown
        };
        Some(Self { text: version.into(), major, minor, standing })
    }

    /// The version as the server spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the server is part of a cluster.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// Whether it is 1.0 or later: then a statement can name the type of a field (`field::integer`), and statistics have
    /// every queue of hinted handoff.
    pub(crate) const fn is_since_1_0(&self) -> bool {
        self.major >= 1
    }

    /// Whether it is 0.11 or later: from then on, a `SELECT` brings the values of a field to one type.
    pub(crate) const fn is_since_0_11(&self) -> bool {
        self.major >= 1 || self.minor >= 11
    }

    /// Whether an acknowledgement for a new shard group may be worth less than it says (0.9 and 0.10 facts § 2.4
    /// and § 8: a replica that does not know the group yet answers "stored" and drops the points).
    #[must_use]
    pub const fn acknowledges_dropped_writes(&self) -> bool {
        self.major == 0 && (self.minor == 9 || self.minor == 10)
    }

    /// Whether a write with an unknown precision is refused *and* carried out (single nodes 1.8.0 to 1.9.x,
    /// cluster 1.8 facts § 10).
    #[must_use]
    pub(crate) fn writes_despite_bad_precision(&self) -> bool {
        self.major == 1 && (self.minor == 8 || self.minor == 9) && self.standing != Standing::Cluster
    }
}

/// Cluster builds append `-c` and a version of their own.
fn is_cluster_build(version: &str) -> bool {
    version.split_once("-c").is_some_and(|(_, own)| own.starts_with(|c: char| c.is_ascii_digit()))
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(version: &str, build: &str) -> ServerVersion {
        ServerVersion::read(version, (!build.is_empty()).then_some(build)).unwrap()
    }

    #[test]
    fn tells_clusters_from_single_nodes_where_it_can() {
        assert_eq!(read("1.8.11-c1.2.0", "OSS").standing(), Standing::Cluster);
        assert_eq!(read("1.11.3-c1.11.3", "ENT").standing(), Standing::Cluster);
        assert_eq!(read("1.8.10", "OSS").standing(), Standing::SingleNode);
        assert_eq!(read("v1.8.10", "OSS").standing(), Standing::SingleNode);
        assert_eq!(read("1.8.10", "").standing(), Standing::Unknown);
        assert_eq!(read("0.10.3", "").standing(), Standing::Unknown);
        assert_eq!(read("1.9.0-candidate", "OSS").standing(), Standing::SingleNode);
    }

    #[test]
    fn knows_the_versions_with_faults() {
        for version in ["0.9.6.1", "0.10.3", "0.10.0-nightly"] {
            assert!(read(version, "").acknowledges_dropped_writes(), "{version}");
        }
        for version in ["0.11.1", "1.8.11-c1.2.0", "1.0.0", "1.10.0"] {
            assert!(!read(version, "").acknowledges_dropped_writes(), "{version}");
        }
        assert!(read("1.8.0", "OSS").writes_despite_bad_precision());
        assert!(read("1.9.12", "").writes_despite_bad_precision());
        assert!(!read("1.8.11-c1.2.0", "OSS").writes_despite_bad_precision());
        assert!(!read("1.11.1", "OSS").writes_despite_bad_precision());
    }

    #[test]
    fn other_texts_are_no_version() {
        for text in ["", "unknown", "relay", "1", "1.", "a.b", "-1.8"] {
            assert_eq!(ServerVersion::read(text, None), None, "{text}");
        }
    }
}
