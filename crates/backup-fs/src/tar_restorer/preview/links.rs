//! The preview of hard links.

use std::hash::BuildHasher;
use std::io;
use std::os::fd::AsFd;

use backup_core::model::restore::{InPlace, Refusal, components};
use rustix::fs::Stat;

use super::{Previewer, Reader};
use crate::posix::stat::{is_folder, lstat_at};
use crate::tar_reader::progress_reader::Watch;
use crate::tar_reader::{Member, MemberKind};
use crate::tar_restorer::link_origins::Origin;
use crate::tar_restorer::obstacle::{Obstacle, c_name};

impl Previewer<'_> {
    /// Returns the path under which an unselected entry would be restored for a hard link.
    pub(super) fn promoted_link(
        &mut self,
        below: &[u8],
        is_selected: bool,
        member: &Member,
    ) -> Option<Vec<u8>> {
        let is_file = !matches!(member.kind, MemberKind::Folder | MemberKind::HardLink);
        if is_selected || !is_file { None } else { self.first_pass.promoted_link(below) }
    }

    pub(super) fn preview_entry_as(
        &mut self,
        path: &[u8],
        member: &mut Member,
        reader: &mut Reader<'_>,
        watch: &Watch<'_>,
    ) -> Result<(), Obstacle> {
        let names = components(path)?;
        let (name, above) = names.split_last().ok_or(Refusal::Nameless)?;
        self.go_to(above)?;
        self.preview_entry(name, path, member, reader, watch)
    }

    /// Returns what exists in the place of a hard link, and its origin. Returns `None` if the link became the file
    /// itself and was counted.
    pub(super) fn link(
        &mut self,
        name: &[u8],
        below: &[u8],
        member: &Member,
        reader: &mut Reader<'_>,
        watch: &Watch<'_>,
    ) -> Result<Option<(InPlace, Option<Origin>)>, Obstacle> {
        let target = self.source_root.below_path(&member.link)?.join(&b'/');
        let Some(target) = self.first_pass.target(below, &target)? else { return Ok(None) };
        self.link_origins.forget(below);
        let origin = self.link_origins.origin(target)?;
        let existing = match &origin {
            Origin::InPlace(target) => self.existing_link(name, target)?,
            Origin::Archived(offset, _) => {
                let (mut member, bookmark) = reader.go_back(*offset).map_err(io::Error::from)?;
                let existing = self.existing_entry(name, &mut member, reader, watch);
                reader.go_on(bookmark).map_err(io::Error::from)?;
                existing?
            }
        };
        Ok(Some((existing, Some(origin))))
    }

    /// Compares what exists in the place of a hard link with the link's target.
    /// itself and was counted.
    fn existing_link(&self, name: &[u8], target: &[u8]) -> Result<InPlace, Obstacle> {
        let Some(folder) = self.folder()? else { return Ok(InPlace::Nothing) };
        let Some(stat) = self.disk_limits.probe(folder, &c_name(name)?)? else { return Ok(InPlace::Nothing) };
        if is_folder(&stat) {
            return Ok(InPlace::Folder);
        }
        let identity = |stat: &Stat| (stat.st_dev, stat.st_ino);
        let file = if self.replaced_files.contains(&self.hasher.hash_one(target)) {
            None
        } else {
            self.find(target)
        };
        let is_same = file.is_some_and(|file| identity(&file) == identity(&stat));
        Ok(if is_same { InPlace::Same } else { InPlace::Other })
    }

    /// Returns the metadata of the entry with that path below the target.
    fn find(&self, below: &[u8]) -> Option<Stat> {
        let names = components(below).ok()?;
        let (name, above) = names.split_last()?;
        let folder = self.folders.as_ref()?.find(above).ok()?;
        lstat_at(folder.as_fd(), &c_name(name).ok()?).ok()?
    }
}
