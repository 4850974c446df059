//! A large page-aligned buffer, as direct I/O needs it.

/// A buffer that collects bytes until there are enough to be worth a system call.
///
/// Its bytes begin at a page boundary, because a write that bypasses the page cache requires that.
///
/// The default has no capacity. It is the placeholder for a buffer that was moved out.
#[derive(Debug, Default)]
pub(crate) struct AlignedBuffer {
    memory: Vec<u8>,
    start: usize,
    filled: usize,
}

impl AlignedBuffer {
    /// The capacity in bytes. It is so large that the cost of a thread switch or of one wait for a slow disk doesn't
    /// matter.
    pub(crate) const BYTES: usize = 4 * 1024 * 1024;

    /// The alignment in bytes of the address, and of the length of every write that bypasses the page cache.
    pub(crate) const ALIGNMENT: usize = 4096;

    /// Returns an empty buffer.
    pub(crate) fn new() -> Self {
        let memory = vec![0; Self::BYTES + Self::ALIGNMENT];
        // `align_offset` may fail. Then writes go through the page cache, which is slower and as correct.
        let start = memory.as_ptr().align_offset(Self::ALIGNMENT).min(Self::ALIGNMENT);
        Self { memory, start, filled: 0 }
    }

    /// Returns the bytes that were collected.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.memory[self.start..][..self.filled]
    }

    /// Returns the free space. After bytes were put there, [`fill`](Self::fill) says how many.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        let end = self.memory.len().min(self.start + Self::BYTES);
        &mut self.memory[self.start + self.filled..end]
    }

    /// Adds the first `byte_count` bytes of the free space to the collected ones.
    pub(crate) fn fill(&mut self, byte_count: usize) {
        self.filled += byte_count;
    }

    /// Adds as many of the bytes as fit, and returns how many that were.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> usize {
        let space = self.room();
        let fitting = bytes.len().min(space.len());
        space[..fitting].copy_from_slice(&bytes[..fitting]);
        self.fill(fitting);
        fitting
    }

    /// Puts other bytes in the place of the first `removed` of the last `from_end`. Returns whether there is room for that.
    pub(crate) fn replace(&mut self, from_end: usize, removed: usize, new: &[u8]) -> bool {
        let (Some(at), true) = (self.filled.checked_sub(from_end), removed <= from_end) else { return false };
        let after = (self.filled - removed).checked_add(new.len()).filter(|after| *after <= Self::BYTES);
        let Some(after) = after else { return false };
        let bytes = &mut self.memory[self.start..];
        if bytes.len() < after {
            return false;
        }
        bytes.copy_within(at + removed..self.filled, at + new.len());
        bytes[at..at + new.len()].copy_from_slice(new);
        self.filled = after;
        true
    }

    /// Returns whether these bytes could be a full buffer: large enough, and beginning at a page boundary.
    pub(crate) fn could_hold(bytes: &[u8]) -> bool {
        bytes.len() >= Self::BYTES && bytes.as_ptr().align_offset(Self::ALIGNMENT) == 0
    }

    /// Forgets the collected bytes.
    pub(crate) fn clear(&mut self) {
        self.filled = 0;
    }
}
