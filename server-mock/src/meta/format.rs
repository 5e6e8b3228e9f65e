//! Bytes that meta nodes keep or send: one byte of format version, then postcard.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version written by this build; raised whenever a type that is kept or sent changes.
pub(super) const VERSION: u8 = 2;

/// Bytes that cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// Nothing at all.
    #[error("metadata is empty")]
    Empty,
    /// Written by another version of this software.
    #[error(
        "metadata has format {found}, this build reads format {known}: use the build that wrote it, or a newer one"
    )]
    Version {
        /// The version found.
        found: u8,
        /// The version that can be read.
        known: u8,
    },
    /// Not what was expected.
    #[error("metadata is damaged: {0}")]
    Damaged(#[from] postcard::Error),
}

pub(super) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_extend(value, vec![VERSION]).expect("plain data serializes into a growing buffer")
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FormatError> {
    let (found, body) = bytes.split_first().ok_or(FormatError::Empty)?;
    if *found != VERSION {
        return Err(FormatError::Version { found: *found, known: VERSION });
    }
    Ok(postcard::from_bytes(body)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::core::meta::MetaData;

    #[test]
    fn what_is_written_reads_back() {
        let data = MetaData { index: 7, cluster_id: u64::MAX, ..MetaData::default() };
        assert_eq!(decode::<MetaData>(&encode(&data)).unwrap(), data);
    }

    #[test]
    fn another_version_or_a_cut_is_an_error() {
        let mut bytes = encode(&MetaData::default());
        assert!(matches!(decode::<MetaData>(&bytes[..bytes.len() - 1]), Err(FormatError::Damaged(_))));
        bytes[0] = VERSION + 1;
        assert!(decode::<MetaData>(&bytes).unwrap_err().to_string().contains("format 3"));
        assert!(matches!(decode::<MetaData>(&[]), Err(FormatError::Empty)));
    }
}
