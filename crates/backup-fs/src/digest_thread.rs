//! Computes a SHA-256 beside the writing.

use std::io;
use std::thread::{Builder, JoinHandle};

use sha2::{Digest, Sha256};

use crate::belt::{Loader, Unloader, belt};
use crate::block::Block;

/// A thread that digests the blocks it is given, in their order.
///
/// Dropped, it comes to its end by itself.
#[derive(Debug)]
pub(crate) struct DigestThread {
    belt: Loader,
    thread: JoinHandle<[u8; 32]>,
}

/// How far digesting may be behind writing.
const BEHIND_BYTES: usize = 4 * Block::BYTES;

impl DigestThread {
    /// # Errors
    /// Where the system has no room for a thread.
    pub(crate) fn start() -> io::Result<Self> {
        let (belt, blocks) = belt(BEHIND_BYTES);
        let thread = Builder::new().name("digest".into()).spawn(move || digest(blocks))?;
        Ok(Self { belt, thread })
    }

    /// Returns an empty block.
    pub(crate) fn take(&mut self) -> io::Result<Block> {
        self.belt.take()
    }

    /// Adds what the block holds.
    pub(crate) fn add(&mut self, block: Block) -> io::Result<()> {
        self.belt.send(block)
    }

    /// Returns the digest of all that was added.
    pub(crate) fn finish(self) -> io::Result<[u8; 32]> {
        drop(self.belt);
        self.thread.join().map_err(|_| io::Error::other("the thread that digests it panicked"))
    }
}

fn digest(blocks: Unloader) -> [u8; 32] {
    let mut digest = Sha256::new();
    let added = blocks.run(|bytes| {
        digest.update(bytes);
        Ok::<_, std::convert::Infallible>(())
    });
    let Ok(()) = added;
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_blocks_in_their_order() {
        let mut thread = DigestThread::start().unwrap();
        let mut expected = Sha256::new();
        for byte in 0..20 {
            let mut block = thread.take().unwrap();
            let bytes = vec![byte; Block::BYTES / 3];
            block.add(&bytes);
            expected.update(&bytes);
            thread.add(block).unwrap();
        }
        assert_eq!(thread.finish().unwrap(), <[u8; 32]>::from(expected.finalize()));
    }

    #[test]
    fn digests_nothing() {
        let nothing: [u8; 32] = Sha256::digest(b"").into();
        assert_eq!(DigestThread::start().unwrap().finish().unwrap(), nothing);
    }
}
