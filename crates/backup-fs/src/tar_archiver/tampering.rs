//! A disk on which things happen between one look and the next: for tests.

use std::ffi::{CStr, CString};
use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Mutex;

use super::disk::{Advice, Disk, System};
use super::meta::{Kind, Meta};
use super::names::Names;

mod tests;
mod threads;

/// What is about to be done to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Stat,
    Open,
    StatOpen,
    Read,
    NextData,
    List,
    LinkTarget,
}

/// Runs before each call, with the call's name and the entry's; may fail the call.
type Tamper<'a> = dyn FnMut(Call, &CStr) -> io::Result<()> + Send + 'a;

/// The disk as it is, but for what is done to it.
pub(super) struct TamperedDisk<'a> {
    tamper: Mutex<Box<Tamper<'a>>>,
}

impl<'a> TamperedDisk<'a> {
    pub(super) fn new(tamper: impl FnMut(Call, &CStr) -> io::Result<()> + Send + 'a) -> Self {
        Self { tamper: Mutex::new(Box::new(tamper)) }
    }

    fn before(&self, call: Call, name: &CStr) -> io::Result<()> {
        (self.tamper.lock().unwrap())(call, name)
    }

    fn before_opened(&self, call: Call, opened: BorrowedFd<'_>) -> io::Result<()> {
        self.before(call, &name_of(opened))
    }
}

impl Disk for TamperedDisk<'_> {
    fn stat(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta> {
        self.before(Call::Stat, name)?;
        System.stat(folder, name)
    }

    fn open(&self, folder: BorrowedFd<'_>, name: &CStr, kind: Kind) -> io::Result<OwnedFd> {
        self.before(Call::Open, name)?;
        System.open(folder, name, kind)
    }

    fn stat_open(&self, opened: BorrowedFd<'_>) -> io::Result<Meta> {
        self.before_opened(Call::StatOpen, opened)?;
        System.stat_open(opened)
    }

    fn read(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.before_opened(Call::Read, file)?;
        // Short reads are right, and more of them give more places for something to happen.
        let most = buffer.len().div_ceil(2);
        System.read(file, &mut buffer[..most], offset)
    }

    fn read_uncached(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.read(file, buffer, offset)
    }

    /// Can't tell, so that all reading is seen.
    fn read_in_memory(&self, _: BorrowedFd<'_>, _: &mut [u8], _: u64) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn advise(&self, _: BorrowedFd<'_>, _: Range<u64>, _: Advice) {}

    fn next_data(&self, file: BorrowedFd<'_>, offset: u64) -> io::Result<Option<Range<u64>>> {
        self.before_opened(Call::NextData, file)?;
        System.next_data(file, offset)
    }

    fn list(&self, folder: BorrowedFd<'_>, names: &mut Names) -> io::Result<()> {
        System.list(folder, names)?;
        self.before_opened(Call::List, folder)
    }

    fn link_target(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<CString> {
        self.before(Call::LinkTarget, name)?;
        System.link_target(folder, name)
    }
}

/// The kernel's name for what is open, also after it was removed.
fn name_of(opened: BorrowedFd<'_>) -> CString {
    let path = std::fs::read_link(format!("/proc/self/fd/{}", opened.as_raw_fd())).unwrap();
    let name = path.file_name().unwrap_or_default().as_bytes();
    CString::new(name.strip_suffix(b" (deleted)").unwrap_or(name)).unwrap()
}
