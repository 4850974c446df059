//! An entry on its way to its name.
//!
//! In a target that people see, each entry is made under a name of its own kind beside its place and then takes that
//! place in one step: whoever looks finds the old or the new, and who kills the restore leaves no half one. The step
//! itself refuses to replace what has come there since it was looked. In a target that nobody sees before it is done,
//! entries are made under their names, and only where nothing is.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backup_core::model::restore::{InPlace, Refusal, Step, step};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::compare::{ComparedEntry, Under};
use super::context::Job;
use super::obstacle::Obstacle;
use super::open_dir::OpenDir;
use super::temp_name::temporary_name;
use crate::posix::metadata::Metadata;
use crate::posix::rename_new::rename_new;
use crate::posix::set_metadata::{EntryHandle, Trouble};
use crate::posix::stat::lstat_at;

/// What is to be made, and where.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) job: &'a Job,
    pub(super) folder: BorrowedFd<'a>,
    within: &'a OpenDir<'a>,
    pub(super) name: &'a CStr,
}

/// Whether an entry is to be made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// It is, under this name; what stands in its place is replaced or must not be.
    Under(CString, Replace),
    /// It is there.
    Present,
    /// Something else is there, and stays.
    Left,
}

/// Whether what stands in the place is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replace {
    Yes,
    No,
}

impl<'a> Place<'a> {
    pub(super) fn new(job: &'a Job, within: &'a OpenDir<'a>, name: &'a CStr) -> Self {
        Self { job, folder: within.as_fd(), within, name }
    }

    /// Reports what isn't made because something stands there.
    pub(super) fn pass(self, begun: &Begun) {
        match begun {
            Begun::Under(..) => {}
            Begun::Present => self.job.report().present_entries += 1,
            Begun::Left => self.job.left(&self.path()),
        }
    }

    /// Does the same for a member that begins at that offset in the archive. An entry that exists may lack rights that
    /// are left out, or what the disk can't keep.
    pub(super) fn pass_member(self, begun: &Begun, wanted: &Metadata, offset: u64) {
        self.pass(begun);
        match begun {
            Begun::Under(..) => {}
            Begun::Present => self.tell_differences(wanted),
            Begun::Left => self.job.skipped_files.add(&self.path(), offset),
        }
    }

    fn tell_differences(self, wanted: &Metadata) {
        self.job.report().tamed_entries += u64::from(wanted.is_tamed);
        let Ok(Some(stat)) = lstat_at(self.folder, self.name) else { return };
        let is_symlink = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
        let differences = wanted.differences(&stat).into_iter();
        // The owner of a symbolic link isn't compared.
        let told = differences.filter(|(what, _)| !is_symlink || *what == "time");
        let mut told: Vec<_> = told.map(|(what, how)| (what, io::Error::other(how))).collect();
        told.extend(self.lost_attributes(wanted, is_symlink));
        self.job.bare(&self.path(), told);
    }

    /// Tells the attributes that the disk doesn't keep: they are no reason to make the entry anew, but aren't there.
    fn lost_attributes(self, wanted: &Metadata, is_symlink: bool) -> Option<Trouble> {
        if is_symlink || wanted.attributes.is_empty() {
            return None;
        }
        let located = self.job.beneath.locate(self.folder, self.name).ok()?;
        let lost = EntryHandle::Located(located.as_fd()).lost_attributes(wanted);
        let reason = || io::Error::other(format!("it lacks {}", lost.join(", ")));
        (!lost.is_empty()).then(|| ("attributes", reason()))
    }

    pub(super) fn path(self) -> Vec<u8> {
        self.within.path_of(self.name.to_bytes())
    }

    /// Returns the place as something to compare with.
    pub(super) fn under(self) -> Under<'a> {
        let Self { job, folder, name, .. } = self;
        Under { disks: &job.disks, beneath: job.beneath, folder, name }
    }

    /// Decides whether the entry is made, and clears the way for it.
    pub(super) fn begin(self, likeness: ComparedEntry<'_>, wanted: &Metadata) -> Result<Begun, Obstacle> {
        let standing = likeness.standing(self.under(), wanted)?;
        self.begin_where(standing)
    }

    pub(super) fn begin_where(self, standing: InPlace) -> Result<Begun, Obstacle> {
        let replace = match step(false, standing, self.job.existing, self.job.is_continued) {
            Step::Make => Replace::No,
            Step::Replace => Replace::Yes,
            Step::Pass => return Ok(Begun::Present),
            Step::Leave => return Ok(Begun::Left),
            // Nobody but the archive has put it there.
            Step::Refuse(Refusal::FolderInPlace) if self.job.is_hidden => return Err(Refusal::Taken.into()),
            Step::Refuse(refusal) => return Err(refusal.into()),
        };
        if self.job.is_hidden {
            if replace == Replace::Yes {
                self.remove(self.name)?;
            }
            return Ok(Begun::Under(self.name.to_owned(), Replace::No));
        }
        let temporary = temporary_name(self.name);
        self.remove(&temporary)?;
        Ok(Begun::Under(temporary, replace))
    }

    /// Makes a new file under that name, and opens it for writing.
    pub(super) fn create(self, name: &CStr, mode: Mode) -> Result<OwnedFd, Obstacle> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOCTTY;
        Ok(self.job.beneath.open(self.folder, name, flags, mode)?)
    }

    /// Makes a file without a name on the disk of this folder, for reading and writing.
    pub(super) fn scratch(self) -> Result<File, Obstacle> {
        let mode = Mode::RUSR | Mode::WUSR;
        // This leaves the time of the folder as it is. Not every file system can.
        if let Ok(file) = openat(self.folder, c".", OFlags::RDWR | OFlags::TMPFILE, mode) {
            return Ok(file.into());
        }
        let temporary = temporary_name(self.name);
        self.remove(&temporary)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOCTTY;
        let file = self.job.beneath.open(self.folder, &temporary, flags, mode)?;
        self.remove(&temporary)?;
        Ok(file.into())
    }

    /// Gives what was made under that name its final one.
    pub(super) fn publish(self, name: &CStr, replace: Replace) -> Result<(), Obstacle> {
        if name == self.name {
            self.tell_shortened();
            return Ok(());
        }
        let published = match replace {
            Replace::Yes => renameat(self.folder, name, self.folder, self.name),
            Replace::No => rename_new(self.folder, name, self.name),
        };
        if published.is_err() || replace == Replace::Yes {
            // Two names of one file stay two when one is renamed to the other.
            let _ = self.remove(name);
        }
        published.map_err(|errno| match errno {
            Errno::EXIST | Errno::ISDIR | Errno::NOTEMPTY => self.taken(),
            errno => errno.into(),
        })?;
        self.tell_shortened();
        Ok(())
    }

    /// Returns why the name is taken: something has appeared there, maybe under a name that the disk can't tell from this.
    fn taken(self) -> Obstacle {
        match self.job.disks.look(self.folder, self.name) {
            Err(Obstacle::Refused(refusal)) => refusal.into(),
            _ => Refusal::Taken.into(),
        }
    }

    /// Reports a name that the disk has shortened.
    pub(super) fn tell_shortened(self) {
        if self.job.disks.shortens(self.folder, self.name) {
            let reason = "the disk leaves out the dots and spaces at its end";
            self.job.bare(&self.path(), vec![("name", io::Error::other(reason))]);
        }
    }

    /// Removes a name; one that isn't there is as good as removed.
    pub(super) fn remove(self, name: &CStr) -> Result<(), Errno> {
        match unlinkat(self.folder, name, AtFlags::empty()) {
            Err(Errno::NOENT) => Ok(()),
            removed => removed,
        }
    }
}
