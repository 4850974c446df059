//! The folders on the way to the entry at hand, as far as they stand.

use std::collections::HashSet;
use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};

use backup_core::restore::{Existing, Refusal, Standing, Step, is_own_name, step};
use rustix::fs::{Dir, FileType, Mode, OFlags, Stat, fstat};

use super::super::holder::Holder;
use super::super::job::{Obstacle, c_name, path_of};
use super::super::look::look;
use super::super::mark::{self, is_unfinished};
use super::super::target::is_folder;
use super::{Previewer, count};
use crate::tar_archiver::CACHE_TAG;
use crate::tar_reader::Member;

/// A folder on the way to the entry at hand.
pub(super) struct Level {
    pub(super) name: Vec<u8>,
    /// `None` where there is none.
    pub(super) folder: Option<OwnedFd>,
    /// Why nothing in it would be made.
    pub(super) refused: Option<Refusal>,
    pub(super) is_home: bool,
    /// Something else stands there, and would be removed.
    pub(super) gives_way: bool,
    /// What the archive has in it.
    pub(super) names: HashSet<Vec<u8>>,
    pub(super) is_taken: bool,
}

impl Level {
    pub(super) fn refused_name(&self, name: &[u8]) -> Option<Refusal> {
        (self.is_home && is_own_name(name)).then_some(Refusal::Own)
    }
}

impl Previewer<'_> {
    /// The first level is the target itself.
    pub(super) fn go_to(&mut self, names: &[Vec<u8>]) -> Result<(), Obstacle> {
        let common =
            self.way.iter().skip(1).zip(names).take_while(|(level, name)| level.name == **name).count();
        self.leave(common + 1);
        for name in &names[common..] {
            let level = self.level(name)?;
            self.way.push(level);
        }
        Ok(())
    }

    /// Returns the next level on the way, as far as it stands.
    pub(super) fn level(&self, name: &[u8]) -> Result<Level, Obstacle> {
        let (above, name_there) = (self.way.last(), c_name(name)?);
        let mut refused = above.and_then(|above| above.refused.or(above.refused_name(name)));
        let mut gives_way = false;
        let above = above.and_then(|above| above.folder.as_ref());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let folder =
            above.and_then(|above| self.beneath.open(above.as_fd(), &name_there, flags, Mode::empty()).ok());
        let stat = folder.as_ref().and_then(|folder| fstat(folder).ok());
        if let (Some(above), None) = (above, refused) {
            refused = self.refused_spelling(above, &name_there);
        }
        if let (Some(above), None, None) = (above, &folder, refused) {
            let there = look(above.as_fd(), &name_there)?.filter(|stat| !is_folder(stat));
            refused = there.and_then(|stat| self.in_the_way(&stat));
            gives_way = there.is_some() && refused.is_none();
        }
        let is_home = stat.is_some_and(|stat| self.own.is_home(&stat));
        let is_own = stat.is_some_and(|stat| self.own.is_folder(&stat));
        let refused = refused.or(is_own.then_some(Refusal::Own));
        Ok(Level {
            name: name.to_vec(),
            folder,
            refused,
            is_home,
            gives_way,
            names: HashSet::new(),
            is_taken: false,
        })
    }

    /// Returns what exists in the place of a folder.
    pub(super) fn folder_standing(&self, above: &OwnedFd, name: &CStr) -> Result<Standing, Obstacle> {
        Ok(match self.disks.look(above.as_fd(), name)? {
            None => Standing::Nothing,
            Some(stat) if is_folder(&stat) => Standing::Folder,
            Some(_) => Standing::Other,
        })
    }

    /// Refuses a name that the disk can't tell from that of another entry.
    fn refused_spelling(&self, above: &OwnedFd, name: &CStr) -> Option<Refusal> {
        match self.disks.look(above.as_fd(), name) {
            Err(Obstacle::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    /// Counts what would be removed for the folders on the way, once.
    pub(super) fn give_way(&mut self) {
        let mut path = Vec::new();
        for level in self.way.iter_mut().skip(1) {
            path.push(level.name.clone());
            if std::mem::take(&mut level.gives_way) && self.given_way.insert(path.join(&b'/')) {
                let preview = &mut self.preview;
                count(&mut preview.gives_way_entries, &mut preview.gives_way, &path.join(&b'/'));
            }
        }
    }

    /// Counts the folder at hand where it stands and something would be set on it.
    pub(super) fn count_unlike(&mut self, member: &mut Member) {
        let [.., above, level] = &self.way[..] else { return };
        if level.refused.is_some() {
            return;
        }
        let wanted = self.rights.wanted(member);
        let stat = self.located(above, &level.name).and_then(|folder| fstat(folder).ok());
        let has_mark = level.folder.as_ref().is_some_and(|folder| mark::has_file(folder.as_fd()));
        let is_unfinished = has_mark || stat.is_some_and(|stat| is_unfinished(&stat, Some(&wanted)));
        if !is_unfinished && self.request.existing != Existing::Replace {
            return;
        }
        let is_unlike = match &level.folder {
            Some(folder) => !Holder::Open(folder.as_fd()).has_all_of(&wanted),
            // The restore opens it to its owner first.
            None => self
                .located(above, &level.name)
                .is_some_and(|shut| !Holder::Located(shut.as_fd()).has_all_of(&wanted)),
        };
        self.preview.unlike_folders += u64::from(is_unlike);
    }

    /// Returns a folder that stands, whether or not it may be opened.
    fn located(&self, above: &Level, name: &[u8]) -> Option<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        self.beneath.open(above.folder.as_ref()?.as_fd(), &c_name(name).ok()?, flags, Mode::empty()).ok()
    }

    /// Returns why nothing would be made below what stands in the place of a folder.
    pub(super) fn in_the_way(&self, stat: &Stat) -> Option<Refusal> {
        let standing = if is_folder(stat) { Standing::Folder } else { Standing::Other };
        match step(true, standing, self.request.existing, false) {
            Step::Refuse(_) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => {
                Some(Refusal::ThroughLink)
            }
            Step::Refuse(refusal) => Some(refusal),
            _ => None,
        }
    }

    pub(super) fn way_refusal(&self, name: &[u8]) -> Option<Refusal> {
        let folder = self.way.last()?.folder.as_ref()?;
        self.in_the_way(&look(folder.as_fd(), &c_name(name).ok()?).ok()??)
    }

    /// Leaves all levels but so many, and counts what is in those folders beside what is in the archive.
    pub(super) fn leave(&mut self, keep: usize) {
        while self.way.len() > keep {
            let path: Vec<Vec<u8>> = self.way.iter().skip(1).map(|level| level.name.clone()).collect();
            let Some(level) = self.way.pop() else { return };
            let Some(folder) = level.folder.filter(|_| level.is_taken) else { continue };
            let is_below = !path.is_empty();
            let is_elsewhere = is_below && self.left_out.is_elsewhere(folder.as_fd(), c"");
            let is_cache = is_below && self.left_out.is_cache(folder.as_fd());
            // What can't be listed has no extra entries that could be named.
            let Ok(entries) = Dir::read_from(&folder) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let bytes = name.to_bytes();
                if bytes != b"." && bytes != b".." && !level.names.contains(bytes) {
                    let below = [&path[..], &[bytes.to_owned()]].concat().join(&b'/');
                    let stat = look(folder.as_fd(), name).ok().flatten();
                    // Of a folder that is mounted there, the entry itself is taken.
                    let is_file = stat.as_ref().is_some_and(|stat| !is_folder(stat));
                    let is_left_out = is_elsewhere
                        || is_cache && name != CACHE_TAG
                        || is_file && self.left_out.is_elsewhere(folder.as_fd(), name);
                    self.count_extra(below, stat.as_ref(), is_left_out);
                }
            }
        }
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
