//! Says where and why an archive breaks off.

use backup_core::ports::ArchiveBytes;
use backup_core::text::printable;

use super::progress_reader::open;
use super::{Member, ReadError, TarReader};
use crate::zstd::zstd_reader::doubtful_from;

/// Returns where and why an archive breaks off, and what was read before that and can't be relied on: by its name where
/// the archive can be read again, else by the byte.
pub(crate) fn reason(archive: &mut dyn ArchiveBytes, error: &ReadError) -> String {
    let doubtful = match error {
        ReadError::Io(failure) => doubtful_from(&failure.error),
        ReadError::Damaged(_) => None,
    };
    let Some(from) = doubtful else { return error.to_string() };
    let what = match open(archive).map(|reader| first_behind(reader, from)) {
        Ok(None) => return error.to_string(),
        Ok(Some(path)) => format!("{} and what comes after it", printable(&path)),
        Err(_) => format!("all bytes of the tar from {from} on"),
    };
    format!("{error}; {what} were read unchecked, and MAY BE WRONG")
}

/// Returns the path of the first member that isn't wholly before that byte.
fn first_behind(mut reader: TarReader<&mut dyn ArchiveBytes>, offset: u64) -> Option<Vec<u8>> {
    let is_behind = |member: &Member| member.contents_offset.saturating_add(member.stored_bytes) > offset;
    loop {
        let member = reader.next_member().ok()??;
        if is_behind(&member) {
            return Some(member.path);
        }
    }
}
