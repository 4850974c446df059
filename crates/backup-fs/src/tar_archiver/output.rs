//! The buffered output of the archive, in large blocks.

use std::io;

use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::buffer::pipe::PipeWriter;

/// The block size of tar: headers and contents begin at multiples of it.
const TAR_BLOCK_BYTES: u64 = 512;

/// The record size of GNU tar. GNU tar reads and writes whole records, and so do tape drives and scripts that check
/// the size. The padding costs at most 10 KB.
const RECORD_BYTES: u64 = 20 * TAR_BLOCK_BYTES;

const ZEROS: [u8; 4096] = [0; 4096];

/// The archive on its way to the writing thread.
///
/// Files are read directly into its blocks, and every block except the last is full, so that blocks can be written
/// without another copy. An output that is dropped before [`finish`](Self::finish) leaves the archive without an end.
pub(super) struct Output {
    pipe: PipeWriter,
    block: AlignedBuffer,
    /// The number of bytes so far, including those in the current block.
    total_bytes: u64,
}

impl Output {
    pub(super) fn new(pipe: PipeWriter) -> Self {
        Self { pipe, block: AlignedBuffer::default(), total_bytes: 0 }
    }

    /// Returns the number of bytes so far.
    pub(super) fn position(&self) -> u64 {
        self.total_bytes
    }

    /// Appends bytes.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.room()?;
            let added = self.block.add(bytes);
            self.total_bytes += added as u64;
            bytes = &bytes[added..];
        }
        Ok(())
    }

    /// Returns free space for the next bytes. [`fill`](Self::fill) then says how many were written to it.
    pub(super) fn room(&mut self) -> io::Result<&mut [u8]> {
        if self.block.room().is_empty() {
            self.pipe.exchange(&mut self.block)?;
        }
        Ok(self.block.room())
    }

    /// Appends the first bytes of the free space.
    pub(super) fn fill(&mut self, byte_count: usize) {
        self.block.fill(byte_count);
        self.total_bytes += byte_count as u64;
    }

    /// Ends the current block, so that what comes next can come from elsewhere.
    pub(super) fn interrupt(&mut self) -> io::Result<()> {
        self.pipe.exchange(&mut self.block)
    }

    /// Takes in that so many bytes come from elsewhere.
    pub(super) fn skip(&mut self, byte_count: u64) {
        self.total_bytes += byte_count;
    }

    /// Puts other bytes in the place of the first `removed` of the last `from_end`. Returns whether that could be done.
    pub(super) fn replace(&mut self, from_end: u64, removed: usize, new: &[u8]) -> bool {
        let from_end = usize::try_from(from_end).ok();
        let is_done = from_end.is_some_and(|from_end| self.block.replace(from_end, removed, new));
        if is_done {
            self.total_bytes = self.total_bytes - removed as u64 + new.len() as u64;
        }
        is_done
    }

    /// Appends zeros.
    pub(super) fn write_zeros(&mut self, mut byte_count: u64) -> io::Result<()> {
        while byte_count > 0 {
            let now = usize::try_from(byte_count).unwrap_or(ZEROS.len()).min(ZEROS.len());
            self.write(&ZEROS[..now])?;
            byte_count -= now as u64;
        }
        Ok(())
    }

    /// Appends zeros up to the next block.
    pub(super) fn pad(&mut self) -> io::Result<()> {
        self.write_zeros(self.total_bytes.next_multiple_of(TAR_BLOCK_BYTES) - self.total_bytes)
    }

    /// Appends the trailer, and sends the last block.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.write_zeros(2 * TAR_BLOCK_BYTES)?;
        self.write_zeros(self.total_bytes.next_multiple_of(RECORD_BYTES) - self.total_bytes)?;
        self.pipe.send(self.block)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::buffer::pipe::pipe;

    /// Returns all bytes that `work` writes.
    fn written(work: impl FnOnce(Output) -> io::Result<()> + Send) -> Vec<u8> {
        let (pipe_writer, pipe_reader) = pipe(0);
        let mut bytes = Vec::new();
        thread::scope(|scope| {
            let worker = scope.spawn(move || work(Output::new(pipe_writer)));
            let taken = pipe_reader.run(|block| {
                bytes.extend_from_slice(block);
                Ok::<_, io::Error>(())
            });
            taken.unwrap();
            worker.join().unwrap().unwrap();
        });
        bytes
    }

    #[test]
    fn pads_to_whole_blocks_and_records() {
        let bytes = written(|mut output| {
            output.write(b"abc")?;
            output.pad()?;
            output.pad()?;
            output.write(b"d")?;
            output.pad()?;
            output.finish()
        });
        assert_eq!(bytes.len(), 10_240);
        assert_eq!(&bytes[..4], b"abc\0");
        assert_eq!(bytes[512], b'd');
        assert!(bytes[513..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn keeps_data_larger_than_a_block() {
        let large: Vec<u8> =
            (0..3 * AlignedBuffer::BYTES + 7).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let bytes = written(|mut output| {
            output.write(b"x")?;
            output.write(&large)?;
            output.finish()
        });
        assert_eq!(bytes[1..=large.len()], large);
        assert_eq!(bytes.len() % 10_240, 0);
    }

    #[test]
    fn all_blocks_except_the_last_are_full() {
        let (pipe_writer, pipe_reader) = pipe(0);
        let mut sizes = Vec::new();
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut output = Output::new(pipe_writer);
                output.write(&vec![b'a'; AlignedBuffer::BYTES - 1])?;
                assert_eq!(output.room()?.len(), 1);
                output.write(b"bc")?;
                assert_eq!(output.room()?.len(), AlignedBuffer::BYTES - 1);
                output.finish()
            });
            pipe_reader
                .run(|block| {
                    sizes.push(block.len());
                    Ok::<_, io::Error>(())
                })
                .unwrap();
        });
        assert_eq!(sizes[0], AlignedBuffer::BYTES);
        assert_eq!(sizes.len(), 2);
    }
}
