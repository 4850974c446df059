//! The folders on the way from the target to the entry at hand.

use std::collections::HashSet;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use backup_core::restore::Existing;
use rustix::fs::OFlags;

use super::crew::path_digests;
use super::job::{Job, Obstacle, c_name};
use super::open_folder::{Node, OpenFolder};
use super::opening::{Opening, open_folder};
use super::wanted::Wanted;
use crate::dir_stack::MAX_OPEN;

/// What the archive says of a folder.
#[derive(Debug)]
pub(super) struct Announced {
    pub(super) wanted: Wanted,
    /// It is one of the entries that are wanted, and not only on the way to one.
    pub(super) is_taken: bool,
}

impl Announced {
    /// Returns whether a folder is to be what the archive says. One that stands stays as it is where it wasn't chosen
    /// itself: that something comes into it shows in its time alone.
    pub(super) fn goes_to(&self, folder: &Node<'_>) -> bool {
        folder.is_ours || self.is_taken && folder.job.existing == Existing::Replace
    }
}

/// The way to the entry at hand. At most [`MAX_OPEN`] of these folders are open, and those that files are on their way to.
#[derive(Debug)]
pub(super) struct Folders<'a> {
    job: &'a Job,
    target: OpenFolder<'a>,
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
    /// Once it was needed. Those that were come before those that weren't.
    folder: Option<Arc<Node<'a>>>,
    is_counted: bool,
}

impl<'a> Folders<'a> {
    /// `path` is what the archive calls the target.
    pub(super) fn new(job: &'a Job, target: OwnedFd, path: Vec<u8>) -> Self {
        Self { job, target: OpenFolder::target(job, target, path), way: Vec::new(), unknown: HashSet::new() }
    }

    /// Returns whether a folder was made before the archive said anything of it.
    pub(super) fn was_unknown(&self, names: &[&[u8]]) -> bool {
        let digest = || path_digests(names).last();
        !self.unknown.is_empty() && digest().is_some_and(|digest| self.unknown.contains(&digest))
    }

    /// Takes in what the archive says of a folder. It is made when something in it is, or by [`enter`](Self::enter).
    pub(super) fn announce(&mut self, names: &[&[u8]], announced: Announced) {
        self.go_to(names);
        if let Some(level) = self.way.last_mut() {
            // Said twice, or after what is in it.
            if let Some(folder) = level.folder.as_ref().filter(|folder| announced.goes_to(folder)) {
                folder.finish_with(announced.wanted.clone());
            }
            level.announced = Some(announced);
        }
    }

    /// Returns what a path below the target is in messages.
    pub(super) fn path_of(&self, below: &[u8]) -> Vec<u8> {
        self.target.path_of(below)
    }

    /// Returns how many of these names lead through folders that were needed by now.
    pub(super) fn open_depth(&self, names: &[&[u8]]) -> usize {
        let is_open = |(level, name): &(&Level<'_>, &&[u8])| level.name == **name && level.folder.is_some();
        self.way.iter().zip(names).take_while(is_open).count()
    }

    /// Returns the folder with these names below the target, and makes what is missing of it.
    pub(super) fn enter(&mut self, names: &[&[u8]]) -> Result<OpenFolder<'a>, Obstacle> {
        self.go_to(names);
        let open_depth = self.open_depth(names);
        let mut folder = self.at_depth(open_depth)?;
        if open_depth == names.len() {
            return Ok(folder);
        }
        for (depth, digest) in path_digests(names).enumerate().skip(open_depth) {
            folder = self.open(depth, folder, digest)?;
        }
        Ok(folder)
    }

    /// Opens the next folder on the way, which is in that one.
    fn open(
        &mut self,
        depth: usize,
        parent: OpenFolder<'a>,
        digest: u64,
    ) -> Result<OpenFolder<'a>, Obstacle> {
        let (job, was_unknown) = (self.job, self.unknown.contains(&digest));
        let level = &mut self.way[depth];
        let opening = Opening { job, parent, name: &level.name, was_unknown };
        let opened = opening.open(level.announced.as_ref())?;
        if opened.is_new && level.announced.is_none() {
            self.unknown.insert(digest);
        }
        level.folder = Some(opened.node());
        if let Some(far) = depth.checked_sub(MAX_OPEN) {
            self.way[far].folder.iter().for_each(|folder| folder.close());
        }
        Ok(opened)
    }

    /// Returns the folder so many levels below the target, where it is one that was needed.
    fn at_depth(&self, depth: usize) -> Result<OpenFolder<'a>, Obstacle> {
        match depth.checked_sub(1).and_then(|at| self.way[at].folder.as_ref()) {
            Some(folder) => Ok(folder.open()?),
            None => Ok(self.target.clone()),
        }
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
    pub(super) fn find(&self, names: &[&[u8]]) -> Result<OpenFolder<'a>, Obstacle> {
        let open_depth = self.open_depth(names);
        let mut folder = self.at_depth(open_depth)?;
        for name in &names[open_depth..] {
            folder.refuse_own(name)?;
            let handle = open_folder(self.job, folder.as_fd(), &c_name(name)?, OFlags::PATH)?;
            folder = OpenFolder::found(self.job, handle);
        }
        Ok(folder)
    }

    /// Leaves the folders that these names aren't below of, and adds levels for the others.
    fn go_to(&mut self, names: &[&[u8]]) {
        let common = self.way.iter().zip(names).take_while(|(level, name)| level.name == **name).count();
        while self.way.len() > common {
            self.way.pop().and_then(|level| level.folder).into_iter().for_each(Node::leave);
        }
        for name in &names[common..] {
            self.way.push(Level { name: name.to_vec(), announced: None, folder: None, is_counted: false });
        }
    }
}
