//! Compares the contents of a restored file with those in the archive, whose holes are passed over.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileExt;

use super::comparison::Comparison;
use crate::posix::holes::{Stretch, look_for_zeros};
use crate::tar_reader::TarReader;

/// How much is compared at once.
const PIECE_BYTES: usize = 256 * 1024;

/// How a restored file compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// It is the same, as far as was looked: where the archive breaks off, the next look at it says so.
    Same,
    /// It differs from that byte on.
    Differs(u64),
    /// It has large holes that the disk doesn't tell, which were not looked at.
    InPart,
}

/// Compares a restored file of the right size with the contents at hand.
pub(super) fn compare_contents(
    with: &mut Comparison<'_>,
    reader: &mut TarReader<&mut dyn Read>,
    file: &File,
) -> io::Result<Compared> {
    let (mut archived, mut restored) = (vec![0; PIECE_BYTES], vec![0; PIECE_BYTES]);
    let (mut offset, mut compared) = (0, Compared::Same);
    while !with.is_cancelled() {
        let hole_bytes = reader.contents().pass_hole();
        match look_for_zeros(file, (offset, offset + hole_bytes), &mut || !with.is_cancelled())? {
            Stretch::Other(at) => return Ok(Compared::Differs(at)),
            Stretch::Untold => compared = Compared::InPart,
            Stretch::Zeros | Stretch::Ended => {}
        }
        offset += hole_bytes;
        let Ok(read) = reader.contents().read(&mut archived) else { return Ok(compared) };
        let found = fill(file, &mut restored[..read], offset)?;
        if archived[..read] != restored[..found] {
            let same =
                archived[..read].iter().zip(&restored[..found]).take_while(|(one, other)| one == other);
            return Ok(Compared::Differs(offset + same.count() as u64));
        }
        offset += read as u64;
        with.report.content_bytes += hole_bytes + read as u64;
        if read == 0 {
            break;
        }
    }
    Ok(compared)
}

/// Reads from there on until the room is full or the file at its end.
fn fill(file: &File, room: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < room.len() {
        match file.read_at(&mut room[filled..], offset + filled as u64) {
            Ok(0) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => filled += read?,
        }
    }
    Ok(filled)
}
