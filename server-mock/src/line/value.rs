//! The fields of a point.

use std::borrow::Cow;

use super::cost::spend;
use super::key::{find_bare, unescape_name};
use super::number::{parse_bool, parse_f64, parse_i64};
use super::text::{lossy_cow, unescape};
use crate::scan::FieldType;

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue<'a> {
    /// A finite 64-bit float.
    Float(f64),
    /// A 64-bit signed integer.
    Integer(i64),
    /// Text, unescaped; bytes that are no UTF-8 are replaced by U+FFFD.
    String(Cow<'a, str>),
    /// True or false.
    Boolean(bool),
}

impl<'a> FieldValue<'a> {
    /// The type of the value.
    #[must_use]
    pub fn field_type(&self) -> FieldType {
        match self {
            Self::Float(_) => FieldType::Float,
            Self::Integer(_) => FieldType::Integer,
            Self::String(_) => FieldType::String,
            Self::Boolean(_) => FieldType::Boolean,
        }
    }

    /// Reads a value as it stands in a line.
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        spend(text.len());
        Some(match *text {
            // Whatever follows the closing quote belongs to the text, but for the last byte: `"a"b` reads `a"`.
            [b'"', ref quoted @ .., _] => {
                Self::String(lossy_cow(unescape(quoted, |byte| matches!(byte, b'"' | b'\\'))))
            }
            [b'0'..=b'9' | b'-' | b'.', .., b'i'] => Self::Integer(parse_i64(&text[..text.len() - 1]).ok()?),
            [b'0'..=b'9' | b'-' | b'.', ..] => Self::Float(parse_f64(text)?),
            _ => Self::Boolean(parse_bool(text)?),
        })
    }
}

/// The type of a value that [`FieldValue::read`] would read, without reading it.
fn type_of(text: &[u8]) -> FieldType {
    match *text {
        [b'"', ..] => FieldType::String,
        [b'0'..=b'9' | b'-' | b'.', .., b'i'] => FieldType::Integer,
        [b'0'..=b'9' | b'-' | b'.', ..] => FieldType::Float,
        _ => FieldType::Boolean,
    }
}

/// Appends a field as a line has it, so that it is read back as it is.
pub(crate) fn write_field(out: &mut Vec<u8>, name: &[u8], value: &FieldValue<'_>) {
    for byte in name {
        if matches!(byte, b',' | b'"' | b' ' | b'=') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'=');
    match value {
        // The shortest text that is read as the same number.
        FieldValue::Float(value) => out.extend_from_slice(format!("{value:?}").as_bytes()),
        FieldValue::Integer(value) => out.extend_from_slice(format!("{value}i").as_bytes()),
        FieldValue::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        FieldValue::String(text) => {
            out.push(b'"');
            for byte in text.bytes() {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(byte);
            }
            out.push(b'"');
        }
    }
}

/// One field as it stands in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawField<'a> {
    /// Escaped.
    pub(crate) name: &'a [u8],
    /// With quotes or type suffix.
    pub(crate) value: &'a [u8],
}

impl<'a> RawField<'a> {
    /// The name, unescaped.
    pub(crate) fn unescaped_name(&self) -> Cow<'a, [u8]> {
        unescape_name(self.name)
    }

    /// The type of the value.
    pub(crate) fn field_type(&self) -> FieldType {
        type_of(self.value)
    }

    /// The value; `None` only for text that was never checked.
    pub(crate) fn read(&self) -> Option<FieldValue<'a>> {
        FieldValue::read(self.value)
    }
}

/// The fields of a text, unread.
#[derive(Clone, Debug)]
pub(crate) struct RawFields<'a> {
    rest: &'a [u8],
}

impl<'a> RawFields<'a> {
    pub(crate) fn new(fields: &'a [u8]) -> Self {
        Self { rest: fields }
    }
}

impl<'a> Iterator for RawFields<'a> {
    /// The name of a field without a value is an error.
    type Item = Result<RawField<'a>, &'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let equals = find_bare(self.rest, 0, |byte| byte == b'=').unwrap_or(self.rest.len());
        let (name, after) = self.rest.split_at(equals);
        if after.len() < 2 {
            self.rest = &[];
            return Some(Err(name));
        }
        let after = &after[1..];
        let end = value_end(after);
        self.rest = after.get(end + 1..).unwrap_or_default();
        Some(Ok(RawField { name, value: &after[..end] }))
    }
}

/// The first comma outside quotes, or the end.
fn value_end(text: &[u8]) -> usize {
    let end = find_value_end(text);
    spend(end);
    end
}

fn find_value_end(text: &[u8]) -> usize {
    if text.first() != Some(&b'"')
        && let Some(end) = text.iter().position(|byte| matches!(byte, b',' | b'"'))
        && text[end] == b','
    {
        return end;
    }
    let mut quoted = false;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' if matches!(text.get(at + 1), Some(b'"' | b'\\')) => at += 1,
            b'"' => quoted = !quoted,
            b',' if !quoted => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// The fields of a point, read; see [`fields`].
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    raw: RawFields<'a>,
}

/// The fields of a point in the order of its text: name (unescaped) and value.
///
/// Meant for the checked text of a [`Point`](crate::Point); whatever is no field in other bytes is left out.
#[must_use]
pub fn fields(text: &[u8]) -> Fields<'_> {
    Fields { raw: RawFields::new(text) }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (Cow<'a, str>, FieldValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Ok(field) = self.raw.next()?
                && let Some(value) = field.read()
            {
                return Some((lossy_cow(field.unescaped_name()), value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let values = [
            FieldValue::Float(1e300),
            FieldValue::Float(-0.1),
            FieldValue::Float(5e-324),
            FieldValue::Float(3.0),
            FieldValue::Integer(i64::MIN),
            FieldValue::Boolean(false),
            FieldValue::String("a \"b\" \\ ,=".into()),
        ];
        for name in ["f", "a,b=c d", "back\\slash", "q\"uote"] {
            for value in &values {
                let mut text = Vec::new();
                write_field(&mut text, name.as_bytes(), value);
                let read: Vec<_> = fields(&text).collect();
                assert_eq!(read, [(name.into(), value.clone())], "{}", String::from_utf8_lossy(&text));
            }
        }
    }

    #[test]
    fn all_types_are_read() {
        let text = br#"a=1,b=-2i,c="x,\"y\" \\ =z",d=t,e=FALSE,f=.5,g=1e5,h\,i\=j=1"#;
        let read: Vec<_> = fields(text).collect();
        let float = FieldValue::Float;
        assert_eq!(
            read,
            [
                ("a".into(), float(1.0)),
                ("b".into(), FieldValue::Integer(-2)),
                ("c".into(), FieldValue::String(r#"x,"y" \ =z"#.into())),
                ("d".into(), FieldValue::Boolean(true)),
                ("e".into(), FieldValue::Boolean(false)),
                ("f".into(), float(0.5)),
                ("g".into(), float(100_000.0)),
                ("h,i=j".into(), float(1.0)),
            ]
        );
    }

    #[test]
    fn the_type_seen_is_the_type_read() {
        for text in ["1", "1i", "-1.5", "\"\"", "\"i\"", "t", "False", "1e9", ".5"] {
            let read = FieldValue::read(text.as_bytes()).map(|value| value.field_type());
            assert_eq!(read, Some(type_of(text.as_bytes())), "{text}");
        }
    }

    #[test]
    fn what_is_no_field_is_left_out() {
        for text in ["", "=", "a", "a=", "a=x", ",,", "=1,", "a=\"", "\\=", "a=1,b"] {
            assert!(fields(text.as_bytes()).all(|(name, _)| name == "a" || name.is_empty()), "{text}");
        }
    }
}
