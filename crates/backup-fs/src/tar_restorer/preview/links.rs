//! Other names of files, beside what stands in their places.

use std::hash::BuildHasher;
use std::io;
use std::os::fd::AsFd;

use backup_core::model::restore::{InPlace, Refusal, components};
use rustix::fs::Stat;

use super::{Previewer, Reader};
use crate::posix::stat::{is_folder, lstat_at};
use crate::tar_reader::progress_reader::Watch;
use crate::tar_reader::{Member, MemberKind};
use crate::tar_restorer::obstacle::{Obstacle, c_name};
use crate::tar_restorer::skipped::Origin;

impl Previewer<'_> {
    /// Returns the path under which an entry that isn't chosen would be made all the same.
    pub(super) fn stand_in(&mut self, below: &[u8], is_taken: bool, member: &Member) -> Option<Vec<u8>> {
        let is_file = !matches!(member.kind, MemberKind::Folder | MemberKind::HardLink);
        if is_taken || !is_file { None } else { self.survey.stand_in(below) }
    }

    pub(super) fn take_as(
        &mut self,
        path: &[u8],
        member: &mut Member,
        reader: &mut Reader<'_>,
        watch: &Watch<'_>,
    ) -> Result<(), Obstacle> {
        let names = components(path)?;
        let (name, above) = names.split_last().ok_or(Refusal::Nameless)?;
        self.go_to(above)?;
        self.take(name, path, member, reader, watch)
    }

    /// Returns what stands in the place of another name, and what that would be made of; `None` where it has the contents
    /// itself, and was counted.
    pub(super) fn link(
        &mut self,
        name: &[u8],
        below: &[u8],
        member: &Member,
        reader: &mut Reader<'_>,
        watch: &Watch<'_>,
    ) -> Result<Option<(InPlace, Option<Origin>)>, Obstacle> {
        let target = self.top.below_path(&member.link)?.join(&b'/');
        let Some(target) = self.survey.target(below, &target)? else { return Ok(None) };
        self.skipped_files.forget(below);
        let origin = self.skipped_files.origin(target)?;
        let standing = match &origin {
            Origin::InPlace(target) => self.link_standing(name, target)?,
            Origin::Archived(offset, _) => {
                let (mut member, bookmark) = reader.again(*offset).map_err(io::Error::from)?;
                let standing = self.standing(name, &mut member, reader, watch);
                reader.go_on(bookmark).map_err(io::Error::from)?;
                standing?
            }
        };
        Ok(Some((standing, Some(origin))))
    }

    /// Returns what stands in the place of another name of what has that path.
    fn link_standing(&self, name: &[u8], target: &[u8]) -> Result<InPlace, Obstacle> {
        let Some(folder) = self.folder()? else { return Ok(InPlace::Nothing) };
        let Some(stat) = self.disks.look(folder, &c_name(name)?)? else { return Ok(InPlace::Nothing) };
        if is_folder(&stat) {
            return Ok(InPlace::Folder);
        }
        let identity = |stat: &Stat| (stat.st_dev, stat.st_ino);
        let file = if self.anew.contains(&self.hasher.hash_one(target)) { None } else { self.find(target) };
        let is_same = file.is_some_and(|file| identity(&file) == identity(&stat));
        Ok(if is_same { InPlace::Same } else { InPlace::Other })
    }

    /// Returns what has that path below the target.
    fn find(&self, below: &[u8]) -> Option<Stat> {
        let names = components(below).ok()?;
        let (name, above) = names.split_last()?;
        let folder = self.folders.as_ref()?.find(above).ok()?;
        lstat_at(folder.as_fd(), &c_name(name).ok()?).ok()?
    }
}
