//! The folders that are open: those on the way from the target to the entry at hand.
//!
//! A folder's own mode and times are set when nobody works in it or below it any more: when the last handle of it goes.
//! Every folder holds its parent, so the deepest is set first, and what is set on a folder doesn't change those above.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use backup_core::restore::{Existing, Refusal, Standing, Step, is_own_name, step};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, Timespec, mkdirat, unlinkat};
use rustix::io::Errno;

use super::holder::Holder;
use super::job::{Job, Obstacle, c_name};
use super::look::look;
use super::wanted::Wanted;

/// An open folder below the target, or the target.
#[derive(Debug)]
pub(super) struct OpenFolder<'a> {
    job: &'a Job,
    handle: OwnedFd,
    /// As the archive names it, for messages.
    path: Vec<u8>,
    /// It is the home, in which some names are Backup Manager's own.
    is_home: bool,
    /// It was made by this job.
    is_new: bool,
    /// What is set on it in the end.
    finish: Mutex<Option<Wanted>>,
    _parent: Option<Arc<Self>>,
}

impl<'a> OpenFolder<'a> {
    /// Returns the target itself, whose own mode and times are nobody's business here.
    pub(super) fn target(job: &'a Job, handle: OwnedFd, path: Vec<u8>) -> Self {
        let is_home = job.own.is_home_itself(&handle);
        Self { job, handle, path, is_home, is_new: false, finish: Mutex::default(), _parent: None }
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    /// Returns the path of a name in it, for messages.
    pub(super) fn path_of(&self, name: &[u8]) -> Vec<u8> {
        if self.path.is_empty() { name.to_owned() } else { [&self.path, &b"/"[..], name].concat() }
    }

    /// Refuses a name that is Backup Manager's own.
    pub(super) fn refuse_own(&self, name: &[u8]) -> Result<(), Refusal> {
        if self.is_home && is_own_name(name) { Err(Refusal::Own) } else { Ok(()) }
    }

    fn finish_with(&self, wanted: Wanted) {
        self.finish.lock().unwrap_or_else(PoisonError::into_inner).replace(wanted);
    }
}

impl Drop for OpenFolder<'_> {
    fn drop(&mut self) {
        let finish = self.finish.get_mut().unwrap_or_else(PoisonError::into_inner);
        // One that isn't finished stays as what is to come can be made in it.
        if let Some(wanted) = finish.take().filter(|_| !self.job.is_stopped()) {
            let has_no_lists = self.job.is_hidden && !self.job.is_continued;
            let troubles = Holder::Open(self.handle.as_fd()).set_what_differs(&wanted, has_no_lists);
            self.job.bare(&self.path, troubles);
        }
    }
}

/// The way to the entry at hand.
#[derive(Debug)]
pub(super) struct Folders<'a> {
    job: &'a Job,
    target: Arc<OpenFolder<'a>>,
    way: Vec<Level<'a>>,
}

/// One folder on the way.
#[derive(Debug)]
struct Level<'a> {
    name: Vec<u8>,
    /// What the archive says of it, if it did by now.
    wanted: Option<Wanted>,
    /// Once it was needed.
    folder: Option<Arc<OpenFolder<'a>>>,
    is_counted: bool,
}

impl<'a> Folders<'a> {
    /// `path` is what the archive calls the target.
    pub(super) fn new(job: &'a Job, target: OwnedFd, path: Vec<u8>) -> Self {
        Self { job, target: Arc::new(OpenFolder::target(job, target, path)), way: Vec::new() }
    }

    /// Takes in what the archive says of a folder. It is made when something in it is, or by [`enter`](Self::enter).
    pub(super) fn announce(&mut self, names: &[&[u8]], wanted: Wanted) {
        self.go_to(names);
        if let Some(level) = self.way.last_mut() {
            if let Some(folder) = &level.folder {
                // Said twice, or after what is in it.
                folder.finish_with(wanted.clone());
            }
            level.wanted = Some(wanted);
        }
    }

    /// Returns how many of these names lead through folders that are open.
    pub(super) fn open_depth(&self, names: &[&[u8]]) -> usize {
        let is_open = |(level, name): &(&Level<'_>, &&[u8])| level.name == **name && level.folder.is_some();
        self.way.iter().zip(names).take_while(is_open).count()
    }

    /// Returns the folder with these names below the target, and makes what is missing of it.
    pub(super) fn enter(&mut self, names: &[&[u8]]) -> Result<Arc<OpenFolder<'a>>, Obstacle> {
        self.go_to(names);
        let mut folder = Arc::clone(&self.target);
        for level in &mut self.way {
            let below = match &level.folder {
                Some(open) => Arc::clone(open),
                None => Arc::new(
                    Opening { job: self.job, parent: folder, name: &level.name }
                        .open(level.wanted.as_ref())?,
                ),
            };
            level.folder = Some(Arc::clone(&below));
            folder = below;
        }
        Ok(folder)
    }

    /// Counts the folder that was entered last, for it is one of the entries that are wanted.
    pub(super) fn count(&mut self) {
        let Some(level) = self.way.last_mut().filter(|level| !level.is_counted) else { return };
        let (Some(folder), Some(wanted)) = (&level.folder, &level.wanted) else { return };
        level.is_counted = true;
        if folder.is_new {
            self.job.made(wanted, 0);
        } else {
            self.job.report().present_entries += 1;
        }
    }

    /// Opens a folder that must be there, without leaving the place.
    pub(super) fn find(&self, names: &[&[u8]]) -> Result<Arc<OpenFolder<'a>>, Obstacle> {
        let mut folder = Arc::clone(&self.target);
        let mut is_on_the_way = true;
        for (depth, name) in names.iter().enumerate() {
            let level = self.way.get(depth).filter(|level| is_on_the_way && level.name == *name);
            is_on_the_way = level.is_some();
            folder = match level.and_then(|level| level.folder.as_ref()) {
                Some(open) => Arc::clone(open),
                None => {
                    folder.refuse_own(name)?;
                    let handle = open_folder(self.job, folder.as_fd(), &c_name(name)?, OFlags::PATH)?;
                    let path = folder.path_of(name);
                    let is_home = self.job.own.is_home_itself(&handle);
                    Arc::new(OpenFolder {
                        job: self.job,
                        handle,
                        path,
                        is_home,
                        is_new: false,
                        finish: Mutex::default(),
                        _parent: None,
                    })
                }
            };
        }
        Ok(folder)
    }

    /// Leaves the folders that these names aren't below of, and adds levels for the others.
    fn go_to(&mut self, names: &[&[u8]]) {
        let common = self.way.iter().zip(names).take_while(|(level, name)| level.name == **name).count();
        while self.way.len() > common {
            self.way.pop();
        }
        for name in &names[common..] {
            self.way.push(Level { name: name.to_vec(), wanted: None, folder: None, is_counted: false });
        }
    }
}

/// A folder on its way to be opened.
struct Opening<'a, 'n> {
    job: &'a Job,
    parent: Arc<OpenFolder<'a>>,
    name: &'n [u8],
}

impl<'a> Opening<'a, '_> {
    fn open(self, wanted: Option<&Wanted>) -> Result<OpenFolder<'a>, Obstacle> {
        self.parent.refuse_own(self.name)?;
        let name = &c_name(self.name)?;
        let is_new = self.make(name)?;
        if is_new {
            let unknown = || plain(self.job);
            let wanted = wanted.cloned().unwrap_or_else(unknown);
            let handle = open_folder(self.job, self.parent.as_fd(), name, OFlags::RDONLY)?;
            self.make_sure(&handle)?;
            return Ok(self.opened(handle, Some(wanted), true));
        }
        let (handle, found) = self.reopen(name)?;
        let is_to_be_set = self.job.is_hidden || self.job.existing == Existing::Replace;
        let finish = wanted.filter(|_| is_to_be_set).cloned().or(found);
        Ok(self.opened(handle, finish, false))
    }

    /// Where others can rename folders, what was opened may be one of theirs, or one that they may not change.
    fn make_sure(&self, handle: &OwnedFd) -> Result<(), Obstacle> {
        if self.job.is_hidden {
            return Ok(());
        }
        let stat = rustix::fs::fstat(handle)?;
        let is_own = stat.st_uid == rustix::process::geteuid().as_raw() && stat.st_mode & 0o077 == 0;
        if is_own { Ok(()) } else { Err(Refusal::Taken.into()) }
    }

    /// Returns whether it was made; otherwise it is there.
    fn make(&self, name: &CStr) -> Result<bool, Obstacle> {
        match mkdirat(self.parent.as_fd(), name, Mode::RWXU) {
            Ok(()) => return Ok(true),
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        let Some(stat) = look(self.parent.as_fd(), name)? else { return Err(Errno::NOENT.into()) };
        let standing = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Standing::Folder,
            _ => Standing::Other,
        };
        match step(true, standing, self.job.existing, self.job.is_continued) {
            Step::Replace => {
                unlinkat(self.parent.as_fd(), name, AtFlags::empty())?;
                mkdirat(self.parent.as_fd(), name, Mode::RWXU)?;
                self.job.gave_way(&self.parent.path_of(self.name));
                Ok(true)
            }
            Step::Refuse(_) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => {
                Err(Refusal::ThroughLink.into())
            }
            Step::Refuse(refusal) => Err(refusal.into()),
            Step::Make | Step::Pass | Step::Leave => Ok(false),
        }
    }

    /// Opens a folder that was there, and makes it one that can be worked in. Returns what it was then, if that is to be
    /// brought back in the end.
    fn reopen(&self, name: &CStr) -> Result<(OwnedFd, Option<Wanted>), Obstacle> {
        let parent = self.parent.as_fd();
        let located = open_folder(self.job, parent, name, OFlags::PATH)?;
        let stat = rustix::fs::fstat(&located)?;
        if self.job.own.is_folder(&stat) {
            return Err(Refusal::Own.into());
        }
        let is_own = stat.st_uid == rustix::process::geteuid().as_raw();
        let was_closed = is_own && !self.job.rights.is_root && stat.st_mode & 0o700 != 0o700;
        if was_closed {
            Holder::Located(located.as_fd()).set_mode(stat.st_mode & 0o7777 | 0o700)?;
        }
        let handle = open_folder(self.job, parent, name, OFlags::RDONLY)?;
        let found = (was_closed || self.job.is_hidden).then(|| as_found(&stat));
        Ok((handle, found))
    }

    fn opened(self, handle: OwnedFd, finish: Option<Wanted>, is_new: bool) -> OpenFolder<'a> {
        let path = self.parent.path_of(self.name);
        let is_home = self.job.own.is_home_itself(&handle);
        let (job, finish, parent) = (self.job, Mutex::new(finish), Some(self.parent));
        OpenFolder { job, handle, path, is_home, is_new, finish, _parent: parent }
    }
}

/// Opens a folder, and says which of the two ways of being none it has.
fn open_folder(job: &Job, parent: BorrowedFd<'_>, name: &CStr, flags: OFlags) -> Result<OwnedFd, Obstacle> {
    let opened = job.beneath.open(parent, name, flags | OFlags::DIRECTORY, Mode::empty());
    opened.map_err(|error: io::Error| match Errno::from_io_error(&error) {
        Some(Errno::LOOP) => Obstacle::Refused(Refusal::ThroughLink),
        Some(Errno::NOTDIR) => Obstacle::Refused(Refusal::ThroughFile),
        _ => Obstacle::Failed(error),
    })
}

fn plain(job: &Job) -> Wanted {
    let now = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
    Wanted::bare(job.rights.plain_folder().as_raw_mode(), now)
}

fn as_found(stat: &Stat) -> Wanted {
    let modified =
        Timespec { tv_sec: stat.st_mtime, tv_nsec: i64::try_from(stat.st_mtime_nsec).unwrap_or_default() };
    Wanted::bare(stat.st_mode & 0o7777, modified)
}
