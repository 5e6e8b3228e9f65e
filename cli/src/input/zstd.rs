//! Files compressed with zstd: any number of frames, one after the other, with skippable ones between them.
//!
//! The library decodes one frame; what makes a file of frames is here, and so are the checks that tell a damaged file
//! from a whole one: its checksum, its length, and an end only where a frame ends.

use std::io::{self, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// What a frame starts with.
const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Largest window, in bytes: what `zstd -d` takes without being asked for more, and so the bound of the memory that a
/// hostile file can make this take (twice as much, for the buffer behind it).
const WINDOW: u64 = 128 << 20;

/// Whether a file with these first bytes is of zstd frames. Parallel compressors start with a skippable one.
pub(super) fn starts(head: &[u8]) -> bool {
    head.starts_with(&FRAME) || matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// The decompressed content of all frames.
pub(super) struct Frames<R> {
    input: R,
    decoder: FrameDecoder,
    /// The checks of the frame under way; `None` between frames.
    frame: Option<Frame>,
    /// An error is the end: what would come behind it is not known to be in its place.
    failed: bool,
}

/// What is known of the frame under way.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// What its header says of its length; most streams do not.
    length: Option<u64>,
    produced: u64,
}

impl<R: Read> Frames<R> {
    pub(super) fn new(input: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self { input, decoder, frame: None, failed: false }
    }

    /// Starts the next frame; false at the end of the input.
    fn start(&mut self) -> io::Result<bool> {
        let mut magic = [0; 4];
        let mut filled = 0;
        while filled < magic.len() {
            match self.input.read(&mut magic[filled..]) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(cut()),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        match self.decoder.reset((&magic[..]).chain(&mut self.input)) {
            Ok(()) => {
                let length = Some(self.decoder.content_size()).filter(|length| *length > 0);
                self.frame = Some(Frame { length, produced: 0 });
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                let length = u64::from(length);
                if io::copy(&mut self.input.by_ref().take(length), &mut io::sink())? < length {
                    return Err(cut());
                }
            }
            Err(error) => return Err(described(error)),
        }
        Ok(true)
    }

    /// Checks a frame whose content has all been handed out.
    fn finish(&mut self, frame: Frame) -> io::Result<()> {
        if let Some(length) = frame.length
            && frame.produced != length
        {
            let produced = frame.produced;
            return Err(damaged(&format!("a frame of {length} bytes has {produced}")));
        }
        match (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum()) {
            (Some(said), calculated) if calculated != Some(said) => Err(damaged("the checksum does not match")),
            _ => Ok(()),
        }
    }

    fn step(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(frame) = &mut self.frame else {
                if self.start()? {
                    continue;
                }
                return Ok(0);
            };
            if self.decoder.can_collect() > 0 {
                let read = self.decoder.read(buffer)?;
                frame.produced += read as u64;
                // A frame that says its length has no say beyond it.
                if frame.length.is_some_and(|length| frame.produced > length) {
                    return Err(damaged("a frame is longer than it says"));
                }
                return Ok(read);
            }
            if self.decoder.is_finished() {
                let frame = *frame;
                self.frame = None;
                self.finish(frame)?;
                continue;
            }
            self.decoder.decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1)).map_err(described)?;
        }
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.failed {
            return Ok(0);
        }
        let read = self.step(buffer);
        self.failed = read.is_err();
        read
    }
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the zstd file is cut off")
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the zstd file is damaged: {what}"))
}

/// The library's error, with the reason below it: reading that failed is no damage.
fn described(error: FrameDecoderError) -> io::Error {
    if let FrameDecoderError::WindowSizeTooBig { requested, max } = &error {
        let (requested, max) = (requested >> 20, max >> 20);
        return io::Error::new(
            io::ErrorKind::Unsupported,
            format!(
                "the zstd file needs {requested} MiB of memory to be read, more than the {max} MiB taken here: pipe \
                 it through `zstd -dc --long=31`"
            ),
        );
    }
    if let FrameDecoderError::DictNotProvided { .. } = &error {
        let message = "the zstd file was compressed with a dictionary: pipe it through `zstd -dc -D FILE`";
        return io::Error::new(io::ErrorKind::Unsupported, message);
    }
    let mut cause: &dyn std::error::Error = &error;
    loop {
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return match error.kind() {
                io::ErrorKind::UnexpectedEof => cut(),
                kind => io::Error::new(kind, error.to_string()),
            };
        }
        match cause.source() {
            Some(below) => cause = below,
            None => return damaged(&cause.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn frame(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    fn skippable(bytes: &[u8]) -> Vec<u8> {
        [&[0x5a, 0x2a, 0x4d, 0x18], &(bytes.len() as u32).to_le_bytes()[..], bytes].concat()
    }

    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        Frames::new(bytes).read_to_end(&mut all)?;
        Ok(all)
    }

    #[test]
    fn frames_follow_each_other_and_skippable_ones_hold_nothing() {
        let large = b"m,t=a f=1 1\n".repeat(50_000);
        let file = [skippable(b"index"), frame(&large), skippable(b""), frame(b""), frame(b"m f=2 2\n")].concat();
        assert!(starts(&file) && starts(&frame(b"x")) && !starts(b"m f=1 1\n"));
        assert_eq!(read(&file).unwrap(), [&large[..], b"m f=2 2\n"].concat());
        assert_eq!(read(b"").unwrap(), b"");
    }

    #[test]
    fn a_cut_at_any_place_within_a_frame_is_an_error() {
        let first = frame(b"a f=1 1\n");
        let file = [first.clone(), skippable(b"xy"), frame(&b"b f=2 2\n".repeat(100))].concat();
        for end in 1..file.len() {
            let at_a_boundary = end == first.len() || end == first.len() + 10;
            assert_eq!(read(&file[..end]).is_ok(), at_a_boundary, "{end} of {} bytes", file.len());
        }
    }

    #[test]
    fn damage_changes_no_text() {
        let text: Vec<u8> = (0..200).flat_map(|n| format!("m f={} {n}\n", n * 7_919 % 1_000).into_bytes()).collect();
        let whole = frame(&text);
        let mut noticed = 0;
        for at in 4..whole.len() {
            let mut file = whole.clone();
            file[at] ^= 0x10;
            // Bits without a meaning, and a larger window, do no harm.
            match read(&file) {
                Ok(read) => assert!(read == text, "a flipped bit in byte {at} changes the text"),
                Err(_) => noticed += 1,
            }
        }
        assert!(noticed > whole.len() * 9 / 10, "{noticed} of {}", whole.len());
    }

    #[test]
    fn what_follows_a_frame_must_be_one() {
        let error = read(&[frame(b"a f=1 1\n"), b"plain f=1 1\n".to_vec()].concat()).unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");
    }

    #[test]
    fn a_window_beyond_the_limit_is_refused_before_it_is_allocated() {
        // Magic number, no flags, a window of 2^(10 + 31) bytes.
        let error = read(&[0x28, 0xb5, 0x2f, 0xfd, 0, 0xf8]).unwrap_err();
        assert!(error.to_string().contains("zstd -dc --long"), "{error}");
        // One segment of 2^40 bytes.
        let single = [0x28, 0xb5, 0x2f, 0xfd, 0b1110_0000, 0, 0, 0, 0, 0, 1, 0, 0];
        assert!(read(&single).unwrap_err().to_string().contains("zstd -dc --long"));
    }
}
