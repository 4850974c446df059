//! The maps of sparse files in old GNU archives: within the header, and in blocks behind it.

use std::io::Read;

use super::damage::{Fault, ReadError};
use super::header::Header;
use super::input::Input;
use super::number::number;
use super::sparse::{add, map};
use crate::posix::sparse::{Segment, SparseMap};

/// Reads the map of the member whose header that is. The data follows.
pub(super) fn read<R: Read>(header: &Header, input: &mut Input<R>) -> Result<SparseMap, ReadError> {
    let wrong = |fault: Fault| fault.at(header.offset);
    if !header.is_gnu() {
        return Err(wrong(Fault::SparseMap));
    }
    let mut segments = Vec::new();
    let (fields, mut goes_on, size) = header.old_sparse();
    take(fields, &mut segments).map_err(wrong)?;
    while goes_on {
        let block = input.block()?.ok_or_else(|| Fault::CutHeader.at(input.offset()))?;
        // A block that adds nothing would be one of any number.
        if take(&block[..504], &mut segments).map_err(wrong)? == 0 {
            return Err(wrong(Fault::SparseMap));
        }
        goes_on = block[504] != 0;
    }
    let size_bytes = unsigned(size).map_err(wrong)?;
    map(segments, size_bytes).map_err(wrong)
}

/// An offset and a length, of twelve bytes each.
const SEGMENT_BYTES: usize = 24;

/// Adds segments up to the first empty field, and returns how many these were.
fn take(fields: &[u8], segments: &mut Vec<Segment>) -> Result<usize, Fault> {
    let before = segments.len();
    for field in fields.chunks_exact(SEGMENT_BYTES) {
        let (offset, length) = field.split_at(SEGMENT_BYTES / 2);
        if offset.first() == Some(&0) || length.first() == Some(&0) {
            break;
        }
        add(segments, unsigned(offset)?, unsigned(length)?)?;
    }
    Ok(segments.len() - before)
}

fn unsigned(field: &[u8]) -> Result<u64, Fault> {
    number(field).and_then(|number| u64::try_from(number).ok()).ok_or(Fault::SparseMap)
}
