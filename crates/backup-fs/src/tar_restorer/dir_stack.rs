//! The stack of folders from the target to the current entry.

use std::collections::HashSet;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::OFlags;

use super::archived_dir::ArchivedDir;
use super::context::Context;
use super::enter_dir::{Opening, open_folder};
use super::obstacle::{Obstacle, c_name};
use super::open_dir::{Node, OpenDir};
use super::path_digest::path_digest;
use crate::posix::dir_stack::MAX_OPEN;

/// The stack of folders from the target to the current entry.
///
/// At most [`MAX_OPEN`] of them are open, plus those for which files are queued.
#[derive(Debug)]
pub(super) struct TargetDirStack<'a> {
    context: &'a Context,
    target: OpenDir<'a>,
    levels: Vec<Level<'a>>,
    /// How many of the levels were entered. Those come first.
    entered: usize,
    /// Digests of the paths of folders that were created before their entry in the archive. Most archives list the
    /// folder first.
    implicit: HashSet<u64>,
}

/// One folder of the stack.
#[derive(Debug)]
struct Level<'a> {
    name: Vec<u8>,
    /// The digest of its path.
    digest: u64,
    /// Its entry in the archive, if it came already.
    archived: Option<ArchivedDir>,
    /// The folder, once it was entered.
    folder: Option<Arc<Node<'a>>>,
    is_counted: bool,
}

impl<'a> TargetDirStack<'a> {
    /// Returns a stack with only the target. `path` is the target's name in the archive.
    pub(super) fn new(context: &'a Context, target: OwnedFd, path: Vec<u8>) -> Self {
        let (target, levels, implicit) = (OpenDir::target(context, target, path), Vec::new(), HashSet::new());
        Self { context, target, levels, entered: 0, implicit }
    }

    /// Goes to the folder with this path below the target. Leaves the other folders.
    pub(super) fn go_to(&mut self, names: &[&[u8]]) {
        let common = self.common(names);
        while self.levels.len() > common {
            self.levels.pop().and_then(|level| level.folder).into_iter().for_each(Node::leave);
        }
        self.entered = self.entered.min(common);
        for name in &names[common..] {
            let digest = self.digest_of(name);
            let (name, archived, folder) = (name.to_vec(), None, None);
            self.levels.push(Level { name, digest, archived, folder, is_counted: false });
        }
    }

    fn common(&self, names: &[&[u8]]) -> usize {
        self.levels.iter().zip(names).take_while(|(level, name)| level.name == **name).count()
    }

    /// Returns the digest of the path of an entry in the current folder.
    pub(super) fn digest_of(&self, name: &[u8]) -> u64 {
        path_digest(self.levels.last().map_or(0, |level| level.digest), name)
    }

    /// Returns whether the current folder was created before its entry in the archive.
    pub(super) fn was_implicit(&self) -> bool {
        self.levels.last().is_some_and(|level| self.implicit.contains(&level.digest))
    }

    /// Stores the archive's entry of the current folder.
    ///
    /// The folder is created by [`enter`](Self::enter) for itself or for something in it.
    pub(super) fn announce(&mut self, archived: ArchivedDir) {
        let Some(level) = self.levels.last_mut() else { return };
        // The folder is listed twice, or after something in it.
        if let Some(folder) = level.folder.as_ref().filter(|folder| archived.applies_to(folder)) {
            folder.set_final_metadata(archived.metadata.clone());
        }
        level.archived = Some(archived);
    }

    /// Returns a path below the target as messages show it.
    pub(super) fn path_of(&self, below: &[u8]) -> Vec<u8> {
        self.target.path_of(below)
    }

    /// Returns the digests of the paths of those folders that weren't entered yet.
    pub(super) fn not_entered(&self) -> impl Iterator<Item = u64> {
        self.levels[self.entered..].iter().map(|level| level.digest)
    }

    /// Returns the current folder. Creates the missing folders of its path.
    pub(super) fn enter(&mut self) -> Result<OpenDir<'a>, Obstacle> {
        let mut folder = match self.node_at(self.entered) {
            Some(folder) => folder.reopen()?,
            None => self.target.clone(),
        };
        while self.entered < self.levels.len() {
            folder = self.enter_next(folder)?;
        }
        Ok(folder)
    }

    /// Opens the next folder of the stack, in `parent`.
    fn enter_next(&mut self, parent: OpenDir<'a>) -> Result<OpenDir<'a>, Obstacle> {
        let level = &mut self.levels[self.entered];
        let was_implicit = self.implicit.contains(&level.digest);
        let opening = Opening { context: self.context, parent, name: &level.name, was_implicit };
        let opened = opening.open(level.archived.as_ref())?;
        if opened.is_new && level.archived.is_none() {
            self.implicit.insert(level.digest);
        }
        level.folder = Some(opened.node());
        if let Some(distant) = self.entered.checked_sub(MAX_OPEN) {
            self.levels[distant].folder.iter().for_each(|folder| folder.close());
        }
        self.entered += 1;
        Ok(opened)
    }

    /// Returns the folder at a depth below the target, if it was entered.
    fn node_at(&self, depth: usize) -> Option<&Arc<Node<'a>>> {
        self.levels.get(depth.checked_sub(1)?)?.folder.as_ref()
    }

    /// Counts the folder that was entered last, because it is a selected entry.
    pub(super) fn count(&mut self) {
        let Some(level) = self.levels.last_mut().filter(|level| !level.is_counted) else { return };
        let (Some(folder), Some(archived)) = (&level.folder, &level.archived) else { return };
        level.is_counted = true;
        if folder.is_new {
            self.context.count_created(&archived.metadata, 0);
        } else {
            self.context.report().present_entries += 1;
        }
    }

    /// Opens an existing folder without leaving the current one.
    pub(super) fn find(&self, names: &[&[u8]]) -> Result<OpenDir<'a>, Obstacle> {
        let known = self.common(names).min(self.entered);
        let mut folder = match self.node_at(known) {
            Some(folder) => folder.open()?,
            None => self.target.clone(),
        };
        for name in &names[known..] {
            folder.refuse_reserved(name)?;
            let name_there = c_name(name)?;
            self.context.disk_limits.probe(folder.as_fd(), &name_there)?;
            let handle = open_folder(self.context, folder.as_fd(), &name_there, OFlags::PATH)?;
            folder = OpenDir::existing(self.context, handle);
        }
        Ok(folder)
    }
}
