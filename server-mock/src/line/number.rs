//! Numbers and booleans in field values, and timestamps.

use super::cost::spend;
use super::error::{NumberFault, Reason};

/// Integers with fewer bytes than this always fit 64 bits.
const CERTAIN_INTEGER: usize = 19;

/// Plain decimal numbers with fewer bytes than this always fit a 64-bit float.
const CERTAIN_FLOAT: usize = 25;

/// The end of the number that starts at `start`: the next comma or space, or the end of the line.
///
/// The checks are those of the real servers, in their order, because the order decides which text a line with two
/// faults is answered with.
pub(super) fn number_end(line: &[u8], start: usize) -> Result<usize, Reason<'_>> {
    let negative = line.get(start) == Some(&b'-');
    let mut at = start + usize::from(negative);
    let (mut integer, mut unsigned, mut decimal, mut scientific) = (false, false, false, false);
    let mut digits = 0_usize;
    while let Some(&byte) = line.get(at) {
        match byte {
            b',' | b' ' => break,
            b'i' if at > start && !integer && !unsigned => integer = true,
            b'u' if at > start && !integer && !unsigned => unsigned = true,
            b'.' if decimal => return Err(Reason::InvalidNumber),
            b'.' => decimal = true,
            b'e' | b'E' if at > start => scientific = true,
            b'+' | b'-' if at > start && matches!(line[at - 1], b'e' | b'E') => {}
            b'0'..=b'9' => digits += 1,
            _ => return Err(Reason::InvalidNumber),
        }
        at += 1;
    }
    let text = &line[start..at];
    spend(text.len());
    if unsigned || (integer && (decimal || scientific)) || (digits == 0 && !scientific) {
        return Err(Reason::InvalidNumber);
    }
    if integer {
        let [text @ .., b'i'] = text else { return Err(Reason::InvalidNumber) };
        if text.len() >= CERTAIN_INTEGER && parse_i64(text).is_err() {
            return Err(Reason::InvalidInteger(text));
        }
    } else if (scientific || text.len() >= CERTAIN_FLOAT) && parse_f64(text).is_none() {
        return Err(Reason::InvalidFloat);
    }
    Ok(at)
}

/// The end of the boolean that starts at `start`.
pub(super) fn boolean_end(line: &[u8], start: usize) -> Result<usize, Reason<'_>> {
    let length = memchr::memchr2(b',', b' ', &line[start..]).unwrap_or(line.len() - start);
    let text = &line[start..start + length];
    spend(length);
    if parse_bool(text).is_some() { Ok(start + length) } else { Err(Reason::InvalidBoolean) }
}

/// A boolean in one of the ten spellings that count.
pub(super) fn parse_bool(text: &[u8]) -> Option<bool> {
    match text {
        b"t" | b"T" | b"true" | b"True" | b"TRUE" => Some(true),
        b"f" | b"F" | b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

/// A decimal integer with an optional minus.
pub(super) fn parse_i64(text: &[u8]) -> Result<i64, NumberFault> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NumberFault::Syntax);
    }
    let mut value = 0_i64;
    for digit in digits.iter().map(|byte| i64::from(byte - b'0')) {
        let next = value.checked_mul(10).and_then(|tens| {
            // Counting down for negative numbers reaches the smallest one, which has no positive twin.
            if negative { tens.checked_sub(digit) } else { tens.checked_add(digit) }
        });
        value = next.ok_or(NumberFault::Range)?;
    }
    Ok(value)
}

/// A finite float.
pub(super) fn parse_f64(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_count() {
        for good in
            ["0", "-0", "1.", ".5", "-.5", "1e5", "1E+5", "1.e-5", "1i", "-1i", "0001i", "-9223372036854775808i"]
        {
            assert_eq!(number_end(good.as_bytes(), 0), Ok(good.len()), "{good}");
        }
        let zeros = format!("{}1i", "0".repeat(40));
        assert_eq!(number_end(zeros.as_bytes(), 0), Ok(42));
    }

    #[test]
    fn numbers_that_do_not() {
        let invalid = Reason::InvalidNumber;
        for bad in [
            "-", "-i", ".", "-.", "1.2.3", "1.5i", "1u", "-1u", "1i1", "1ii", "1ei", "nan", "N", "0x1", "1_0", "--1",
            "1-",
        ] {
            assert_eq!(number_end(bad.as_bytes(), 0), Err(invalid), "{bad}");
        }
        for bad in ["1e", "1e400", "1e+", "1e5e5", "1e5.5"] {
            assert_eq!(number_end(bad.as_bytes(), 0), Err(Reason::InvalidFloat), "{bad}");
        }
        let wide = "1".repeat(400);
        assert_eq!(number_end(wide.as_bytes(), 0), Err(Reason::InvalidFloat));
        assert_eq!(number_end(b"9223372036854775808i", 0), Err(Reason::InvalidInteger(b"9223372036854775808")));
    }

    #[test]
    fn integers_at_the_edges() {
        assert_eq!(parse_i64(b"-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(parse_i64(b"9223372036854775807"), Ok(i64::MAX));
        assert_eq!(parse_i64(b"9223372036854775808"), Err(NumberFault::Range));
        assert_eq!(parse_i64(b"-"), Err(NumberFault::Syntax));
        assert_eq!(parse_i64(b""), Err(NumberFault::Syntax));
    }
}
