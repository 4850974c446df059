//! Writes a compressed stream: many Zstandard frames, followed by a seek table.

use std::io::{self, Write};
use std::mem::{replace, take};

use super::compressor::{ParallelCompressor, Piece};
use super::seek_table::SeekTable;

/// The length of the uncompressed bytes in a frame.
const FRAME_BYTES: usize = 2 * 1024 * 1024;

/// Compresses what is written to it with all cores, and writes the result to another writer, in order.
///
/// Every frame but the last holds 2 MiB, and is compressed on its own, with a checksum. A table of the frames ends the
/// stream, in the layout of the Zstandard seekable format. So any Zstandard reader reads it, and one that knows the table
/// unpacks only the frames that it needs.
///
/// Promises:
/// - The same bytes give the same stream, on every machine and in whatever pieces they come, as long as nobody
///   [flushes](Write::flush): that ends a frame.
/// - After an error, nothing more is written. Every call fails.
/// - An empty stream gets an empty frame, so that any reader takes it for a compressed stream.
///
/// Not promised: the same stream from another version of the Zstandard library.
///
/// **[`finish`](Self::finish) must be called.** A writer that is dropped leaves a stream without its last frames.
///
/// It starts a thread for each core, 16 at most, and holds at most four frames for each.
///
/// # Examples
/// ```
/// use std::io::{Read, Write};
///
/// use backup_fs::{ZstdReader, ZstdWriter};
///
/// # fn main() -> std::io::Result<()> {
/// let mut writer = ZstdWriter::new(Vec::new())?;
/// for number in 0..100_000 {
///     writeln!(writer, "{number}")?;
/// }
/// let stored = writer.finish()?;
/// assert!(stored.len() < 250_000);
///
/// let mut text = String::new();
/// ZstdReader::new(&stored[..])?.read_to_string(&mut text)?;
/// assert_eq!(text.lines().count(), 100_000);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ZstdWriter<W> {
    out: W,
    compressor: ParallelCompressor,
    table: SeekTable,
    /// The frame that is being filled.
    pending: Piece,
    /// Frames that were written, to be filled again.
    spare: Vec<Piece>,
    /// Whether a step has failed. Then nothing more may be written.
    broken: bool,
    /// Whether the seek table is written. Then nothing more may be written either.
    is_finished: bool,
}

impl<W: Write> ZstdWriter<W> {
    /// Begins a compressed stream.
    ///
    /// # Errors
    /// Any failure to start a thread. Nothing is written yet.
    pub fn new(out: W) -> io::Result<Self> {
        let (compressor, table) = (ParallelCompressor::start()?, SeekTable::default());
        let (pending, spare) = (Piece::default(), Vec::new());
        Ok(Self { out, compressor, table, pending, spare, broken: false, is_finished: false })
    }

    /// Writes the remaining frames and the seek table, and returns the other writer. That is not flushed.
    ///
    /// # Errors
    /// When the other writer fails, or failed before, and when the stream is too long for the table: 4 billion frames.
    pub fn finish(mut self) -> io::Result<W> {
        self.end()?;
        Ok(self.out)
    }

    /// Writes the remaining frames and the seek table, once.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.attempt(Self::write_end)
    }

    /// Returns the other writer.
    pub(crate) fn out(&self) -> &W {
        &self.out
    }

    /// Returns the other writer. Bytes written to it directly come between the frames.
    pub(crate) fn out_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// Performs a step. If it fails, the stream is not valid any more, and all further steps fail.
    fn attempt(&mut self, step: fn(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if replace(&mut self.broken, true) {
            return Err(io::Error::other("an earlier write has failed"));
        }
        step(self)?;
        self.broken = false;
        Ok(())
    }

    /// Hands the pending frame to the compressor. Writes finished frames first, while the compressor is full.
    fn end_frame(&mut self) -> io::Result<()> {
        while self.compressor.is_full() {
            self.write_frame()?;
        }
        let empty = self.spare.pop().unwrap_or_default();
        self.compressor.put(replace(&mut self.pending, empty))
    }

    /// Writes the oldest frame of the compressor. Returns whether there was one.
    fn write_frame(&mut self) -> io::Result<bool> {
        let Some(mut piece) = self.compressor.take()? else { return Ok(false) };
        self.out.write_all(&piece.frame)?;
        self.table.add(piece.frame.len(), piece.plain.len())?;
        piece.plain.clear();
        self.spare.push(piece);
        Ok(true)
    }

    fn write_all_frames(&mut self) -> io::Result<()> {
        if !self.pending.plain.is_empty() {
            self.end_frame()?;
        }
        while self.write_frame()? {}
        Ok(())
    }

    /// Writes the remaining frames and the seek table.
    ///
    /// An empty stream gets an empty frame, because tools don't take a file without a frame for a compressed one.
    fn write_end(&mut self) -> io::Result<()> {
        if replace(&mut self.is_finished, true) {
            return Ok(());
        }
        self.write_all_frames()?;
        if self.table.is_empty() {
            self.end_frame()?;
            self.write_all_frames()?;
        }
        self.out.write_all(&take(&mut self.table).to_bytes()?)
    }
}

impl<W: Write> Write for ZstdWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_finished {
            return Err(io::Error::other("it was sealed"));
        }
        let plain = &mut self.pending.plain;
        let fitting = bytes.len().min(FRAME_BYTES - plain.len());
        plain.reserve_exact(FRAME_BYTES - plain.len());
        plain.extend_from_slice(&bytes[..fitting]);
        if plain.len() == FRAME_BYTES {
            self.attempt(Self::end_frame)?;
        }
        Ok(fitting)
    }

    /// Ends the current frame as well, and flushes the other writer.
    fn flush(&mut self) -> io::Result<()> {
        self.attempt(Self::write_all_frames)?;
        self.out.flush()
    }
}
