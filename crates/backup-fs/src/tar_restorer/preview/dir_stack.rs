//! The folders on the way to the entry at hand, as far as they stand.

use std::ffi::CStr;
use std::hash::BuildHasher;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backup_core::model::restore::{IfExists, InPlace, Refusal, Step, step};
use rustix::fs::{Dir, FileType, Mode, OFlags, Stat, fstat};

use super::level::Level;
use super::{Previewer, count};
use crate::pattern::cache_tag::CACHE_TAG;
use crate::posix::set_metadata::EntryHandle;
use crate::posix::stat::{is_folder, lstat_at};
use crate::tar_reader::Member;
use crate::tar_reader::path::path_of;
use crate::tar_restorer::obstacle::{Obstacle, c_name};
use crate::tar_restorer::unfinished_mark::{self, is_unfinished};

impl Previewer<'_> {
    /// The first level is the target itself.
    pub(super) fn go_to(&mut self, names: &[&[u8]]) -> Result<(), Obstacle> {
        let common =
            self.way.iter().skip(1).zip(names).take_while(|(level, name)| level.name == **name).count();
        self.leave(common + 1);
        for name in &names[common..] {
            self.go_down(name)?;
        }
        Ok(())
    }

    /// Goes to the next level on the way, as far as it exists.
    fn go_down(&mut self, name: &[u8]) -> Result<(), Obstacle> {
        let (above, name_there) = (self.way.last(), c_name(name)?);
        let mut refused = above.and_then(|above| above.refused.or(above.refused_name(name)));
        let mut gives_way = false;
        let above = self.folder()?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let folder = above.and_then(|above| self.beneath.open(above, &name_there, flags, Mode::empty()).ok());
        let stat = folder.as_ref().and_then(|folder| fstat(folder).ok());
        if let (Some(above), None) = (above, refused) {
            refused = self.refused_spelling(above, &name_there);
        }
        if let (Some(above), None, None) = (above, &folder, refused) {
            let there = lstat_at(above, &name_there)?.filter(|stat| !is_folder(stat));
            refused = there.and_then(|stat| self.in_the_way(&stat));
            gives_way = there.is_some() && refused.is_none();
        }
        let is_home = stat.is_some_and(|stat| self.own.is_home(&stat));
        let is_own = stat.is_some_and(|stat| self.own.is_folder(&stat));
        let refused = refused.or(is_own.then_some(Refusal::Own));
        let (name, exists) = (name.to_vec(), folder.is_some());
        if let (Some(folders), Some(folder)) = (&mut self.folders, folder) {
            folders.push(&name, folder);
        }
        self.way.push(Level { name, exists, refused, is_home, gives_way, ..Level::default() });
        Ok(())
    }

    /// Returns what exists in the place of a folder.
    pub(super) fn folder_standing(&self, above: BorrowedFd<'_>, name: &CStr) -> Result<InPlace, Obstacle> {
        Ok(match self.disks.look(above, name)? {
            None => InPlace::Nothing,
            Some(stat) if is_folder(&stat) => InPlace::Folder,
            Some(_) => InPlace::Other,
        })
    }

    /// Refuses a name that the disk can't tell from that of another entry.
    fn refused_spelling(&self, above: BorrowedFd<'_>, name: &CStr) -> Option<Refusal> {
        match self.disks.look(above, name) {
            Err(Obstacle::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    /// Counts what would be removed for the folders on the way, once.
    pub(super) fn give_way(&mut self) {
        for depth in 1..self.way.len() {
            if !std::mem::take(&mut self.way[depth].gives_way) {
                continue;
            }
            let names: Vec<_> = self.way[1..=depth].iter().map(|level| &level.name[..]).collect();
            let path = names.join(&b'/');
            if self.given_way.insert(self.hasher.hash_one(&path)) {
                count(&mut self.preview.gives_way_entries, &mut self.preview.gives_way, &path);
            }
        }
    }

    /// Counts the folder at hand where it stands and something would be set on it.
    pub(super) fn count_unlike(&mut self, member: &mut Member) {
        let Some(level) = self.way.last().filter(|level| level.refused.is_none()) else { return };
        let wanted = self.rights.wanted(member);
        // One that can't be opened is opened to its owner first by the restore.
        let located = if level.exists { None } else { self.located(&level.name) };
        let holder = match (&located, self.folder()) {
            (Some(shut), _) => EntryHandle::Located(shut.as_fd()),
            (None, Ok(Some(folder))) => EntryHandle::Open(folder),
            _ => return,
        };
        let (EntryHandle::Open(handle) | EntryHandle::Located(handle) | EntryHandle::Symlink(handle)) =
            holder;
        let has_mark = matches!(holder, EntryHandle::Open(folder) if unfinished_mark::has_file(folder));
        let is_unfinished = has_mark || fstat(handle).is_ok_and(|stat| is_unfinished(&stat, Some(&wanted)));
        if is_unfinished || self.request.existing == IfExists::Replace {
            self.preview.unlike_folders += u64::from(!holder.has_all_of(&wanted));
        }
    }

    /// Returns a folder in the one above the level at hand, which can't be opened itself.
    fn located(&self, name: &[u8]) -> Option<OwnedFd> {
        let [.., above, _] = &self.way[..] else { return None };
        let folder = self.folders.as_ref().filter(|_| above.exists)?.at_hand().ok()?;
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        self.beneath.open(folder, &c_name(name).ok()?, flags, Mode::empty()).ok()
    }

    /// Returns why nothing would be made below what stands in the place of a folder.
    pub(super) fn in_the_way(&self, stat: &Stat) -> Option<Refusal> {
        let standing = if is_folder(stat) { InPlace::Folder } else { InPlace::Other };
        match step(true, standing, self.request.existing, false) {
            Step::Refuse(_) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => {
                Some(Refusal::ThroughLink)
            }
            Step::Refuse(refusal) => Some(refusal),
            _ => None,
        }
    }

    pub(super) fn way_refusal(&self, name: &[u8]) -> Option<Refusal> {
        self.in_the_way(&lstat_at(self.folder().ok()??, &c_name(name).ok()?).ok()??)
    }

    /// Leaves all levels but so many, and counts what is in those folders beside what is in the archive.
    pub(super) fn leave(&mut self, keep: usize) {
        while self.way.len() > keep {
            self.count_extras();
            self.way.pop();
            if let Some(folders) = &mut self.folders {
                folders.go_up(self.way.len().saturating_sub(1));
            }
        }
    }

    /// Counts what is in the folder at hand beside what is in the archive.
    fn count_extras(&mut self) {
        let Some(level) = self.way.last_mut().filter(|level| level.is_taken) else { return };
        let mut names = std::mem::take(&mut level.names);
        names.sort_unstable();
        let Ok(Some(Ok(folder))) = self.folder().map(|folder| folder.map(|it| it.try_clone_to_owned()))
        else {
            return;
        };
        let is_below = self.way.len() > 1;
        let is_elsewhere = is_below && self.left_out.is_elsewhere(folder.as_fd(), c"");
        let is_cache = is_below && self.left_out.is_cache(folder.as_fd());
        // What can't be listed has no extra entries that could be named.
        let Ok(entries) = Dir::read_from(&folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let bytes = name.to_bytes();
            let is_archived = || names.binary_search(&self.hasher.hash_one(bytes)).is_ok();
            if bytes != b"." && bytes != b".." && !is_archived() {
                let below = self.path_of(bytes);
                let stat = lstat_at(folder.as_fd(), name).ok().flatten();
                // Of a folder that is mounted there, the entry itself is taken.
                let is_file = stat.as_ref().is_some_and(|stat| !is_folder(stat));
                let is_left_out = is_elsewhere
                    || is_cache && name != CACHE_TAG
                    || is_file && self.left_out.is_elsewhere(folder.as_fd(), name);
                self.count_extra(below, stat.as_ref(), is_left_out);
            }
        }
    }

    /// Returns the path below the target of a name in the folder at hand.
    fn path_of(&self, name: &[u8]) -> Vec<u8> {
        let above = self.way.iter().skip(1).map(|level| &level.name[..]);
        above.chain([name]).collect::<Vec<_>>().join(&b'/')
    }

    /// Counts what isn't in the archive. Of a folder, with its `/`, nothing below it is looked at.
    fn count_extra(&mut self, mut below: Vec<u8>, stat: Option<&Stat>, is_left_out: bool) {
        let is_left_out =
            is_left_out || stat.is_some_and(|stat| self.left_out.is(&path_of(&below), stat, &self.own));
        if is_left_out {
            self.preview.left_out_entries += 1;
            return;
        }
        if stat.is_some_and(is_folder) {
            below.push(b'/');
        }
        count(&mut self.preview.extra_entries, &mut self.preview.extra, &below);
    }
}
