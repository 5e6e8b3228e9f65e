//! The short way through a line that has nothing odd about it.
//!
//! The signs that part a line are found for 64 bytes at a time, and each must then be the one that can stand there. A
//! line that is not of this plain form, wrong or only unusual, is left to the parser that knows all the rules: whatever is
//! taken here is taken there in the same way (a test holds the two against each other).

use std::ops::Range;

use super::error::PointErrorKind;
use super::field_type::FieldType;
use super::raw::{RawLine, Visitor, duplicate_tag, scan_number, value_of_word};
use super::row::SEPARATOR_BYTES;

/// Bytes whose signs are found at once.
const BLOCK: usize = 64;

/// A byte repeated.
const ONES: u64 = 0x0101_0101_0101_0101;
const TOP: u64 = 0x80 * ONES;

/// What is added to the value of a digit to bring ten and more into the top bit of its byte.
const OVER_NINE: u64 = (0x80 - 10) * ONES;

/// The line taken apart, unless it has to be looked at more closely; names shown so far are then shown again.
#[inline]
pub(super) fn parse<'a>(line: &'a [u8], visitor: &mut impl Visitor) -> Option<RawLine<'a>> {
    // White space, a comment, or so long that a key in it may be too long.
    let first = *line.first()?;
    if first <= b' ' || first == b'#' || line.len() + SEPARATOR_BYTES > PointErrorKind::MAX_KEY_BYTES {
        return None;
    }
    let mut signs = Signs::of(line);
    let byte = |at: usize| line.get(at).copied();

    let measurement = signs.next();
    if measurement == 0 {
        return None;
    }
    visitor.measurement(&line[..measurement]);
    let mut at = measurement;
    let mut previous: &[u8] = b"";
    let mut sorted = true;
    while byte(at)? == b',' {
        let (start, equals, end) = (at + 1, signs.next(), signs.next());
        let key = &line[start..equals];
        if byte(equals)? != b'=' || end == equals + 1 {
            return None;
        }
        let (first, before) = (*key.first()?, previous.first().copied().unwrap_or(0));
        sorted &= before < first || before == first && previous < key;
        visitor.tag_key(key);
        previous = key;
        at = end;
    }
    // Keys that strictly increase have no two alike.
    if byte(at)? != b' ' || !sorted && duplicate_tag(line, measurement, at).is_some() {
        return None;
    }
    let key_end = at;

    let fields = at + 1;
    loop {
        let (start, equals) = (at + 1, signs.next());
        // A field key after white space that is no space.
        if byte(equals)? != b'=' || equals == start || line[start] <= b' ' {
            return None;
        }
        let value = equals + 1;
        let field_type = match byte(value)? {
            b'0'..=b'9' | b'.' | b'-' => {
                at = signs.next();
                match short_number(line, value..at) {
                    Some(field_type) => field_type,
                    None => match scan_number(line, value).ok()? {
                        (field_type, end) if end == at => field_type,
                        _ => return None,
                    },
                }
            }
            b'"' => {
                // The quote that opens, then whatever is text inside.
                signs.next();
                at = loop {
                    let sign = signs.next();
                    match byte(sign)? {
                        b'"' => break sign + 1,
                        b'\\' => return None,
                        _ => {}
                    }
                };
                if at < line.len() && signs.next() != at {
                    return None;
                }
                FieldType::String
            }
            _ => {
                at = signs.next();
                value_of_word(line.get(value..at)?)?
            }
        };
        visitor.field(&line[start..equals], field_type);
        match byte(at) {
            Some(b',') => {}
            Some(b' ') => break,
            None => return Some(RawLine::from_parts(line, measurement, key_end, fields..at, None)),
            Some(_) => return None,
        }
    }

    let start = at + 1;
    if signs.next() < line.len() {
        return None;
    }
    let time = i64::try_from(number(&line[start..])?).ok()?;
    Some(RawLine::from_parts(line, measurement, key_end, fields..at, Some((start..line.len(), time))))
}

/// Where the signs of a line stand: comma, space, equals sign, quote, backslash, line feed; and `#`, which has a meaning
/// of its own in some places.
struct Signs<'a> {
    line: &'a [u8],
    /// Where the block begins that is looked at.
    block: usize,
    /// Those of the block that are still to come.
    rest: u64,
}

impl<'a> Signs<'a> {
    #[inline(always)]
    fn of(line: &'a [u8]) -> Self {
        Self { line, block: 0, rest: signs_at(line, 0) }
    }

    /// The place of the next sign, or the end of the line.
    #[inline(always)]
    fn next(&mut self) -> usize {
        if self.rest == 0 && !self.go_on() {
            return self.line.len();
        }
        let at = self.block + self.rest.trailing_zeros() as usize;
        self.rest &= self.rest - 1;
        at
    }

    /// Looks for the next block that has signs.
    #[inline(never)]
    fn go_on(&mut self) -> bool {
        while self.line.len() - self.block > BLOCK {
            self.block += BLOCK;
            self.rest = signs_at(self.line, self.block);
            if self.rest != 0 {
                return true;
            }
        }
        false
    }
}

/// The signs of the block at `at`, which may end before the block does.
#[inline]
fn signs_at(line: &[u8], at: usize) -> u64 {
    let rest = &line[at..];
    if let Some(block) = rest.first_chunk() {
        signs_of(block)
    } else if let Some(block) = line.last_chunk() {
        signs_of(block) >> (BLOCK - rest.len())
    } else {
        let mut block = [0; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        signs_of(&block)
    }
}

/// A bit for each byte that is a sign.
///
/// Written so that the compiler makes vectors of it, which it does as long as this is a function of its own.
#[inline(never)]
fn signs_of(block: &[u8; BLOCK]) -> u64 {
    /// Moves bit 8·i to bit 56 + i.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut is_sign = [0; BLOCK];
    for at in 0..BLOCK {
        let is = |sign: u8| block[at] == sign;
        is_sign[at] = u8::from(is(b',') | is(b' ') | is(b'=') | is(b'"') | is(b'\\') | is(b'\n') | is(b'#'));
    }
    let mut signs = 0;
    let (eights, _) = is_sign.as_chunks::<8>();
    for (n, eight) in eights.iter().enumerate() {
        signs |= (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56) << (8 * n);
    }
    signs
}

/// The top bit of each of eight bytes that is over nine.
#[inline(always)]
fn other_than_digits(values: u64) -> u64 {
    // What a byte over 127 carries into the next one does not matter: such a number is looked at again.
    (values | values.wrapping_add(OVER_NINE)) & TOP
}

/// The type of a number of up to eight bytes and the plainest form: digits, with one point among them or an `i` behind
/// them; nothing is said of others.
#[inline(always)]
fn short_number(line: &[u8], value: Range<usize>) -> Option<FieldType> {
    let mut len = value.len();
    let bytes = line.get(value.start..)?.first_chunk::<8>()?;
    if len > 8 {
        return None;
    }
    let mut values = u64::from_le_bytes(*bytes) ^ (ONES * u64::from(b'0'));
    if bytes[0] == b'-' {
        values >>= 8;
        len -= 1;
    }
    // What is behind the number is taken out; a number of no bytes has been told apart by its first one.
    let shift = 8 * (8 - len) as u32;
    values = values.checked_shl(shift)? >> shift;
    let others = other_than_digits(values);
    if others == 0 {
        return Some(FieldType::Float);
    }
    let at = others.trailing_zeros() / 8;
    if others & (others - 1) != 0 || len < 2 {
        return None;
    }
    match (values >> (8 * at)) as u8 ^ b'0' {
        b'.' => Some(FieldType::Float),
        b'i' if at as usize == len - 1 => Some(FieldType::Integer),
        _ => None,
    }
}

/// A number of 1 to 19 digits, which always fits.
#[inline]
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    let (eights, rest) = digits.as_chunks::<8>();
    let mut number = 0;
    for eight in eights {
        number = number * 100_000_000 + eight_digits(*eight)?;
    }
    for &byte in rest {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u64::from(byte - b'0');
    }
    Some(number)
}

/// Eight digits at once: neighbours are joined to pairs, pairs to fours, fours to the number.
#[inline(always)]
fn eight_digits(digits: [u8; 8]) -> Option<u64> {
    let digits = u64::from_le_bytes(digits) ^ (ONES * u64::from(b'0'));
    if other_than_digits(digits) != 0 {
        return None;
    }
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// What a visitor is shown.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Shown(Vec<(Vec<u8>, Option<FieldType>)>);

    impl Visitor for Shown {
        fn measurement(&mut self, raw: &[u8]) {
            self.0.clear();
            self.0.push((raw.to_vec(), None));
        }

        fn tag_key(&mut self, raw: &[u8]) {
            self.0.push((raw.to_vec(), None));
        }

        fn series_key(&mut self, raw: &[u8]) {
            assert!(!raw.contains(&b'#'));
        }

        fn field(&mut self, raw: &[u8], field_type: FieldType) {
            self.0.push((raw.to_vec(), Some(field_type)));
        }
    }

    /// Holds the short way against the long one; whether it was taken.
    fn alike(line: &[u8]) -> bool {
        let mut shown = Shown::default();
        let short = parse(line, &mut shown);
        if let Some(short) = &short {
            let mut long_shown = Shown::default();
            let long = RawLine::parse_closely(line, &mut long_shown);
            assert_eq!(Ok(short), long.as_ref(), "{}", String::from_utf8_lossy(line));
            assert_eq!(shown, long_shown);
        }
        short.is_some()
    }

    #[test]
    fn ordinary_lines_go_the_short_way() {
        for line in [
            "m v=1",
            "m v=1i 5",
            "cpu,host=a,region=b usage=1.5,n=-7i,up=true,note=\"a, b = c\" 1700000000000000000",
            "m s=\"\"",
            "m s=\"\",t=f 9223372036854775807",
            "m,b=1,a=2 v=1",
            "m\tx,a=b v=.5,w=1.,x=-0.25 1",
        ] {
            assert!(alike(line.as_bytes()), "{line}");
        }
        for len in 1..1_100 {
            let line = format!("m,t={} v=1,w=\"{}\" 17", "x".repeat(len), "y".repeat(len % 7));
            assert!(alike(line.as_bytes()), "{len}");
        }
    }

    #[test]
    fn what_is_odd_or_wrong_goes_the_long_way() {
        for line in [
            "",
            " m v=1",
            "#m v=1",
            ",t=a v=1",
            "m",
            "m,t=a",
            "m,t= v=1",
            "m,=a v=1",
            "m,t v=1",
            "m,t=a=b v=1",
            "m  v=1",
            "m \tv=1",
            "m v",
            "m v=",
            "m =1",
            "m v=1,",
            "m v=1,,w=2",
            "m v=1  5",
            "m v=1 5 ",
            "m v=1 -5",
            "m v=1 5x",
            "m v=1 99999999999999999999",
            "m v=1 9223372036854775808",
            "m v=\"a",
            "m v=\"a\"b",
            "m v=\"a\\\"b\"",
            "m\\ x v=1",
            "m v=1x",
            "m v=tr",
            "m v=NaN",
            "m v=1u",
            "m,b=1,a=2,b=2 v=1",
            "m,a=1,a=2 v=1",
            "m v=1 1\n",
            "m v=1\n1",
            "m v=1e5x",
            "m v=1 5\tx",
            "m=1 v=1",
            "m v=\"a\" b\"",
            "m v=1\u{0} 5",
            "m v=-",
            "m v=- 5",
            "m v=-i,w=12345678",
            "m v=.,w=12345678",
            "m v=-.,w=12345678",
            "m v=1.2.3,w=12345678",
            "m v=i,w=12345678",
            "m v=1i2,w=12345678",
            "m v=1\u{b0},w=12345678",
            "m#x v=1",
        ] {
            assert!(!alike(line.as_bytes()), "{line}");
        }
        // Nor need a float with an exponent be looked at closely, which the long way's own rule sees to.
        assert!(alike(b"m v=1e5 5"));
    }

    #[test]
    fn signs_are_found_at_every_place() {
        for len in 1..300 {
            for at in 0..len {
                let mut line = vec![b'x'; len];
                line[at] = b'=';
                let mut signs = Signs::of(&line);
                assert_eq!((signs.next(), signs.next(), signs.next()), (at, len, len));
            }
        }
    }

    proptest! {
        #[test]
        fn numbers_are_read_as_the_library_reads_them(text in "[0-9]{0,20}|[0-9/:\u{b0}a]{0,20}") {
            let read = number(text.as_bytes());
            let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 19;
            prop_assert_eq!(read, text.parse().ok().filter(|_| digits));
        }

        #[test]
        fn numbers_have_the_type_that_the_long_way_finds(number in "-?[0-9.i]{0,8}|-?[0-9]{0,7}[.i][0-9]{0,7}|[0-9.\u{b0}:/-]{1,9}") {
            let line = format!("{number},w=1 1700000000");
            let short = short_number(line.as_bytes(), 0..number.len());
            if let Some(field_type) = short {
                prop_assert_eq!(scan_number(line.as_bytes(), 0), Ok((field_type, number.len())));
            }
            let plain = number.trim_start_matches('-').len() + 1 >= number.len()
                && number.len() <= 8
                && number.trim_start_matches('-').parse::<f64>().is_ok();
            prop_assert!(short.is_some() || !plain, "{}", number);
        }

        #[test]
        fn arbitrary_text_is_read_alike(line in r#"[mtf0-9i.,= "\\\n\t\-e#]{0,40}"#) {
            alike(line.as_bytes());
        }

        /// Sound lines with a byte changed: near enough to go far.
        #[test]
        fn a_changed_byte_is_read_alike(
            tags in prop::collection::vec("[a-c]{1,3}=[a-z0-9]{1,20}", 0..4),
            fields in prop::collection::vec("[a-z]{1,20}=(-?[0-9]{0,20}(\\.[0-9]{0,20})?i?|t|true|FALSE|\"[a-z ,=]{0,70}\")", 1..6),
            time in "| [0-9]{1,20}",
            change in any::<prop::sample::Index>(),
            byte in prop::sample::select(br#"x0,= "\-.itT#"#.to_vec()),
        ) {
            let mut line = "cpu".to_owned();
            for tag in tags {
                line += ",";
                line += &tag;
            }
            line += " ";
            line += &fields.join(",");
            line += &time;
            let mut line = line.into_bytes();
            alike(&line);
            let at = change.index(line.len());
            line[at] = byte;
            alike(&line);
            line.insert(at, byte);
            alike(&line);
            line.truncate(at);
            alike(&line);
        }
    }
}
