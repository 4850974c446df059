//! An archive that can be read only once, from its start to its end: a pipe, or an object on its way from a store.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use crate::buffer::seek::target_of;
use crate::tar_reader::MAX_EXTENSION_BYTES;
use backup_core::ports::ArchiveBytes;

/// The most bytes that are kept from the start of the stream until it is rewound. The headers of one entry take less.
const MAX_KEPT_BYTES: u64 = 4 * MAX_EXTENSION_BYTES;

/// Reads a stream and can be rewound once. The bytes that are read before that are kept in memory.
///
/// It never seeks in the stream itself. [`Seek`] succeeds within the kept bytes, and if the position stays the same.
pub(super) struct ForwardArchive<'a> {
    source: &'a mut (dyn Read + Send),
    position: u64,
    /// The first bytes of the stream, as long as they may be read again.
    head: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Bytes that are read are added to the head.
    Keeping,
    /// The head is read again.
    Repeating,
    /// The head is gone.
    Passing,
}

impl fmt::Debug for ForwardArchive<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardArchive").field("position", &self.position).finish_non_exhaustive()
    }
}

impl<'a> ForwardArchive<'a> {
    pub(super) fn new(source: &'a mut (dyn Read + Send)) -> Self {
        Self { source, position: 0, head: Vec::new(), state: State::Keeping }
    }

    /// Returns the bytes of the head that are still to be read.
    fn kept(&self) -> &[u8] {
        let position = usize::try_from(self.position).unwrap_or(usize::MAX);
        self.head.get(position..).unwrap_or_default()
    }

    fn keep(&mut self, bytes: &[u8]) {
        match self.state {
            State::Keeping if self.head.len() as u64 + bytes.len() as u64 <= MAX_KEPT_BYTES => {
                self.head.extend_from_slice(bytes);
            }
            State::Keeping | State::Repeating => {
                (self.head, self.state) = (Vec::new(), State::Passing);
            }
            State::Passing => {}
        }
    }
}

impl Read for ForwardArchive<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut kept = self.kept();
        let read = if kept.is_empty() { 0 } else { kept.read(buffer)? };
        if read > 0 || buffer.is_empty() {
            self.position += read as u64;
            return Ok(read);
        }
        let read = self.source.read(buffer)?;
        let bytes = buffer.get(..read).ok_or_else(|| io::Error::other("it reads more than it can"))?;
        self.keep(bytes);
        self.position += read as u64;
        Ok(read)
    }
}

impl ArchiveBytes for ForwardArchive<'_> {}

impl Seek for ForwardArchive<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = target_of(to, self.position, None);
        let can_move = |at: &u64| self.state != State::Passing && *at <= self.head.len() as u64;
        let target = target.filter(|at| *at == self.position || can_move(at)).ok_or_else(only_once)?;
        if target != self.position {
            self.state = State::Repeating;
        }
        self.position = target;
        Ok(target)
    }
}

fn only_once() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "it comes as a stream, which can be read only once")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(archive: &mut ForwardArchive<'_>, length: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        archive.take(length).read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn goes_back_to_the_start_and_then_only_on() {
        let mut source = &b"0123456789"[..];
        let mut archive = ForwardArchive::new(&mut source);
        assert_eq!(read(&mut archive, 4), b"0123");
        archive.rewind().unwrap();
        assert_eq!(read(&mut archive, 2), b"01");
        archive.rewind().unwrap();
        assert_eq!(read(&mut archive, 7), b"0123456");
        assert!(archive.head.is_empty(), "what nobody can ask for any more is not kept");
        assert_eq!(archive.stream_position().unwrap(), 7);
        assert_eq!(archive.rewind().unwrap_err().kind(), io::ErrorKind::Unsupported);
        assert_eq!(read(&mut archive, 9), b"789");
        assert!(archive.seek(SeekFrom::End(0)).is_err());
        assert_eq!(archive.seek(SeekFrom::Start(10)).unwrap(), 10, "where it is already");
    }

    #[test]
    fn never_goes_ahead_unread() {
        let mut source = &b"0123456789"[..];
        let mut archive = ForwardArchive::new(&mut source);
        assert!(archive.seek(SeekFrom::Start(1)).is_err());
        assert!(archive.seek(SeekFrom::Current(-1)).is_err());
        assert_eq!(read(&mut archive, 10), b"0123456789");
    }

    #[test]
    fn keeps_so_much_and_no_more() {
        let mut source = io::repeat(7).take(MAX_KEPT_BYTES + 2);
        let mut archive = ForwardArchive::new(&mut source);
        io::copy(&mut (&mut archive).take(MAX_KEPT_BYTES), &mut io::sink()).unwrap();
        archive.rewind().unwrap();
        let mut source = io::repeat(7).take(MAX_KEPT_BYTES + 2);
        let mut archive = ForwardArchive::new(&mut source);
        io::copy(&mut (&mut archive).take(MAX_KEPT_BYTES + 1), &mut io::sink()).unwrap();
        assert!(archive.head.is_empty());
        assert!(archive.rewind().is_err());
    }

    #[test]
    fn a_source_that_claims_too_much_is_an_error() {
        struct Liar;
        impl Read for Liar {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                Ok(buffer.len() + 1)
            }
        }
        assert!(ForwardArchive::new(&mut Liar).read(&mut [0; 4]).is_err());
    }
}
