//! Writes a compressed stream: many Zstandard frames, followed by a seek table.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::mem::{replace, take};
use std::ops::Range;

use super::compressor::{ParallelCompressor, Piece};
use super::cutter::Cutter;
use super::seek_table::{Frame, SeekTable};

/// Compresses what is written to it with all cores, and writes the result to another writer, in order.
///
/// Every frame holds 2 MiB at most, and is compressed on its own, with a checksum. In a tar, frames end between members, so that
/// those of an unchanged part are the same, whatever comes before. Other streams have frames of 2 MiB. A table of the frames
/// ends the stream, in the layout of the Zstandard seekable format. So any Zstandard reader reads it, and one that knows the
/// table unpacks only the frames that it needs.
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
    cutter: Cutter,
    /// The frame that is being filled.
    pending: Piece,
    /// What is to be written, the oldest first.
    turns: VecDeque<Turn<W>>,
    /// Frames that were written, to be filled again.
    spare: Vec<Piece>,
    /// Whether a step has failed. Then nothing more may be written.
    broken: bool,
    /// Whether the seek table is written. Then nothing more may be written either.
    is_finished: bool,
}

/// What is to be written.
#[derive(Debug)]
enum Turn<W> {
    /// The oldest piece of the compressor.
    Piece,
    /// Frames that are stored elsewhere.
    Stored(StoredFrames<W>),
}

/// Frames of another archive that are appended as they are.
#[derive(Debug)]
pub(crate) struct StoredFrames<W> {
    pub(crate) frames: Vec<Frame>,
    /// Appends that part of the other archive. Returns how many bytes of a frame that readers skip it has put before.
    pub(crate) append: fn(&mut W, Range<u64>) -> io::Result<usize>,
}

impl<W: Write> ZstdWriter<W> {
    /// Begins a compressed stream.
    ///
    /// # Errors
    /// Any failure to start a thread. Nothing is written yet.
    pub fn new(out: W) -> io::Result<Self> {
        let (compressor, table) = (ParallelCompressor::start()?, SeekTable::default());
        let (cutter, pending, spare) = (Cutter::default(), Piece::default(), Vec::new());
        let (turns, broken, is_finished) = (VecDeque::new(), false, false);
        Ok(Self { out, compressor, table, cutter, pending, turns, spare, broken, is_finished })
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

    /// Begins anew. The other writer must have forgotten what it got.
    ///
    /// # Errors
    /// Any failure to start a thread.
    pub(crate) fn restart(&mut self) -> io::Result<()> {
        self.compressor = ParallelCompressor::start()?;
        (self.table, self.cutter) = (SeekTable::default(), Cutter::default());
        self.pending.plain.clear();
        self.turns.clear();
        (self.broken, self.is_finished) = (false, false);
        Ok(())
    }

    /// Appends frames that are stored elsewhere, as they are. The current frame ends.
    ///
    /// # Errors
    /// As those of a write.
    pub(crate) fn append_stored(&mut self, stored: StoredFrames<W>) -> io::Result<()> {
        self.attempt(|this| {
            this.end_frame(0)?;
            this.cutter.skip(stored.frames.iter().map(|frame| frame.plain_bytes as u64).sum());
            this.turns.push_back(Turn::Stored(stored));
            this.write_stored()
        })
    }

    /// Appends a frame that is made already. It is checked first. The current frame ends.
    ///
    /// # Errors
    /// As those of a write. A frame that is damaged is one of a later call, [`InvalidData`](io::ErrorKind::InvalidData).
    pub(crate) fn append_made(
        &mut self,
        plain_bytes: usize,
        read: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.attempt(|this| {
            this.end_frame(0)?;
            this.cutter.skip(plain_bytes as u64);
            let mut piece = this.spare.pop().unwrap_or_default();
            piece.is_made = Some(plain_bytes);
            read(&mut piece.frame)?;
            this.put(piece)
        })
    }

    /// Performs a step. If it fails, the stream is not valid any more, and all further steps fail.
    fn attempt(&mut self, step: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if replace(&mut self.broken, true) {
            return Err(io::Error::other("an earlier write has failed"));
        }
        step(self)?;
        self.broken = false;
        Ok(())
    }

    /// Ends the pending frame, but for its last bytes, which begin the next. There is none if it has no others.
    fn end_frame(&mut self, rest: usize) -> io::Result<()> {
        let end = self.pending.plain.len().saturating_sub(rest);
        if end == 0 {
            return Ok(());
        }
        let mut next = self.spare.pop().unwrap_or_default();
        next.plain.extend_from_slice(&self.pending.plain[end..]);
        self.pending.plain.truncate(end);
        let piece = replace(&mut self.pending, next);
        self.put(piece)
    }

    /// Hands a piece to the compressor. Writes finished frames first, while the compressor is full.
    fn put(&mut self, piece: Piece) -> io::Result<()> {
        while self.compressor.is_full() {
            self.write_turn()?;
        }
        self.turns.push_back(Turn::Piece);
        self.compressor.put(piece)
    }

    /// Writes what is next. Returns whether there was anything.
    fn write_turn(&mut self) -> io::Result<bool> {
        match self.turns.pop_front() {
            None => return Ok(false),
            Some(Turn::Piece) => self.write_frame()?,
            Some(Turn::Stored(stored)) => self.write_frames(&stored)?,
        }
        self.write_stored()?;
        Ok(true)
    }

    /// Writes the frames that are stored elsewhere, as long as they are next.
    fn write_stored(&mut self) -> io::Result<()> {
        while let Some(Turn::Stored(stored)) = self.turns.pop_front_if(|turn| matches!(turn, Turn::Stored(_)))
        {
            self.write_frames(&stored)?;
        }
        Ok(())
    }

    fn write_frames(&mut self, stored: &StoredFrames<W>) -> io::Result<()> {
        let (Some(first), Some(last)) = (stored.frames.first(), stored.frames.last()) else { return Ok(()) };
        let part = first.stored_at..last.stored_at + last.stored_bytes as u64;
        let skipped = (stored.append)(&mut self.out, part)?;
        if skipped > 0 {
            self.table.add_skipped(skipped)?;
        }
        stored.frames.iter().try_for_each(|frame| self.table.add(frame.stored_bytes, frame.plain_bytes))
    }

    /// Writes the oldest frame of the compressor.
    fn write_frame(&mut self) -> io::Result<()> {
        let Some(mut piece) = self.compressor.take()? else { return Ok(()) };
        self.out.write_all(&piece.frame)?;
        self.table.add(piece.frame.len(), piece.plain.len())?;
        piece.plain.clear();
        piece.is_made = None;
        self.spare.push(piece);
        Ok(())
    }

    fn write_all_frames(&mut self) -> io::Result<()> {
        self.end_frame(0)?;
        self.cutter.end_frame();
        while self.write_turn()? {}
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
            self.put(Piece::default())?;
            self.write_all_frames()?;
        }
        self.out.write_all(&take(&mut self.table).into_bytes()?)
    }
}

impl<W: Write> Write for ZstdWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_finished {
            return Err(io::Error::other("it was sealed"));
        }
        let mut left = bytes;
        while !left.is_empty() {
            let step = self.cutter.take(left);
            self.pending.plain.extend_from_slice(&left[..step.taken]);
            left = &left[step.taken..];
            if let Some(rest) = step.cut {
                self.attempt(|this| this.end_frame(rest))?;
            }
        }
        Ok(bytes.len())
    }

    /// Ends the current frame as well, and flushes the other writer.
    fn flush(&mut self) -> io::Result<()> {
        self.attempt(Self::write_all_frames)?;
        self.out.flush()
    }
}
