//! Compares one entry of an archive with what was restored of it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsRawFd, OwnedFd};

use backup_core::drill::DifferenceKind;
use backup_core::restore::components;
use rustix::fs::{FileType, Stat, getxattr, listxattr, major, minor, readlinkat};
use rustix::io::Errno;

use super::compare::Comparison;
use super::way::c_name;
use crate::tar_reader::{Member, MemberKind, TarReader};
use crate::tar_restorer::{ACCESS_LISTS, Wanted, look};

/// An entry, and the names that lead to it.
pub(super) struct Entry<'m> {
    pub(super) names: &'m [&'m [u8]],
    pub(super) member: &'m mut Member,
}

type Reader<'r> = TarReader<&'r mut dyn Read>;

/// How much is compared at once.
const PIECE_BYTES: usize = 256 * 1024;

/// The bits that are gone where an owner can't be restored.
const SET_ID: u32 = 0o6000;

impl Entry<'_> {
    /// Compares all of it. Something that this user can't restore makes it one that is compared in part.
    pub(super) fn compare(self, with: &mut Comparison<'_>, reader: &mut Reader<'_>) {
        let mut differences = Vec::new();
        let mut is_partial = false;
        match self.look(with) {
            Err(error) => differences.push(DifferenceKind::Unreadable(error.to_string())),
            Ok(None) if self.is_beyond(with) => {
                is_partial = true;
                with.unmade.insert(self.member.path.clone());
            }
            Ok(None) => differences.push(DifferenceKind::Missing),
            Ok(Some(stat)) if !self.is_kind(&stat) => differences.push(DifferenceKind::Kind),
            Ok(Some(stat)) if self.member.kind == MemberKind::HardLink => {
                let is_link = self.leads_to(with, &stat);
                differences.extend((!is_link).then_some(DifferenceKind::Link));
            }
            Ok(Some(stat)) => {
                let wanted = with.abilities.rights.wanted(self.member);
                is_partial = self.is_foreign(with) || wanted.is_tamed;
                self.compare_stat(with, &stat, &wanted, &mut differences);
                is_partial |= self.compare_attributes(with, &wanted, &mut differences);
                differences.extend(self.contents(with, &stat, reader));
            }
        }
        with.report.uncompared_entries += u64::from(is_partial);
        for kind in differences {
            with.differs(&self.member.path, kind);
        }
    }

    /// Looks at what has its name.
    fn look(&self, with: &mut Comparison<'_>) -> io::Result<Option<Stat>> {
        stat_of(with, self.names)
    }

    fn is_kind(&self, stat: &Stat) -> bool {
        let kind = FileType::from_raw_mode(stat.st_mode);
        match self.member.kind {
            MemberKind::File => kind == FileType::RegularFile,
            // A link's own name leads to whatever the first one is.
            MemberKind::HardLink => kind != FileType::Directory,
            MemberKind::Symlink => kind == FileType::Symlink,
            MemberKind::CharDevice => kind == FileType::CharacterDevice,
            MemberKind::BlockDevice => kind == FileType::BlockDevice,
            MemberKind::Folder => kind == FileType::Directory,
            MemberKind::Fifo => kind == FileType::Fifo,
            MemberKind::Other(_) => false,
        }
    }

    /// Whether this user can't make such an entry at all.
    fn is_beyond(&self, with: &Comparison<'_>) -> bool {
        let is_device = matches!(self.member.kind, MemberKind::CharDevice | MemberKind::BlockDevice);
        // A volume's label, say, which is nothing to restore.
        matches!(self.member.kind, MemberKind::Other(_))
            || is_device && !with.abilities.rights.is_root
            || self.member.kind == MemberKind::HardLink && self.leads_to_device(with)
    }

    /// A further name of a device that couldn't be made.
    fn leads_to_device(&self, with: &Comparison<'_>) -> bool {
        !with.abilities.rights.is_root && with.unmade.contains(&self.member.link)
    }

    fn is_foreign(&self, with: &Comparison<'_>) -> bool {
        !with.abilities.rights.is_root && (self.member.uid, self.member.gid) != with.abilities.own
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
        wanted: &Wanted,
        differences: &mut Vec<DifferenceKind>,
    ) {
        let is_symlink = self.member.kind == MemberKind::Symlink;
        let lost = if self.is_foreign(with) { SET_ID } else { 0 };
        let (archived, restored) = (wanted.mode & !lost, with.way.restored_mode(stat) & !lost);
        if archived != restored && !is_symlink {
            differences.push(DifferenceKind::Mode(archived, restored));
        }
        if !wanted.is_as_old_as(stat) {
            differences.push(DifferenceKind::Modified);
        }
        if wanted.owner.is_some_and(|(uid, gid)| (uid.as_raw(), gid.as_raw()) != (stat.st_uid, stat.st_gid)) {
            differences.push(DifferenceKind::Owner);
        }
        let is_device = matches!(self.member.kind, MemberKind::CharDevice | MemberKind::BlockDevice);
        if is_device && (major(stat.st_rdev), minor(stat.st_rdev)) != self.member.device {
            differences.push(DifferenceKind::Device);
        }
        if is_symlink && !self.points_alike(with) {
            differences.push(DifferenceKind::Link);
        }
    }

    fn points_alike(&self, with: &mut Comparison<'_>) -> bool {
        let Some((name, above)) = self.names.split_last() else { return false };
        let read =
            with.way.enter(above).and_then(|folder| Ok(readlinkat(folder, &*c_name(name)?, Vec::new())?));
        read.is_ok_and(|link| link.as_bytes() == self.member.link)
    }

    /// Returns whether there are attributes that can't be restored here, and so aren't compared.
    fn compare_attributes(
        &self,
        with: &mut Comparison<'_>,
        wanted: &Wanted,
        differences: &mut Vec<DifferenceKind>,
    ) -> bool {
        if self.member.kind == MemberKind::Symlink {
            return !wanted.attributes.is_empty();
        }
        let Ok(restored) = self.attributes(with) else { return !wanted.attributes.is_empty() };
        let can = |name: &[u8]| if is_list(name) { with.abilities.lists } else { with.abilities.attributes };
        let is_partial = wanted.attributes.iter().any(|attribute| !can(&attribute.name));
        let mut differ = |name: &[u8]| {
            differences.push(DifferenceKind::Attribute(String::from_utf8_lossy(name).into_owned()));
        };
        for attribute in wanted.attributes.iter().filter(|attribute| can(&attribute.name)) {
            let is_same =
                |(name, value): &(Vec<u8>, Vec<u8>)| *name == attribute.name && *value == attribute.value;
            if !restored.iter().any(is_same) {
                differ(&attribute.name);
            }
        }
        // What the system gives on its own, a security label say, is no difference.
        let is_ours = |name: &[u8]| name.starts_with(b"user.") || is_list(name);
        let new = restored.iter().filter(|(name, _)| is_ours(name) && !wanted.has(name));
        new.for_each(|(name, _)| differ(name));
        is_partial
    }

    /// Returns the extended attributes of what was restored. The kernel's own link to it leads to exactly that.
    fn attributes(&self, with: &mut Comparison<'_>) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let (name, above) = self.names.split_last().ok_or(ErrorKind::NotFound)?;
        with.way.enter(above)?;
        let located: OwnedFd = with.way.locate(name)?;
        let link = format!("/proc/self/fd/{}", located.as_raw_fd());
        let names = grown(|room| listxattr(&link, room))?;
        let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        names.map(|name| Ok((name.to_vec(), grown(|room| getxattr(&link, name, room))?))).collect()
    }

    fn contents(
        &self,
        with: &mut Comparison<'_>,
        stat: &Stat,
        reader: &mut Reader<'_>,
    ) -> Option<DifferenceKind> {
        if self.member.kind != MemberKind::File {
            return None;
        }
        let restored_bytes = u64::try_from(stat.st_size).unwrap_or_default();
        if restored_bytes != self.member.size_bytes {
            return Some(DifferenceKind::Size(self.member.size_bytes, restored_bytes));
        }
        let (name, above) = self.names.split_last()?;
        let opened = with.way.enter(above).map(drop).and_then(|()| with.way.open_file(name));
        let compared = opened.map(File::from).and_then(|file| compare_bytes(with, reader, file));
        compared.map_or_else(
            |error| Some(DifferenceKind::Unreadable(error.to_string())),
            |at| at.map(DifferenceKind::Contents),
        )
    }
}

/// Returns from which byte on the file differs from the contents at hand. Where the archive breaks off, the next look at
/// it says so.
fn compare_bytes(
    with: &mut Comparison<'_>,
    reader: &mut Reader<'_>,
    mut file: File,
) -> io::Result<Option<u64>> {
    let (mut archived, mut restored) = (vec![0; PIECE_BYTES], vec![0; PIECE_BYTES]);
    let mut offset = 0;
    while !with.is_cancelled() {
        let Ok(read) = reader.contents().read(&mut archived) else { return Ok(None) };
        if read == 0 {
            break;
        }
        let found = fill(&mut file, &mut restored[..read])?;
        let same = archived[..read].iter().zip(&restored[..found]).take_while(|(one, other)| one == other);
        if archived[..read] != restored[..found] {
            return Ok(Some(offset + same.count() as u64));
        }
        offset += read as u64;
        with.report.content_bytes += read as u64;
    }
    Ok(None)
}

/// Reads until the room is full or the file at its end.
fn fill(file: &mut File, room: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < room.len() {
        match file.read(&mut room[filled..]) {
            Ok(0) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => filled += read?,
        }
    }
    Ok(filled)
}

fn stat_of(with: &mut Comparison<'_>, names: &[&[u8]]) -> io::Result<Option<Stat>> {
    let Some((name, above)) = names.split_last() else { return Ok(None) };
    let name = c_name(name)?;
    match with.way.enter(above).and_then(|folder| look(folder, &name)) {
        // A folder above isn't there, or is none: that is said of the folder.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        found => found,
    }
}

fn is_list(name: &[u8]) -> bool {
    ACCESS_LISTS.iter().any(|list| list.to_bytes() == name)
}

/// Returns what a call gives that wants to know how much room there is.
fn grown(mut call: impl FnMut(&mut [u8]) -> Result<usize, Errno>) -> io::Result<Vec<u8>> {
    let mut room = vec![0; 1024];
    loop {
        match call(&mut room) {
            Ok(used) => {
                room.truncate(used);
                return Ok(room);
            }
            Err(Errno::RANGE) if room.len() <= 1 << 20 => room.resize(room.len() * 4, 0),
            Err(errno) => return Err(errno.into()),
        }
    }
}
