//! Checks an archive beside its catalog: what the headers say, and the digests of the contents.

use std::io::Read;

use backup_core::model::archive::{CheckReport, MemberCheck};
use backup_core::model::error::PortError;
use backup_core::ports::{EndCheck, Progress, SeekableBytes};

use crate::catalog::{CatalogMember, CatalogReader, MemberDigester, OwnedMembers};
use crate::tar_reader::check::{CheckFailure, TakeContents, check_archive, check_with, pass_over};
use crate::tar_reader::path::path_of;
use crate::tar_reader::{Member, MemberKind, TarReader};

/// Checks the structure of an archive, and its members by its catalog.
///
/// # Errors
/// As [`check_members`](backup_core::ports::Archiver::check_members).
pub(super) fn check_members(
    archive: &mut dyn Read,
    catalog: &mut dyn SeekableBytes,
    end_check: EndCheck,
    progress: &dyn Progress,
) -> Result<(CheckReport, Option<MemberCheck>), PortError> {
    let Ok(catalog) = CatalogReader::open(catalog) else {
        return Ok((check_archive(archive, end_check, progress)?, None));
    };
    let mut comparison = Comparison {
        members: Some(catalog.into_members()),
        listed: CatalogMember::default(),
        digester: MemberDigester::default(),
        has_compared: false,
        found: MemberCheck::default(),
    };
    let report = check_with(archive, end_check, progress, &mut comparison)?;
    Ok((report, comparison.end()))
}

/// An archive and its catalog, which are in the same order.
struct Comparison<'c> {
    /// The members that the catalog has still; `None` once it isn't the catalog of this archive.
    members: Option<OwnedMembers<&'c mut dyn SeekableBytes>>,
    listed: CatalogMember,
    digester: MemberDigester,
    has_compared: bool,
    found: MemberCheck,
}

impl Comparison<'_> {
    /// Reads what the catalog says of the member at hand. Returns whether it does.
    fn is_listed(&mut self, member: &Member) -> bool {
        let Some(members) = &mut self.members else { return false };
        let is_listed =
            matches!(members.read_into(&mut self.listed), Ok(true)) && self.listed.is_at(member, 0);
        if !is_listed {
            self.members = None;
        }
        is_listed
    }

    /// Returns what was found, if the catalog is that of the archive. What the archive doesn't have any more is damaged, too:
    /// zeros look like its end.
    fn end(mut self) -> Option<MemberCheck> {
        let mut members = self.members?;
        loop {
            match members.read_into(&mut self.listed) {
                Ok(true) if self.has_compared => self.found.damaged.add(path_of(&self.listed.path)),
                Ok(false) => return Some(self.found),
                Ok(true) | Err(_) => return None,
            }
        }
    }
}

impl TakeContents for Comparison<'_> {
    fn take(
        &mut self,
        reader: &mut TarReader<&mut dyn Read>,
        member: &Member,
        passed: &mut dyn FnMut(u64) -> Result<(), CheckFailure>,
    ) -> Result<(), CheckFailure> {
        // The label of a volume is nothing in the archive.
        if member.kind == MemberKind::Other(b'V') || !self.is_listed(member) {
            return pass_over(reader, member, passed);
        }
        let has_contents = match &self.listed.digest {
            Some(digest) => self.digester.digest(reader, member, passed)? == *digest,
            None => pass_over(reader, member, passed).map(|()| true)?,
        };
        self.has_compared = true;
        self.found.is_since_pack |= self.listed.source.is_some();
        if !has_contents || !self.listed.has_header_of(member) {
            self.found.damaged.add(path_of(&self.listed.path));
        }
        Ok(())
    }
}
