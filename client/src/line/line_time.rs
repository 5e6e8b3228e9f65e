//! The time of a line, read from its end.

/// The time at the end of a line that a batch has encoded, if it has one.
pub(crate) fn time_of(line: &[u8]) -> Option<i64> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let (mut magnitude, mut place) = (0_i64, 1_i64);
    // From the end; a field's value has something else than digits before the space.
    for (at, byte) in line.iter().enumerate().rev() {
        match byte {
            b'0'..=b'9' => {
                magnitude = magnitude.wrapping_add(i64::from(byte - b'0').wrapping_mul(place));
                place = place.wrapping_mul(10);
            }
            b' ' if at + 1 < line.len() => return Some(magnitude),
            b'-' if at + 1 < line.len() && at > 0 && line[at - 1] == b' ' => return Some(-magnitude),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_time_of_a_line() {
        let time = |line: &str| time_of(line.as_bytes());
        assert_eq!(time("m f=1 5\n"), Some(5));
        assert_eq!(time("m f=1 -9223372036854775806\n"), Some(-9_223_372_036_854_775_806));
        assert_eq!(time("m f=1 9223372036854775806"), Some(9_223_372_036_854_775_806));
        for none in ["m f=1\n", "m f=1i\n", "m f=\"a 5\"\n", "m f=-5\n", "", "5"] {
            assert_eq!(time(none), None, "{none}");
        }
    }
}
