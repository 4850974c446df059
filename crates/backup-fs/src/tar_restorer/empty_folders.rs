//! Removes the empty folders of a restore that failed.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, Mode, OFlags, openat, unlinkat};

use crate::file::dir::names_in;
use crate::posix::dir_stack::FOLDER;

/// Removes the empty folders below a folder. They were made for entries that could not be read.
pub(super) fn remove_empty_folders(folder: BorrowedFd<'_>) {
    for name in names_in(folder).unwrap_or_default() {
        if let Ok(below) = openat(folder, &name, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            remove_empty_folders(below.as_fd());
            let _ = unlinkat(folder, &name, AtFlags::REMOVEDIR);
        }
    }
}
