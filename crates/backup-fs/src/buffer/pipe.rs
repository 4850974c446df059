//! Carries filled blocks from one thread to another, in order, and the empty ones back.
//!
//! Why it never hangs: each side waits only for the other's end of a channel, and whoever leaves, by an error or a
//! panic, drops its own ends, which wakes the other. Why memory is bounded: a block comes back empty, and no more than
//! the first few are ever made.

use std::io::{self, ErrorKind};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use super::aligned_buffer::Block;

/// The end where filled blocks are put on. Dropped, it lets the other side come to its end.
#[derive(Debug)]
pub(crate) struct Loader {
    filled: SyncSender<Block>,
    emptied: Receiver<Block>,
    /// How many blocks may still be made.
    unmade_blocks: usize,
}

/// The end where they are taken off.
#[derive(Debug)]
pub(crate) struct Unloader {
    filled: Receiver<Block>,
    emptied: Sender<Block>,
}

/// Returns both ends of a belt whose blocks together hold at most `bytes`; but there are two at least, one for each
/// side.
pub(crate) fn belt(bytes: usize) -> (Loader, Unloader) {
    let unmade_blocks = (bytes / Block::BYTES).max(2);
    let (filled_in, filled) = sync_channel(unmade_blocks);
    let (emptied, emptied_out) = channel();
    (Loader { filled: filled_in, emptied: emptied_out, unmade_blocks }, Unloader { filled, emptied })
}

impl Loader {
    /// Returns an empty block; waits until there is one.
    ///
    /// # Errors
    /// Once the other side has left.
    pub(crate) fn take(&mut self) -> io::Result<Block> {
        if let Ok(block) = self.emptied.try_recv() {
            return Ok(block);
        }
        if let Some(fewer) = self.unmade_blocks.checked_sub(1) {
            self.unmade_blocks = fewer;
            return Ok(Block::new());
        }
        self.emptied.recv().map_err(|_| ErrorKind::BrokenPipe.into())
    }

    /// Sends a block on its way.
    ///
    /// # Errors
    /// Once the other side has left.
    pub(crate) fn send(&mut self, block: Block) -> io::Result<()> {
        self.filled.send(block).map_err(|_| ErrorKind::BrokenPipe.into())
    }
}

impl Unloader {
    /// Does `work` with each block until the other side has left or the work fails, and leaves then, too.
    pub(crate) fn run<E>(self, mut work: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        for mut block in self.filled {
            work(block.bytes())?;
            block.clear();
            // Nobody takes it any more once the last one was sent.
            let _ = self.emptied.send(block);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn send(loader: &mut Loader, byte: u8) -> io::Result<()> {
        let mut block = loader.take()?;
        block.add(&[byte]);
        loader.send(block)
    }

    #[test]
    fn keeps_the_order() {
        let (mut loader, unloader) = belt(3 * Block::BYTES);
        let mut seen = Vec::new();
        thread::scope(|scope| {
            scope.spawn(move || (0..=255).for_each(|byte| send(&mut loader, byte).unwrap()));
            unloader
                .run(|bytes| {
                    seen.extend_from_slice(bytes);
                    Ok::<_, io::Error>(())
                })
                .unwrap();
        });
        assert_eq!(seen, (0..=255).collect::<Vec<u8>>());
    }

    /// The one side fails at once; the other, which would wait for ever for a block, must hear of it.
    #[test]
    fn whoever_leaves_wakes_the_other() {
        let (mut loader, unloader) = belt(0);
        thread::scope(|scope| {
            let sender = scope.spawn(move || (0..=255).try_for_each(|byte| send(&mut loader, byte)));
            assert_eq!(unloader.run(|_| Err(())), Err(()));
            assert_eq!(sender.join().unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
        });
    }
}
