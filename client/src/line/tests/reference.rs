//! A second reading of line protocol, for tests only: slow, plain, and written from the behaviour
//! of the 1.8 server rather than from the encoder.
//!
//! It keeps the server's own division of labour, because that is where text can be read in two
//! ways: the line splitter skips what follows a backslash, the key scanner looks one byte back, and
//! names are decoded afterwards by dropping a backslash before a special character.

/// A point as a server stores it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) measurement: Vec<u8>,
    pub(super) tags: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) fields: Vec<(Vec<u8>, Stored)>,
    pub(super) time: Option<i64>,
}

/// A field's value as a server stores it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stored {
    Float(u64),
    Integer(i64),
    Boolean(bool),
    Text(Vec<u8>),
}

/// Every point of a body, or the text of a line that is none.
pub(super) fn read_body(body: &[u8]) -> Vec<Result<Point, Vec<u8>>> {
    let mut points = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let end = line_end(rest);
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        let white = line.iter().take_while(|b| matches!(b, b' ' | b'\t' | 0)).count();
        let line = &line[white..];
        if !line.is_empty() && line[0] != b'#' {
            points.push(read_point(line).ok_or_else(|| line.to_vec()));
        }
    }
    points
}

fn line_end(body: &[u8]) -> usize {
    let (mut fields, mut quoted, mut equals, mut commas) = (false, false, 0, 0);
    let mut i = 0;
    while i < body.len() {
        match body[i] {
            b'\\' if i + 2 < body.len() => i += 1,
            b' ' => fields = true,
            b'=' if fields && !quoted => equals += 1,
            b',' if fields && !quoted => commas += 1,
            b'"' if fields && equals > commas => quoted = !quoted,
            b'\n' if !quoted => return i,
            _ => {}
        }
        i += 1;
    }
    body.len()
}

/// The first of `stops` from `from` on that has no backslash right before it.
fn unescaped(text: &[u8], from: usize, stops: &[u8]) -> usize {
    (from..text.len()).find(|&i| stops.contains(&text[i]) && (i == 0 || text[i - 1] != b'\\')).unwrap_or(text.len())
}

/// The first of `stops` from `from` on that is not skipped along with a backslash.
fn unpaired(text: &[u8], mut from: usize, stops: &[u8]) -> usize {
    while from < text.len() && !stops.contains(&text[from]) {
        from += if text[from] == b'\\' { 2 } else { 1 };
    }
    from.min(text.len())
}

fn decode(text: &[u8], special: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (i, &byte) in text.iter().enumerate() {
        let escapes = byte == b'\\' && text.get(i + 1).is_some_and(|b| special.contains(b));
        if !escapes {
            out.push(byte);
        }
    }
    out
}

fn read_point(line: &[u8]) -> Option<Point> {
    let name_end = unescaped(line, 1, b", ");
    if line[0] == b',' || name_end == line.len() {
        return None;
    }
    let mut tags = Vec::new();
    let mut at = name_end;
    while line[at] == b',' {
        let equals = unescaped(line, at + 1, b"=, ");
        let end = unescaped(line, equals + 1, b"=, ");
        if equals == at + 1 || end <= equals + 1 || line.get(equals)? != &b'=' {
            return None;
        }
        if line.get(end)? == &b'=' {
            return None;
        }
        tags.push((decode(&line[at + 1..equals], b", ="), decode(&line[equals + 1..end], b", =")));
        at = end;
    }
    let key = &line[..at];
    let mut seen: Vec<_> = tags.iter().map(|(key, _)| key).collect();
    seen.sort();
    if seen.windows(2).any(|pair| pair[0] == pair[1]) {
        return None;
    }
    let white = |from: usize| (from..line.len()).find(|&i| !matches!(line[i], b' ' | b'\t' | 0)).unwrap_or(line.len());
    let mut fields = Vec::new();
    let mut at = white(at);
    loop {
        let equals = unescaped(line, at, b"=, ");
        // Keys of fields are scanned in both ways; where those differ the line is refused.
        if equals != unpaired(line, at, b"=, ") {
            return None;
        }
        if equals == at || line.get(equals)? != &b'=' || key.len() + 4 + equals - at > 65_535 {
            return None;
        }
        let (value, end) = read_value(line, equals + 1)?;
        fields.push((decode(&line[at..equals], b", =\""), value));
        at = end;
        match line.get(at) {
            Some(b',') => at += 1,
            None | Some(b' ') => break,
            Some(_) => return None,
        }
    }
    let time = std::str::from_utf8(&line[white(at)..]).ok()?.trim_end_matches(' ');
    let time = match time {
        "" => None,
        digits => Some(digits.parse().ok()?),
    };
    Some(Point { measurement: decode(&line[..name_end], b", =\""), tags, fields, time })
}

fn read_value(line: &[u8], start: usize) -> Option<(Stored, usize)> {
    if line.get(start)? == &b'"' {
        let mut text = Vec::new();
        let mut i = start + 1;
        loop {
            match line.get(i)? {
                b'"' => return Some((Stored::Text(text), i + 1)),
                b'\\' if matches!(line.get(i + 1), Some(b'"' | b'\\')) => {
                    text.push(line[i + 1]);
                    i += 2;
                }
                &byte => {
                    text.push(byte);
                    i += 1;
                }
            }
        }
    }
    let end = (start..line.len()).find(|&i| matches!(line[i], b',' | b' ')).unwrap_or(line.len());
    let text = std::str::from_utf8(&line[start..end]).ok()?;
    let value = match (text, text.strip_suffix('i')) {
        ("t" | "T" | "true" | "True" | "TRUE", _) => Stored::Boolean(true),
        ("f" | "F" | "false" | "False" | "FALSE", _) => Stored::Boolean(false),
        (_, Some(digits)) => Stored::Integer(digits.parse().ok()?),
        (number, None) if number.starts_with(|c: char| c.is_ascii_digit() || ".-".contains(c)) => {
            let float: f64 = number.parse().ok()?;
            float.is_finite().then_some(Stored::Float(float.to_bits()))?
        }
        _ => return None,
    };
    Some((value, end))
}
