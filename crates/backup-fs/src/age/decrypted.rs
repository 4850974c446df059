//! Decrypted bytes, read from any place on.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use age::stream::StreamReader;

use crate::buffer::seek::target_of;

/// How many bytes are encrypted together, and how many that takes more.
const PIECE_BYTES: u64 = 64 * 1024;
const TAG_BYTES: u64 = 16;

/// Begins to decrypt a source from its start.
pub(super) type Begin<R> = Box<dyn Fn(Shared<R>) -> io::Result<StreamReader<Shared<R>>> + Send>;

/// What comes out of an encrypted source. What is damaged costs the piece that it is in, and no other.
pub(crate) struct Decrypted<R> {
    source: Shared<R>,
    begin: Begin<R>,
    /// The reader of age. After an error, it returns nothing but errors, so it is begun anew. It must not be asked for what lies
    /// behind the end.
    stream: Option<StreamReader<Shared<R>>>,
    position: u64,
    end: u64,
    /// Whether the stream stands at the position.
    is_there: bool,
}

impl<R: Read + Seek> Decrypted<R> {
    /// Returns what comes out of a source, of which that many bytes are stored behind its header.
    pub(super) fn open(source: R, stored_bytes: u64, begin: Begin<R>) -> io::Result<Self> {
        let pieces = stored_bytes.div_ceil(PIECE_BYTES + TAG_BYTES);
        let end = stored_bytes.saturating_sub(pieces * TAG_BYTES);
        let source = Shared(Arc::new(Mutex::new(source)));
        let stream = Some(begin(source.clone())?);
        Ok(Self { source, begin, stream, position: 0, end, is_there: true })
    }

    fn read_on(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                self.source.rewind()?;
                none.insert((self.begin)(self.source.clone())?)
            }
        };
        if !self.is_there {
            go_to(stream, self.position)?;
            self.is_there = true;
        }
        stream.read(buffer)
    }
}

/// Leads a stream to a place before its end.
fn go_to<R: Read + Seek>(stream: &mut StreamReader<R>, position: u64) -> io::Result<()> {
    if position.is_multiple_of(PIECE_BYTES) {
        // On its way to the start of a piece, it would look at the last piece, which may be damaged.
        stream.seek(SeekFrom::Start(position + 1))?;
    }
    stream.seek(SeekFrom::Start(position)).map(drop)
}

impl<R: Read + Seek> Read for Decrypted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.is_there && self.position >= self.end {
            return Ok(0);
        }
        let read = self.read_on(buffer);
        match &read {
            Ok(bytes) => self.position += *bytes as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => (self.stream, self.is_there) = (None, false),
        }
        read
    }
}

impl<R: Read + Seek> Seek for Decrypted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = target_of(to, self.position, Some(self.end));
        let target = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        self.is_there &= target == self.position;
        self.position = target;
        Ok(target)
    }
}

/// A source that outlives the readers of age, which keep theirs. Only one of them reads at a time.
pub(crate) struct Shared<R>(Arc<Mutex<R>>);

impl<R> Shared<R> {
    fn source(&self) -> MutexGuard<'_, R> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R> Clone for Shared<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Read> Read for Shared<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source().read(buffer)
    }
}

impl<R: Seek> Seek for Shared<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source().seek(to)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const BYTES: usize = 5 * 64 * 1024 - 7;

    fn plain() -> Vec<u8> {
        (0..=250).cycle().take(BYTES).collect()
    }

    /// Returns what comes out of an encrypted source after something has happened to it.
    fn decrypted(damage: impl Fn(&mut Vec<u8>, usize)) -> Decrypted<Cursor<Vec<u8>>> {
        let identity = age::x25519::Identity::generate();
        let mut stored = age::encrypt(&identity.to_public(), &plain()).unwrap();
        let header = stored.len() - BYTES - 5 * 16;
        damage(&mut stored, header);
        let payload = (stored.len() - header) as u64;
        let begin: Begin<_> = Box::new(move |source| {
            let decryptor = age::Decryptor::new(source).map_err(io::Error::other)?;
            decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(io::Error::other)
        });
        Decrypted::open(Cursor::new(stored), payload, begin).unwrap()
    }

    fn read_at(decrypted: &mut Decrypted<Cursor<Vec<u8>>>, at: usize, bytes: usize) -> io::Result<()> {
        let mut buffer = vec![0; bytes];
        decrypted.seek(SeekFrom::Start(at as u64))?;
        decrypted.read_exact(&mut buffer)?;
        assert_eq!(buffer, plain()[at..at + bytes], "at {at}");
        Ok(())
    }

    #[test]
    fn damage_costs_its_piece_and_no_other() {
        let piece = 64 * 1024;
        let mut decrypted = decrypted(|stored, header| stored[header + 2 * (64 * 1024 + 16) + 5] ^= 1);
        for _ in 0..2 {
            read_at(&mut decrypted, 10, 2 * piece - 10).unwrap();
            for at in [2 * piece, 2 * piece + 9, 3 * piece - 1, piece + 1] {
                let error = read_at(&mut decrypted, at, piece).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
                read_at(&mut decrypted, 3 * piece, 2 * piece - 7).unwrap();
            }
            read_at(&mut decrypted, 0, piece).unwrap();
        }
    }

    #[test]
    fn what_lies_before_a_cut_is_read_and_the_cut_is_no_end() {
        let piece = 64 * 1024;
        for cut in [1, 20, 40_000] {
            let mut decrypted = decrypted(|stored, _| stored.truncate(stored.len() - cut));
            read_at(&mut decrypted, piece, piece).unwrap();
            read_at(&mut decrypted, 0, 4 * piece).unwrap();
            for _ in 0..2 {
                decrypted.seek(SeekFrom::Start(4 * piece as u64)).unwrap();
                assert!(decrypted.read(&mut [0; 9]).is_err(), "cut by {cut}");
            }
        }
    }
}
