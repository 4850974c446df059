//! What is taken over, on its way from the walking to the writing thread.

use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};

use backup_core::model::error::PortError;
use backup_core::ports::PackTarget;

use super::body::write_failed;

/// A stretch, and where it is in the new archive.
type PlacedStretch = (u64, Range<u64>);

/// Tells the writing thread what is taken over.
#[derive(Debug)]
pub(super) struct StretchSender(Sender<PlacedStretch>);

/// Takes over what the walking thread tells.
#[derive(Debug)]
pub(super) struct StretchReceiver {
    stretches: Receiver<PlacedStretch>,
    /// A stretch that was received before its turn.
    next: Option<PlacedStretch>,
    /// The number of bytes that were written.
    position: u64,
}

/// Returns both ends of the way that stretches take from the walking to the writing thread. A stretch must be sent after
/// everything that comes before it in the archive, and before everything that comes behind.
pub(super) fn stretch_channel() -> (StretchSender, StretchReceiver) {
    let (sender, stretches) = channel();
    (StretchSender(sender), StretchReceiver { stretches, next: None, position: 0 })
}

impl StretchSender {
    pub(super) fn send(&self, at: u64, part: Range<u64>) {
        // The writing thread has failed if nobody receives it, and that ends the walk.
        let _ = self.0.send((at, part));
    }
}

impl StretchReceiver {
    /// Takes over what comes next in the archive, before the next block is written.
    pub(super) fn take_over(&mut self, out: &mut dyn PackTarget) -> Result<(), PortError> {
        while let Some((at, part)) = self.next.take().or_else(|| self.stretches.try_recv().ok()) {
            if at != self.position {
                self.next = Some((at, part));
                break;
            }
            self.position += part.end - part.start;
            out.take_over(part).map_err(write_failed)?;
        }
        Ok(())
    }

    /// Takes in that a block was written.
    pub(super) fn written(&mut self, byte_count: usize) {
        self.position += byte_count as u64;
    }
}
