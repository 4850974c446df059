//! A pipe of buffers between two threads: carries filled ones over, in order, and empty ones back.
//!
//! Why it never hangs: each side waits only for the other's end of a channel, and whoever leaves, by an error or a
//! panic, drops its own ends, which wakes the other. Why memory is bounded: a buffer comes back empty, and no more than
//! the first few are ever made.

use std::io::{self, ErrorKind};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use super::aligned_buffer::AlignedBuffer;

/// The end that filled buffers are sent from. When it is dropped, the other side comes to its end.
#[derive(Debug)]
pub(crate) struct PipeWriter {
    filled: SyncSender<AlignedBuffer>,
    emptied: Receiver<AlignedBuffer>,
    /// How many buffers may still be made.
    unmade_buffers: usize,
}

/// The end that filled buffers arrive at.
#[derive(Debug)]
pub(crate) struct PipeReader {
    filled: Receiver<AlignedBuffer>,
    emptied: Sender<AlignedBuffer>,
}

/// Returns both ends of a pipe. Its buffers hold at most `bytes` together, but there are at least two, one for each side.
pub(crate) fn pipe(bytes: usize) -> (PipeWriter, PipeReader) {
    let unmade_buffers = (bytes / AlignedBuffer::BYTES).max(2);
    let (filled_in, filled) = sync_channel(unmade_buffers);
    let (emptied, emptied_out) = channel();
    (PipeWriter { filled: filled_in, emptied: emptied_out, unmade_buffers }, PipeReader { filled, emptied })
}

impl PipeWriter {
    /// Returns an empty buffer; waits until there is one.
    ///
    /// # Errors
    /// Once the other side has left.
    pub(crate) fn take(&mut self) -> io::Result<AlignedBuffer> {
        if let Ok(buffer) = self.emptied.try_recv() {
            return Ok(buffer);
        }
        if let Some(fewer) = self.unmade_buffers.checked_sub(1) {
            self.unmade_buffers = fewer;
            return Ok(AlignedBuffer::new());
        }
        self.emptied.recv().map_err(|_| ErrorKind::BrokenPipe.into())
    }

    /// Sends a buffer on its way.
    ///
    /// # Errors
    /// Once the other side has left.
    pub(crate) fn send(&mut self, buffer: AlignedBuffer) -> io::Result<()> {
        self.filled.send(buffer).map_err(|_| ErrorKind::BrokenPipe.into())
    }
}

impl PipeReader {
    /// Does `work` with each buffer until the other side has left or the work fails, and leaves then, too.
    pub(crate) fn run<E>(self, mut work: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        for mut buffer in self.filled {
            work(buffer.bytes())?;
            buffer.clear();
            // Nobody takes it any more once the last one was sent.
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

    /// The one side fails at once; the other, which would wait for ever for a buffer, must hear of it.
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
