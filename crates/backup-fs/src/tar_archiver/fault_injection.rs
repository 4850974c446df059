//! A disk for tests that changes or fails between two calls.

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
mod mounts;
mod scouts;
mod tests;
mod threads;
mod wrong_metadata;

/// A call to the disk.
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

/// Runs before each call, with the call and the name of the entry. It can fail the call.
type Tamper<'a> = dyn FnMut(Call, &CStr) -> io::Result<()> + Send + 'a;

/// The name of files that never end.
pub(super) const ENDLESS: &CStr = c"endless";

/// The name of files that return data only for the first read.
pub(super) const SINGLE_READ: &CStr = c"at-once";

/// Changes the reported metadata of the entry with that name.
type Misreport<'a> = dyn Fn(&CStr, &mut Meta) + Sync + 'a;

/// The real disk with injected faults.
pub(super) struct FaultyDisk<'a> {
    tamper: Mutex<Box<Tamper<'a>>>,
    misreport: Option<Box<Misreport<'a>>>,
    /// Whether folders tell the kinds of what is in them.
    tells_kinds: bool,
    scout_count: usize,
    /// The total time of all waits. No real time passes.
    pub(super) waited: Mutex<Duration>,
}

impl<'a> FaultyDisk<'a> {
    pub(super) fn new(tamper: impl FnMut(Call, &CStr) -> io::Result<()> + Send + 'a) -> Self {
        Self {
            tamper: Mutex::new(Box::new(tamper)),
            misreport: None,
            tells_kinds: false,
            scout_count: 0,
            waited: Mutex::default(),
        }
    }

    /// Returns a disk that reports wrong metadata, as a FUSE server may.
    pub(super) fn misreporting(self, misreport: impl Fn(&CStr, &mut Meta) + Sync + 'a) -> Self {
        Self { misreport: Some(Box::new(misreport)), ..self }
    }

    /// Returns a disk whose folders tell the kinds of what is in them, as most do.
    pub(super) fn telling_kinds(self) -> Self {
        Self { tells_kinds: true, ..self }
    }

    /// Returns a disk that folders tell kinds on, and of which so many threads read ahead.
    pub(super) fn scouted_by(self, scout_count: usize) -> Self {
        Self { scout_count, ..self.telling_kinds() }
    }

    fn as_reported(&self, name: &CStr, mut meta: Meta) -> Meta {
        if let Some(misreport) = &self.misreport {
            misreport(name, &mut meta);
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
        System.stat(folder, name).map(|meta| self.as_reported(name, meta))
    }

    fn glimpse(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Meta> {
        self.before(Call::Glimpse, name)?;
        System.glimpse(folder, name).map(|meta| self.as_reported(name, meta))
    }

    fn is_exact(&self, opened: BorrowedFd<'_>) -> bool {
        self.misreport.is_none() && System.is_exact(opened)
    }

    fn write_out(&self, opened: BorrowedFd<'_>) {
        System.write_out(opened);
    }

    fn scout_count(&self) -> usize {
        self.scout_count
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
        System.stat_open(opened).map(|meta| self.as_reported(&name_of(opened), meta))
    }

    fn read(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.before_opened(Call::Read, file)?;
        // Short reads are allowed, and more of them give more places for a fault.
        let most = buffer.len().div_ceil(2);
        match &*name_of(file) {
            name if name == ENDLESS => return Ok(most),
            name if name == SINGLE_READ => {
                return if offset == 0 { System.read(file, buffer, 0) } else { Ok(0) };
            }
            _ => {}
        }
        System.read(file, &mut buffer[..most], offset)
    }

    fn read_uncached(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.read(file, buffer, offset)
    }

    /// Is unsupported without scouts, so that the test sees all reads.
    fn read_in_memory(&self, file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if self.scout_count == 0 {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.before_opened(Call::Read, file)?;
        System.read_in_memory(file, buffer, offset)
    }

    fn advise(&self, _: BorrowedFd<'_>, _: Range<u64>, _: Advice) {}

    fn next_data(&self, file: BorrowedFd<'_>, offset: u64) -> io::Result<Option<Range<u64>>> {
        self.before_opened(Call::NextData, file)?;
        System.next_data(file, offset)
    }

    fn list(&self, folder: BorrowedFd<'_>, names: &mut Names) -> io::Result<()> {
        System.list(folder, names)?;
        if !self.tells_kinds {
            names.forget_kinds();
        }
        self.before_opened(Call::List, folder)
    }

    fn link_target(&self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<CString> {
        self.before(Call::LinkTarget, name)?;
        System.link_target(folder, name)
    }
}

/// Returns the kernel's name of an open file, even if the file was removed.
fn name_of(opened: BorrowedFd<'_>) -> CString {
    let path = std::fs::read_link(format!("/proc/self/fd/{}", opened.as_raw_fd())).unwrap();
    let name = path.file_name().unwrap_or_default().as_bytes();
    CString::new(name.strip_suffix(b" (deleted)").unwrap_or(name)).unwrap()
}
