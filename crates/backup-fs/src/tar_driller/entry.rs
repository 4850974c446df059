//! Compares one entry of an archive with what was restored of it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};

use backup_core::model::history::DifferenceKind;
use backup_core::model::restore::components;
use backup_core::policy::drill_capabilities::{Judgement, judge};
use rustix::fs::{FileType, Gid, Stat, Uid, major, minor, readlinkat};

use super::comparison::Comparison;
use super::contents::{Compared, compare_contents};
use super::dir_stack::c_name;
use crate::posix::metadata::Metadata;
use crate::posix::stat::lstat_at;
use crate::tar_reader::{Member, MemberKind, TarReader};

/// An entry, and the names that lead to it.
pub(super) struct Entry<'m> {
    pub(super) names: &'m [&'m [u8]],
    pub(super) member: &'m mut Member,
}

/// What was found out about an entry.
#[derive(Debug, Default)]
pub(super) struct Findings {
    differences: Vec<DifferenceKind>,
    /// Something could not be restored here, and was not compared.
    pub(super) is_partial: bool,
    /// A tar that is told to restore it fails over it.
    fails_tar: bool,
}

type Reader<'r> = TarReader<&'r mut dyn Read>;

/// The bits that are gone where an owner can't be restored.
const SET_ID: u32 = 0o6000;

impl Findings {
    pub(super) fn differs(&mut self, kind: DifferenceKind) {
        self.differences.push(kind);
    }

    /// Takes in how a property was judged over which tar fails where it can't restore it.
    fn judged(&mut self, judgement: Judgement, kind: impl FnOnce() -> DifferenceKind) {
        match judgement {
            Judgement::Same => {}
            Judgement::Differs => self.differs(kind()),
            Judgement::NotCompared => (self.is_partial, self.fails_tar) = (true, true),
        }
    }
}

impl Entry<'_> {
    /// Compares all of it. Something that can't be restored here makes it one that is compared in part.
    pub(super) fn compare(self, with: &mut Comparison<'_>, reader: &mut Reader<'_>) {
        let mut findings = Findings::default();
        match self.look(with) {
            // A disk may refuse to look for a name that it can't hold.
            Err(error) => {
                self.compare_missing(with, DifferenceKind::Unreadable(error.to_string()), &mut findings);
            }
            Ok(None) => self.compare_missing(with, DifferenceKind::Missing, &mut findings),
            Ok(Some(stat)) if !self.is_kind(&stat) => {
                self.compare_missing(with, DifferenceKind::Kind, &mut findings);
            }
            Ok(Some(stat)) if self.member.kind == MemberKind::HardLink => {
                if !self.leads_to(with, &stat) {
                    findings.differs(DifferenceKind::Link);
                }
            }
            Ok(Some(stat)) => {
                let wanted = with.abilities.rights.wanted(self.member);
                findings.is_partial = wanted.is_tamed;
                self.compare_stat(with, &stat, &wanted, &mut findings);
                self.compare_attributes(with, &wanted, &mut findings);
                self.compare_contents(with, &stat, reader, &mut findings);
            }
        }
        with.report.uncompared_entries += u64::from(findings.is_partial);
        with.is_failure_expected |= findings.fails_tar;
        for kind in findings.differences {
            with.differs(&self.member.path, kind);
        }
    }

    /// Judges what isn't there, or is something else.
    fn compare_missing(&self, with: &mut Comparison<'_>, kind: DifferenceKind, findings: &mut Findings) {
        // A volume's label, say, which is nothing to restore.
        if matches!(self.member.kind, MemberKind::Other(_)) {
            findings.is_partial = true;
            return;
        }
        let is_beyond = self.is_beyond_tar(with) || self.needs_unmade(with) || self.is_shut_out(with);
        let can_be_made =
            || self.names.last().is_some_and(|name| with.abilities.trial.can_make(self.member, name));
        findings.judged(judge(false, !is_beyond, can_be_made), || kind);
        if findings.is_partial {
            with.unmade.insert(self.names.join(&b'/'));
        }
    }

    fn is_beyond_tar(&self, with: &Comparison<'_>) -> bool {
        let tar = with.abilities.manner.tar;
        let is_too_long = !self.is_within_reach(with)
            || self.member.kind == MemberKind::HardLink && !tar.restores_path(self.member.link.len());
        is_too_long || self.member.sparse.is_some() && !tar.restores_sparse_files()
    }

    /// Whether tar can reach it by its path.
    pub(super) fn is_within_reach(&self, with: &Comparison<'_>) -> bool {
        let path_bytes = self.names.iter().map(|name| name.len() + 1).sum::<usize>().saturating_sub(1);
        with.abilities.manner.tar.restores_path(path_bytes)
    }

    /// Whether it is in a folder that could not be made, or another name of something that could not.
    fn needs_unmade(&self, with: &Comparison<'_>) -> bool {
        let is_unmade = |names: &[&[u8]]| with.unmade.contains(&names.join(&b'/'));
        if with.unmade.is_empty() {
            return false;
        }
        let is_link_unmade = || components(&self.member.link).is_ok_and(|names| is_unmade(&names));
        (1..self.names.len()).any(|end| is_unmade(&self.names[..end]))
            || self.member.kind == MemberKind::HardLink && is_link_unmade()
    }

    /// Whether tar could not make anything in its folder.
    fn is_shut_out(&self, with: &mut Comparison<'_>) -> bool {
        let Some((_, above)) = self.names.split_last().filter(|_| with.abilities.is_root_in_name_only) else {
            return false;
        };
        let Some(folder) = stat_of(with, above).ok().flatten() else { return false };
        !with.abilities.manner.tar.fills_folder(with.way.restored_mode(&folder), true)
    }

    /// Looks at what has its name.
    fn look(&self, with: &mut Comparison<'_>) -> io::Result<Option<Stat>> {
        stat_of(with, self.names)
    }

    fn is_kind(&self, stat: &Stat) -> bool {
        let kind = FileType::from_raw_mode(stat.st_mode);
        match self.member.kind {
            // A link's own name leads to whatever the first one is.
            MemberKind::HardLink => kind != FileType::Directory,
            member => member.file_type() == Some(kind),
        }
    }

    /// Whether it is another name of what the archive says.
    fn leads_to(&self, with: &mut Comparison<'_>, stat: &Stat) -> bool {
        let Ok(names) = components(&self.member.link) else { return false };
        let first = stat_of(with, &names).ok().flatten();
        first.is_some_and(|first| (first.st_dev, first.st_ino) == (stat.st_dev, stat.st_ino))
    }

    fn compare_stat(
        &self,
        with: &mut Comparison<'_>,
        stat: &Stat,
        wanted: &Metadata,
        findings: &mut Findings,
    ) {
        let has_owner = self.compare_owner(with, stat, wanted, findings);
        self.compare_mode(with, stat, if has_owner { wanted.mode } else { wanted.mode & !SET_ID }, findings);
        self.compare_time(with, stat, wanted, findings);
        let is_device = matches!(self.member.kind, MemberKind::CharDevice | MemberKind::BlockDevice);
        if is_device && (major(stat.st_rdev), minor(stat.st_rdev)) != self.member.device {
            findings.differs(DifferenceKind::Device);
        }
        if self.member.kind == MemberKind::Symlink && !self.points_alike(with) {
            findings.differs(DifferenceKind::Link);
        }
    }

    /// Returns whether it has the owner and the group of the archive, or should have.
    fn compare_owner(
        &self,
        with: &Comparison<'_>,
        stat: &Stat,
        wanted: &Metadata,
        findings: &mut Findings,
    ) -> bool {
        let abilities = &with.abilities;
        if !abilities.manner.with_owners {
            let is_foreign = (self.member.uid, self.member.gid) != abilities.own;
            findings.is_partial |= is_foreign;
            return !is_foreign;
        }
        let Some(owner) = wanted.owner else { return true };
        let is_same = (Uid::as_raw(owner.0), Gid::as_raw(owner.1)) == (stat.st_uid, stat.st_gid);
        let is_symlink = self.member.kind == MemberKind::Symlink;
        let restores = self.is_within_reach(with) && abilities.manner.tar.restores_owner(is_symlink);
        let judgement = judge(is_same, restores, || abilities.trial.can_set_owner(owner));
        findings.judged(judgement, || DifferenceKind::Owner);
        judgement != Judgement::NotCompared
    }

    fn compare_mode(&self, with: &Comparison<'_>, stat: &Stat, archived: u32, findings: &mut Findings) {
        if self.member.kind == MemberKind::Symlink {
            return;
        }
        let restored = with.way.restored_mode(stat) & (archived | !SET_ID);
        let is_folder = self.member.kind == MemberKind::Folder;
        let can_be_set = || with.abilities.trial.can_set_mode(archived, is_folder);
        let judgement = judge(archived == restored, self.is_within_reach(with), can_be_set);
        findings.judged(judgement, || DifferenceKind::Mode(archived, restored));
    }

    fn compare_time(&self, with: &Comparison<'_>, stat: &Stat, wanted: &Metadata, findings: &mut Findings) {
        let (tar, modified) = (with.abilities.manner.tar, self.member.modified);
        let is_file = self.member.kind == MemberKind::File;
        let restores = self.is_within_reach(with)
            && tar.restores_time(is_file, (modified.seconds, modified.nanos), stat.st_mtime);
        let judgement =
            judge(wanted.is_as_old_as(stat), restores, || with.abilities.trial.can_set_time(modified));
        findings.judged(judgement, || DifferenceKind::Modified);
    }

    fn points_alike(&self, with: &mut Comparison<'_>) -> bool {
        let Some((name, above)) = self.names.split_last() else { return false };
        let read =
            with.way.enter(above).and_then(|folder| Ok(readlinkat(folder, &*c_name(name)?, Vec::new())?));
        read.is_ok_and(|link| link.as_bytes() == self.member.link)
    }

    fn compare_contents(
        &self,
        with: &mut Comparison<'_>,
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
        let opened = with.way.enter(above).map(drop).and_then(|()| with.way.open_file(name));
        match opened.map(File::from).and_then(|file| compare_contents(with, reader, &file)) {
            Ok(Compared::Same) => {}
            Ok(Compared::Differs(at)) => findings.differs(DifferenceKind::Contents(at)),
            Ok(Compared::InPart) => findings.is_partial = true,
            Err(error) => findings.differs(DifferenceKind::Unreadable(error.to_string())),
        }
    }
}

fn stat_of(with: &mut Comparison<'_>, names: &[&[u8]]) -> io::Result<Option<Stat>> {
    let Some((name, above)) = names.split_last() else { return Ok(None) };
    let name = c_name(name)?;
    match with.way.enter(above).and_then(|folder| lstat_at(folder, &name)) {
        // A folder above isn't there, or is none: that is said of the folder.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        found => found,
    }
}
