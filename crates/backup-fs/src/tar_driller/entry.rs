//! Compares one entry of an archive with the restored one.

use std::fs::File;
use std::io::{self, ErrorKind, Read};

use backup_core::model::history::DifferenceKind;
use backup_core::model::restore::components;
use backup_core::policy::drill_capabilities::{Judgement, judge_property};
use rustix::fs::{FileType, Gid, Stat, Uid, major, minor, readlinkat};

use super::comparison::Comparison;
use super::contents::{Compared, compare_contents};
use super::dir_stack::c_name;
use crate::posix::metadata::Metadata;
use crate::posix::stat::lstat_at;
use crate::tar_reader::{Member, MemberKind, TarReader};

/// An entry, and the names of its path.
pub(super) struct Entry<'m> {
    pub(super) names: &'m [&'m [u8]],
    pub(super) member: &'m mut Member,
}

/// The findings about one entry.
#[derive(Debug, Default)]
pub(super) struct Findings {
    differences: Vec<DifferenceKind>,
    /// Some property could not be restored here and wasn't compared.
    pub(super) is_partial: bool,
    /// Tar fails over it if it is told to restore it.
    fails_tar: bool,
}

type Reader<'r> = TarReader<&'r mut dyn Read>;

/// The mode bits that are lost if the owner can't be restored.
const SET_ID: u32 = 0o6000;

impl Findings {
    pub(super) fn differs(&mut self, kind: DifferenceKind) {
        self.differences.push(kind);
    }

    /// Adds the judgement of a property. Tar fails if it can't restore that property.
    fn add_judgement(&mut self, judgement: Judgement, kind: impl FnOnce() -> DifferenceKind) {
        match judgement {
            Judgement::Same => {}
            Judgement::Differs => self.differs(kind()),
            Judgement::NotCompared => (self.is_partial, self.fails_tar) = (true, true),
        }
    }
}

impl Entry<'_> {
    /// Compares all properties. An entry with a property that can't be restored here counts as not fully compared.
    pub(super) fn compare(self, comparison: &mut Comparison<'_>, reader: &mut Reader<'_>) {
        let mut findings = Findings::default();
        match self.stat(comparison) {
            // A disk may refuse a name that it can't store.
            Err(error) => {
                self.compare_missing(
                    comparison,
                    DifferenceKind::Unreadable(error.to_string()),
                    &mut findings,
                );
            }
            Ok(None) => self.compare_missing(comparison, DifferenceKind::Missing, &mut findings),
            Ok(Some(stat)) if !self.is_kind(&stat) => {
                self.compare_missing(comparison, DifferenceKind::Kind, &mut findings);
            }
            Ok(Some(stat)) if self.member.kind == MemberKind::HardLink => {
                if !self.is_link_to_target(comparison, &stat) {
                    findings.differs(DifferenceKind::Link);
                }
            }
            Ok(Some(stat)) => {
                let metadata = comparison.capabilities.rights.wanted(self.member);
                findings.is_partial = metadata.is_deprivileged;
                self.compare_stat(comparison, &stat, &metadata, &mut findings);
                self.compare_attributes(comparison, &metadata, &mut findings);
                self.compare_contents(comparison, &stat, reader, &mut findings);
            }
        }
        comparison.report.uncompared_entries += u64::from(findings.is_partial);
        comparison.is_failure_expected |= findings.fails_tar;
        for kind in findings.differences {
            comparison.differs(&self.member.path, kind);
        }
    }

    /// Judges an entry that doesn't exist or has another kind.
    fn compare_missing(
        &self,
        comparison: &mut Comparison<'_>,
        kind: DifferenceKind,
        findings: &mut Findings,
    ) {
        // Other members, such as volume labels, aren't restored.
        if matches!(self.member.kind, MemberKind::Other(_)) {
            findings.is_partial = true;
            return;
        }
        let is_not_restorable = self.exceeds_tar(comparison)
            || self.depends_on_not_created(comparison)
            || self.is_in_closed_folder(comparison);
        let can_be_made = || {
            self.names.last().is_some_and(|name| comparison.capabilities.trial.can_make(self.member, name))
        };
        findings.add_judgement(judge_property(false, !is_not_restorable, can_be_made), || kind);
        if findings.is_partial {
            comparison.not_created.insert(self.names.join(&b'/'));
        }
    }

    fn exceeds_tar(&self, comparison: &Comparison<'_>) -> bool {
        let tar = comparison.capabilities.options.tar;
        let is_too_long = !self.is_within_reach(comparison)
            || self.member.kind == MemberKind::HardLink && !tar.restores_path(self.member.link.len());
        is_too_long || self.member.sparse.is_some() && !tar.restores_sparse_files()
    }

    /// Returns whether tar can restore a path of this length.
    pub(super) fn is_within_reach(&self, comparison: &Comparison<'_>) -> bool {
        let path_bytes = self.names.iter().map(|name| name.len() + 1).sum::<usize>().saturating_sub(1);
        comparison.capabilities.options.tar.restores_path(path_bytes)
    }

    /// Returns whether it is in a folder that could not be created, or a hard link to something that could not.
    fn depends_on_not_created(&self, comparison: &Comparison<'_>) -> bool {
        let is_not_created = |names: &[&[u8]]| comparison.not_created.contains(&names.join(&b'/'));
        if comparison.not_created.is_empty() {
            return false;
        }
        let is_link_not_created = || components(&self.member.link).is_ok_and(|names| is_not_created(&names));
        (1..self.names.len()).any(|end| is_not_created(&self.names[..end]))
            || self.member.kind == MemberKind::HardLink && is_link_not_created()
    }

    /// Returns whether tar could not create anything in its folder.
    fn is_in_closed_folder(&self, comparison: &mut Comparison<'_>) -> bool {
        let Some((_, above)) =
            self.names.split_last().filter(|_| comparison.capabilities.is_root_in_name_only)
        else {
            return false;
        };
        let Some(folder) = stat_of(comparison, above).ok().flatten() else { return false };
        !comparison.capabilities.options.tar.fills_folder(comparison.dirs.restored_mode(&folder), true)
    }

    /// Returns the metadata of what has its name.
    fn stat(&self, comparison: &mut Comparison<'_>) -> io::Result<Option<Stat>> {
        stat_of(comparison, self.names)
    }

    fn is_kind(&self, stat: &Stat) -> bool {
        let kind = FileType::from_raw_mode(stat.st_mode);
        match self.member.kind {
            // A hard link has the kind of its target.
            MemberKind::HardLink => kind != FileType::Directory,
            member => member.file_type() == Some(kind),
        }
    }

    /// Returns whether it is a hard link to the target that the archive names.
    fn is_link_to_target(&self, comparison: &mut Comparison<'_>, stat: &Stat) -> bool {
        let Ok(names) = components(&self.member.link) else { return false };
        let first = stat_of(comparison, &names).ok().flatten();
        first.is_some_and(|first| (first.st_dev, first.st_ino) == (stat.st_dev, stat.st_ino))
    }

    fn compare_stat(
        &self,
        comparison: &mut Comparison<'_>,
        stat: &Stat,
        metadata: &Metadata,
        findings: &mut Findings,
    ) {
        let has_owner = self.compare_owner(comparison, stat, metadata, findings);
        self.compare_mode(
            comparison,
            stat,
            if has_owner { metadata.mode } else { metadata.mode & !SET_ID },
            findings,
        );
        self.compare_time(comparison, stat, metadata, findings);
        let is_device = matches!(self.member.kind, MemberKind::CharDevice | MemberKind::BlockDevice);
        if is_device && (major(stat.st_rdev), minor(stat.st_rdev)) != self.member.device {
            findings.differs(DifferenceKind::Device);
        }
        if self.member.kind == MemberKind::Symlink && !self.has_same_target(comparison) {
            findings.differs(DifferenceKind::Link);
        }
    }

    /// Returns whether it has the owner and the group of the archive, or should have them.
    fn compare_owner(
        &self,
        comparison: &Comparison<'_>,
        stat: &Stat,
        metadata: &Metadata,
        findings: &mut Findings,
    ) -> bool {
        let capabilities = &comparison.capabilities;
        if !capabilities.options.with_owners {
            let is_foreign = (self.member.uid, self.member.gid) != capabilities.default_owner;
            findings.is_partial |= is_foreign;
            return !is_foreign;
        }
        let Some(owner) = metadata.owner else { return true };
        let is_same = (Uid::as_raw(owner.0), Gid::as_raw(owner.1)) == (stat.st_uid, stat.st_gid);
        let is_symlink = self.member.kind == MemberKind::Symlink;
        let restores =
            self.is_within_reach(comparison) && capabilities.options.tar.restores_owner(is_symlink);
        let judgement = judge_property(is_same, restores, || capabilities.trial.can_set_owner(owner));
        findings.add_judgement(judgement, || DifferenceKind::Owner);
        judgement != Judgement::NotCompared
    }

    fn compare_mode(&self, comparison: &Comparison<'_>, stat: &Stat, archived: u32, findings: &mut Findings) {
        if self.member.kind == MemberKind::Symlink {
            return;
        }
        let restored = comparison.dirs.restored_mode(stat) & (archived | !SET_ID);
        let is_folder = self.member.kind == MemberKind::Folder;
        let can_be_set = || comparison.capabilities.trial.can_set_mode(archived, is_folder);
        let judgement = judge_property(archived == restored, self.is_within_reach(comparison), can_be_set);
        findings.add_judgement(judgement, || DifferenceKind::Mode(archived, restored));
    }

    fn compare_time(
        &self,
        comparison: &Comparison<'_>,
        stat: &Stat,
        metadata: &Metadata,
        findings: &mut Findings,
    ) {
        let (tar, modified) = (comparison.capabilities.options.tar, self.member.modified);
        let is_file = self.member.kind == MemberKind::File;
        let restores = self.is_within_reach(comparison)
            && tar.restores_time(is_file, (modified.seconds, modified.nanos), stat.st_mtime);
        let judgement = judge_property(metadata.is_as_old_as(stat), restores, || {
            comparison.capabilities.trial.can_set_time(modified)
        });
        findings.add_judgement(judgement, || DifferenceKind::Modified);
    }

    fn has_same_target(&self, comparison: &mut Comparison<'_>) -> bool {
        let Some((name, above)) = self.names.split_last() else { return false };
        let read = comparison
            .dirs
            .enter(above)
            .and_then(|folder| Ok(readlinkat(folder, &*c_name(name)?, Vec::new())?));
        read.is_ok_and(|link| link.as_bytes() == self.member.link)
    }

    fn compare_contents(
        &self,
        comparison: &mut Comparison<'_>,
        stat: &Stat,
        reader: &mut Reader<'_>,
        findings: &mut Findings,
    ) {
        let Some((name, above)) = self.names.split_last().filter(|_| self.member.kind == MemberKind::File)
        else {
            return;
        };
        let restored_bytes = u64::try_from(stat.st_size).unwrap_or_default();
        if restored_bytes != self.member.size_bytes {
            return findings.differs(DifferenceKind::Size(self.member.size_bytes, restored_bytes));
        }
        let opened = comparison.dirs.enter(above).map(drop).and_then(|()| comparison.dirs.open_file(name));
        match opened.map(File::from).and_then(|file| compare_contents(comparison, reader, &file)) {
            Ok(Compared::Same) => {}
            Ok(Compared::Differs(at)) => findings.differs(DifferenceKind::Contents(at)),
            Ok(Compared::InPart) => findings.is_partial = true,
            Err(error) => findings.differs(DifferenceKind::Unreadable(error.to_string())),
        }
    }
}

fn stat_of(comparison: &mut Comparison<'_>, names: &[&[u8]]) -> io::Result<Option<Stat>> {
    let Some((name, above)) = names.split_last() else { return Ok(None) };
    let name = c_name(name)?;
    match comparison.dirs.enter(above).and_then(|folder| lstat_at(folder, &name)) {
        // A parent folder is missing or isn't a folder. That is reported for the folder.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        found => found,
    }
}
