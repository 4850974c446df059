//! The steps of a path, for code that resolves paths one name at a time.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat, readlinkat};

/// The most symbolic links that are followed in one path. The kernel has the same limit.
pub(crate) const MOST_LINKS: usize = 40;

/// The flags for opening a folder on the way to another one. The right to search it is enough for that.
pub(crate) const PASSED: OFlags =
    OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens the root folder.
pub(crate) fn root() -> io::Result<OwnedFd> {
    Ok(openat(CWD, c"/", PASSED, Mode::empty())?)
}

/// Returns the names in a path, which may be `..`, without the root and without `.`.
pub(crate) fn steps(path: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

/// Returns the target of a symbolic link that was opened with `O_PATH`.
pub(crate) fn link_target(link: &OwnedFd) -> io::Result<PathBuf> {
    Ok(PathBuf::from(OsString::from_vec(readlinkat(link, c"", Vec::new())?.into_bytes())))
}
