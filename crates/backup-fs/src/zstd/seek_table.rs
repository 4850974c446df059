//! The list of an archive's frames, in the layout of the Zstandard seekable format.
//!
//! It stands at the end of the file, in a frame that every Zstandard reader skips: a magic number and the length of
//! what follows; for each frame how many bytes it takes and how many come out of it; and in the last nine bytes the
//! number of frames, a descriptor (0: the frames hold their checksums themselves) and a second magic number, by which
//! a reader knows from the end of the file that there is a table. All numbers are little-endian.
//! See `contrib/seekable_format/zstd_seekable_compression_format.md` of Zstandard.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use zstd::zstd_safe::get_frame_content_size;

/// Begins a frame that readers skip.
const SKIPPABLE_MAGIC: u32 = 0x184D_2A5E;

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

    /// Returns the frame that holds the table.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub(crate) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let length = number(self.entries.len() + FOOTER_BYTES)?;
        let head = [SKIPPABLE_MAGIC.to_le_bytes(), length.to_le_bytes()].concat();
        let foot = [&self.frames.to_le_bytes()[..], &[0], &SEEKABLE_MAGIC.to_le_bytes()].concat();
        Ok([&head[..], &self.entries, &foot].concat())
    }
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
pub(crate) fn read(file: &File) -> io::Result<Option<Vec<Frame>>> {
    let size = file.metadata()?.len();
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
    Ok(frames.filter(|frames| !is_contradicted(file, frames)))
}

/// Returns whether a frame says of itself that it holds another length than the table says. Where all frames but the last
/// are equally long, as those are that are made here, asking the first and the last is enough: a table that is damaged in
/// between is uneven. Of any other each frame is asked.
fn is_contradicted(file: &File, frames: &[Frame]) -> bool {
    let [first, between @ .., last] = frames else {
        return frames.iter().any(|frame| contradicts(file, frame));
    };
    let is_even = between.iter().all(|frame| frame.plain_bytes == first.plain_bytes);
    let between = if is_even { &[] } else { between };
    [first, last].into_iter().chain(between).any(|frame| contradicts(file, frame))
}

/// One that can't be read, or doesn't say, contradicts nothing.
fn contradicts(file: &File, frame: &Frame) -> bool {
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
    u32::try_from(value).map_err(|_| io::Error::other("too large for the seek table of a compressed archive"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_laid_out_as_documented() {
        let mut table = SeekTable::default();
        assert!(table.is_empty());
        table.add(0x0102, 0x0003_0405).unwrap();
        table.add(7, 8).unwrap();
        assert!(!table.is_empty());
        let expected = [
            [0x5E, 0x2A, 0x4D, 0x18],
            [25, 0, 0, 0],
            [0x02, 0x01, 0, 0],
            [0x05, 0x04, 0x03, 0],
            [7, 0, 0, 0],
            [8, 0, 0, 0],
            [2, 0, 0, 0],
        ];
        let expected = [&expected.concat()[..], &[0], &[0xB1, 0xEA, 0x92, 0x8F]].concat();
        assert_eq!(table.to_bytes().unwrap(), expected);
    }

    fn file(bytes: &[u8]) -> File {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(bytes, 0).unwrap();
        file
    }

    #[test]
    fn is_read_as_it_was_written() {
        let mut table = SeekTable::default();
        table.add(5, 900).unwrap();
        table.add(3, 0).unwrap();
        table.add(4, 70).unwrap();
        let bytes = [&[1; 12][..], &table.to_bytes().unwrap()].concat();
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
        let bytes = [&[1; 5][..], &table.to_bytes().unwrap()].concat();
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
