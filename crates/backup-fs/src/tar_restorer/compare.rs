//! What stands in the place of an entry.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use backup_core::model::restore::InPlace;
use rustix::fs::{FileType, Stat, readlinkat};

use super::contents::{Body, open_standing};
use super::disks::Disks;
use super::obstacle::Obstacle;
use crate::posix::metadata::Metadata;
use crate::posix::open_beneath::Beneath;
use crate::posix::set_metadata::EntryHandle;
use crate::tar_reader::{Member, MemberKind};

/// Where something stands, and how it is opened there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Under<'a> {
    pub(super) disks: &'a Disks,
    pub(super) beneath: Beneath,
    pub(super) folder: BorrowedFd<'a>,
    pub(super) name: &'a CStr,
}

/// What an entry is compared by.
#[derive(Debug, Clone, Copy)]
pub(super) struct ComparedEntry<'a> {
    pub(super) kind: MemberKind,
    pub(super) size_bytes: u64,
    /// Where a symbolic link leads.
    pub(super) link: &'a [u8],
    pub(super) device: (u32, u32),
}

impl<'a> ComparedEntry<'a> {
    pub(super) fn of(member: &'a Member) -> Self {
        let Member { kind, size_bytes, link, device, .. } = member;
        Self { kind: *kind, size_bytes: *size_bytes, link, device: *device }
    }

    /// Returns what stands under a name, beside this entry with these contents; `None` when comparing these was ended.
    pub(super) fn compare(
        self,
        under: Under<'_>,
        wanted: &Metadata,
        body: &mut dyn Body,
    ) -> Result<Option<InPlace>, Obstacle> {
        let standing = self.standing(under, wanted)?;
        if standing != InPlace::Same || self.kind != MemberKind::File {
            return Ok(Some(standing));
        }
        let file = open_standing(under.beneath, under.folder, under.name);
        let Some(file) = file.filter(|file| EntryHandle::Open(file.as_fd()).has_attributes_of(wanted)) else {
            return Ok(Some(InPlace::Other));
        };
        Ok(body.is_in(&file)?.map(|is_same| if is_same { InPlace::Same } else { InPlace::Other }))
    }

    /// Returns what stands under a name, beside this entry. A file of the same size, time, mode and owner is the same as
    /// far as is told here.
    pub(super) fn standing(self, under: Under<'_>, wanted: &Metadata) -> Result<InPlace, Obstacle> {
        let Under { disks, beneath, folder, name } = under;
        let Some(stat) = disks.look(folder, name)? else { return Ok(InPlace::Nothing) };
        let kind = FileType::from_raw_mode(stat.st_mode);
        let has_attributes = || {
            // A file is opened for its contents anyway, and a symbolic link has none that anybody sets.
            let is_elsewhere = matches!(self.kind, MemberKind::File | MemberKind::Symlink);
            let located = (!is_elsewhere).then(|| beneath.locate(folder, name)).transpose()?;
            let holder = located.as_ref().map(|located| EntryHandle::Located(located.as_fd()));
            io::Result::Ok(holder.is_none_or(|holder| holder.has_attributes_of(wanted)))
        };
        Ok(match kind {
            FileType::Directory => InPlace::Folder,
            _ if self.is_alike(folder, name, &stat)?
                && self.is_met_by(under, &stat, wanted)
                && has_attributes()? =>
            {
                InPlace::Same
            }
            _ => InPlace::Other,
        })
    }

    /// Returns whether kind, size, link target and device number are as in the entry.
    fn is_alike(self, folder: BorrowedFd<'_>, name: &CStr, stat: &Stat) -> io::Result<bool> {
        if self.kind.file_type() != Some(FileType::from_raw_mode(stat.st_mode)) {
            return Ok(false);
        }
        Ok(match self.kind {
            MemberKind::File => u64::try_from(stat.st_size) == Ok(self.size_bytes),
            MemberKind::Symlink => readlinkat(folder, name, Vec::new())?.as_bytes() == self.link,
            MemberKind::Fifo => true,
            MemberKind::CharDevice | MemberKind::BlockDevice => {
                (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev)) == self.device
            }
            _ => false,
        })
    }

    /// Returns whether owner, mode and time are as wanted, or as near as the disk can have them.
    fn is_met_by(self, under: Under<'_>, stat: &Stat, wanted: &Metadata) -> bool {
        let is_met = match self.kind {
            MemberKind::Symlink => wanted.is_as_old_as(stat),
            _ => wanted.is_met_by(stat),
        };
        is_met || under.disks.is_best_possible(under.folder, wanted, stat)
    }
}
