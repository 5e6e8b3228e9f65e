//! Standard input for a command that may be run more than once.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

/// What a command's standard input is.
#[derive(Debug)]
pub(crate) enum Input {
    /// Ours: nothing that is read there is lost for the next try.
    Shared,
    /// Ours, a file that is wound back to this place before each try.
    File(std::fs::File, u64),
    /// A copy of what comes in, which is kept.
    Kept(Spool),
}

impl Input {
    /// Finds out what standard input is; at most `limit` bytes of a pipe are kept.
    ///
    /// # Errors
    /// The system does not tell.
    #[cfg(unix)]
    pub(crate) fn find(limit: usize) -> io::Result<Self> {
        use std::io::IsTerminal;
        use std::os::fd::AsFd;
        use std::os::unix::fs::FileTypeExt;
        if io::stdin().is_terminal() {
            return Ok(Self::Shared);
        }
        let Ok(handle) = io::stdin().as_fd().try_clone_to_owned() else {
            // It is closed.
            return Ok(Self::Shared);
        };
        let mut file = std::fs::File::from(handle);
        let kind = file.metadata()?.file_type();
        if kind.is_file() {
            // The place is shared with the descriptor that the command gets.
            let start = file.stream_position()?;
            Ok(Self::File(file, start))
        } else if kind.is_char_device() {
            // /dev/null and its like begin anew each time.
            Ok(Self::Shared)
        } else {
            Ok(Self::Kept(Spool::start(io::stdin(), limit)))
        }
    }

    /// Finds out what standard input is; at most `limit` bytes of it are kept.
    ///
    /// # Errors
    /// None here.
    #[cfg(not(unix))]
    pub(crate) fn find(limit: usize) -> io::Result<Self> {
        use std::io::IsTerminal;
        Ok(if io::stdin().is_terminal() { Self::Shared } else { Self::Kept(Spool::start(io::stdin(), limit)) })
    }

    /// Makes ready for one more try.
    ///
    /// # Errors
    /// What was read before cannot be had again.
    pub(crate) fn rewind(&mut self) -> io::Result<()> {
        match self {
            Self::Shared => Ok(()),
            Self::File(file, start) => file.seek(SeekFrom::Start(*start)).map(drop),
            Self::Kept(spool) if spool.is_whole() => Ok(()),
            Self::Kept(_) => Err(io::Error::other(
                "standard input is longer than what is kept of it for another try: put it into a file, or raise --keep-stdin",
            )),
        }
    }
}

/// What was read of a stream, for as long as it is not too much; beyond that only what was not yet passed on.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// There is more to pass on, or the end.
    more: Notify,
    /// There is room again.
    room: Condvar,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    /// How many bytes were there before the first of `bytes`.
    gone: u64,
    /// How many bytes the try under way has taken.
    passed: u64,
    end: Option<Result<(), String>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

const PIECE: usize = 64 << 10;

impl Spool {
    /// Reads the stream on a thread of its own, as far ahead as there is room.
    pub(crate) fn start(stream: impl Read + Send + 'static, limit: usize) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            more: Notify::new(),
            room: Condvar::new(),
            limit: limit.max(PIECE),
        });
        let reader = Arc::clone(&shared);
        thread::spawn(move || reader.fill(stream));
        Self { shared }
    }

    /// Whether everything from the first byte on is still there.
    pub(crate) fn is_whole(&self) -> bool {
        lock(&self.shared.state).gone == 0
    }

    /// Why the stream could not be read to its end, if it could not.
    pub(crate) fn trouble(&self) -> Option<String> {
        lock(&self.shared.state).end.clone()?.err()
    }

    /// Passes everything on from the beginning, until the stream ends or cannot be read, or the taker has enough.
    ///
    /// # Cancellation
    /// Safe: what was passed on stays so.
    pub(crate) async fn pour(&self, mut into: impl AsyncWrite + Unpin) {
        lock(&self.shared.state).passed = 0;
        loop {
            let more = self.shared.more.notified();
            match self.shared.piece() {
                Piece::Bytes(piece) => {
                    if into.write_all(&piece).await.is_err() {
                        // It does not want more.
                        return;
                    }
                    lock(&self.shared.state).passed += piece.len() as u64;
                    self.shared.room.notify_one();
                }
                Piece::Later => more.await,
                Piece::End => return,
            }
        }
    }
}

/// What can be passed on.
enum Piece {
    Bytes(Vec<u8>),
    Later,
    End,
}

impl Shared {
    fn piece(&self) -> Piece {
        let state = lock(&self.state);
        let from = usize::try_from(state.passed - state.gone).unwrap_or(usize::MAX);
        match (state.bytes.get(from..), &state.end) {
            (Some(rest), _) if !rest.is_empty() => Piece::Bytes(rest[..rest.len().min(PIECE)].to_vec()),
            (_, Some(_)) => Piece::End,
            (_, None) => Piece::Later,
        }
    }

    fn fill(&self, mut stream: impl Read) {
        let mut piece = vec![0; PIECE];
        loop {
            let read = loop {
                match stream.read(&mut piece) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => break read,
                }
            };
            let mut state = lock(&self.state);
            match read {
                Ok(0) => state.end = Some(Ok(())),
                Err(error) => state.end = Some(Err(error.to_string())),
                Ok(length) => {
                    // Full: what was passed on makes room, and then no other try can have it.
                    while state.bytes.len() + length > self.limit {
                        let taken = usize::try_from(state.passed - state.gone).unwrap_or(usize::MAX);
                        if taken > 0 {
                            let taken = taken.min(state.bytes.len());
                            state.bytes.drain(..taken);
                            state.gone += taken as u64;
                        } else {
                            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
                        }
                    }
                    state.bytes.extend_from_slice(&piece[..length]);
                }
            }
            let ended = state.end.is_some();
            drop(state);
            self.more.notify_waiters();
            if ended {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn each_try_gets_the_whole() {
        let spool = Spool::start(&b"some lines\n"[..], 1 << 20);
        for _ in 0..2 {
            let mut taken = Vec::new();
            spool.pour(&mut taken).await;
            assert_eq!(taken, b"some lines\n");
            assert!(spool.is_whole());
        }
    }

    #[tokio::test]
    async fn what_is_too_long_is_passed_on_once() {
        let long = vec![7_u8; 10 * PIECE + 1];
        let spool = Spool::start(io::Cursor::new(long.clone()), 2 * PIECE);
        let mut taken = Vec::new();
        spool.pour(&mut taken).await;
        assert_eq!(taken, long);
        assert!(!spool.is_whole());
        assert!(Input::Kept(spool).rewind().is_err());
    }
}
