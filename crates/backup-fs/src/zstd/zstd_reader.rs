//! Reads compressed streams from their start to their end, whoever made them.

use std::error::Error;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::{fmt, io};

use zstd::stream::read::Decoder;

type Frame<R> = Decoder<'static, BufReader<Counting<R>>>;

/// How much is asked for at once: what was unpacked by a call that meets the damage is lost.
const PIECE_BYTES: usize = 4096;

/// Reads what is in a Zstandard stream, such as a `.tar.zst`, from any source that can be read.
///
/// It reads frames of any kind, one after another: those of [`ZstdWriter`](super::zstd_writer::ZstdWriter), of the program
/// `zstd`, and of others. Frames that hold no data (skippable ones) are passed over.
///
/// Promises:
/// - Where a frame has a checksum, it is compared. `Ok(0)` comes only after every frame was whole and right.
/// - A stream that is cut within a frame ends with [`ErrorKind::UnexpectedEof`], one that is damaged with
///   [`ErrorKind::InvalidData`]. The message says where: by the bytes before it, and by the frame.
/// - An error of the source keeps its kind.
/// - After an error, every read fails in the same way.
///
/// Not promised:
/// - That what was read before an error is right. The checksum stands at the end of a frame, and a frame may be of any
///   size, so its contents are given on before. Nothing of a frame that turns out damaged can be relied on.
/// - That a cut between two frames is found: what is left is a whole stream. A tar has an end of its own.
///
/// It takes as much memory as the window of the frame, at most 128 MiB. Frames that need more are refused. It reads
/// ahead; `source` needs no buffer of its own.
///
/// # Examples
/// ```
/// use std::io::{Read, Write};
///
/// use backup_fs::{ZstdReader, ZstdWriter};
///
/// # fn main() -> std::io::Result<()> {
/// let mut writer = ZstdWriter::new(Vec::new())?;
/// writer.write_all(b"Dear all")?;
/// let stored = writer.finish()?;
///
/// let mut text = String::new();
/// ZstdReader::new(&stored[..])?.read_to_string(&mut text)?;
/// assert_eq!(text, "Dear all");
///
/// let cut = &stored[..12];
/// assert!(ZstdReader::new(cut)?.read_to_string(&mut text).is_err());
/// # Ok(())
/// # }
/// ```
///
/// An archive in an object store comes back with
/// [`TarRestorer::restore_stream`](crate::TarRestorer::restore_stream)`(&mut ZstdReader::new(download)?, ...)`.
pub struct ZstdReader<R> {
    state: State<R>,
    /// Where the frame begins: in the source, and in what comes out.
    stored_at: u64,
    plain_at: u64,
    position: u64,
}

enum State<R> {
    Reading(Frame<R>),
    Ended,
    Broken(ErrorKind, Broken),
}

impl<R> fmt::Debug for ZstdReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZstdReader").field("position", &self.position).finish_non_exhaustive()
    }
}

impl<R: Read> ZstdReader<R> {
    /// Returns a reader at the start of a compressed stream. An empty one has nothing in it.
    ///
    /// # Errors
    /// When there is no memory for it. Nothing is read yet.
    pub fn new(source: R) -> io::Result<Self> {
        let state = State::Reading(begin(BufReader::new(Counting { source, bytes: 0, has_failed: false }))?);
        Ok(Self { state, stored_at: 0, plain_at: 0, position: 0 })
    }

    /// Returns how many bytes have come out so far.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Reads on in the frame, or in the next one that holds anything; 0 at the end of the stream.
    fn read_on(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        while let State::Reading(frame) = &mut self.state {
            let read = frame.read(piece)?;
            if read > 0 || piece.is_empty() {
                return Ok(read);
            }
            self.next_frame()?;
        }
        match &self.state {
            State::Broken(kind, broken) => Err(io::Error::new(*kind, broken.clone())),
            State::Reading(_) | State::Ended => Ok(0),
        }
    }

    /// Goes to the next frame, if there is one.
    fn next_frame(&mut self) -> io::Result<()> {
        let State::Reading(frame) = std::mem::replace(&mut self.state, State::Ended) else { return Ok(()) };
        let mut stored = frame.finish();
        (self.stored_at, self.plain_at) = (position(&stored), self.position);
        let is_over = loop {
            match stored.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                ahead => break ahead?.is_empty(),
            }
        };
        if !is_over {
            self.state = State::Reading(begin(stored)?);
        }
        Ok(())
    }

    /// Says where it breaks, and that for all reads to come. A frame that ends too early is right as far as it goes; in one
    /// that is wrong, anything may be.
    fn break_off(&mut self, error: &io::Error) -> io::Error {
        let Self { stored_at, plain_at, position, .. } = *self;
        let is_of_the_source = match &self.state {
            State::Reading(frame) => frame.get_ref().get_ref().has_failed,
            State::Ended | State::Broken(..) => true,
        };
        let kind = match error.kind() {
            kind if is_of_the_source => kind,
            ErrorKind::UnexpectedEof => ErrorKind::UnexpectedEof,
            _ => ErrorKind::InvalidData,
        };
        let text = format!(
            "after byte {position} of the tar: {error}, in the frame that begins at byte {stored_at} of the file"
        );
        let is_damage = kind == ErrorKind::InvalidData && !is_of_the_source;
        let is_doubtful = is_damage && plain_at < position;
        let broken = Broken { text, doubtful_from: is_doubtful.then_some(plain_at) };
        self.state = State::Broken(kind, broken.clone());
        io::Error::new(kind, broken)
    }
}

impl<R: Read> Read for ZstdReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(PIECE_BYTES);
        let read = match self.read_on(&mut buffer[..length]) {
            Err(error) if error.kind() != ErrorKind::Interrupted && !self.is_broken() => {
                Err(self.break_off(&error))
            }
            read => read,
        }?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<R> ZstdReader<R> {
    fn is_broken(&self) -> bool {
        matches!(self.state, State::Broken(..))
    }
}

fn begin<R: Read>(stored: BufReader<Counting<R>>) -> io::Result<Frame<R>> {
    Ok(Decoder::with_buffer(stored)?.single_frame())
}

/// Returns how many bytes were used of what was read.
fn position<R: Read>(stored: &BufReader<Counting<R>>) -> u64 {
    stored.get_ref().bytes - stored.buffer().len() as u64
}

/// A source, and how much of it was read.
struct Counting<R> {
    source: R,
    bytes: u64,
    /// The source itself has returned an error.
    has_failed: bool,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer);
        self.has_failed = read.as_ref().is_err_and(|error| error.kind() != ErrorKind::Interrupted);
        self.bytes += read.as_ref().map_or(0, |read| *read as u64);
        read
    }
}

/// Says where a compressed stream breaks, and what was given on and may be wrong.
#[derive(Debug, Clone)]
struct Broken {
    text: String,
    doubtful_from: Option<u64>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Broken {}

/// Returns from which byte of the tar on anything that was read before this error may be wrong.
pub(crate) fn doubtful_from(error: &io::Error) -> Option<u64> {
    error.get_ref()?.downcast_ref::<Broken>()?.doubtful_from
}
