//! The list of an archive's frames, in the layout of the Zstandard seekable format.
//!
//! It stands at the end of the file, in a frame that every Zstandard reader skips: a magic number and the length of
//! what follows; for each frame how many bytes it takes and how many come out of it; and in the last nine bytes the
//! number of frames, a descriptor (0: the frames hold their checksums themselves) and a second magic number, by which
//! a reader knows from the end of the file that there is a table. All numbers are little-endian.
//!
//! Before it stands a frame with its checksum, which readers skip as well. It is listed as one that holds nothing. A table with
//! the right checksum is believed. Any other is compared with what the frames say of themselves, which takes a read for each.
//! See `contrib/seekable_format/zstd_seekable_compression_format.md` of Zstandard.

use std::io;

use zstd::zstd_safe::get_frame_content_size;

use crate::buffer::stored_bytes::StoredBytes;

/// Begins a frame that readers skip.
const SKIPPABLE_MAGIC: u32 = 0x184D_2A5E;

/// Begins the frame before it, which has the checksum of the table.
const CHECKSUM_MAGIC: u32 = 0x184D_2A5D;

/// The length of that frame.
const CHECKSUM_FRAME_BYTES: usize = 24;

/// Begins a frame that says nothing.
const PADDING_MAGIC: u32 = 0x184D_2A50;

/// Ends a file that has a seek table.
const SEEKABLE_MAGIC: u32 = 0x8F92_EAB1;

/// What follows the last entry: the number of frames, the descriptor, the magic number.
const FOOTER_BYTES: usize = 9;

/// How many frames there are, and how large each is: stored, and unpacked.
#[derive(Debug, Default)]
pub(crate) struct SeekTable {
    entries: Vec<u8>,
    frames: u32,
}

impl SeekTable {
    /// Returns whether no frame has been added.
    pub(crate) fn is_empty(&self) -> bool {
        self.frames == 0
    }

    /// Adds the next frame.
    ///
    /// # Errors
    /// For a frame or a table of 4 GiB and more, which the format can't hold.
    pub(crate) fn add(&mut self, stored_bytes: usize, unpacked_bytes: usize) -> io::Result<()> {
        for bytes in [stored_bytes, unpacked_bytes] {
            self.entries.extend(number(bytes)?.to_le_bytes());
        }
        self.frames += 1;
        Ok(())
    }

    /// Takes in that a frame was written which readers skip. It counts as a part of the one before.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub(crate) fn add_skipped(&mut self, bytes: usize) -> io::Result<()> {
        let Some(last) = self.entries.len().checked_sub(ENTRY_BYTES) else { return self.add(bytes, 0) };
        let stored = &mut self.entries[last..last + 4];
        let before = u32::from_le_bytes(stored.try_into().expect("four bytes"));
        let longer = before.checked_add(number(bytes)?).ok_or_else(too_large)?;
        stored.copy_from_slice(&longer.to_le_bytes());
        Ok(())
    }

    /// Returns the last frames: the one that holds the checksum of the table, and the one that holds the table.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub(crate) fn into_bytes(mut self) -> io::Result<Vec<u8>> {
        self.add(CHECKSUM_FRAME_BYTES, 0)?;
        let length = number(self.entries.len() + FOOTER_BYTES)?;
        let head = [SKIPPABLE_MAGIC.to_le_bytes(), length.to_le_bytes()].concat();
        let foot = [&self.frames.to_le_bytes()[..], &[0], &SEEKABLE_MAGIC.to_le_bytes()].concat();
        let checksum = checksum_frame(&self.entries, &foot);
        Ok([&checksum[..], &head, &self.entries, &foot].concat())
    }
}

/// Returns a frame of so many bytes that every reader skips, and that says nothing; none of fewer than 8.
pub(crate) fn skippable(bytes: usize) -> io::Result<Vec<u8>> {
    let length = number(bytes.checked_sub(8).ok_or_else(too_large)?)?;
    let mut frame = [PADDING_MAGIC.to_le_bytes(), length.to_le_bytes()].concat();
    frame.resize(bytes, 0);
    Ok(frame)
}

/// Returns the frame that holds the checksum of a table: the first 16 bytes of the BLAKE3 of all that follows its length.
fn checksum_frame(entries: &[u8], foot: &[u8]) -> [u8; CHECKSUM_FRAME_BYTES] {
    let hash = blake3::Hasher::new().update(entries).update(foot).finalize();
    let mut frame = [0; CHECKSUM_FRAME_BYTES];
    frame[..4].copy_from_slice(&CHECKSUM_MAGIC.to_le_bytes());
    frame[4] = 16;
    frame[8..].copy_from_slice(&hash.as_bytes()[..16]);
    frame
}

/// Where a frame lies in the file, and what it holds of the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) stored_at: u64,
    pub(crate) stored_bytes: usize,
    pub(crate) plain_at: u64,
    pub(crate) plain_bytes: usize,
}

impl Frame {
    /// Returns where the next one begins.
    pub(crate) fn plain_end(&self) -> u64 {
        self.plain_at + self.plain_bytes as u64
    }
}

/// The largest frame that is unpacked as a whole, and the largest table that is read. Larger ones would take too much
/// memory.
const LARGEST_FRAME_BYTES: usize = 32 * 1024 * 1024;

/// What the header of a frame takes at most.
const MOST_HEAD_BYTES: usize = 18;

/// What an entry of the table takes.
const ENTRY_BYTES: usize = 8;

/// Reads the table at the end of a file; `None` where there is none that can be used.
pub(crate) fn read(file: &StoredBytes) -> io::Result<Option<Vec<Frame>>> {
    let size = file.size()?;
    let Some(footer_at) = size.checked_sub(FOOTER_BYTES as u64) else { return Ok(None) };
    let mut footer = [0; FOOTER_BYTES];
    file.read_exact_at(&mut footer, footer_at)?;
    let [a, b, c, d, 0, magic @ ..] = footer else { return Ok(None) };
    let entry_bytes = u64::from(u32::from_le_bytes([a, b, c, d])) * ENTRY_BYTES as u64;
    let entries_at = footer_at.checked_sub(entry_bytes);
    let (Some(entries_at), SEEKABLE_MAGIC) = (entries_at, u32::from_le_bytes(magic)) else { return Ok(None) };
    let (Some(frames_end), Ok(length)) = (entries_at.checked_sub(8), usize::try_from(entry_bytes)) else {
        return Ok(None);
    };
    if length > LARGEST_FRAME_BYTES {
        return Ok(None);
    }
    let mut entries = vec![0; length];
    file.read_exact_at(&mut entries, entries_at)?;
    let frames = frames(&entries).filter(|frames| frames.last().map_or(0, stored_end) == frames_end);
    let Some(mut frames) = frames else { return Ok(None) };
    if has_checksum(file, &frames, &entries, &footer) {
        frames.pop();
        return Ok(Some(frames));
    }
    Ok((!is_contradicted(file, &frames)).then_some(frames))
}

/// Returns whether the last frame holds the checksum of the table.
fn has_checksum(file: &StoredBytes, frames: &[Frame], entries: &[u8], footer: &[u8]) -> bool {
    let Some(last) = frames.last() else { return false };
    let mut stored = [0; CHECKSUM_FRAME_BYTES];
    (last.stored_bytes, last.plain_bytes) == (CHECKSUM_FRAME_BYTES, 0)
        && file.read_exact_at(&mut stored, last.stored_at).is_ok()
        && stored == checksum_frame(entries, footer)
}

/// Returns whether a frame says of itself that it holds another length than the table says. Where all frames but the last
/// are equally long, as other tools make them, asking the first and the last is enough: a table that is damaged in
/// between is uneven. Of any other each frame is asked.
fn is_contradicted(file: &StoredBytes, frames: &[Frame]) -> bool {
    let [first, between @ .., last] = frames else {
        return frames.iter().any(|frame| contradicts(file, frame));
    };
    let is_even = between.iter().all(|frame| frame.plain_bytes == first.plain_bytes);
    let between = if is_even { &[] } else { between };
    [first, last].into_iter().chain(between).any(|frame| contradicts(file, frame))
}

/// One that can't be read, or doesn't say, contradicts nothing.
fn contradicts(file: &StoredBytes, frame: &Frame) -> bool {
    let mut head = [0; MOST_HEAD_BYTES];
    let length = frame.stored_bytes.min(head.len());
    let is_read = file.read_exact_at(&mut head[..length], frame.stored_at).is_ok();
    let said = get_frame_content_size(&head[..length]);
    is_read && matches!(said, Ok(Some(bytes)) if bytes != frame.plain_bytes as u64)
}

/// Returns the frames that the entries tell of; `None` when one is too large.
fn frames(entries: &[u8]) -> Option<Vec<Frame>> {
    let (mut frames, mut stored_at, mut plain_at) = (Vec::new(), 0, 0);
    for entry in entries.chunks_exact(ENTRY_BYTES) {
        let [a, b, c, d, e, f, g, h] = <[u8; ENTRY_BYTES]>::try_from(entry).ok()?;
        let stored_bytes = usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?;
        let plain_bytes = usize::try_from(u32::from_le_bytes([e, f, g, h])).ok()?;
        if stored_bytes.max(plain_bytes) > LARGEST_FRAME_BYTES {
            return None;
        }
        let frame = Frame { stored_at, stored_bytes, plain_at, plain_bytes };
        (stored_at, plain_at) = (stored_end(&frame), frame.plain_end());
        frames.push(frame);
    }
    Some(frames)
}

fn stored_end(frame: &Frame) -> u64 {
    frame.stored_at + frame.stored_bytes as u64
}

fn number(value: usize) -> io::Result<u32> {
    u32::try_from(value).map_err(|_| too_large())
}

fn too_large() -> io::Error {
    io::Error::other("too large for the seek table of a compressed archive")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn is_laid_out_as_documented() {
        let mut table = SeekTable::default();
        assert!(table.is_empty());
        table.add(0x0102, 0x0003_0405).unwrap();
        table.add(7, 8).unwrap();
        assert!(!table.is_empty());
        table.add_skipped(0x1_0000).unwrap();
        let expected = [
            [0x5E, 0x2A, 0x4D, 0x18],
            [33, 0, 0, 0],
            [0x02, 0x01, 0, 0],
            [0x05, 0x04, 0x03, 0],
            [7, 0, 1, 0],
            [8, 0, 0, 0],
            [24, 0, 0, 0],
            [0, 0, 0, 0],
            [3, 0, 0, 0],
        ];
        let expected = [&expected.concat()[..], &[0], &[0xB1, 0xEA, 0x92, 0x8F]].concat();
        let head = [0x5D, 0x2A, 0x4D, 0x18, 16, 0, 0, 0];
        let bytes = table.into_bytes().unwrap();
        assert_eq!((&bytes[..8], &bytes[24..]), (&head[..], &expected[..]));
        assert_eq!(bytes[8..24], blake3::hash(&expected[8..]).as_bytes()[..16]);
    }

    #[test]
    fn what_readers_skip_has_any_length_from_eight_bytes_on() {
        assert_eq!(skippable(8).unwrap(), [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]);
        assert_eq!(skippable(4103).unwrap().len(), 4103);
        assert_eq!(zstd::decode_all(&skippable(4103).unwrap()[..]).unwrap(), b"");
        assert!(skippable(7).is_err());
        let mut table = SeekTable::default();
        table.add_skipped(9).unwrap();
        assert!(!table.is_empty(), "the first frame may be one");
    }

    fn file(bytes: &[u8]) -> StoredBytes {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(bytes, 0).unwrap();
        file.into()
    }

    #[test]
    fn is_read_as_it_was_written() {
        let mut table = SeekTable::default();
        table.add(5, 900).unwrap();
        table.add(3, 0).unwrap();
        table.add(4, 70).unwrap();
        let bytes = [&[1; 12][..], &table.into_bytes().unwrap()].concat();
        let frame = |stored_at, stored_bytes, plain_at, plain_bytes| Frame {
            stored_at,
            stored_bytes,
            plain_at,
            plain_bytes,
        };
        let expected = vec![frame(0, 5, 0, 900), frame(5, 3, 900, 0), frame(8, 4, 900, 70)];
        assert_eq!(read(&file(&bytes)).unwrap(), Some(expected));
        for start in 1..bytes.len() {
            assert_eq!(read(&file(&bytes[start..])).unwrap(), None, "without its first {start} bytes");
            assert_eq!(read(&file(&bytes[..start])).unwrap(), None, "cut to {start} bytes");
        }
    }

    #[test]
    fn tables_that_would_take_much_memory_are_not_used() {
        let mut table = SeekTable::default();
        table.add(5, LARGEST_FRAME_BYTES + 1).unwrap();
        let bytes = [&[1; 5][..], &table.into_bytes().unwrap()].concat();
        assert_eq!(read(&file(&bytes)).unwrap(), None);
        let mut many = [&[0xFF, 0xFF, 0xFF, 0x7F, 0][..], &SEEKABLE_MAGIC.to_le_bytes()].concat();
        many.splice(0..0, [0; 64]);
        assert_eq!(read(&file(&many)).unwrap(), None);
    }

    #[test]
    fn refuses_what_its_numbers_cannot_hold() {
        let mut table = SeekTable::default();
        assert!(table.add(1 << 32, 1).is_err());
        assert!(table.add(1, 1 << 32).is_err());
        assert!(table.add(1, (1 << 32) - 1).is_ok());
    }
}
