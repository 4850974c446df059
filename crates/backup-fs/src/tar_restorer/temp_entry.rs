//! Creates an entry under a temporary name and moves it to its final one.
//!
//! In a visible target, each entry is created under a temporary name beside its place. It then takes its place in one
//! step. So others see the old or the new entry, and a killed restore leaves no partial file. That step refuses to
//! replace something that appeared since the check.
//!
//! In a hidden target, entries are created under their final names, and only if nothing is there.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use backup_core::model::restore::{InPlace, Refusal, Step, step};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::compare::{ComparedEntry, Location};
use super::context::Context;
use super::obstacle::Obstacle;
use super::open_dir::OpenDir;
use super::temp_name::temporary_name;
use crate::posix::metadata::Metadata;
use crate::posix::rename_new::rename_new;
use crate::posix::set_metadata::{EntryHandle, Trouble};
use crate::posix::stat::lstat_at;

/// The place of a new entry.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) context: &'a Context,
    pub(super) folder: BorrowedFd<'a>,
    dir: &'a OpenDir<'a>,
    pub(super) name: &'a CStr,
}

/// What happens to an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// It is created under this name.
    Create(CString, Replace),
    /// It exists already.
    Present,
    /// Something else exists and is kept.
    Skip,
}

/// Whether an existing entry is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replace {
    Yes,
    No,
}

impl<'a> Place<'a> {
    pub(super) fn new(context: &'a Context, dir: &'a OpenDir<'a>, name: &'a CStr) -> Self {
        Self { context, folder: dir.as_fd(), dir, name }
    }

    /// Reports an entry that isn't created because something exists there.
    pub(super) fn report_not_created(self, plan: &Plan) {
        match plan {
            Plan::Create(..) => {}
            Plan::Present => self.context.report().present_entries += 1,
            Plan::Skip => self.context.report_skipped(&self.path()),
        }
    }

    /// Does the same for a member at that offset in the archive.
    ///
    /// An existing entry may lack rights that aren't restored, or metadata that the disk can't keep.
    pub(super) fn report_member_not_created(self, plan: &Plan, metadata: &Metadata, offset: u64) {
        self.report_not_created(plan);
        match plan {
            Plan::Create(..) => {}
            Plan::Present => self.report_differences(metadata),
            Plan::Skip => self.context.link_origins.add(&self.path(), offset),
        }
    }

    fn report_differences(self, metadata: &Metadata) {
        self.context.report().deprivileged_entries += u64::from(metadata.is_deprivileged);
        let Ok(Some(stat)) = lstat_at(self.folder, self.name) else { return };
        let is_symlink = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
        let differences = metadata.differences(&stat).into_iter();
        // The owner of a symbolic link isn't compared.
        let reported = differences.filter(|(what, _)| !is_symlink || *what == "time");
        let mut problems: Vec<_> = reported.map(|(what, how)| (what, io::Error::other(how))).collect();
        problems.extend(self.lost_attributes(metadata, is_symlink));
        self.context.report_unset(&self.path(), problems);
    }

    /// Returns the attributes that the disk doesn't keep. They are no reason to create the entry again, but they are
    /// missing.
    fn lost_attributes(self, metadata: &Metadata, is_symlink: bool) -> Option<Trouble> {
        if is_symlink || metadata.attributes.is_empty() {
            return None;
        }
        let located = self.context.beneath.locate(self.folder, self.name).ok()?;
        let lost = EntryHandle::Located(located.as_fd()).lost_attributes(metadata);
        let reason = || io::Error::other(format!("it lacks {}", lost.join(", ")));
        (!lost.is_empty()).then(|| ("attributes", reason()))
    }

    pub(super) fn path(self) -> Vec<u8> {
        self.dir.path_of(self.name.to_bytes())
    }

    /// Returns the location to compare with.
    pub(super) fn location(self) -> Location<'a> {
        let Self { context, folder, name, .. } = self;
        Location { disk_limits: &context.disk_limits, beneath: context.beneath, folder, name }
    }

    /// Decides whether the entry is created, and removes what is in its way.
    pub(super) fn plan(self, expected: ComparedEntry<'_>, metadata: &Metadata) -> Result<Plan, Obstacle> {
        let existing = expected.compare_metadata(self.location(), metadata)?;
        self.plan_for(existing)
    }

    pub(super) fn plan_for(self, existing: InPlace) -> Result<Plan, Obstacle> {
        let replace = match step(false, existing, self.context.existing, self.context.is_continued) {
            Step::Make => Replace::No,
            Step::Replace => Replace::Yes,
            Step::Pass => return Ok(Plan::Present),
            Step::Leave => return Ok(Plan::Skip),
            // Only the archive itself can have put it there.
            Step::Refuse(Refusal::FolderInPlace) if self.context.is_hidden => {
                return Err(Refusal::Taken.into());
            }
            Step::Refuse(refusal) => return Err(refusal.into()),
        };
        if self.context.is_hidden {
            if replace == Replace::Yes {
                self.remove(self.name)?;
            }
            return Ok(Plan::Create(self.name.to_owned(), Replace::No));
        }
        let temporary = temporary_name(self.name);
        self.remove(&temporary)?;
        Ok(Plan::Create(temporary, replace))
    }

    /// Creates a new file with that name, and opens it for writing.
    pub(super) fn create(self, name: &CStr, mode: Mode) -> Result<File, Obstacle> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOCTTY;
        Ok(self.context.beneath.open(self.folder, name, flags, mode)?.into())
    }

    /// Creates a file without a name on the disk of this folder, for reading and writing.
    pub(super) fn scratch(self) -> Result<File, Obstacle> {
        let mode = Mode::RUSR | Mode::WUSR;
        // This doesn't change the folder's time. Not every file system can do it.
        if let Ok(file) = openat(self.folder, c".", OFlags::RDWR | OFlags::TMPFILE, mode) {
            return Ok(file.into());
        }
        let temporary = temporary_name(self.name);
        self.remove(&temporary)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOCTTY;
        let file = self.context.beneath.open(self.folder, &temporary, flags, mode)?;
        self.remove(&temporary)?;
        Ok(file.into())
    }

    /// Moves a new entry from that name to its final one.
    pub(super) fn publish(self, name: &CStr, replace: Replace) -> Result<(), Obstacle> {
        if name == self.name {
            self.report_shortened();
            return Ok(());
        }
        let published = match replace {
            Replace::Yes => renameat(self.folder, name, self.folder, self.name),
            Replace::No => rename_new(self.folder, name, self.name),
        };
        if published.is_err() || replace == Replace::Yes {
            // If both are names of the same file, a rename keeps both.
            let _ = self.remove(name);
        }
        published.map_err(|errno| match errno {
            Errno::EXIST | Errno::ISDIR | Errno::NOTEMPTY => self.refusal_if_taken(),
            errno => errno.into(),
        })?;
        self.report_shortened();
        Ok(())
    }

    /// Returns the refusal if something has appeared at the name, perhaps with a name that the disk can't tell from
    /// it.
    fn refusal_if_taken(self) -> Obstacle {
        match self.context.disk_limits.probe(self.folder, self.name) {
            Err(Obstacle::Refused(refusal)) => refusal.into(),
            _ => Refusal::Taken.into(),
        }
    }

    /// Reports a name that the disk has shortened.
    pub(super) fn report_shortened(self) {
        if self.context.disk_limits.shortens(self.folder, self.name) {
            let reason = "the disk drops the dots and spaces at its end";
            self.context.report_unset(&self.path(), vec![("name", io::Error::other(reason))]);
        }
    }

    /// Removes a name. Succeeds if it doesn't exist.
    pub(super) fn remove(self, name: &CStr) -> Result<(), Errno> {
        match unlinkat(self.folder, name, AtFlags::empty()) {
            Err(Errno::NOENT) => Ok(()),
            removed => removed,
        }
    }
}
