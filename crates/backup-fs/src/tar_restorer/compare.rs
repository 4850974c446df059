//! Compares an entry of the archive with what exists in its place.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use backup_core::model::restore::InPlace;
use rustix::fs::{FileType, Stat, readlinkat};

use super::contents::{Body, open_existing};
use super::disk_limits::DiskLimits;
use super::obstacle::Obstacle;
use crate::posix::metadata::Metadata;
use crate::posix::open_beneath::Beneath;
use crate::posix::set_metadata::EntryHandle;
use crate::tar_reader::{Member, MemberKind};

/// The place of an entry, and how it is opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Location<'a> {
    pub(super) disk_limits: &'a DiskLimits,
    pub(super) beneath: Beneath,
    pub(super) folder: BorrowedFd<'a>,
    pub(super) name: &'a CStr,
}

/// The properties of an entry that are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct ComparedEntry<'a> {
    pub(super) kind: MemberKind,
    pub(super) size_bytes: u64,
    /// The target of a symbolic link.
    pub(super) link: &'a [u8],
    pub(super) device: (u32, u32),
}

impl<'a> ComparedEntry<'a> {
    pub(super) fn of(member: &'a Member) -> Self {
        let Member { kind, size_bytes, link, device, .. } = member;
        Self { kind: *kind, size_bytes: *size_bytes, link, device: *device }
    }

    /// Compares what exists at a location with this entry and its contents. Returns `None` if the comparison was
    /// cancelled.
    pub(super) fn compare(
        self,
        location: Location<'_>,
        metadata: &Metadata,
        body: &mut dyn Body,
    ) -> Result<Option<InPlace>, Obstacle> {
        let existing = self.compare_metadata(location, metadata)?;
        if existing != InPlace::Same || self.kind != MemberKind::File {
            return Ok(Some(existing));
        }
        let file = open_existing(location.beneath, location.folder, location.name);
        let Some(file) = file.filter(|file| EntryHandle::Open(file.as_fd()).has_attributes_of(metadata))
        else {
            return Ok(Some(InPlace::Other));
        };
        Ok(body.equals(&file)?.map(|is_same| if is_same { InPlace::Same } else { InPlace::Other }))
    }

    /// Compares what exists at a location with this entry, without its contents.
    ///
    /// A file of the same size, time, mode and owner counts as the same here.
    pub(super) fn compare_metadata(
        self,
        location: Location<'_>,
        metadata: &Metadata,
    ) -> Result<InPlace, Obstacle> {
        let Location { disk_limits, beneath, folder, name } = location;
        let Some(stat) = disk_limits.probe(folder, name)? else { return Ok(InPlace::Nothing) };
        let kind = FileType::from_raw_mode(stat.st_mode);
        let has_attributes = || {
            // A file is opened later for its contents, and nobody sets attributes on a symbolic link.
            let is_elsewhere = matches!(self.kind, MemberKind::File | MemberKind::Symlink);
            let located = (!is_elsewhere).then(|| beneath.locate(folder, name)).transpose()?;
            let handle = located.as_ref().map(|located| EntryHandle::Located(located.as_fd()));
            io::Result::Ok(handle.is_none_or(|handle| handle.has_attributes_of(metadata)))
        };
        Ok(match kind {
            FileType::Directory => InPlace::Folder,
            _ if self.has_same_data(folder, name, &stat)?
                && self.matches_metadata(location, &stat, metadata)
                && has_attributes()? =>
            {
                InPlace::Same
            }
            _ => InPlace::Other,
        })
    }

    /// Returns whether kind, size, link target and device number are the same.
    fn has_same_data(self, folder: BorrowedFd<'_>, name: &CStr, stat: &Stat) -> io::Result<bool> {
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

    /// Returns whether owner, mode and time are the same, or as close as the disk can have them.
    fn matches_metadata(self, location: Location<'_>, stat: &Stat, metadata: &Metadata) -> bool {
        let is_met = match self.kind {
            MemberKind::Symlink => metadata.is_as_old_as(stat),
            _ => metadata.is_met_by(stat),
        };
        is_met || location.disk_limits.is_best_possible(location.folder, metadata, stat)
    }
}
