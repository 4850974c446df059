//! Search for data in a range of a file that should hold only zeros, without reading its holes.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use rustix::fs::{SeekFrom, fstat, seek};
use rustix::io::Errno;

/// How many bytes are read at once.
const PIECE_BYTES: usize = 256 * 1024;

/// How many bytes are read beyond those that the file occupies on its disk.
///
/// If there are more, the disk doesn't report the file's holes, and to read a file of some terabytes could take hours.
const MOST_UNREPORTED_BYTES: u64 = 64 << 20;

/// What a range of a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stretch {
    /// Only zeros or holes.
    Zeros,
    /// Another byte. Its offset is that of the first one.
    Other(u64),
    /// Unknown: the disk doesn't report the holes, and they are too large to be read.
    Untold,
    /// Unknown: `goes_on` ended the search.
    Ended,
}

/// Searches a file from `start` to `end` for anything but zeros. Calls `goes_on` before each read, and ends if it
/// returns false.
///
/// # Errors
/// Any failure to read the file. It must not end before `end`.
pub(crate) fn look_for_zeros(
    file: &File,
    (start, end): (u64, u64),
    goes_on: &mut dyn FnMut() -> bool,
) -> io::Result<Stretch> {
    let allocated_bytes = u64::try_from(fstat(file)?.st_blocks).unwrap_or_default().saturating_mul(512);
    let mut remaining_bytes = allocated_bytes.saturating_add(MOST_UNREPORTED_BYTES);
    let (mut piece, mut position) = (Vec::new(), start);
    while let Some(data) = next_data(file, position).filter(|data| *data < end) {
        let length = usize::try_from(end - data).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        if !goes_on() {
            return Ok(Stretch::Ended);
        }
        let Some(remaining) = remaining_bytes.checked_sub(length as u64) else { return Ok(Stretch::Untold) };
        remaining_bytes = remaining;
        piece.resize(length, 0);
        file.read_exact_at(&mut piece, data)?;
        if let Some(at) = piece.iter().position(|byte| *byte != 0) {
            return Ok(Stretch::Other(data + at as u64));
        }
        position = data + length as u64;
    }
    Ok(Stretch::Zeros)
}

/// Returns the offset of the next data, from `position` on.
fn next_data(file: &File, position: u64) -> Option<u64> {
    match seek(file, SeekFrom::Data(position)) {
        Ok(data) => Some(data),
        Err(Errno::NXIO) => None,
        // The file system doesn't support holes.
        Err(_) => Some(position),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUGE: u64 = 4 << 40;

    fn check(file: &File, range: (u64, u64), expected: Stretch) {
        assert_eq!(look_for_zeros(file, range, &mut || true).unwrap(), expected, "{range:?}");
    }

    #[test]
    fn skips_holes_and_reads_data() {
        let file = tempfile::tempfile().unwrap();
        if let Err(error) = file.set_len(HUGE) {
            return backup_core::testing::skipped(format_args!("no file of 4 TiB can be made here: {error}"));
        }
        assert_eq!(
            look_for_zeros(&file, (0, HUGE), &mut || false).unwrap(),
            Stretch::Zeros,
            "nothing is read"
        );
        file.write_all_at(&[0; 1000], 1 << 40).unwrap();
        check(&file, (0, HUGE), Stretch::Zeros);
        assert_eq!(look_for_zeros(&file, (0, HUGE), &mut || false).unwrap(), Stretch::Ended);
        file.write_all_at(b"x", (1 << 40) + 500).unwrap();
        check(&file, (0, HUGE), Stretch::Other((1 << 40) + 500));
        check(&file, ((1 << 40) + 501, HUGE), Stretch::Zeros);
        check(&file, (0, (1 << 40) + 500), Stretch::Zeros);
        file.write_all_at(b"x", HUGE - 1).unwrap();
        check(&file, ((1 << 40) + 501, HUGE), Stretch::Other(HUGE - 1));
    }

    #[test]
    fn a_file_that_ends_early_is_an_error() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&[0; 10], 0).unwrap();
        assert!(look_for_zeros(&file, (0, 20), &mut || true).is_err());
    }
}
