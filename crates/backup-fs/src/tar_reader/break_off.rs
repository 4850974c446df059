//! Says where and why an archive breaks off.

use backup_core::ports::ArchiveBytes;
use backup_core::text::printable;

use super::progress_reader::open;
use super::{Member, ReadError};
use crate::zstd::stream::doubtful_from;

/// Returns where and why an archive breaks off, and what was read before that and can't be relied on.
pub(crate) fn reason(archive: &mut dyn ArchiveBytes, error: &ReadError) -> String {
    let doubtful = match error {
        ReadError::Io(failure) => doubtful_from(&failure.error).and_then(|from| first_behind(archive, from)),
        ReadError::Damaged(_) => None,
    };
    doubtful.map_or_else(
        || error.to_string(),
        |path| {
            let path = printable(&path);
            format!("{error}; {path} and what comes after it were read unchecked, and MAY BE WRONG")
        },
    )
}

/// Returns the path of the first member that isn't wholly before that byte.
fn first_behind(archive: &mut dyn ArchiveBytes, offset: u64) -> Option<Vec<u8>> {
    let mut reader = open(archive).ok()?;
    let is_behind = |member: &Member| member.contents_offset.saturating_add(member.stored_bytes) > offset;
    loop {
        let member = reader.next_member().ok()??;
        if is_behind(&member) {
            return Some(member.path);
        }
    }
}
