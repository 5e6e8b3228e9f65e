//! Where line protocol comes from: files or standard input, plain, gzip or zstd.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use super::zstd;

/// One input as named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Standard input, `-`.
    Stdin,
    /// A file.
    File(PathBuf),
    /// Bytes inside the program, with a name.
    Embedded(&'static str, &'static [u8]),
}

impl Source {
    /// `-` is standard input, anything else a path.
    pub(crate) fn named(name: &Path) -> Self {
        if name.as_os_str() == "-" { Self::Stdin } else { Self::File(name.to_owned()) }
    }

    /// The name for messages: the path as given, or `stdin`.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "stdin".to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::Embedded(name, _) => (*name).to_owned(),
        }
    }

    /// Whether it is a file that is compressed, by its first bytes.
    pub(crate) fn is_compressed(&self) -> bool {
        match self {
            Self::File(path) => {
                File::open(path).and_then(|mut file| head(&mut file, HEAD)).is_ok_and(|head| is_compressed(&head))
            }
            Self::Stdin | Self::Embedded(..) => false,
        }
    }

    /// Whether it can be read again from any place: no stream.
    pub(crate) fn is_file(&self) -> bool {
        match self {
            Self::Stdin => false,
            Self::File(path) => path.is_file(),
            Self::Embedded(..) => true,
        }
    }

    /// Bytes on disk (compressed ones of a compressed file), where that is known.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::Stdin => None,
            Self::File(path) => path.metadata().ok().filter(std::fs::Metadata::is_file).map(|data| data.len()),
            Self::Embedded(_, bytes) => Some(bytes.len() as u64),
        }
    }

    /// Opens the input at an offset of its (decompressed) bytes, behind a byte order mark at least, which is no part of a line.
    /// Plain files are not read up to the offset.
    ///
    /// # Errors
    /// As [`Source::open`]; and the input ends before the offset.
    pub(crate) fn open_at(&self, offset: u64, consumed: Arc<AtomicU64>) -> io::Result<OpenedAt> {
        if offset == 0 {
            let Decompressed { mut input, was_compressed } = self.decompressed(consumed)?;
            let start = head(&mut input, BYTE_ORDER_MARK.len())?;
            let (start, at) = if start == BYTE_ORDER_MARK { (Vec::new(), 3) } else { (start, 0) };
            let input = Box::new(io::Cursor::new(start).chain(input));
            return Ok(OpenedAt { input, at, unread: 0, was_compressed });
        }
        if let Self::File(path) = self
            && self.is_file()
            && !self.is_compressed()
        {
            let mut file = File::open(path)?;
            if file.metadata()?.len() < offset {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            file.seek(SeekFrom::Start(offset))?;
            let input = Box::new(Counted { inner: file, consumed });
            return Ok(OpenedAt { input, at: offset, unread: offset, was_compressed: false });
        }
        let Decompressed { mut input, was_compressed } = self.decompressed(consumed)?;
        if io::copy(&mut input.by_ref().take(offset), &mut io::sink())? < offset {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(OpenedAt { input, at: offset, unread: 0, was_compressed })
    }

    /// Opens the input, telling gzip and zstd by their first bytes rather than by a name; `consumed` counts the bytes
    /// taken from disk or pipe, before decompression.
    ///
    /// # Errors
    /// The file cannot be opened or read, is a directory, or is compressed in a way that is not read here.
    pub(crate) fn open(&self, consumed: Arc<AtomicU64>) -> io::Result<Box<dyn Read + Send>> {
        without_mark(self.decompressed(consumed)?.input)
    }

    fn decompressed(&self, consumed: Arc<AtomicU64>) -> io::Result<Decompressed> {
        match self {
            Self::Stdin => decompressed(Counted { inner: io::stdin(), consumed }),
            Self::File(path) => {
                let file = File::open(path)?;
                if file.metadata()?.is_dir() {
                    return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
                }
                decompressed(Counted { inner: file, consumed })
            }
            Self::Embedded(_, bytes) => decompressed(Counted { inner: *bytes, consumed }),
        }
    }
}

/// An input that was opened somewhere.
pub(crate) struct OpenedAt {
    pub(crate) input: Box<dyn Read + Send>,
    /// The offset of its first byte.
    pub(crate) at: u64,
    /// How many bytes before it were not read.
    pub(crate) unread: u64,
    pub(crate) was_compressed: bool,
}

/// Counts what passes.
struct Counted<R> {
    inner: R,
    consumed: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = self.inner.read(buffer)?;
        self.consumed.fetch_add(taken as u64, Ordering::Relaxed);
        Ok(taken)
    }
}

const GZIP: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// First bytes of what is compressed otherwise, with the command that reads it. As points they would be refused line by
/// line; none of them can start one that a server takes.
const OTHERS: [(&[u8], &str); 4] =
    [(b"\xfd7zXZ\0", "xz -dc"), (b"BZh", "bzip2 -dc"), (b"\x04\x22\x4d\x18", "lz4 -dc"), (b"PK\x03\x04", "unzip -p")];

/// Longest of the first bytes that are looked at.
const HEAD: usize = 6;

fn is_compressed(head: &[u8]) -> bool {
    head.starts_with(&GZIP) || zstd::starts(head)
}

/// An input without compression.
struct Decompressed {
    input: Box<dyn Read + Send>,
    was_compressed: bool,
}

/// The input without compression.
fn decompressed(mut input: impl Read + Send + 'static) -> io::Result<Decompressed> {
    let head = head(&mut input, HEAD)?;
    if let Some((_, command)) = OTHERS.iter().find(|(magic, _)| head.starts_with(magic)) {
        // A measurement may begin like bzip2, but is text then; the compressed block has its own mark behind it.
        if *command != "bzip2 -dc" || matches!(head.get(3..), Some([b'1'..=b'9', 0x31, 0x41])) {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!(
                    "is compressed in a way that is not read here (gzip and zstd are): pipe it through `{command}`"
                ),
            ));
        }
    }
    let (gzip, zstd) = (head.starts_with(&GZIP), zstd::starts(&head));
    let whole = io::Cursor::new(head).chain(input);
    let input: Box<dyn Read + Send> = if gzip {
        Box::new(MultiGzDecoder::new(whole))
    } else if zstd {
        Box::new(zstd::Frames::new(BufReader::with_capacity(64 * 1024, whole)))
    } else {
        Box::new(whole)
    };
    Ok(Decompressed { input, was_compressed: gzip || zstd })
}

fn without_mark(mut input: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let mut start = head(&mut input, BYTE_ORDER_MARK.len())?;
    if start == BYTE_ORDER_MARK {
        start.clear();
    }
    Ok(Box::new(io::Cursor::new(start).chain(input)))
}

/// The first bytes, fewer than wanted only at the end of the input.
fn head(input: &mut impl Read, wanted: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(wanted);
    input.by_ref().take(wanted as u64).read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        without_mark(decompressed(io::Cursor::new(bytes))?.input)?.read_to_end(&mut all)?;
        Ok(all)
    }

    #[test]
    fn plain_and_gzip_are_told_by_their_bytes() {
        assert_eq!(read(b"m f=1 1\n".to_vec()).unwrap(), b"m f=1 1\n");
        assert_eq!(read(gzip(b"m f=1 1\n")).unwrap(), b"m f=1 1\n");
        assert_eq!(read(Vec::new()).unwrap(), b"");
        assert_eq!(read(b"m".to_vec()).unwrap(), b"m");
    }

    #[test]
    fn members_of_a_joined_gzip_file_are_all_read() {
        let joined = [gzip(b"a f=1\n"), gzip(b"b f=2\n")].concat();
        assert_eq!(read(joined).unwrap(), b"a f=1\nb f=2\n");
    }

    #[test]
    fn a_cut_gzip_file_is_an_error_not_an_end() {
        let mut cut = gzip(&b"m f=1 1\n".repeat(1_000));
        cut.truncate(cut.len() - 6);
        assert!(read(cut).is_err());
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_measurement() {
        assert_eq!(read(b"\xef\xbb\xbfm f=1\n".to_vec()).unwrap(), b"m f=1\n");
        assert_eq!(read(gzip(b"\xef\xbb\xbfm f=1\n")).unwrap(), b"m f=1\n");
    }

    #[test]
    fn zstd_is_told_by_its_bytes_too() {
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        let zstd = |bytes: &[u8]| ruzstd::encoding::compress_to_vec(bytes, level);
        assert_eq!(read(zstd(b"\xef\xbb\xbfm f=1 1\n")).unwrap(), b"m f=1 1\n");
        let mut cut = zstd(&b"m f=1 1\n".repeat(1_000));
        cut.truncate(cut.len() - 6);
        assert!(read(cut).is_err());
    }

    #[test]
    fn other_compression_is_named_rather_than_sent_as_points() {
        for (bytes, command) in [
            (&b"\xfd7zXZ\0\0"[..], "`xz -dc`"),
            (b"BZh91AY&SY", "`bzip2 -dc`"),
            (b"\x04\x22\x4d\x18\0", "`lz4 -dc`"),
            (b"PK\x03\x04\0", "`unzip -p`"),
        ] {
            let error = read(bytes.to_vec()).unwrap_err();
            assert!(error.to_string().contains(command), "{error}");
        }
        assert_eq!(read(b"BZhang f=1 1\n".to_vec()).unwrap(), b"BZhang f=1 1\n");
        assert_eq!(read(b"PKs f=1 1\n".to_vec()).unwrap(), b"PKs f=1 1\n");
    }
}
