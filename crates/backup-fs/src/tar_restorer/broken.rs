//! An archive that can't be read to its end: what is said of it, and what is left of it.

use std::os::fd::{AsFd, BorrowedFd};

use backup_core::ports::ArchiveBytes;
use backup_core::text::printable;
use rustix::fs::{AtFlags, Mode, OFlags, openat, unlinkat};

use super::open_dir::FOLDER;
use crate::file::dir::names_in;
use crate::tar_reader::progress_reader::open;
use crate::tar_reader::{Member, ReadError};
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

/// Removes the folders below that one in which nothing is. They were made for what then couldn't be read.
pub(super) fn remove_empty_folders(folder: BorrowedFd<'_>) {
    for name in names_in(folder).unwrap_or_default() {
        if let Ok(below) = openat(folder, &name, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            remove_empty_folders(below.as_fd());
            let _ = unlinkat(folder, &name, AtFlags::REMOVEDIR);
        }
    }
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
