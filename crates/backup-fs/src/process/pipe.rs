//! Reading what another process prints, without ever waiting for it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionread, read};

const NO_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// The size of one read.
const PIECE_BYTES: usize = 4096;

/// The reads at a time. All together take more than a pipe holds, unless somebody enlarges it.
const MAX_PIECES: usize = 64;

/// The end of a pipe to which another process writes.
#[derive(Debug, Default)]
pub(crate) struct PipeEnd(Option<OwnedFd>);

impl PipeEnd {
    /// Returns an end that is open if there is a descriptor.
    pub(crate) fn new(pipe: Option<OwnedFd>) -> Self {
        Self(pipe)
    }

    /// Returns the descriptor, until nobody can write any more.
    pub(crate) fn open(&self) -> Option<BorrowedFd<'_>> {
        self.0.as_ref().map(AsFd::as_fd)
    }

    /// Returns how many bytes are there now.
    pub(crate) fn waiting_bytes(&self) -> u64 {
        self.0.as_ref().and_then(|pipe| ioctl_fionread(pipe).ok()).unwrap_or(0)
    }

    /// Reads what is there, but no more than a full pipe, because it may be endless. Returns the count of bytes.
    ///
    /// # Errors
    /// Whatever `take` fails with.
    pub(crate) fn read<E>(&mut self, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<usize, E> {
        let (mut piece, mut read_bytes) = ([0; PIECE_BYTES], 0);
        for _ in 0..MAX_PIECES {
            let Some(pipe) = &self.0 else { return Ok(read_bytes) };
            let mut ready = [PollFd::new(pipe, PollFlags::IN)];
            if !poll(&mut ready, Some(&NO_WAIT)).is_ok_and(|ready| ready > 0) {
                return Ok(read_bytes);
            }
            match read(pipe, &mut piece) {
                Ok(0) => self.0 = None,
                Ok(count) => {
                    take(&piece[..count])?;
                    read_bytes += count;
                }
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => self.0 = None,
            }
        }
        Ok(read_bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::fs::File;

    use super::*;

    fn read_all(path: &str) -> (usize, bool) {
        let mut pipe = PipeEnd::new(Some(File::open(path).unwrap().into()));
        let mut count = 0;
        let read_bytes = pipe.read(|bytes| {
            count += bytes.len();
            Ok::<_, Infallible>(())
        });
        assert_eq!(read_bytes, Ok(count));
        (count, pipe.open().is_some())
    }

    #[test]
    fn endless_output_is_not_read_forever() {
        assert_eq!(read_all("/dev/zero"), (MAX_PIECES * PIECE_BYTES, true));
    }

    #[test]
    fn finished_output_is_read_to_its_end() {
        assert_eq!(read_all("/dev/null"), (0, false));
    }
}
