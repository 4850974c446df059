//! Tries in the scratch what this process can restore there.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backup_core::model::error::PortError;
use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags, fchmod, fchown,
    fgetxattr, fsetxattr, fstat, ftruncate, futimens, linkat, makedev, mkdirat, mknodat, openat, symlinkat,
    unlinkat,
};

use super::dir_stack::c_name;
use crate::error::port_error;
use crate::posix::xattrs::Attribute;
use crate::store::scratch_dir::ScratchDir;
use crate::tar_reader::{Member, MemberKind, Timestamp};

/// An empty folder in the scratch. Whatever is tried there is removed at once.
///
/// What can't be done depends on more than rights: on what the file system holds, on the users that a container knows, on
/// filters of system calls. So nothing is deduced.
#[derive(Debug)]
pub(super) struct Trial {
    folder: OwnedFd,
}

const TRIED: &CStr = c"tried";
const FIRST_NAME: &CStr = c"first";

/// How large a file is made to find out about holes.
const HOLE_BYTES: u64 = 1 << 20;

impl Trial {
    pub(super) fn new(folder: OwnedFd) -> Self {
        Self { folder }
    }

    /// Returns whether such an entry can be made, under that name.
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
        // The scratch is removed with all that is in it.
        let _ = unlinkat(&self.folder, name, flags);
    }

    /// Returns whether something can have these permissions.
    pub(super) fn can_set_mode(&self, mode: u32, is_folder: bool) -> bool {
        self.can_set(is_folder, |tried| {
            fchmod(tried, Mode::from_raw_mode(mode))?;
            Ok(fstat(tried)?.st_mode & 0o7777 == mode)
        })
    }

    /// Returns whether something can have this owner and this group.
    pub(super) fn can_set_owner(&self, (uid, gid): (Uid, Gid)) -> bool {
        self.can_set(false, |tried| {
            fchown(tried, Some(uid), Some(gid))?;
            let stat = fstat(tried)?;
            Ok((stat.st_uid, stat.st_gid) == (uid.as_raw(), gid.as_raw()))
        })
    }

    /// Returns whether something can have this time of change.
    pub(super) fn can_set_time(&self, modified: Timestamp) -> bool {
        let last_access = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
        let wanted = Timespec { tv_sec: modified.seconds, tv_nsec: modified.nanos.into() };
        self.can_set(false, |tried| {
            futimens(tried, &Timestamps { last_access, last_modification: wanted })?;
            let stat = fstat(tried)?;
            let nanos = i64::try_from(stat.st_mtime_nsec).unwrap_or_default();
            Ok((stat.st_mtime, nanos) == (wanted.tv_sec, wanted.tv_nsec))
        })
    }

    /// Returns whether something can have this extended attribute.
    pub(super) fn can_set_attribute(&self, attribute: &Attribute, is_folder: bool) -> bool {
        let Attribute { name, value } = attribute;
        self.can_set(is_folder, |tried| {
            fsetxattr(tried, &**name, value, XattrFlags::empty())?;
            let mut room = vec![0; value.len() + 1];
            let length = fgetxattr(tried, &**name, &mut room)?;
            Ok(room[..length] == **value)
        })
    }

    /// Returns whether the holes of a file take no room.
    pub(super) fn holds_holes(&self) -> bool {
        self.can_set(false, |tried| {
            ftruncate(tried, HOLE_BYTES)?;
            let taken_bytes = u64::try_from(fstat(tried)?.st_blocks).unwrap_or_default().saturating_mul(512);
            Ok(taken_bytes < HOLE_BYTES)
        })
    }

    fn can_set(&self, is_folder: bool, set: impl FnOnce(BorrowedFd<'_>) -> io::Result<bool>) -> bool {
        let tried = if is_folder { self.make_folder() } else { self.make_file(TRIED) };
        let is_set = tried.and_then(|tried| set(tried.as_fd())).unwrap_or(false);
        self.remove(TRIED, is_folder);
        is_set
    }

    fn make_folder(&self) -> io::Result<OwnedFd> {
        mkdirat(&self.folder, TRIED, Mode::RWXU)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.folder, TRIED, flags, Mode::empty())?)
    }
}

pub(crate) fn folder_in(scratch: &ScratchDir, name: &str) -> Result<OwnedFd, PortError> {
    scratch.make_folder(name).map_err(|error| port_error("make a folder to restore to", error))
}

pub(crate) fn trial(scratch: &ScratchDir, name: &str) -> Result<Trial, PortError> {
    folder_in(scratch, name).map(Trial::new)
}
