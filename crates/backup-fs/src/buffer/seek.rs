//! Where a reader that can seek goes.

use std::io::SeekFrom;

/// Returns the offset that a reader goes to from `position`. `None`: it lies before the start, or counts from an end that isn't
/// known.
pub(crate) fn target_of(to: SeekFrom, position: u64, end: Option<u64>) -> Option<u64> {
    match to {
        SeekFrom::Start(at) => Some(at),
        SeekFrom::Current(by) => position.checked_add_signed(by),
        SeekFrom::End(by) => end?.checked_add_signed(by),
    }
}
