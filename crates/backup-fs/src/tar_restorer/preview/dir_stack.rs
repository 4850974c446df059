//! The stack of folders from the target to the current entry, as far as they exist.

use std::ffi::CStr;
use std::hash::BuildHasher;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backup_core::model::restore::{IfExists, InPlace, Refusal, Step};
use rustix::fs::{Dir, Mode, OFlags, Stat, fstat};

use super::level::Level;
use super::{Previewer, count};
use crate::pattern::cache_tag::CACHE_TAG;
use crate::posix::set_metadata::EntryHandle;
use crate::posix::stat::{is_folder, lstat_at};
use crate::tar_reader::Member;
use crate::tar_reader::path::path_of;
use crate::tar_restorer::enter_dir::folder_step;
use crate::tar_restorer::obstacle::{Obstacle, c_name};
use crate::tar_restorer::unfinished_mark::{self, is_unfinished};

impl Previewer<'_> {
    /// Goes to the folder with this path. The first level is the target itself.
    pub(super) fn go_to(&mut self, names: &[&[u8]]) -> Result<(), Obstacle> {
        let common =
            self.levels.iter().skip(1).zip(names).take_while(|(level, name)| level.name == **name).count();
        self.leave(common + 1);
        for name in &names[common..] {
            self.enter(name)?;
        }
        Ok(())
    }

    /// Enters the next folder, as far as it exists.
    fn enter(&mut self, name: &[u8]) -> Result<(), Obstacle> {
        let (above, name_there) = (self.levels.last(), c_name(name)?);
        let mut refused = above.and_then(|above| above.refused.or(above.refused_name(name)));
        let mut is_replaced = false;
        let above = self.folder()?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let folder = above.and_then(|above| self.beneath.open(above, &name_there, flags, Mode::empty()).ok());
        let stat = folder.as_ref().and_then(|folder| fstat(folder).ok());
        if let (Some(above), None) = (above, refused) {
            refused = self.spelling_refusal(above, &name_there);
        }
        if let (Some(above), None, None) = (above, &folder, refused) {
            let there = lstat_at(above, &name_there)?.filter(|stat| !is_folder(stat));
            refused = there.and_then(|stat| self.refusal_for(&stat));
            is_replaced = there.is_some() && refused.is_none();
        }
        let is_home = stat.is_some_and(|stat| self.reserved.is_home(&stat));
        let is_own = stat.is_some_and(|stat| self.reserved.is_folder(&stat));
        let refused = refused.or(is_own.then_some(Refusal::Own));
        let (name, exists) = (name.to_vec(), folder.is_some());
        if let (Some(folders), Some(folder)) = (&mut self.folders, folder) {
            folders.push(&name, folder);
        }
        self.levels.push(Level { name, exists, refused, is_home, is_replaced, ..Level::default() });
        Ok(())
    }

    /// Returns what exists in the place of a folder.
    pub(super) fn existing_folder(&self, above: BorrowedFd<'_>, name: &CStr) -> Result<InPlace, Obstacle> {
        Ok(match self.disk_limits.probe(above, name)? {
            None => InPlace::Nothing,
            Some(stat) if is_folder(&stat) => InPlace::Folder,
            Some(_) => InPlace::Other,
        })
    }

    /// Returns a refusal if the disk can't tell this name from another entry's.
    fn spelling_refusal(&self, above: BorrowedFd<'_>, name: &CStr) -> Option<Refusal> {
        match self.disk_limits.probe(above, name) {
            Err(Obstacle::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    /// Counts once what would be removed for the folders of the stack.
    pub(super) fn count_replaced(&mut self) {
        for depth in 1..self.levels.len() {
            if !std::mem::take(&mut self.levels[depth].is_replaced) {
                continue;
            }
            let names: Vec<_> = self.levels[1..=depth].iter().map(|level| &level.name[..]).collect();
            let path = names.join(&b'/');
            if self.counted_replaced.insert(self.hasher.hash_one(&path)) {
                count(&mut self.preview.removed_file_count, &mut self.preview.removed_files, &path);
            }
        }
    }

    /// Counts the current folder if it exists and its metadata would change.
    pub(super) fn count_different_folder(&mut self, member: &mut Member) {
        let Some(level) = self.levels.last().filter(|level| level.refused.is_none()) else { return };
        let metadata = self.rights.wanted(member);
        // The restore first makes a folder accessible that can't be opened.
        let located = if level.exists { None } else { self.locate(&level.name) };
        let entry = match (&located, self.folder()) {
            (Some(shut), _) => EntryHandle::Located(shut.as_fd()),
            (None, Ok(Some(folder))) => EntryHandle::Open(folder),
            _ => return,
        };
        let (EntryHandle::Open(handle) | EntryHandle::Located(handle) | EntryHandle::Symlink(handle)) = entry;
        let has_mark = matches!(entry, EntryHandle::Open(folder) if unfinished_mark::has_file(folder));
        let is_unfinished = has_mark || fstat(handle).is_ok_and(|stat| is_unfinished(&stat, Some(&metadata)));
        if is_unfinished || self.request.existing == IfExists::Replace {
            self.preview.unlike_folders += u64::from(!entry.has_all_of(&metadata));
        }
    }

    /// Returns a folder that can't be opened, located from its parent.
    fn locate(&self, name: &[u8]) -> Option<OwnedFd> {
        let [.., above, _] = &self.levels[..] else { return None };
        let folder = self.folders.as_ref().filter(|_| above.exists)?.at_hand().ok()?;
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        self.beneath.open(folder, &c_name(name).ok()?, flags, Mode::empty()).ok()
    }

    /// Returns why nothing would be restored below an existing entry in the place of a folder.
    pub(super) fn refusal_for(&self, stat: &Stat) -> Option<Refusal> {
        match folder_step(stat, self.request.existing, false) {
            Step::Refuse(refusal) => Some(refusal),
            _ => None,
        }
    }

    pub(super) fn refusal_at(&self, name: &[u8]) -> Option<Refusal> {
        self.refusal_for(&lstat_at(self.folder().ok()??, &c_name(name).ok()?).ok()??)
    }

    /// Leaves all levels except `keep`, and counts the extra entries of the folders that it leaves.
    pub(super) fn leave(&mut self, keep: usize) {
        while self.levels.len() > keep {
            self.count_extras();
            self.levels.pop();
            if let Some(folders) = &mut self.folders {
                folders.go_up(self.levels.len().saturating_sub(1));
            }
        }
    }

    /// Counts the entries of the current folder that aren't in the archive.
    fn count_extras(&mut self) {
        let Some(level) = self.levels.last_mut().filter(|level| level.is_selected) else { return };
        let mut names = std::mem::take(&mut level.names);
        names.sort_unstable();
        let Ok(Some(Ok(folder))) = self.folder().map(|folder| folder.map(|it| it.try_clone_to_owned()))
        else {
            return;
        };
        let is_below = self.levels.len() > 1;
        let crosses_mount = is_below && self.exclusions.crosses_mount(folder.as_fd(), c"");
        let is_cache = is_below && self.exclusions.is_cache(folder.as_fd());
        // A folder that can't be listed has no extra entries to show.
        let Ok(entries) = Dir::read_from(&folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let bytes = name.to_bytes();
            let is_archived = || names.binary_search(&self.hasher.hash_one(bytes)).is_ok();
            if bytes != b"." && bytes != b".." && !is_archived() {
                let below = self.path_of(bytes);
                let stat = lstat_at(folder.as_fd(), name).ok().flatten();
                // For a mounted folder, the backup stores its own entry.
                let is_file = stat.as_ref().is_some_and(|stat| !is_folder(stat));
                let is_excluded = crosses_mount
                    || is_cache && name != CACHE_TAG
                    || is_file && self.exclusions.crosses_mount(folder.as_fd(), name);
                self.count_extra(below, stat.as_ref(), is_excluded);
            }
        }
    }

    /// Returns the path below the target of an entry in the current folder.
    fn path_of(&self, name: &[u8]) -> Vec<u8> {
        let above = self.levels.iter().skip(1).map(|level| &level.name[..]);
        above.chain([name]).collect::<Vec<_>>().join(&b'/')
    }

    /// Counts an entry that isn't in the archive. A folder counts once, with a `/`, without its entries.
    fn count_extra(&mut self, mut below: Vec<u8>, stat: Option<&Stat>, is_excluded: bool) {
        let is_excluded = is_excluded
            || stat.is_some_and(|stat| self.exclusions.excludes(&path_of(&below), stat, &self.reserved));
        if is_excluded {
            self.preview.left_out_entries += 1;
            return;
        }
        if stat.is_some_and(is_folder) {
            below.push(b'/');
        }
        count(&mut self.preview.extra_entries, &mut self.preview.extra, &below);
    }
}
