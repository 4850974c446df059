//! The list of an archive's frames, in the layout of the Zstandard seekable format.
//!
//! It stands at the end of the file, in a frame that every Zstandard reader skips: a magic number and the length of
//! what follows; for each frame how many bytes it takes and how many come out of it; and in the last nine bytes the
//! number of frames, a descriptor (0: the frames hold their checksums themselves) and a second magic number, by which
//! a reader knows from the end of the file that there is a table. All numbers are little-endian.
//! See `contrib/seekable_format/zstd_seekable_compression_format.md` of Zstandard.

use std::io;

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

    #[test]
    fn refuses_what_its_numbers_cannot_hold() {
        let mut table = SeekTable::default();
        assert!(table.add(1 << 32, 1).is_err());
        assert!(table.add(1, 1 << 32).is_err());
        assert!(table.add(1, (1 << 32) - 1).is_ok());
    }
}
