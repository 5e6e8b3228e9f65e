//! What members of the Raft group say to each other: frames of a `u32` length (little endian) and postcard.
//!
//! A connection opens with [`Hello`], answered by [`Welcome`]; then requests and responses alternate.

use std::io;

use openraft::error::InstallSnapshotError;
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, InstallSnapshotRequest, InstallSnapshotResponse, VoteRequest,
    VoteResponse,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::super::format::{decode, encode};
use super::RaftTypes;

/// Longest frame accepted. Far above what the limits on commands, entries a request and snapshot chunks allow.
pub(super) const LONGEST: usize = 32 << 20;

const MAGIC: [u8; 4] = *b"IMRF";

/// Who calls whom. The first frame, so that whatever else connects is turned away before it is believed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    magic: [u8; 4],
    pub(super) cluster_id: u64,
    pub(super) from: u64,
    pub(super) to: u64,
}

impl Hello {
    pub(super) fn new(cluster_id: u64, from: u64, to: u64) -> Self {
        Self { magic: MAGIC, cluster_id, from, to }
    }

    /// Why the one called as `me` of this cluster should not answer.
    pub(super) fn objection(&self, cluster_id: u64, me: u64) -> Option<String> {
        if self.magic != MAGIC {
            return Some("this is the Raft port of a meta node".to_owned());
        }
        if self.cluster_id != cluster_id {
            return Some(format!("node {me} is of cluster {cluster_id:016x}, not of {:016x}", self.cluster_id));
        }
        (self.to != me).then(|| format!("this is node {me}, not {}", self.to))
    }
}

/// The answer to a [`Hello`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Welcome {
    Yes,
    No(String),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    Append(AppendEntriesRequest<RaftTypes>),
    Vote(VoteRequest<u64>),
    Snapshot(InstallSnapshotRequest<RaftTypes>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Response {
    Append(AppendEntriesResponse<u64>),
    Vote(VoteResponse<u64>),
    Snapshot(InstallSnapshotResponse<u64>),
    /// The chunk is not the one expected next.
    SnapshotMismatch(InstallSnapshotError),
    /// The node is stopping, or its storage failed.
    Stopped(String),
}

pub(super) async fn write<T: Serialize>(stream: &mut (impl AsyncWrite + Unpin), message: &T) -> io::Result<()> {
    let body = encode(message);
    let length = u32::try_from(body.len()).ok().filter(|length| *length as usize <= LONGEST);
    let length = length.ok_or_else(|| io::Error::other(format!("a message of {} bytes is too long", body.len())))?;
    let mut frame = Vec::with_capacity(4 + body.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&body);
    stream.write_all(&frame).await?;
    stream.flush().await
}

pub(super) async fn read<T: DeserializeOwned>(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<T> {
    let length = stream.read_u32_le().await? as usize;
    if length > LONGEST {
        return Err(invalid(format!("a frame of {length} bytes is too long")));
    }
    // Grows with what arrives: a length alone must not make room.
    let mut body = Vec::new();
    stream.take(length as u64).read_to_end(&mut body).await?;
    if body.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    decode(&body).map_err(|error| invalid(error.to_string()))
}

pub(super) fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn frames_travel_one_after_the_other() {
        let (mut here, mut there) = tokio::io::duplex(1 << 16);
        write(&mut here, &Hello::new(1, 2, 3)).await.unwrap();
        write(&mut here, &Welcome::No("x".to_owned())).await.unwrap();
        let hello: Hello = read(&mut there).await.unwrap();
        assert_eq!((hello.cluster_id, hello.from, hello.to), (1, 2, 3));
        assert!(matches!(read(&mut there).await.unwrap(), Welcome::No(text) if text == "x"));
        drop(here);
        assert_eq!(read::<Welcome>(&mut there).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn hostile_frames_are_errors() {
        for (bytes, kind) in [
            (&[0xff, 0xff, 0xff, 0xff][..], io::ErrorKind::InvalidData),
            (&[3, 0, 0, 0, 1], io::ErrorKind::UnexpectedEof),
            (&[2, 0, 0, 0, 1, 9], io::ErrorKind::InvalidData),
            (&[1, 0, 0, 0, 77], io::ErrorKind::InvalidData),
            (&[0, 0, 0, 0], io::ErrorKind::InvalidData),
        ] {
            let mut stream = bytes;
            assert_eq!(read::<Welcome>(&mut stream).await.unwrap_err().kind(), kind, "{bytes:?}");
        }
    }

    #[test]
    fn strangers_are_turned_away() {
        assert_eq!(Hello::new(1, 2, 3).objection(1, 3), None);
        assert!(Hello::new(9, 2, 3).objection(1, 3).unwrap().contains("cluster"));
        assert!(Hello::new(1, 2, 4).objection(1, 3).unwrap().contains("not 4"));
        let stranger = Hello { magic: *b"HTTP", ..Hello::new(1, 2, 3) };
        assert!(stranger.objection(1, 3).is_some());
    }

    #[test]
    fn frames_of_any_bytes_are_messages_or_errors() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        bolero::check!().with_iterations(2_000).for_each(|bytes: &[u8]| {
            // With the length and the version that let it through to the decoder.
            let length = u32::try_from(bytes.len() + 1).unwrap().to_le_bytes();
            let version = [super::super::super::format::VERSION];
            let framed = [length.as_slice(), &version, bytes].concat();
            for mut stream in [bytes, &framed] {
                let _ = runtime.block_on(read::<Request>(&mut { stream }));
                let _ = runtime.block_on(read::<Response>(&mut { stream }));
                let _ = runtime.block_on(read::<Hello>(&mut stream));
            }
        });
    }
}
