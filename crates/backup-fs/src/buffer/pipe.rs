//! A pipe of buffers between two threads: full buffers go to the reader in order, empty ones come back.
//!
//! Why it never hangs: each side waits only for the other side's end of a channel. A side that leaves, by an error or a
//! panic, drops its own ends, and that wakes the other.
//!
//! Why memory is bounded: buffers are reused, and only a fixed number of them is ever created.

use std::io::{self, ErrorKind};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use super::aligned_buffer::AlignedBuffer;

/// The end that sends full buffers. When it is dropped, the reader comes to its end.
#[derive(Debug)]
pub(crate) struct PipeWriter {
    filled: SyncSender<AlignedBuffer>,
    emptied: Receiver<AlignedBuffer>,
    /// How many more buffers may be created.
    spare_buffers: usize,
}

/// The end that receives full buffers.
#[derive(Debug)]
pub(crate) struct PipeReader {
    filled: Receiver<AlignedBuffer>,
    emptied: Sender<AlignedBuffer>,
}

/// Returns both ends of a pipe.
///
/// Its buffers hold at most `bytes` together. There are always at least two buffers, one for each side.
pub(crate) fn pipe(bytes: usize) -> (PipeWriter, PipeReader) {
    let spare_buffers = (bytes / AlignedBuffer::BYTES).max(2);
    let (filled_in, filled) = sync_channel(spare_buffers);
    let (emptied, emptied_out) = channel();
    (PipeWriter { filled: filled_in, emptied: emptied_out, spare_buffers }, PipeReader { filled, emptied })
}

impl PipeWriter {
    /// Returns an empty buffer. Waits until there is one.
    ///
    /// # Errors
    /// [`BrokenPipe`](ErrorKind::BrokenPipe) once the reader has left.
    pub(crate) fn take(&mut self) -> io::Result<AlignedBuffer> {
        if let Ok(buffer) = self.emptied.try_recv() {
            return Ok(buffer);
        }
        if let Some(fewer) = self.spare_buffers.checked_sub(1) {
            self.spare_buffers = fewer;
            return Ok(AlignedBuffer::new());
        }
        self.emptied.recv().map_err(|_| ErrorKind::BrokenPipe.into())
    }

    /// Sends a buffer, and puts an empty one in its place. An empty one stays: there are only so many of them.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub(crate) fn exchange(&mut self, buffer: &mut AlignedBuffer) -> io::Result<()> {
        if buffer.bytes().is_empty() && !buffer.room().is_empty() {
            return Ok(());
        }
        let used = std::mem::take(buffer);
        if !used.bytes().is_empty() {
            self.send(used)?;
        }
        *buffer = self.take()?;
        Ok(())
    }

    /// Sends a buffer to the reader.
    ///
    /// # Errors
    /// [`BrokenPipe`](ErrorKind::BrokenPipe) once the reader has left.
    pub(crate) fn send(&mut self, buffer: AlignedBuffer) -> io::Result<()> {
        self.filled.send(buffer).map_err(|_| ErrorKind::BrokenPipe.into())
    }
}

impl PipeReader {
    /// Calls `work` with the bytes of each buffer, until the writer has left or `work` fails.
    ///
    /// # Errors
    /// What `work` failed with.
    pub(crate) fn run<E>(self, mut work: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        for mut buffer in self.filled {
            work(buffer.bytes())?;
            buffer.clear();
            // This fails after the last buffer, when the writer has left and needs no more of them.
            let _ = self.emptied.send(buffer);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn send(pipe_writer: &mut PipeWriter, byte: u8) -> io::Result<()> {
        let mut buffer = pipe_writer.take()?;
        buffer.add(&[byte]);
        pipe_writer.send(buffer)
    }

    #[test]
    fn keeps_the_order() {
        let (mut pipe_writer, pipe_reader) = pipe(3 * AlignedBuffer::BYTES);
        let mut seen = Vec::new();
        thread::scope(|scope| {
            scope.spawn(move || (0..=255).for_each(|byte| send(&mut pipe_writer, byte).unwrap()));
            pipe_reader
                .run(|bytes| {
                    seen.extend_from_slice(bytes);
                    Ok::<_, io::Error>(())
                })
                .unwrap();
        });
        assert_eq!(seen, (0..=255).collect::<Vec<u8>>());
    }

    #[test]
    fn an_empty_buffer_is_never_lost() {
        let (mut pipe_writer, pipe_reader) = pipe(0);
        // Nobody gives a buffer back.
        drop(pipe_reader);
        let mut buffer = AlignedBuffer::default();
        (0..5).for_each(|_| pipe_writer.exchange(&mut buffer).unwrap());
        assert_eq!(buffer.room().len(), AlignedBuffer::BYTES);
    }

    /// The reader fails at once. The writer would wait for a buffer for ever if nothing woke it.
    #[test]
    fn whoever_leaves_wakes_the_other() {
        let (mut pipe_writer, pipe_reader) = pipe(0);
        thread::scope(|scope| {
            let sender = scope.spawn(move || (0..=255).try_for_each(|byte| send(&mut pipe_writer, byte)));
            assert_eq!(pipe_reader.run(|_| Err(())), Err(()));
            assert_eq!(sender.join().unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
        });
    }
}
