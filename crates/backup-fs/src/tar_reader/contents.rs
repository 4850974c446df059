//! The contents of the member at hand, and never a byte beyond.

use std::io::{self, Read};

use super::body::{Body, Stretch};
use super::damage::{Fault, Place, ReadError};
use super::input::BUFFER_BYTES;
use super::reader::TarReader;
use super::shared_bytes::SharedBytes;

/// The most bytes of contents that can be shared at once.
pub(crate) const MAX_SHARED_BYTES: u64 = BUFFER_BYTES as u64;

/// Reads the contents of a member: exactly as many bytes as its size says. The holes of a sparse file are zeros.
///
/// Reading fails where the archive is cut or can't be read; the error then holds a [`ReadError`], and stays. A single read doesn't go from data
/// into a hole or back, so that [`pass_hole`](Self::pass_hole) finds every hole.
#[derive(Debug)]
pub struct Contents<'a, R> {
    reader: &'a mut TarReader<R>,
}

impl<'a, R: Read> Contents<'a, R> {
    /// Passes the hole that comes next, and returns how long it is; 0 where data or the end comes next.
    pub fn pass_hole(&mut self) -> u64 {
        let mut passed = 0;
        while let Stretch::Hole(length) = self.reader.body.stretch() {
            self.reader.body.position += length;
            passed += length;
        }
        passed
    }

    /// Returns the data that comes next, as much as was read already; nothing only before a hole and at the end.
    pub(crate) fn piece(&mut self) -> Result<SharedBytes, ReadError> {
        self.reader.share_data(false)
    }

    /// Returns all data up to the next hole or the end. It must be at most [`MAX_SHARED_BYTES`].
    pub(crate) fn whole(&mut self) -> Result<SharedBytes, ReadError> {
        self.reader.share_data(true)
    }

    /// Goes back to where the contents begin.
    ///
    /// # Errors
    /// Where the archive can't be read once more.
    pub fn start_over(&mut self) -> Result<(), ReadError> {
        self.reader.start_over()
    }
}

impl<R: Read> Read for Contents<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.reader.read_contents(buffer)?)
    }
}

impl<R: Read> TarReader<R> {
    /// Returns what is left of the contents of the member at hand, the holes of a sparse file as zeros.
    pub fn contents(&mut self) -> Contents<'_, R> {
        Contents { reader: self }
    }

    /// Goes by at most this many bytes of the data at hand, and returns by how many: 0 only when none is left.
    pub(super) fn skip_data(&mut self, limit: u64) -> Result<u64, ReadError> {
        self.sound_contents()?;
        let skipped = self.body.skip(&mut self.input, limit);
        self.broken_within(skipped)
    }

    pub(super) fn skip_contents(&mut self) -> Result<(), ReadError> {
        if let Err(error) = self.skip_to_the_end() {
            if self.body.failed.is_none() {
                return Err(error);
            }
            let gone = self.input.go_to(self.body.end());
            gone.map_err(|error| self.break_off(error))?;
        }
        self.body = Body::default();
        Ok(())
    }

    fn skip_to_the_end(&mut self) -> Result<(), ReadError> {
        while self.skip_data(u64::MAX)? > 0 {}
        let skipped = self.body.skip_padding(&mut self.input);
        self.broken_within(skipped)
    }

    fn start_over(&mut self) -> Result<(), ReadError> {
        self.sound()?;
        let back = self.input.go_to(self.body.contents_offset);
        self.broken_within(back)?;
        let Body { all_bytes, .. } = self.body;
        (self.body.stored_bytes, self.body.position, self.body.passed_segments) = (all_bytes, 0, 0);
        self.body.failed = None;
        Ok(())
    }

    fn read_contents(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        self.sound_contents()?;
        let limit = |length: u64| usize::try_from(length).unwrap_or(usize::MAX).min(buffer.len());
        let (stretch, count) = match self.body.stretch() {
            stretch @ (Stretch::Data(length) | Stretch::Hole(length)) => (stretch, limit(length)),
            Stretch::End => return Ok(0),
        };
        let read = match stretch {
            Stretch::Data(_) => self.read_data(&mut buffer[..count])?,
            _ => {
                buffer[..count].fill(0);
                count
            }
        };
        self.body.position += read as u64;
        Ok(read)
    }

    fn share_data(&mut self, is_whole: bool) -> Result<SharedBytes, ReadError> {
        self.sound_contents()?;
        let left = match self.body.stretch() {
            Stretch::Data(length) => usize::try_from(length).unwrap_or(usize::MAX),
            Stretch::Hole(_) | Stretch::End => 0,
        };
        let (shared, least) = match left {
            _ if is_whole => (self.input.share(left), left),
            0 => (self.input.share(0), 0),
            _ => (self.input.share_piece(left), 1),
        };
        let shared = shared.and_then(|shared| match shared.len() {
            length if length < least => Err(Fault::CutContents.at(self.input.offset())),
            _ => Ok(shared),
        });
        let shared = self.broken_within(shared)?;
        self.body.stored_bytes -= shared.len() as u64;
        self.body.position += shared.len() as u64;
        Ok(shared)
    }

    fn read_data(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.input.read(buffer).and_then(|read| match read {
            0 => Err(Fault::CutContents.at(self.input.offset())),
            read => Ok(read),
        });
        let read = self.broken_within(read)?;
        self.body.stored_bytes -= read as u64;
        Ok(read)
    }

    /// Returns the error after which nothing of the contents at hand is read any more, if there was one.
    fn sound_contents(&self) -> Result<(), ReadError> {
        self.sound()?;
        self.body.failed.clone().map_or(Ok(()), Err)
    }

    /// Names the member at hand in an error, and remembers it: for all that follows, unless the next header can be had
    /// without what failed.
    fn broken_within<T>(&mut self, result: Result<T, ReadError>) -> Result<T, ReadError> {
        result.map_err(|error| {
            let error = error.locate(|| Place::In(self.last_path.clone().unwrap_or_default()));
            if matches!(error, ReadError::Io(_)) && self.input.reaches(self.body.end()) {
                self.body.failed = Some(error.clone());
                return error;
            }
            self.break_off(error)
        })
    }
}
