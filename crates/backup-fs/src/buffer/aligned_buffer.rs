//! A large piece of memory on its way to a file.

/// Bytes that are gathered until there are enough to be worth a call.
///
/// They begin at a whole page, as a write past the page cache demands.
///
/// The default has no room at all, and stands where a block was taken away.
#[derive(Debug, Default)]
pub(crate) struct AlignedBuffer {
    memory: Vec<u8>,
    start: usize,
    filled: usize,
}

impl AlignedBuffer {
    /// How much a block holds: so much that beginning a thread for it, or waiting for a slow disk once, costs nothing
    /// beside it.
    pub(crate) const BYTES: usize = 4 * 1024 * 1024;

    /// What its address is a multiple of, and what the size of each write past the page cache must be.
    pub(crate) const ALIGNMENT: usize = 4096;

    /// Returns an empty block.
    pub(crate) fn new() -> Self {
        let memory = vec![0; Self::BYTES + Self::ALIGNMENT];
        // An offset that can't be had costs the speed of writes past the page cache and nothing else.
        let start = memory.as_ptr().align_offset(Self::ALIGNMENT).min(Self::ALIGNMENT);
        Self { memory, start, filled: 0 }
    }

    /// Returns what it holds.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.memory[self.start..][..self.filled]
    }

    /// Returns where the next bytes may be put, before [`fill`](Self::fill) says how many.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        let end = self.memory.len().min(self.start + Self::BYTES);
        &mut self.memory[self.start + self.filled..end]
    }

    /// Takes over the first bytes that were put into the room.
    pub(crate) fn fill(&mut self, byte_count: usize) {
        self.filled += byte_count;
    }

    /// Adds as many of the bytes as go in, and returns how many.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> usize {
        let room = self.room();
        let fitting = bytes.len().min(room.len());
        room[..fitting].copy_from_slice(&bytes[..fitting]);
        self.fill(fitting);
        fitting
    }

    /// Returns true for bytes that are as large as a block and begin at a page, as a block does.
    pub(crate) fn could_hold(bytes: &[u8]) -> bool {
        bytes.len() >= Self::BYTES && bytes.as_ptr().align_offset(Self::ALIGNMENT) == 0
    }

    pub(crate) fn clear(&mut self) {
        self.filled = 0;
    }
}
