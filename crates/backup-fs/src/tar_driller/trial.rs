//! Tries out in the scratch folder what this process can restore.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backup_core::model::error::PortError;
use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Timespec, Uid, fchmod, fchown, fstat, ftruncate, futimens, linkat,
    makedev, mkdirat, mknodat, openat, symlinkat, unlinkat,
};

use super::dir_stack::c_name;
use crate::error::port_error;
use crate::posix::metadata::Metadata;
use crate::posix::set_metadata::EntryHandle;
use crate::posix::xattrs::Attribute;
use crate::store::scratch_dir::ScratchDir;
use crate::tar_reader::{Member, MemberKind, Timestamp};

/// An empty folder in the scratch folder. Everything that is tried there is removed at once.
///
/// What can be restored depends on more than rights: on the file system, on the users that a container knows, on
/// filters of system calls. So it is tried out.
#[derive(Debug)]
pub(super) struct Trial {
    folder: OwnedFd,
}

const PROBE_NAME: &CStr = c"tried";
const FIRST_NAME: &CStr = c"first";

/// The size of the file that shows whether holes take space.
const PROBE_HOLE_BYTES: u64 = 1 << 20;

impl Trial {
    pub(super) fn new(folder: OwnedFd) -> Self {
        Self { folder }
    }

    /// Returns whether such an entry can be created with that name.
    pub(super) fn can_make(&self, member: &Member, name: &[u8]) -> bool {
        let Ok(name) = c_name(name) else { return false };
        let is_made = self.make(member, &name).is_ok();
        self.remove(&name, member.kind == MemberKind::Folder);
        is_made
    }

    fn make(&self, member: &Member, name: &CStr) -> io::Result<()> {
        let device = makedev(member.device.0, member.device.1);
        let node = |kind, device| Ok(mknodat(&self.folder, name, kind, Mode::RUSR, device)?);
        match member.kind {
            MemberKind::File => self.make_file(name).map(drop),
            MemberKind::Folder => Ok(mkdirat(&self.folder, name, Mode::RWXU)?),
            MemberKind::Symlink => Ok(symlinkat(&*c_name(&member.link)?, &self.folder, name)?),
            MemberKind::HardLink => self.make_link(name),
            MemberKind::Fifo => node(FileType::Fifo, 0),
            MemberKind::CharDevice => node(FileType::CharacterDevice, device),
            MemberKind::BlockDevice => node(FileType::BlockDevice, device),
            MemberKind::Other(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn make_file(&self, name: &CStr) -> io::Result<OwnedFd> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(openat(&self.folder, name, flags, Mode::RUSR | Mode::WUSR)?)
    }

    fn make_link(&self, name: &CStr) -> io::Result<()> {
        self.make_file(FIRST_NAME)?;
        let linked = linkat(&self.folder, FIRST_NAME, &self.folder, name, AtFlags::empty());
        self.remove(FIRST_NAME, false);
        Ok(linked?)
    }

    fn remove(&self, name: &CStr, is_folder: bool) {
        let flags = if is_folder { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        // The scratch folder is removed with all its contents.
        let _ = unlinkat(&self.folder, name, flags);
    }

    /// Returns whether a file or a folder can have this mode.
    pub(super) fn can_set_mode(&self, mode: u32, is_folder: bool) -> bool {
        self.can_set(is_folder, |probe_file| {
            fchmod(probe_file, Mode::from_raw_mode(mode))?;
            Ok(fstat(probe_file)?.st_mode & 0o7777 == mode)
        })
    }

    /// Returns whether a file can have this owner and this group.
    pub(super) fn can_set_owner(&self, (uid, gid): (Uid, Gid)) -> bool {
        self.can_set(false, |probe_file| {
            fchown(probe_file, Some(uid), Some(gid))?;
            let stat = fstat(probe_file)?;
            Ok((stat.st_uid, stat.st_gid) == (uid.as_raw(), gid.as_raw()))
        })
    }

    /// Returns whether a file can have this modification time.
    pub(super) fn can_set_time(&self, modified: Timestamp) -> bool {
        let time = Timespec { tv_sec: modified.seconds, tv_nsec: modified.nanos.into() };
        let wanted = Metadata::bare(0, time);
        self.can_set(false, |probe_file| {
            futimens(probe_file, &wanted.times())?;
            Ok(wanted.is_as_old_as(&fstat(probe_file)?))
        })
    }

    /// Returns whether a file or a folder can have this extended attribute.
    pub(super) fn can_set_attribute(&self, attribute: &Attribute, is_folder: bool) -> bool {
        let Attribute { name, value } = attribute;
        self.can_set(is_folder, |probe_file| {
            let handle = EntryHandle::Open(probe_file);
            handle.set_attribute(name, value)?;
            Ok(handle.has_attribute(name, value))
        })
    }

    /// Returns whether holes of a file take no space.
    pub(super) fn keeps_holes(&self) -> bool {
        self.can_set(false, |probe_file| {
            ftruncate(probe_file, PROBE_HOLE_BYTES)?;
            let taken_bytes =
                u64::try_from(fstat(probe_file)?.st_blocks).unwrap_or_default().saturating_mul(512);
            Ok(taken_bytes < PROBE_HOLE_BYTES)
        })
    }

    fn can_set(&self, is_folder: bool, set: impl FnOnce(BorrowedFd<'_>) -> io::Result<bool>) -> bool {
        let probe_file = if is_folder { self.make_folder() } else { self.make_file(PROBE_NAME) };
        let is_set = probe_file.and_then(|probe_file| set(probe_file.as_fd())).unwrap_or(false);
        self.remove(PROBE_NAME, is_folder);
        is_set
    }

    fn make_folder(&self) -> io::Result<OwnedFd> {
        mkdirat(&self.folder, PROBE_NAME, Mode::RWXU)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.folder, PROBE_NAME, flags, Mode::empty())?)
    }
}

pub(crate) fn make_dir(scratch: &ScratchDir, name: &str) -> Result<OwnedFd, PortError> {
    scratch.make_folder(name).map_err(|error| port_error("make a folder to restore to", error))
}

pub(crate) fn trial(scratch: &ScratchDir, name: &str) -> Result<Trial, PortError> {
    make_dir(scratch, name).map(Trial::new)
}
