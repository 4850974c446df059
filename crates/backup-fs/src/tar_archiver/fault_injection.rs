//! A disk on which things happen between one look and the next: for tests.

use std::ffi::{CStr, CString};
use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Mutex;
use std::time::Duration;

use crate::posix::disk::{Advice, Disk, System};
use crate::posix::names::Names;
use crate::posix::stat::Meta;
use rustix::fs::FileType;

mod leases;
mod lies;
mod mounts;
mod tests;
mod threads;

/// What is about to be done to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Stat,
    Glimpse,
    Open,
    StatOpen,
    Read,
    NextData,
    List,
    LinkTarget,
}

/// Runs before each call, with the call's name and the entry's; may fail the call.
type Tamper<'a> = dyn FnMut(Call, &CStr) -> io::Result<()> + Send + 'a;

/// The name of files that can be read for ever.
pub(super) const ENDLESS: &CStr = c"endless";

/// The name of files that have nothing to read behind the first read, whatever it has taken.
pub(super) const AT_ONCE: &CStr = c"at-once";

/// Changes what is told of an entry of that name.
type Lie<'a> = dyn Fn(&CStr, &mut Meta) + Sync + 'a;

/// The disk as it is, but for what is done to it.
pub(super) struct FaultyDisk<'a> {
    tamper: Mutex<Box<Tamper<'a>>>,
    lie: Option<Box<Lie<'a>>>,
    /// How long it was waited for; no time passes.
    pub(super) waited: Mutex<Duration>,
}

impl<'a> FaultyDisk<'a> {
    pub(super) fn new(tamper: impl FnMut(Call, &CStr) -> io::Result<()> + Send + 'a) -> Self {
        Self { tamper: Mutex::new(Box::new(tamper)), lie: None, waited: Mutex::default() }
    }

    /// Returns a disk that tells something else than what is there, as a FUSE server may.
    pub(super) fn lying(self, lie: impl Fn(&CStr, &mut Meta) + Sync + 'a) -> Self {
        Self { lie: Some(Box::new(lie)), ..self }
    }

    fn as_told(&self, name: &CStr, mut meta: Meta) -> Meta {
        if let Some(lie) = &self.lie {
            lie(name, &mut meta);
        }
        meta
    }

    fn before(&self, call: Call, name: &CStr) -> io::Result<()> {
        (self.tamper.lock().unwrap())(call, name)
    }

    fn before_opened(&self, call: Call, opened: BorrowedFd<'_>) -> io::Result<()> {
        self.before(call, &name_of(opened))
    }
}

impl Disk for FaultyDisk<'_> {
    fn stat(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta> {
        self.before(Call::Stat, name)?;
        System.stat(folder, name).map(|meta| self.as_told(name, meta))
    }

    fn glimpse(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta> {
        self.before(Call::Glimpse, name)?;
        System.glimpse(folder, name).map(|meta| self.as_told(name, meta))
    }

    fn is_exact(&self, opened: BorrowedFd<'_>) -> bool {
        self.lie.is_none() && System.is_exact(opened)
    }

    fn wait(&self, time: Duration) {
        *self.waited.lock().unwrap() += time;
    }

    fn open(&self, folder: BorrowedFd<'_>, name: &CStr, kind: FileType) -> io::Result<OwnedFd> {
        self.before(Call::Open, name)?;
        System.open(folder, name, kind)
    }

    fn stat_open(&self, opened: BorrowedFd<'_>) -> io::Result<Meta> {
        self.before_opened(Call::StatOpen, opened)?;
        System.stat_open(opened).map(|meta| self.as_told(&name_of(opened), meta))
    }

    fn read(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.before_opened(Call::Read, file)?;
        // Short reads are right, and more of them give more places for something to happen.
        let most = buffer.len().div_ceil(2);
        match &*name_of(file) {
            name if name == ENDLESS => return Ok(most),
            name if name == AT_ONCE => return if offset == 0 { System.read(file, buffer, 0) } else { Ok(0) },
            _ => {}
        }
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
