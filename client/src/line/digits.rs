//! Decimal digits of integers, made in registers.
//!
//! An integer formatter that writes its digits two by two into a buffer of its own costs more here
//! than the division does: the digits have to be read back to be put in their place, and a load
//! that spans several younger stores waits until they have left the store queue. So eight digits at
//! a time are made in one word, which goes straight to its place.

/// Room that [`put`] may write to, of which it uses a part.
pub(crate) const ROOM: usize = 32;

const EIGHT: u64 = 100_000_000;
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Writes `integer` and returns how many bytes that took; what lies behind them is undefined.
#[inline(always)]
pub(crate) fn put(room: &mut [u8; ROOM], integer: i64) -> usize {
    let magnitude = integer.unsigned_abs();
    room[0] = b'-';
    let at = usize::from(integer < 0);
    if magnitude < EIGHT { at + put_leading(room, at, digits(magnitude)) } else { at + put_large(room, at, magnitude) }
}

#[inline(never)]
fn put_large(room: &mut [u8; ROOM], start: usize, magnitude: u64) -> usize {
    // The compiler would make two of these at once in a vector unit that has no multiplication of
    // such width; apart they stay short.
    #[inline(never)]
    fn digits_apart(number: u64) -> u64 {
        digits(number)
    }
    let (high, low) = (magnitude / EIGHT, magnitude % EIGHT);
    let mut at = start;
    if high < EIGHT {
        at += put_leading(room, at, digits_apart(high));
    } else {
        at += put_leading(room, at, digits_apart(high / EIGHT));
        at += put_eight(room, at, digits_apart(high % EIGHT));
    }
    at += put_eight(room, at, digits_apart(low));
    at - start
}

/// The leading digits of the last integer.
///
/// The times of a batch's points lie close together: all but their last eight digits are mostly
/// those of the time before.
#[derive(Debug)]
pub(crate) struct Leading {
    /// The integer without its last eight digits.
    high: u64,
    word: [u8; 16],
    len: usize,
}

impl Default for Leading {
    fn default() -> Self {
        let (high, word, len) = (u64::MAX, [0; 16], 0);
        Self { high, word, len }
    }
}

impl Leading {
    /// Does what [`put`] does.
    #[inline(always)]
    pub(crate) fn put(&mut self, room: &mut [u8; ROOM], integer: i64) -> usize {
        if integer < EIGHT as i64 {
            return put_small(room, integer);
        }
        let (high, low) = (integer as u64 / EIGHT, integer as u64 % EIGHT);
        if high != self.high {
            self.change(high);
        }
        room[..16].copy_from_slice(&self.word);
        let len = self.len.min(16);
        len + put_eight(room, len, digits(low))
    }

    #[inline(never)]
    fn change(&mut self, high: u64) {
        let mut room = [0; ROOM];
        // 2^63 / 10^8 has eleven digits.
        self.len = put(&mut room, high.cast_signed());
        self.high = high;
        self.word.copy_from_slice(&room[..16]);
    }
}

#[inline(never)]
fn put_small(room: &mut [u8; ROOM], integer: i64) -> usize {
    put(room, integer)
}

/// Writes eight digits.
#[inline(always)]
fn put_eight(room: &mut [u8; ROOM], at: usize, digits: u64) -> usize {
    room[at..at + 8].copy_from_slice(&(digits | ZEROS).to_le_bytes());
    8
}

/// Writes eight digits without leading zeros.
#[inline(always)]
fn put_leading(room: &mut [u8; ROOM], at: usize, digits: u64) -> usize {
    // The last digit stays, zero or not.
    let leading = (digits | 1 << 56).trailing_zeros() / 8;
    let word = (digits | ZEROS) >> (8 * leading);
    room[at..at + 8].copy_from_slice(&word.to_le_bytes());
    8 - leading as usize
}

/// The eight digits of a number under 10^8, one a byte, the first in the lowest.
#[inline(always)]
fn digits(number: u64) -> u64 {
    // Lanes of 32 bits with four digits each, then of 16 bits with two, then of 8 bits with one.
    // The multiplications divide by 100 and by 10: exact for lanes this small.
    let four = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((four * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let two = hundreds | ((four - hundreds * 100) << 16);
    let tens = ((two * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((two - tens * 10) << 8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(integer: i64) -> String {
        let mut room = [b'?'; ROOM];
        let len = put(&mut room, integer);
        String::from_utf8_lossy(&room[..len]).into_owned()
    }

    #[test]
    fn where_the_number_of_digits_changes() {
        let mut edges = vec![0, i64::MIN, i64::MAX];
        for exponent in 0..19 {
            let power = 10i64.pow(exponent);
            edges.extend([power - 1, power, power + 1]);
        }
        for edge in edges {
            assert_eq!(text(edge), edge.to_string());
            let negative = edge.wrapping_neg();
            assert_eq!(text(negative), negative.to_string());
        }
    }

    #[test]
    fn every_lane_divides_exactly() {
        for four in 0..10_000 {
            assert_eq!(text(four), four.to_string());
            let shifted = four * 10_000;
            assert_eq!(text(shifted), shifted.to_string());
        }
    }

    proptest! {
        #[test]
        fn any_integer(integer: i64, shift in 0u32..63) {
            let integer = integer >> shift;
            prop_assert_eq!(text(integer), integer.to_string());
        }

        #[test]
        fn leading_digits_are_kept_and_changed(
            start: i64,
            steps in prop::collection::vec(-1_000_000_000i64..1_000_000_000, 1..9),
            shift in 0u32..63,
        ) {
            let mut leading = Leading::default();
            let mut integer = start >> shift;
            for step in steps {
                let mut room = [b'?'; ROOM];
                let len = leading.put(&mut room, integer);
                let text = integer.to_string();
                prop_assert_eq!(&room[..len], text.as_bytes());
                integer = integer.wrapping_add(step);
            }
        }
    }
}
