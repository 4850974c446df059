//! Makes single entries: files, links, FIFOs, devices.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backup_core::model::restore::{InPlace, Refusal};
use rustix::fs::{FileType, Mode, fstat, makedev, mknodat, symlinkat};
use rustix::io::Errno;

use super::compare::ComparedEntry;
use super::contents::Body;
use super::context::Job;
use super::copy::Original;
use super::obstacle::{Obstacle, c_name};
use super::open_dir::OpenDir;
use super::temp_entry::{Begun, Place};
use crate::posix::metadata::Metadata;
use crate::posix::set_metadata::{AlreadySet, EntryHandle, Trouble};
use crate::posix::stat::is_folder;
use crate::tar_reader::MemberKind;

/// A regular file, its contents left aside.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: Vec<u8>,
    pub(super) wanted: Metadata,
    pub(super) size_bytes: u64,
    /// Where the archive has it.
    pub(super) offset: u64,
}

impl File {
    pub(super) fn likeness(&self) -> ComparedEntry<'_> {
        ComparedEntry { kind: MemberKind::File, size_bytes: self.size_bytes, link: b"", device: (0, 0) }
    }

    /// Makes the file with these contents.
    pub(super) fn make(&self, job: &Job, folder: &OpenDir<'_>, mut body: impl Body) {
        if let Err(obstacle) = self.try_make(job, folder, &mut body) {
            self.not_made(job, folder, obstacle);
        }
    }

    /// Reports why the file isn't there.
    pub(super) fn not_made(&self, job: &Job, folder: &OpenDir<'_>, obstacle: Obstacle) {
        let path = folder.path_of(&self.name);
        job.note_unmade(&path, &obstacle, self.offset);
        job.missing(&path, obstacle);
    }

    fn try_make(&self, job: &Job, folder: &OpenDir<'_>, body: &mut dyn Body) -> Result<(), Obstacle> {
        let name = c_name(&self.name)?;
        let place = Place::new(job, folder, &name);
        let Some((file, under)) = self.create(place, body)? else { return Ok(()) };
        let Begun::Under(under, replace) = under else { return Ok(()) };
        match body.fill(file.as_fd(), self.size_bytes) {
            Ok(true) => {}
            unfinished => {
                let _ = place.remove(&under);
                return unfinished.map(drop).map_err(Obstacle::Failed);
            }
        }
        let troubles = EntryHandle::Open(file.as_fd()).set(&self.wanted, self.given(job, folder));
        place.publish(&under, replace)?;
        job.bare(&folder.path_of(&self.name), troubles);
        job.made(&self.wanted, self.size_bytes);
        Ok(())
    }

    /// Where nothing can be in the way, it is created at once; only when that fails, somebody looks why.
    fn create(&self, place: Place<'_>, body: &mut dyn Body) -> Result<Option<(OwnedFd, Begun)>, Obstacle> {
        if place.job.is_hidden {
            match place.create(place.name, self.first_mode(place.job)) {
                Ok(file) => {
                    let under = Begun::Under(place.name.to_owned(), super::temp_entry::Replace::No);
                    return Ok(Some((file, under)));
                }
                Err(Obstacle::Failed(error)) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(obstacle) => return Err(obstacle),
            }
        }
        let standing = self.likeness().compare(place.under(), &self.wanted, body)?;
        let Some(standing) = standing else { return Ok(None) };
        let begun = place.begin_where(standing)?;
        let Begun::Under(under, _) = &begun else {
            place.pass_member(&begun, &self.wanted, self.offset);
            return Ok(None);
        };
        Ok(Some((place.create(under, self.first_mode(place.job))?, begun)))
    }

    /// Nobody but its owner reads it before it is what it is to be. Attributes can't be given to a file that its owner may
    /// not write.
    fn first_mode(&self, job: &Job) -> Mode {
        let is_given = job.is_hidden && self.wanted.attributes.is_empty();
        Mode::from_raw_mode(if is_given { self.wanted.mode & 0o777 } else { 0o600 })
    }

    /// In a folder of somebody else, a file may get its group and more from there.
    fn given(&self, job: &Job, folder: &OpenDir<'_>) -> AlreadySet {
        let is_new = job.is_hidden && !job.is_continued;
        AlreadySet {
            owner: folder.is_neutral && !job.rights.is_foreign(&self.wanted),
            mode: is_new && job.rights.gives(self.wanted.mode),
            lists: is_new,
            ..AlreadySet::default()
        }
    }
}

/// Anything that is neither file nor folder.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) name: &'a [u8],
    pub(super) wanted: &'a Metadata,
    pub(super) likeness: ComparedEntry<'a>,
    /// Where the archive has it.
    pub(super) offset: u64,
}

impl Node<'_> {
    /// Makes it.
    pub(super) fn make(&self, job: &Job, folder: &OpenDir<'_>) -> Result<(), Obstacle> {
        let name = c_name(self.name)?;
        let place = Place::new(job, folder, &name);
        let begun = place.begin(self.likeness, self.wanted)?;
        let Begun::Under(under, replace) = begun else {
            place.pass_member(&begun, self.wanted, self.offset);
            return Ok(());
        };
        let troubles = self.dressed(job, place, &under)?;
        place.publish(&under, replace)?;
        job.bare(&folder.path_of(self.name), troubles);
        job.made(self.wanted, 0);
        Ok(())
    }

    /// Creates and dresses it. A disk that fails at one of these may have made something else, which goes again.
    fn dressed(&self, job: &Job, place: Place<'_>, name: &CStr) -> Result<Vec<Trouble>, Obstacle> {
        let dressed = self.create(place.folder, name).and_then(|()| self.dress(job, place, name));
        let is_anothers = |obstacle: &Obstacle| matches!(obstacle, Obstacle::Failed(error) if error.kind() == io::ErrorKind::AlreadyExists);
        if dressed.as_ref().is_err_and(|obstacle| !is_anothers(obstacle)) {
            let _ = place.remove(name);
        }
        dressed
    }

    fn create(&self, folder: BorrowedFd<'_>, name: &CStr) -> Result<(), Obstacle> {
        let node = |kind, device| mknodat(folder, name, kind, Mode::from_raw_mode(0o600), device);
        let device = makedev(self.likeness.device.0, self.likeness.device.1);
        let made = match self.likeness.kind {
            MemberKind::Symlink => symlinkat(self.likeness.link, folder, name),
            MemberKind::Fifo => node(FileType::Fifo, 0),
            MemberKind::CharDevice => node(FileType::CharacterDevice, device),
            MemberKind::BlockDevice => node(FileType::BlockDevice, device),
            _ => Err(Errno::INVAL),
        };
        Ok(made?)
    }

    /// Sets what belongs to it, once it is sure that what has the name is what was made: of that kind, with one name.
    fn dress(&self, job: &Job, place: Place<'_>, name: &CStr) -> Result<Vec<Trouble>, Obstacle> {
        let located = job.beneath.locate(place.folder, name)?;
        let stat = fstat(&located)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        if self.likeness.kind.file_type() != Some(kind) || stat.st_nlink > 1 {
            return Err(Refusal::Taken.into());
        }
        let holder = match kind {
            FileType::Symlink => EntryHandle::Symlink(located.as_fd()),
            _ => EntryHandle::Located(located.as_fd()),
        };
        Ok(holder.set(
            self.wanted,
            AlreadySet { lists: job.is_hidden && !job.is_continued, ..AlreadySet::default() },
        ))
    }
}

/// Gives a file that was restored one more name, or makes a copy if that can't be done. Returns false where something
/// else has that name, and stays.
pub(super) fn make_link(
    job: &Job,
    (from, from_name): (&OpenDir<'_>, &[u8]),
    (folder, name): (&OpenDir<'_>, &[u8]),
) -> Result<bool, Obstacle> {
    let (from_name, c_name) = (c_name(from_name)?, c_name(name)?);
    let found = job.disks.look(from.as_fd(), &from_name).map_err(|obstacle| match obstacle {
        Obstacle::Refused(_) => Refusal::LinkOutside.into(),
        failed => failed,
    })?;
    let file = found.ok_or(Refusal::LinkOutside)?;
    if is_folder(&file) {
        return Err(Refusal::LinkOutside.into());
    }
    let original = Original { job, folder: from.as_fd(), name: &from_name, stat: &file };
    let place = Place::new(job, folder, &c_name);
    let standing = match job.disks.look(folder.as_fd(), &c_name)? {
        None => InPlace::Nothing,
        Some(stat) if (stat.st_dev, stat.st_ino) == (file.st_dev, file.st_ino) => InPlace::Same,
        Some(stat) if is_folder(&stat) => InPlace::Folder,
        Some(stat) => match original.why_copied(place, &stat)? {
            None => InPlace::Other,
            Some(errno) => {
                job.copied(&place.path(), errno);
                InPlace::Same
            }
        },
    };
    let begun = place.begin_where(standing)?;
    let Begun::Under(under, replace) = begun else {
        place.pass(&begun);
        return Ok(begun != Begun::Left);
    };
    let copied = original.name_or_copy(place, &under)?;
    place.publish(&under, replace)?;
    if let Some((errno, troubles)) = copied {
        job.copied(&place.path(), errno);
        job.bare(&place.path(), troubles);
    }
    job.report().entries += 1;
    Ok(true)
}
