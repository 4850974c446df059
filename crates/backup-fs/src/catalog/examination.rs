//! Examines an archive where its catalog says that its members are. So it goes on behind whatever is damaged.

use std::io::{self, SeekFrom};

use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{ArchiveBytes, Progress};

use super::comparison::MemberDigester;
use super::member::CatalogMember;
use super::of_archive::comparable_catalog_of;
use crate::tar_reader::path::path_of;
use crate::tar_reader::{Member, MemberKind, TarReader};

/// How a member of an archive compares with its catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MemberState {
    /// It is what was stored.
    Sound,
    /// Its header is another. Its contents may be what was stored.
    WrongHeader { has_contents: bool },
    /// Its contents are others, or can't be read.
    WrongContents,
}

impl MemberState {
    pub(crate) fn is_sound(self) -> bool {
        self == Self::Sound
    }
}

/// Shows each wanted member of an archive, with how it is, in the order of the archive. Returns whether the catalog could be read to its
/// end; false without a catalog.
///
/// Each member is read once. Memory doesn't grow with the archive.
///
/// # Errors
/// [`Failure::Interrupted`]: `progress` cancelled.
pub(crate) fn examine(
    archive: &mut dyn ArchiveBytes,
    progress: &dyn Progress,
    is_wanted: &dyn Fn(&CatalogMember) -> bool,
    show: &mut dyn FnMut(&CatalogMember, MemberState),
) -> Result<bool, PortError> {
    let Some(catalog) = comparable_catalog_of(archive) else { return Ok(false) };
    let (mut members, mut listed) = (catalog.into_members(), CatalogMember::default());
    let mut examination =
        Examination { source: Source::Idle(archive), base: 0, digester: MemberDigester::default(), progress };
    loop {
        examination.look()?;
        match members.read_into(&mut listed) {
            Ok(true) if !is_wanted(&listed) => examination.end_reading(),
            Ok(true) => show(&listed, examination.state_of(&listed)?),
            Ok(false) => return Ok(true),
            Err(_) => return Ok(false),
        }
    }
}

struct Examination<'a> {
    source: Source<'a>,
    /// Where the reader began.
    base: u64,
    digester: MemberDigester,
    progress: &'a dyn Progress,
}

/// The archive, in whatever hands.
enum Source<'a> {
    Idle(&'a mut dyn ArchiveBytes),
    /// The reader stands behind the member that was read last, which was where it should be.
    Reading(Box<TarReader<&'a mut dyn ArchiveBytes>>),
    Gone,
}

/// Why contents can't be compared.
enum Obstacle {
    Unreadable,
    Cancelled(PortError),
}

impl From<io::Error> for Obstacle {
    fn from(_: io::Error) -> Self {
        Self::Unreadable
    }
}

impl Examination<'_> {
    fn state_of(&mut self, listed: &CatalogMember) -> Result<MemberState, PortError> {
        let Some(member) = self.header_of(listed) else {
            let has_contents = self.has_contents_behind_header(listed)?;
            return Ok(MemberState::WrongHeader { has_contents });
        };
        let has_header = self.says_the_same(listed, &member);
        match (self.has_contents(listed, &member)?, has_header) {
            (true, true) => Ok(MemberState::Sound),
            (has_contents, false) => Ok(MemberState::WrongHeader { has_contents }),
            (false, true) => Ok(MemberState::WrongContents),
        }
    }

    /// Reads the header at the place that the catalog says. `None`: there is none, or its contents are elsewhere.
    fn header_of(&mut self, listed: &CatalogMember) -> Option<Member> {
        if let Source::Idle(_) = self.source {
            self.begin_at(listed.offset)?;
        }
        let Source::Reading(reader) = &mut self.source else { return None };
        let member = loop {
            match reader.next_member() {
                Ok(Some(member)) if member.kind == MemberKind::Other(b'V') => {}
                Ok(Some(member)) if listed.is_at(&member, self.base) => break Some(member),
                _ => break None,
            }
        };
        if member.is_none() {
            self.end_reading();
        }
        member
    }

    /// Begins to read at a member, with a reader that has seen nothing before it.
    fn begin_at(&mut self, offset: u64) -> Option<()> {
        let Source::Idle(archive) = std::mem::replace(&mut self.source, Source::Gone) else { return None };
        if archive.seek(SeekFrom::Start(offset)).is_err() {
            self.source = Source::Idle(archive);
            return None;
        }
        self.base = offset;
        self.source = Source::Reading(Box::new(TarReader::new(archive)));
        Some(())
    }

    fn end_reading(&mut self) {
        self.source = match std::mem::replace(&mut self.source, Source::Gone) {
            Source::Reading(reader) => Source::Idle(reader.into_source()),
            idle => idle,
        };
    }

    /// A reader that began within the archive doesn't know what stands before all members, and may be of owners and times.
    fn says_the_same(&self, listed: &CatalogMember, member: &Member) -> bool {
        if self.base == 0 {
            return listed.has_header_of(member);
        }
        let of_member = (&member.path, member.kind, member.size_bytes, &member.link);
        of_member == (&listed.path, listed.kind, listed.size_bytes, &listed.link)
    }

    fn has_contents(&mut self, listed: &CatalogMember, member: &Member) -> Result<bool, PortError> {
        let (Some(expected), Source::Reading(reader)) = (&listed.digest, &mut self.source) else {
            return Ok(true);
        };
        let (progress, path) = (self.progress, path_of(&listed.path));
        let digest = self.digester.digest(reader, member, |bytes| {
            progress.advanced(&path, bytes);
            look(progress).map_err(Obstacle::Cancelled)
        });
        match digest {
            Ok(digest) => Ok(digest == *expected),
            Err(Obstacle::Cancelled(error)) => Err(error),
            Err(Obstacle::Unreadable) => {
                self.end_reading();
                Ok(false)
            }
        }
    }

    /// As above, without the header. What is before the data of a sparse file is lost with its header.
    fn has_contents_behind_header(&mut self, listed: &CatalogMember) -> Result<bool, PortError> {
        let Source::Idle(archive) = &mut self.source else { return Ok(false) };
        let Some(expected) = listed.digest.filter(|_| !listed.is_sparse()) else { return Ok(true) };
        if archive.seek(SeekFrom::Start(listed.contents_offset)).is_err() {
            return Ok(false);
        }
        let progress = self.progress;
        let digest = self
            .digester
            .digest_bytes(archive, listed.stored_bytes, |_| look(progress).map_err(Obstacle::Cancelled));
        match digest {
            Ok(digest) => Ok(digest == expected),
            Err(Obstacle::Cancelled(error)) => Err(error),
            Err(Obstacle::Unreadable) => Ok(false),
        }
    }

    fn look(&self) -> Result<(), PortError> {
        look(self.progress)
    }
}

fn look(progress: &dyn Progress) -> Result<(), PortError> {
    if progress.is_cancelled() {
        let action = "look for damage in the archive";
        return Err(PortError::new(Failure::Interrupted, action).because("it was interrupted"));
    }
    Ok(())
}
