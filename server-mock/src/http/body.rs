//! Reading a request's body: size limit and gzip.

use std::io::{self, Read};

use bytes::{Bytes, BytesMut};
use flate2::bufread::MultiGzDecoder;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::Options;

/// A body that is not taken: the status and the text of the answer.
pub(super) type Refusal = (StatusCode, String);

/// Where `max-body-size` sets no limit.
const MAX_SENT: u64 = 256 << 20;

fn too_large() -> Refusal {
    (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large".to_owned())
}

/// The body, decompressed if its header says `gzip` exactly.
pub(super) async fn read(headers: &HeaderMap, body: Incoming, options: &Options) -> Result<Bytes, Refusal> {
    let late = |_| (StatusCode::BAD_REQUEST, "i/o timeout".to_owned());
    let read = read_within(headers, body, options);
    tokio::time::timeout(options.http_body_timeout, read).await.map_err(late)?
}

async fn read_within(headers: &HeaderMap, body: Incoming, options: &Options) -> Result<Bytes, Refusal> {
    let limit = options.max_body_size;
    let gzip = headers.get(header::CONTENT_ENCODING).is_some_and(|value| value == "gzip");
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let over = announced.is_some_and(|length| limit > 0 && length > limit);
    if over && !gzip {
        return Err(too_large());
    }
    // A compressed body is not limited by max-body-size in the real servers; here something has to be.
    let sent = collect(body, if over || limit == 0 { MAX_SENT } else { limit }).await?;
    if !gzip {
        return Ok(sent);
    }
    // The gzip header is opened before the announced length is looked at.
    let most = options.max_inflated_size;
    let inflated = tokio::task::spawn_blocking(move || inflate(&sent, most)).await;
    let inflated = inflated.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
    if over { Err(too_large()) } else { Ok(inflated) }
}

async fn collect(mut body: Incoming, limit: u64) -> Result<Bytes, Refusal> {
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // A body that ends early says so in Go's words.
        let frame = frame.map_err(|_| (StatusCode::BAD_REQUEST, "unexpected EOF".to_owned()))?;
        if let Some(data) = frame.data_ref() {
            if (all.len() + data.len()) as u64 > limit {
                return Err(too_large());
            }
            all.extend_from_slice(data);
        }
    }
    Ok(all.freeze())
}

/// At most `most` bytes: the real servers put no limit on what a compressed body expands to, which is what a bomb needs.
fn inflate(sent: &[u8], most: u64) -> Result<Bytes, Refusal> {
    let refuse = |text: &str| (StatusCode::BAD_REQUEST, text.to_owned());
    if sent.is_empty() {
        return Err(refuse("EOF"));
    }
    let mut decoder = MultiGzDecoder::new(sent);
    let mut inflated = Vec::new();
    if let Err(error) = decoder.by_ref().take(most.saturating_add(1)).read_to_end(&mut inflated) {
        let consumed = sent.len() - decoder.get_ref().len();
        return Err(refuse(&gzip_error(&error, consumed, inflated.is_empty() && !sent.starts_with(&[0x1f, 0x8b]))));
    }
    if inflated.len() as u64 > most { Err(too_large()) } else { Ok(inflated.into()) }
}

/// The words of Go's gzip reader.
fn gzip_error(error: &io::Error, offset: usize, bad_magic: bool) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "unexpected EOF".to_owned(),
        _ if bad_magic || error.to_string().contains("header") => "gzip: invalid header".to_owned(),
        _ if error.to_string().contains("checksum") => "gzip: invalid checksum".to_owned(),
        _ => format!("flate: corrupt input before offset {offset}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn bad_streams_are_named_in_gos_words() {
        let good = gzip(b"m v=1");
        assert_eq!(inflate(&good, 100).unwrap(), "m v=1");
        assert_eq!(inflate(&[good.clone(), gzip(b"\nm v=2")].concat(), 100).unwrap(), "m v=1\nm v=2");
        assert_eq!(inflate(&good, 5).unwrap(), "m v=1");
        assert_eq!(inflate(&good, 4).unwrap_err().0, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(inflate(b"", 100).unwrap_err().1, "EOF");
        assert_eq!(inflate(b"not gzip at all", 100).unwrap_err().1, "gzip: invalid header");
        assert_eq!(inflate(&good[..good.len() - 9], 100).unwrap_err().1, "unexpected EOF");
        let mut bad_sum = good.clone();
        let at = bad_sum.len() - 6;
        bad_sum[at] ^= 1;
        assert_eq!(inflate(&bad_sum, 100).unwrap_err().1, "gzip: invalid checksum");
    }
}
