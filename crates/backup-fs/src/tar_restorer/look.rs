//! What stands in the place of an entry.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use backup_core::restore::Standing;
use rustix::fs::{AtFlags, FileType, Stat, readlinkat, statat};
use rustix::io::Errno;

use super::beneath::Beneath;
use super::body::{Body, open_standing};
use super::holder::Holder;
use super::wanted::Wanted;
use crate::tar_reader::{Member, MemberKind};

/// Returns what has that name, never what a link of that name leads to.
pub(crate) fn look(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Option<Stat>> {
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// Where something stands, and how it is opened there.
pub(super) type Under<'a> = (Beneath, BorrowedFd<'a>, &'a CStr);

/// What an entry is compared by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likeness<'a> {
    pub(super) kind: MemberKind,
    pub(super) size_bytes: u64,
    /// Where a symbolic link leads.
    pub(super) link: &'a [u8],
    pub(super) device: (u32, u32),
}

impl<'a> Likeness<'a> {
    pub(super) fn of(member: &'a Member) -> Self {
        let Member { kind, size_bytes, link, device, .. } = member;
        Self { kind: *kind, size_bytes: *size_bytes, link, device: *device }
    }

    /// Returns what stands under a name, beside this entry with these contents; `None` when comparing these was ended.
    pub(super) fn compare(
        self,
        (beneath, folder, name): Under<'_>,
        wanted: &Wanted,
        body: &mut dyn Body,
    ) -> io::Result<Option<Standing>> {
        let standing = self.standing((beneath, folder, name), wanted)?;
        if standing != Standing::Same || self.kind != MemberKind::File {
            return Ok(Some(standing));
        }
        let file = open_standing(beneath, folder, name);
        let Some(file) = file.filter(|file| Holder::Open(file.as_fd()).has_attributes_of(wanted)) else {
            return Ok(Some(Standing::Other));
        };
        Ok(body.is_in(&file)?.map(|is_same| if is_same { Standing::Same } else { Standing::Other }))
    }

    /// Returns what stands under a name, beside this entry. A file of the same size, time, mode and owner is the same as
    /// far as is told here.
    pub(super) fn standing(
        self,
        (beneath, folder, name): Under<'_>,
        wanted: &Wanted,
    ) -> io::Result<Standing> {
        let Some(stat) = look(folder, name)? else { return Ok(Standing::Nothing) };
        let kind = FileType::from_raw_mode(stat.st_mode);
        let has_attributes = || {
            // A file is opened for its contents anyway, and a symbolic link has none that anybody sets.
            let is_elsewhere = matches!(self.kind, MemberKind::File | MemberKind::Symlink);
            let located = (!is_elsewhere).then(|| beneath.locate(folder, name)).transpose()?;
            let holder = located.as_ref().map(|located| Holder::Located(located.as_fd()));
            io::Result::Ok(holder.is_none_or(|holder| holder.has_attributes_of(wanted)))
        };
        Ok(match kind {
            FileType::Directory => Standing::Folder,
            _ if self.is_met_by(folder, name, &stat, wanted)? && has_attributes()? => Standing::Same,
            _ => Standing::Other,
        })
    }

    fn is_met_by(
        self,
        folder: BorrowedFd<'_>,
        name: &CStr,
        stat: &Stat,
        wanted: &Wanted,
    ) -> io::Result<bool> {
        let is_met = wanted.is_met_by(stat);
        Ok(match (self.kind, FileType::from_raw_mode(stat.st_mode)) {
            (MemberKind::File, FileType::RegularFile) => {
                is_met && u64::try_from(stat.st_size) == Ok(self.size_bytes)
            }
            (MemberKind::Symlink, FileType::Symlink) => {
                wanted.is_as_old_as(stat) && readlinkat(folder, name, Vec::new())?.as_bytes() == self.link
            }
            (MemberKind::Fifo, FileType::Fifo) => is_met,
            (MemberKind::CharDevice, FileType::CharacterDevice)
            | (MemberKind::BlockDevice, FileType::BlockDevice) => {
                let (major, minor) = (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev));
                is_met && (major, minor) == self.device
            }
            _ => false,
        })
    }
}
