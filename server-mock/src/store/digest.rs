//! A fingerprint of values that does not hang on the order of their arrival.
//!
//! Replicas compare digests to find out whether they differ, so the numbers must be the same in every process and
//! version: the mixing is spelled out here instead of taken from a library that may change it.

use crate::scan::Values;

/// The digest of nothing. Digests of disjoint values add up (wrapping) to the digest of all of them.
pub(super) const EMPTY: u64 = 0;

fn mix(state: u64, word: u64) -> u64 {
    let spread = (state ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let spread = (spread ^ (spread >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    spread ^ (spread >> 29)
}

fn bytes(state: u64, bytes: &[u8]) -> u64 {
    let mut state = mix(state, bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = mix(state, u64::from_le_bytes(word));
    }
    state
}

/// What all values of one field of one series share.
pub(super) fn seed(key: &[u8], field: &[u8]) -> u64 {
    bytes(bytes(0, key), field)
}

/// The digests of single values, to be added up.
pub(super) fn each(seed: u64, times: &[i64], values: &Values) -> impl Iterator<Item = (i64, u64)> {
    times.iter().enumerate().map(move |(position, time)| {
        let stamped = mix(seed, time.cast_unsigned());
        let digest = match values {
            Values::Float(values) => mix(mix(stamped, 1), values[position].to_bits()),
            Values::Integer(values) => mix(mix(stamped, 2), values[position].cast_unsigned()),
            Values::Boolean(values) => mix(mix(stamped, 3), u64::from(values[position])),
            Values::String(values) => bytes(mix(stamped, 4), values[position].as_bytes()),
        };
        (*time, digest)
    })
}
