//! Says where in an earlier archive the same bytes may be as those that are written, when everything is read.
//!
//! All of it is a guess: whoever writes the archive compares the bytes. So metadata decides here only whether a member is moved on
//! by a few bytes, so that it can share its blocks.

use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};

use backup_core::ports::{PackTarget, SeekableBytes};

use super::earlier::{EarlierMembers, open_catalog, padding};
use crate::catalog::ArchiveCatalog;
use crate::posix::stat::Meta;

/// The earlier archive.
pub(super) struct ComparedBase {
    catalog: ArchiveCatalog,
    /// The parts of it that can be compared.
    parts: Vec<Range<u64>>,
    block_bytes: u64,
}

/// What may be the same.
pub(super) struct Likeness<'b> {
    earlier: EarlierMembers<'b>,
    parts: &'b [Range<u64>],
    block_bytes: u64,
    sender: Sender<(u64, Range<u64>)>,
}

/// Where a member is in the earlier archive.
#[derive(Debug, Clone)]
pub(super) struct EarlierPlace {
    offset: u64,
    contents: Range<u64>,
    /// Whether it is worth moving the new one on.
    is_worth_padding: bool,
}

/// Tells the writing thread what may be the same.
#[derive(Debug)]
pub(super) struct LikenessReceiver(Receiver<(u64, Range<u64>)>);

/// Fewer blocks of a file aren't worth the padding.
const WORTH_BLOCKS: u64 = 16;

impl ComparedBase {
    /// Opens the archive that the target offers to be compared; `None` if there is none, or if its catalog can't be used.
    pub(super) fn open(out: &mut dyn PackTarget) -> Option<Self> {
        let parts = Some(out.comparable_parts()).filter(|parts| !parts.is_empty())?;
        let catalog: Box<dyn SeekableBytes> = out.open_base()?;
        Some(Self { catalog: open_catalog(catalog)?, parts, block_bytes: out.shared_block_bytes() })
    }

    /// Begins to compare. The receiver belongs to the writing thread.
    pub(super) fn likeness(&mut self, sender: Sender<(u64, Range<u64>)>) -> Likeness<'_> {
        let Self { catalog, parts, block_bytes } = self;
        Likeness { earlier: EarlierMembers::of(catalog), parts, block_bytes: *block_bytes, sender }
    }
}

/// Returns both ends of the way that a guess takes from the walking to the writing thread. It must be sent before the bytes that it
/// is about.
pub(super) fn likeness_channel() -> (Sender<(u64, Range<u64>)>, LikenessReceiver) {
    let (sender, receiver) = channel();
    (sender, LikenessReceiver(receiver))
}

impl LikenessReceiver {
    /// Hands over what has arrived.
    pub(super) fn pass_on(&self, out: &mut dyn PackTarget) {
        self.0.try_iter().for_each(|(at, part)| out.compare(at, part));
    }
}

impl Likeness<'_> {
    /// Returns the padding before something that is to share the blocks of what is there in the earlier archive.
    pub(super) fn padding(&self, from: u64, at: u64) -> Option<(usize, usize)> {
        padding(self.block_bytes, from, at)
    }

    /// Returns where the member with that path is, which is about to be stored with so many bytes of contents.
    pub(super) fn find(&mut self, path: &[u8], meta: &Meta, stored_bytes: u64) -> Option<EarlierPlace> {
        let member = self.earlier.find(path)?;
        let worth_bytes = WORTH_BLOCKS * self.block_bytes;
        let looks_same = member.modified == meta.modified && member.stored_bytes == stored_bytes;
        let (offset, begin, end) = (member.offset, member.contents_offset, member.end());
        let is_guess = looks_same || member.stored_bytes >= worth_bytes;
        let part = self.parts.get(self.parts.partition_point(|part| part.end <= begin));
        let is_worth =
            |part: &Range<u64>| part.start <= end && part.end - part.start.max(begin) >= worth_bytes;
        let length = member.stored_bytes.min(stored_bytes);
        let to = if length == member.stored_bytes { end } else { begin + length };
        let is_worth_padding = is_guess && part.is_some_and(is_worth);
        Some(EarlierPlace { offset, contents: begin..to, is_worth_padding })
    }

    /// Says that what is about to be written at that offset may be the same: headers of so many bytes, and what follows.
    pub(super) fn expect(&self, at: u64, header_bytes: u64, place: EarlierPlace) {
        let EarlierPlace { offset, contents, .. } = place;
        let has_same_length = contents.start - offset == header_bytes;
        let guess = if has_same_length { (at, offset..contents.end) } else { (at + header_bytes, contents) };
        // The writing thread has failed if nobody receives it, and that ends the walk.
        let _ = self.sender.send(guess);
    }
}

impl EarlierPlace {
    /// Returns where the contents are, if the new ones are worth the padding that lets them share the same blocks.
    pub(super) fn worth_padding(&self) -> Option<u64> {
        self.is_worth_padding.then_some(self.contents.start)
    }
}
