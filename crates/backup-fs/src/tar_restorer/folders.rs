//! The folders that are open: those on the way from the target to the entry at hand.
//!
//! A folder's own mode and times are set when nobody works in it or below it any more: when the last handle of it goes.
//! Every folder holds its parent, so the deepest is set first, and what is set on a folder doesn't change those above.

use std::collections::HashSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use backup_core::restore::{Existing, Refusal, is_own_name};
use rustix::fs::{OFlags, fstat};

use super::crew::digest;
use super::holder::Holder;
use super::job::{Job, Obstacle, c_name};
use super::mark;
use super::opening::{Opening, open_folder};
use super::sweep::sweep;
use super::wanted::Wanted;

/// An open folder below the target, or the target.
#[derive(Debug)]
pub(super) struct OpenFolder<'a> {
    pub(super) job: &'a Job,
    handle: OwnedFd,
    /// As the archive names it, for messages.
    path: Vec<u8>,
    /// It is the home, in which some names are Backup Manager's own.
    is_home: bool,
    /// It was made by this job.
    pub(super) is_new: bool,
    /// It was made by this job, or by an earlier one that left it unfinished.
    pub(super) is_ours: bool,
    /// What is made in it has the group of whoever restores: so has it, and only its owner could change that.
    pub(super) is_neutral: bool,
    /// What is set on it in the end.
    finish: Mutex<Option<Wanted>>,
    pub(super) parent: Option<Arc<Self>>,
}

/// What the archive says of a folder.
#[derive(Debug)]
pub(super) struct Announced {
    pub(super) wanted: Wanted,
    /// It is one of the entries that are wanted, and not only on the way to one.
    pub(super) is_taken: bool,
}

impl<'a> OpenFolder<'a> {
    /// Returns the target itself, whose own mode and times are nobody's business here.
    pub(super) fn target(job: &'a Job, handle: OwnedFd, path: Vec<u8>) -> Self {
        let mut target = Self::plain(job, handle, path);
        target.sweep();
        target.is_neutral = fstat(&target.handle).is_ok_and(|stat| job.rights.owns(&stat));
        target
    }

    /// Returns one that stands and isn't touched.
    pub(super) fn plain(job: &'a Job, handle: OwnedFd, path: Vec<u8>) -> Self {
        let is_home = job.own.is_home_itself(&handle);
        let (is_new, is_ours, is_neutral, finish) = (false, false, false, Mutex::default());
        Self { job, handle, path, is_home, is_new, is_ours, is_neutral, finish, parent: None }
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

    /// Removes what a killed restore has left in it, where it stood.
    pub(super) fn sweep(&self) {
        if !self.job.is_hidden {
            sweep(self.as_fd(), self.job.begun);
        }
    }

    /// Returns whether it is to be what the archive says. One that stands stays as it is where it wasn't chosen itself:
    /// that something comes into it shows in its time alone.
    pub(super) fn gets(&self, announced: &Announced) -> bool {
        self.is_ours || announced.is_taken && self.job.existing == Existing::Replace
    }

    pub(super) fn finish_with(&self, wanted: Wanted) {
        self.finish.lock().unwrap_or_else(PoisonError::into_inner).replace(wanted);
    }
}

impl Drop for OpenFolder<'_> {
    fn drop(&mut self) {
        let finish = self.finish.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // One that isn't finished stays as what is to come can be made in it.
        if let Some(wanted) = finish.filter(|_| !self.job.is_stopped()) {
            if !self.job.is_hidden {
                mark::remove(self.as_fd());
            }
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
    /// Digests of the paths of folders that were made before the archive said anything of them. Most say it first.
    unknown: HashSet<u64>,
}

/// One folder on the way.
#[derive(Debug)]
struct Level<'a> {
    name: Vec<u8>,
    /// What the archive says of it, if it did by now.
    announced: Option<Announced>,
    /// Once it was needed.
    folder: Option<Arc<OpenFolder<'a>>>,
    is_counted: bool,
}

impl<'a> Folders<'a> {
    /// `path` is what the archive calls the target.
    pub(super) fn new(job: &'a Job, target: OwnedFd, path: Vec<u8>) -> Self {
        let target = Arc::new(OpenFolder::target(job, target, path));
        Self { job, target, way: Vec::new(), unknown: HashSet::new() }
    }

    /// Returns whether a folder was made before the archive said anything of it.
    pub(super) fn was_unknown(&self, names: &[&[u8]]) -> bool {
        !self.unknown.is_empty() && self.unknown.contains(&digest(&names.join(&b'/')))
    }

    /// Takes in what the archive says of a folder. It is made when something in it is, or by [`enter`](Self::enter).
    pub(super) fn announce(&mut self, names: &[&[u8]], announced: Announced) {
        self.go_to(names);
        if let Some(level) = self.way.last_mut() {
            // Said twice, or after what is in it.
            if let Some(folder) = level.folder.as_ref().filter(|folder| folder.gets(&announced)) {
                folder.finish_with(announced.wanted.clone());
            }
            level.announced = Some(announced);
        }
    }

    /// Returns what a path below the target is in messages.
    pub(super) fn path_of(&self, below: &[u8]) -> Vec<u8> {
        self.target.path_of(below)
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
        let unknown = &mut self.unknown;
        for (depth, level) in self.way.iter_mut().enumerate() {
            let was_unknown = !unknown.is_empty() && unknown.contains(&digest(&names[..=depth].join(&b'/')));
            let (job, parent, name) = (self.job, folder, &level.name);
            let below = match &level.folder {
                Some(open) => Arc::clone(open),
                None => Arc::new(Opening { job, parent, name, was_unknown }.open(level.announced.as_ref())?),
            };
            if below.is_new && level.announced.is_none() {
                unknown.insert(digest(&names[..=depth].join(&b'/')));
            }
            level.folder = Some(Arc::clone(&below));
            folder = below;
        }
        Ok(folder)
    }

    /// Counts the folder that was entered last, for it is one of the entries that are wanted.
    pub(super) fn count(&mut self) {
        let Some(level) = self.way.last_mut().filter(|level| !level.is_counted) else { return };
        let (Some(folder), Some(announced)) = (&level.folder, &level.announced) else { return };
        level.is_counted = true;
        if folder.is_new {
            self.job.made(&announced.wanted, 0);
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
                    let name_there = c_name(name)?;
                    self.job.disks.look(folder.as_fd(), &name_there)?;
                    let handle = open_folder(self.job, folder.as_fd(), &name_there, OFlags::PATH)?;
                    let path = folder.path_of(name);
                    Arc::new(OpenFolder::plain(self.job, handle, path))
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
            self.way.push(Level { name: name.to_vec(), announced: None, folder: None, is_counted: false });
        }
    }
}
