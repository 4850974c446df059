//! Bytes of the archive that stay where they were read to, as long as somebody needs them.

use std::ops::{Deref, Range};
use std::sync::Arc;

/// A part of a buffer into which the archive was read. Nobody writes to that buffer before this is dropped.
#[derive(Debug)]
pub(crate) struct SharedBytes {
    buffer: Arc<Vec<u8>>,
    range: Range<usize>,
}

/// A buffer that is filled again and again. Where a part of it is still needed, another takes its place.
#[derive(Debug)]
pub(super) struct SharedBuffer {
    bytes: Arc<Vec<u8>>,
    /// Those that were still needed when they were replaced.
    lent: Vec<Arc<Vec<u8>>>,
}

impl SharedBytes {
    /// Returns whether both are parts of one buffer.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.buffer, &other.buffer)
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[self.range.clone()]
    }
}

impl SharedBuffer {
    pub(super) fn new(length: usize) -> Self {
        Self { bytes: zeros(length), lent: Vec::new() }
    }

    /// Returns a part of it, to be kept.
    pub(super) fn share(&self, range: Range<usize>) -> SharedBytes {
        SharedBytes { buffer: Arc::clone(&self.bytes), range }
    }

    /// Returns the buffer to write to. The bytes of `kept` are at its beginning.
    pub(super) fn renewed(&mut self, kept: Range<usize>) -> &mut [u8] {
        if Arc::get_mut(&mut self.bytes).is_some() {
            return self.moved(kept);
        }
        let free = self.lent.iter_mut().position(|lent| Arc::get_mut(lent).is_some());
        let fresh = free.map_or_else(|| zeros(self.bytes.len()), |free| self.lent.swap_remove(free));
        let used = std::mem::replace(&mut self.bytes, fresh);
        self.lent.push(Arc::clone(&used));
        let bytes = Arc::get_mut(&mut self.bytes).expect("it was free, or is new");
        bytes[..kept.len()].copy_from_slice(&used[kept]);
        bytes
    }

    fn moved(&mut self, kept: Range<usize>) -> &mut [u8] {
        let bytes = Arc::get_mut(&mut self.bytes).expect("nobody else has it");
        bytes.copy_within(kept, 0);
        bytes
    }
}

impl Deref for SharedBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

fn zeros(length: usize) -> Arc<Vec<u8>> {
    Arc::new(vec![0; length])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(buffer: &mut SharedBuffer, byte: u8) -> SharedBytes {
        buffer.renewed(0..0).fill(byte);
        buffer.share(0..buffer.len())
    }

    #[test]
    fn what_is_shared_stays_as_it_is() {
        let mut buffer = SharedBuffer::new(4);
        let parts: Vec<_> = (0..5).map(|byte| fill(&mut buffer, byte)).collect();
        for (byte, part) in (0..5).zip(&parts) {
            assert_eq!(**part, [byte; 4]);
        }
        assert!(parts[4].is_beside(&buffer.share(0..0)) && !parts[4].is_beside(&parts[3]));
    }

    #[test]
    fn a_buffer_that_nobody_needs_is_used_again() {
        let mut buffer = SharedBuffer::new(4);
        for byte in 0..100 {
            let first = fill(&mut buffer, byte);
            let second = fill(&mut buffer, byte);
            assert!(!first.is_beside(&second));
        }
        assert_eq!(buffer.lent.len(), 1);
    }

    #[test]
    fn keeps_what_is_still_unread() {
        let mut buffer = SharedBuffer::new(4);
        buffer.renewed(0..0).copy_from_slice(b"abcd");
        let shared = buffer.share(0..2);
        assert_eq!(buffer.renewed(1..4)[..3], *b"bcd");
        assert_eq!(*shared, *b"ab");
        assert_eq!(buffer.renewed(1..3)[..2], *b"cd");
    }
}
