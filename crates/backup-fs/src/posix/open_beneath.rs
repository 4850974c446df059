//! Opens entries strictly beneath a folder, never through a symbolic link.
//!
//! Every open below the target of a restore goes through here: one name at a time, from a folder that was opened in the
//! same way. openat2 makes sure that the name leads to something beneath that folder, and through no symbolic link, not
//! even as its last step. If the kernel doesn't have openat2, `O_NOFOLLOW` guarantees the same for a single name.

use std::ffi::CStr;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

/// The system call that opens names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beneath {
    /// openat2.
    Resolved,
    /// openat.
    Plain,
}

const RESOLVE: ResolveFlags =
    ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);

/// The most attempts to open a name. `RESOLVE_BENEATH` may fail while others rename folders, and must be tried again then.
const MOST_ATTEMPTS: usize = 100;

impl Beneath {
    /// Finds out which system call the kernel has. Some sandboxes fail with `PERM` for calls that they don't know.
    pub(crate) fn probe(folder: BorrowedFd<'_>) -> Self {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        match openat2(folder, c".", flags, Mode::empty(), RESOLVE) {
            Err(Errno::NOSYS | Errno::PERM) => Self::Plain,
            _ => Self::Resolved,
        }
    }

    /// Opens a name in a folder.
    ///
    /// # Errors
    /// `LOOP` for a symbolic link, or `NOTDIR` if a folder was asked for. Any other failure of the system call.
    pub(crate) fn open(
        self,
        folder: BorrowedFd<'_>,
        name: &CStr,
        flags: OFlags,
        mode: Mode,
    ) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC;
        if self == Self::Plain {
            return Ok(openat(folder, name, flags | OFlags::NOFOLLOW, mode)?);
        }
        for _ in 0..MOST_ATTEMPTS {
            match openat2(folder, name, flags, mode, RESOLVE) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                opened => return Ok(opened?),
            }
        }
        Err(Errno::AGAIN.into())
    }

    /// Opens an entry of any kind with `O_PATH`, only to read and set its metadata. A symbolic link itself is opened.
    pub(crate) fn locate(self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
        // With `NOFOLLOW`, openat2 accepts a symbolic link as the last name.
        let flags = OFlags::PATH | OFlags::NOFOLLOW;
        self.open(folder, name, flags, Mode::empty())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::fd::AsFd;
    use std::os::unix::fs::symlink;

    use rustix::fs::{AtFlags, CWD, FileType, statat};

    use super::*;

    #[test]
    fn opens_entries_in_the_folder_but_no_symbolic_link() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("target");
        fs::create_dir_all(path.join("folder")).unwrap();
        fs::write(home.path().join("outside"), "x").unwrap();
        symlink("../outside", path.join("to file")).unwrap();
        symlink("..", path.join("to folder")).unwrap();
        symlink("folder", path.join("to inside")).unwrap();
        let target = rustix::fs::open(&path, OFlags::PATH, Mode::empty()).unwrap();
        for beneath in [Beneath::probe(target.as_fd()), Beneath::Resolved, Beneath::Plain] {
            let open = |name, flags| beneath.open(target.as_fd(), name, flags, Mode::empty());
            assert!(open(c"folder", OFlags::RDONLY | OFlags::DIRECTORY).is_ok());
            for name in [c"to file", c"to folder", c"to inside"] {
                let errors = [open(name, OFlags::RDONLY), open(name, OFlags::RDONLY | OFlags::DIRECTORY)];
                for error in errors {
                    let errno = Errno::from_io_error(&error.unwrap_err());
                    assert!(matches!(errno, Some(Errno::LOOP | Errno::NOTDIR)), "{name:?} {beneath:?}");
                }
                let located = beneath.locate(target.as_fd(), name).unwrap();
                let stat = statat(&located, c"", AtFlags::EMPTY_PATH).unwrap();
                assert_eq!(FileType::from_raw_mode(stat.st_mode), FileType::Symlink);
            }
        }
        let up = Beneath::Resolved.open(target.as_fd(), c"..", OFlags::PATH, Mode::empty());
        assert_eq!(Errno::from_io_error(&up.unwrap_err()), Some(Errno::XDEV));
        let absolute = Beneath::Resolved.open(CWD, c"/etc", OFlags::PATH, Mode::empty());
        assert_eq!(Errno::from_io_error(&absolute.unwrap_err()), Some(Errno::XDEV));
    }
}
