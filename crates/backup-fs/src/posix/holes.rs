//! Whether a file holds nothing but zeros in a stretch of it, without reading its holes.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use rustix::fs::{SeekFrom, fstat, seek};
use rustix::io::Errno;

/// How much is read at once.
const PIECE_BYTES: usize = 256 * 1024;

/// How many zeros are read beyond what the file takes up on its disk. Where there are more, the disk doesn't tell its
/// holes, and a file of some terabytes could be read for hours.
const UNTOLD_BYTES: u64 = 64 << 20;

/// What a stretch of a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stretch {
    /// Zeros, or holes.
    Zeros,
    /// Something else, from that byte on.
    Other(u64),
    /// It has holes that the disk doesn't tell, too large to be read.
    Untold,
    /// Whoever was asked whether to go on said no.
    Ended,
}

/// Looks at a file from `start` to `end`, which isn't behind its end, and asks `goes_on` before each piece that is read.
///
/// # Errors
/// When the file can't be read, or ends before.
pub(crate) fn look_for_zeros(
    file: &File,
    (start, end): (u64, u64),
    goes_on: &mut dyn FnMut() -> bool,
) -> io::Result<Stretch> {
    let taken_bytes = u64::try_from(fstat(file)?.st_blocks).unwrap_or_default().saturating_mul(512);
    let mut left_bytes = taken_bytes.saturating_add(UNTOLD_BYTES);
    let (mut piece, mut position) = (Vec::new(), start);
    while let Some(data) = next_data(file, position).filter(|data| *data < end) {
        let length = usize::try_from(end - data).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        if !goes_on() {
            return Ok(Stretch::Ended);
        }
        let Some(left) = left_bytes.checked_sub(length as u64) else { return Ok(Stretch::Untold) };
        left_bytes = left;
        piece.resize(length, 0);
        file.read_exact_at(&mut piece, data)?;
        if let Some(at) = piece.iter().position(|byte| *byte != 0) {
            return Ok(Stretch::Other(data + at as u64));
        }
        position = data + length as u64;
    }
    Ok(Stretch::Zeros)
}

/// Returns where the next data is, from there on.
fn next_data(file: &File, position: u64) -> Option<u64> {
    match seek(file, SeekFrom::Data(position)) {
        Ok(data) => Some(data),
        Err(Errno::NXIO) => None,
        // A file system that knows no holes.
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
    fn holes_are_passed_and_data_is_read() {
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
    fn what_ends_before_is_an_error() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&[0; 10], 0).unwrap();
        assert!(look_for_zeros(&file, (0, 20), &mut || true).is_err());
    }
}
