//! Compares the contents of a restored file with the archive. Holes are skipped.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;

use super::comparison::Comparison;
use crate::posix::disk::{Disk, System};
use crate::posix::holes::{Stretch, look_for_zeros};
use crate::tar_reader::TarReader;

/// The number of bytes that are compared at once.
const PIECE_BYTES: usize = 256 * 1024;

/// The result of the comparison of two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// The contents are the same as far as the archive can be read. The next read of a broken archive reports the
    /// damage.
    Same,
    /// They differ from that byte on.
    Differs(u64),
    /// The restored file has large holes that the disk doesn't report, and that weren't compared.
    InPart,
}

/// Compares a restored file with the contents of the current member. Their sizes must be equal.
pub(super) fn compare_contents(
    comparison: &mut Comparison<'_>,
    reader: &mut TarReader<&mut dyn Read>,
    file: &File,
) -> io::Result<Compared> {
    let (mut archived, mut restored) = (vec![0; PIECE_BYTES], vec![0; PIECE_BYTES]);
    let (mut offset, mut compared) = (0, Compared::Same);
    while !comparison.is_cancelled() {
        let hole_bytes = reader.contents().pass_hole();
        match look_for_zeros(file, (offset, offset + hole_bytes), &mut || !comparison.is_cancelled())? {
            Stretch::Other(at) => return Ok(Compared::Differs(at)),
            Stretch::Untold => compared = Compared::InPart,
            Stretch::Zeros | Stretch::Ended => {}
        }
        offset += hole_bytes;
        let Ok(read) = reader.contents().read(&mut archived) else { return Ok(compared) };
        let found = System.fill(file.as_fd(), &mut restored[..read], offset)?;
        if archived[..read] != restored[..found] {
            let same =
                archived[..read].iter().zip(&restored[..found]).take_while(|(one, other)| one == other);
            return Ok(Compared::Differs(offset + same.count() as u64));
        }
        offset += read as u64;
        comparison.report.content_bytes += hole_bytes + read as u64;
        if read == 0 {
            break;
        }
    }
    Ok(compared)
}
