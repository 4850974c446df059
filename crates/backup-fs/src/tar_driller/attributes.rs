//! Compares the extended attributes and ACLs of an entry.

use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};

use backup_core::model::history::DifferenceKind;
use backup_core::policy::drill_capabilities::{Judgement, judge_property};
use rustix::fs::{getxattr, listxattr};
use rustix::io::Errno;

use super::comparison::Comparison;
use super::entry::{Entry, Findings};
use crate::posix::acl::ACCESS_LISTS;
use crate::posix::metadata::Metadata;
use crate::tar_reader::MemberKind;

impl Entry<'_> {
    /// Compares extended attributes and ACLs.
    ///
    /// A tar that can't set one only prints a warning.
    pub(super) fn compare_attributes(
        &self,
        comparison: &mut Comparison<'_>,
        metadata: &Metadata,
        findings: &mut Findings,
    ) {
        let is_symlink = self.member.kind == MemberKind::Symlink;
        let Some(restored) = (!is_symlink).then(|| self.attributes(comparison).ok()).flatten() else {
            findings.is_partial |= !metadata.attributes.is_empty();
            return;
        };
        let capabilities = &comparison.capabilities;
        let restores = capabilities.options.with_attributes && self.is_within_reach(comparison);
        let is_folder = self.member.kind == MemberKind::Folder;
        let name_of = |name: &[u8]| DifferenceKind::Attribute(String::from_utf8_lossy(name).into_owned());
        for attribute in &metadata.attributes {
            let is_same =
                restored.iter().any(|(name, value)| *name == attribute.name && *value == attribute.value);
            let can_be_set = || capabilities.trial.can_set_attribute(attribute, is_folder);
            match judge_property(is_same, restores, can_be_set) {
                Judgement::Same => {}
                Judgement::Differs => findings.differs(name_of(&attribute.name)),
                Judgement::NotCompared => findings.is_partial = true,
            }
        }
        // Attributes that the system sets itself, such as security labels, are no difference.
        let is_ours = |name: &[u8]| name.starts_with(b"user.") || is_acl(name);
        let new = restored.iter().filter(|(name, _)| is_ours(name) && !metadata.has(name));
        new.for_each(|(name, _)| findings.differs(name_of(name)));
    }

    /// Returns the extended attributes of the restored entry.
    ///
    /// The kernel's own link leads to exactly that entry.
    fn attributes(&self, comparison: &mut Comparison<'_>) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let (name, above) = self.names.split_last().ok_or(ErrorKind::NotFound)?;
        comparison.dirs.enter(above)?;
        let located: OwnedFd = comparison.dirs.locate(name)?;
        let link = format!("/proc/self/fd/{}", located.as_raw_fd());
        let names = read_growing(|room| listxattr(&link, room))?;
        let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        names.map(|name| Ok((name.to_vec(), read_growing(|room| getxattr(&link, name, room))?))).collect()
    }
}

fn is_acl(name: &[u8]) -> bool {
    ACCESS_LISTS.iter().any(|list| list.to_bytes() == name)
}

/// Calls `call` with a larger buffer until its result fits.
fn read_growing(mut call: impl FnMut(&mut [u8]) -> Result<usize, Errno>) -> io::Result<Vec<u8>> {
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
