//! The archive on its way in: buffered, and counted byte by byte.

use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::{fmt, io};

use super::damage::{Fault, ReadError};
use super::shared_bytes::{SharedBuffer, SharedBytes};

/// The unit of tar: headers and contents begin at multiples of it.
pub(super) const BLOCK_BYTES: usize = 512;

/// One of these units.
pub(super) type Block = [u8; BLOCK_BYTES];

/// How much is read at once, and the most that can be shared.
pub(super) const BUFFER_BYTES: usize = 256 * 1024;

const ZEROS: [u8; 4096] = [0; 4096];

/// How to seek, and where the input ends. Seeking itself goes beyond the end without an error.
pub(super) struct Seeker<R> {
    seek: fn(&mut R, SeekFrom) -> io::Result<u64>,
    /// Where the input begins, by the source's offsets.
    start: u64,
    /// Where it ends, by its own offsets. Where that isn't known, contents are read and not seeked over.
    end: Option<u64>,
}

/// The archive, read to some byte.
pub(super) struct Input<R> {
    source: R,
    buffer: SharedBuffer,
    /// The part of the buffer that is still to be used.
    start: usize,
    end: usize,
    offset: u64,
    seeker: Option<Seeker<R>>,
}

impl<R> fmt::Debug for Input<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("offset", &self.offset).finish_non_exhaustive()
    }
}

impl<R: Read + Seek> Input<R> {
    pub(super) fn seeking(mut source: R) -> io::Result<Self> {
        let start = source.stream_position()?;
        let end = source.seek(SeekFrom::End(0))?.saturating_sub(start);
        source.seek(SeekFrom::Start(start))?;
        let seeker = Seeker { seek: R::seek, start, end: Some(end) };
        Ok(Self { seeker: Some(seeker), ..Self::new(source) })
    }

    /// Returns an input that goes back, but not ahead without reading.
    pub(super) fn returning(mut source: R) -> io::Result<Self> {
        let start = source.stream_position()?;
        Ok(Self { seeker: Some(Seeker { seek: R::seek, start, end: None }), ..Self::new(source) })
    }
}

impl<R: Read> Input<R> {
    pub(super) fn into_source(self) -> R {
        self.source
    }

    pub(super) fn new(source: R) -> Self {
        let buffer = SharedBuffer::new(BUFFER_BYTES);
        Self { source, buffer, start: 0, end: 0, offset: 0, seeker: None }
    }

    /// Returns how many bytes were used.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the next block; `None` at the end of the input.
    pub(super) fn block(&mut self) -> Result<Option<Block>, ReadError> {
        let mut block = [0; BLOCK_BYTES];
        match self.fill(&mut block)? {
            0 => Ok(None),
            BLOCK_BYTES => Ok(Some(block)),
            _ => Err(Fault::CutHeader.at(self.offset)),
        }
    }

    /// Returns the next `length` bytes, and uses up the blocks that they stand in. The caller has bounded the length;
    /// even so, memory is asked for only as bytes come in.
    pub(super) fn blocks(&mut self, length: u64) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        let mut left = length;
        while left > 0 {
            let block = self.block()?.ok_or_else(|| Fault::CutHeader.at(self.offset))?;
            let used = usize::try_from(left).unwrap_or(BLOCK_BYTES).min(BLOCK_BYTES);
            bytes.extend_from_slice(&block[..used]);
            left -= used as u64;
        }
        Ok(bytes)
    }

    /// Reads into a buffer; 0 only at the end of the input or for an empty buffer.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let read = if self.start == self.end && buffer.len() >= self.buffer.len() {
            read_once(&mut self.source, buffer)?
        } else {
            let ahead = self.ahead()?;
            let read = ahead.len().min(buffer.len());
            buffer[..read].copy_from_slice(&ahead[..read]);
            self.start += read;
            read
        };
        self.offset += read as u64;
        Ok(read)
    }

    /// Returns the next bytes, which are copied only where they don't stand together: as many, or fewer at the end of the
    /// input. At most `BUFFER_BYTES` can be had.
    pub(super) fn share(&mut self, length: usize) -> Result<SharedBytes, ReadError> {
        if self.end - self.start < length {
            self.gather(length)?;
        }
        let end = self.end.min(self.start + length);
        let shared = self.buffer.share(self.start..end);
        self.start = end;
        self.offset += shared.len() as u64;
        Ok(shared)
    }

    /// Returns the bytes that come next, at most this many, and none only at the end of the input.
    pub(super) fn share_piece(&mut self, most: usize) -> Result<SharedBytes, ReadError> {
        let ahead = self.ahead()?.len();
        self.share(ahead.min(most))
    }

    /// Goes ahead by at most this many bytes, and returns by how many; 0 only at the end of the input.
    pub(super) fn skip(&mut self, bytes: u64) -> Result<u64, ReadError> {
        let is_far = self.start == self.end && bytes > BUFFER_BYTES as u64;
        if let (true, Some(Seeker { seek, end: Some(end), .. })) = (is_far, &self.seeker) {
            let distance = end.saturating_sub(self.offset).min(bytes);
            seek(&mut self.source, SeekFrom::Current(i64::try_from(distance).map_err(io::Error::other)?))?;
            self.offset += distance;
            return Ok(distance);
        }
        let ahead = self.ahead()?.len();
        let skipped = usize::try_from(bytes).unwrap_or(ahead).min(ahead);
        self.start += skipped;
        self.offset += skipped as u64;
        Ok(skipped as u64)
    }

    /// Returns whether it can go ahead to an offset without reading, and there is something.
    pub(super) fn reaches(&self, offset: u64) -> bool {
        let end = self.seeker.as_ref().and_then(|seeker| seeker.end);
        end.is_some_and(|end| offset <= end)
    }

    /// Returns how to go back.
    pub(super) fn seeker(&self) -> io::Result<&Seeker<R>> {
        self.seeker
            .as_ref()
            .ok_or_else(|| io::Error::other("it has gone by, and the archive can be read only once"))
    }

    /// Goes to an offset, usually back.
    pub(super) fn go_to(&mut self, offset: u64) -> Result<(), ReadError> {
        let Seeker { seek, start, .. } = *self.seeker()?;
        seek(&mut self.source, SeekFrom::Start(start.saturating_add(offset)))?;
        (self.start, self.end, self.offset) = (0, 0, offset);
        Ok(())
    }

    /// Goes to the end of the input, where all must be zeros.
    pub(super) fn zeros_to_the_end(&mut self) -> Result<(), ReadError> {
        loop {
            let ahead = self.ahead()?;
            if ahead.is_empty() {
                return Ok(());
            }
            // Comparing whole pieces is many times faster than looking at each byte.
            let piece = &ahead[..ahead.len().min(ZEROS.len())];
            let is_zero = *piece == ZEROS[..piece.len()];
            let whole = piece.len();
            let passed = if is_zero { whole } else { piece.iter().take_while(|byte| **byte == 0).count() };
            self.start += passed;
            self.offset += passed as u64;
            if !is_zero {
                return Err(Fault::AfterTrailer.at(self.offset));
            }
        }
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }

    /// Returns what was read ahead; nothing only at the end of the input.
    fn ahead(&mut self) -> Result<&[u8], ReadError> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.end = read_once(&mut self.source, self.buffer.renewed(0..0))?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Reads on until that many bytes are ahead, or the input ends.
    fn gather(&mut self, length: usize) -> Result<(), ReadError> {
        let buffer = self.buffer.renewed(self.start..self.end);
        (self.start, self.end) = (0, self.end - self.start);
        while self.end < length.min(buffer.len()) {
            match read_once(&mut self.source, &mut buffer[self.end..])? {
                0 => break,
                read => self.end += read,
            }
        }
        Ok(())
    }
}

/// A source that says it read more than there was room for is broken, not to be believed.
fn read_once(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Ok(read) if read > buffer.len() => return Err(io::Error::other("it reads more than it can")),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
