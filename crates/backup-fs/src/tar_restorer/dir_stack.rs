//! The folders on the way from the target to the entry at hand.

use std::collections::HashSet;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::OFlags;

use super::announced::Announced;
use super::context::Job;
use super::enter_dir::{Opening, open_folder};
use super::obstacle::{Obstacle, c_name};
use super::open_dir::{Node, OpenDir};
use super::path_digest::path_digest;
use crate::posix::dir_stack::MAX_OPEN;

/// The way to the entry at hand. At most [`MAX_OPEN`] of these folders are open, and those that files are on their way to.
#[derive(Debug)]
pub(super) struct TargetDirStack<'a> {
    job: &'a Job,
    target: OpenDir<'a>,
    way: Vec<Level<'a>>,
    /// How many of these were needed by now: those come before the others.
    needed: usize,
    /// Digests of the paths of folders that were made before the archive said anything of them. Most say it first.
    unknown: HashSet<u64>,
}

/// One folder on the way.
#[derive(Debug)]
struct Level<'a> {
    name: Vec<u8>,
    /// Of its path.
    digest: u64,
    /// What the archive says of it, if it did by now.
    announced: Option<Announced>,
    /// Once it was needed.
    folder: Option<Arc<Node<'a>>>,
    is_counted: bool,
}

impl<'a> TargetDirStack<'a> {
    /// `path` is what the archive calls the target.
    pub(super) fn new(job: &'a Job, target: OwnedFd, path: Vec<u8>) -> Self {
        let (target, way, unknown) = (OpenDir::target(job, target, path), Vec::new(), HashSet::new());
        Self { job, target, way, needed: 0, unknown }
    }

    /// Goes to the folder with these names below the target: leaves the others, and takes in what is on the way.
    pub(super) fn go_to(&mut self, names: &[&[u8]]) {
        let common = self.common(names);
        while self.way.len() > common {
            self.way.pop().and_then(|level| level.folder).into_iter().for_each(Node::leave);
        }
        self.needed = self.needed.min(common);
        for name in &names[common..] {
            let digest = self.digest_of(name);
            let (name, announced, folder) = (name.to_vec(), None, None);
            self.way.push(Level { name, digest, announced, folder, is_counted: false });
        }
    }

    fn common(&self, names: &[&[u8]]) -> usize {
        self.way.iter().zip(names).take_while(|(level, name)| level.name == **name).count()
    }

    /// Returns a digest of the path of a name in the folder at hand.
    pub(super) fn digest_of(&self, name: &[u8]) -> u64 {
        path_digest(self.way.last().map_or(0, |level| level.digest), name)
    }

    /// Returns whether the folder at hand was made before the archive said anything of it.
    pub(super) fn was_unknown(&self) -> bool {
        self.way.last().is_some_and(|level| self.unknown.contains(&level.digest))
    }

    /// Takes in what the archive says of the folder at hand. It is made when something in it is, or by
    /// [`enter`](Self::enter).
    pub(super) fn announce(&mut self, announced: Announced) {
        let Some(level) = self.way.last_mut() else { return };
        // Said twice, or after what is in it.
        if let Some(folder) = level.folder.as_ref().filter(|folder| announced.goes_to(folder)) {
            folder.finish_with(announced.wanted.clone());
        }
        level.announced = Some(announced);
    }

    /// Returns what a path below the target is in messages.
    pub(super) fn path_of(&self, below: &[u8]) -> Vec<u8> {
        self.target.path_of(below)
    }

    /// Returns the digests of the paths of those folders on the way that weren't needed yet.
    pub(super) fn unneeded(&self) -> impl Iterator<Item = u64> {
        self.way[self.needed..].iter().map(|level| level.digest)
    }

    /// Returns the folder at hand, and makes what is missing of the way.
    pub(super) fn enter(&mut self) -> Result<OpenDir<'a>, Obstacle> {
        let mut folder = match self.node_at(self.needed) {
            Some(folder) => folder.reopen()?,
            None => self.target.clone(),
        };
        while self.needed < self.way.len() {
            folder = self.enter_next(folder)?;
        }
        Ok(folder)
    }

    /// Opens the next folder on the way, which is in that one.
    fn enter_next(&mut self, parent: OpenDir<'a>) -> Result<OpenDir<'a>, Obstacle> {
        let level = &mut self.way[self.needed];
        let was_unknown = self.unknown.contains(&level.digest);
        let opening = Opening { job: self.job, parent, name: &level.name, was_unknown };
        let opened = opening.open(level.announced.as_ref())?;
        if opened.is_new && level.announced.is_none() {
            self.unknown.insert(level.digest);
        }
        level.folder = Some(opened.node());
        if let Some(far) = self.needed.checked_sub(MAX_OPEN) {
            self.way[far].folder.iter().for_each(|folder| folder.close());
        }
        self.needed += 1;
        Ok(opened)
    }

    /// Returns the folder so many levels below the target, where it was needed before.
    fn node_at(&self, depth: usize) -> Option<&Arc<Node<'a>>> {
        self.way.get(depth.checked_sub(1)?)?.folder.as_ref()
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
    pub(super) fn find(&self, names: &[&[u8]]) -> Result<OpenDir<'a>, Obstacle> {
        let known = self.common(names).min(self.needed);
        let mut folder = match self.node_at(known) {
            Some(folder) => folder.open()?,
            None => self.target.clone(),
        };
        for name in &names[known..] {
            folder.refuse_own(name)?;
            let name_there = c_name(name)?;
            self.job.disks.look(folder.as_fd(), &name_there)?;
            let handle = open_folder(self.job, folder.as_fd(), &name_there, OFlags::PATH)?;
            folder = OpenDir::found(self.job, handle);
        }
        Ok(folder)
    }
}
