//! Frames of a 4-byte length and a postcard message.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A request body may be 25 MB and grows a little on the way; a longer frame is not ours.
const MAX_FRAME: u32 = 256 << 20;

fn invalid(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

/// The bytes of a frame.
pub(super) fn encode(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut frame = postcard::to_extend(message, vec![0; 4]).map_err(invalid)?;
    let length = u32::try_from(frame.len() - 4).ok().filter(|length| *length <= MAX_FRAME);
    frame[..4].copy_from_slice(&length.ok_or_else(|| invalid("message is too long for a frame"))?.to_le_bytes());
    Ok(frame)
}

/// Sends one message.
pub(super) async fn send(stream: &mut (impl AsyncWrite + Unpin), message: &impl Serialize) -> io::Result<()> {
    stream.write_all(&encode(message)?).await?;
    stream.flush().await
}

/// Receives one message; `UnexpectedEof` when the other side closed the connection.
pub(super) async fn receive<T: DeserializeOwned>(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<T> {
    let length = stream.read_u32_le().await?;
    if length > MAX_FRAME {
        return Err(invalid(format_args!("frame of {length} bytes")));
    }
    // Grown as the bytes come in, so that a length without a body costs nothing.
    let mut frame = Vec::new();
    let read = stream.take(u64::from(length)).read_to_end(&mut frame).await?;
    if read < length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(&frame).map_err(invalid)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn hostile_frames_end_in_an_error() {
        let huge = u32::MAX.to_le_bytes();
        assert_eq!(receive::<String>(&mut huge.as_slice()).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        let short = [200, 0, 0, 0, 1, 2];
        assert_eq!(receive::<String>(&mut short.as_slice()).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let junk = [2, 0, 0, 0, 0xff, 0xff];
        assert_eq!(receive::<String>(&mut junk.as_slice()).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn a_message_round_trips() {
        let frame = encode(&"text".to_owned()).unwrap();
        assert_eq!(receive::<String>(&mut frame.as_slice()).await.unwrap(), "text");
    }

    #[test]
    fn frames_of_any_bytes_are_messages_or_errors() {
        use crate::peer::{Answer, Hello, Request};
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        bolero::check!().with_iterations(2_000).for_each(|bytes: &[u8]| {
            let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
            let framed = [length.as_slice(), bytes].concat();
            for mut stream in [bytes, &framed] {
                let _ = runtime.block_on(receive::<Request>(&mut { stream }));
                let _ = runtime.block_on(receive::<Answer>(&mut { stream }));
                let _ = runtime.block_on(receive::<Hello>(&mut stream));
            }
        });
    }
}
