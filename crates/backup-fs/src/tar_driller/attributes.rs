//! Compares the extended attributes and the ACLs of an entry.

use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};

use backup_core::model::history::DifferenceKind;
use backup_core::policy::drill_capabilities::{Judgement, judge};
use rustix::fs::{getxattr, listxattr};
use rustix::io::Errno;

use super::comparison::Comparison;
use super::entry::{Entry, Findings};
use crate::posix::acl::ACCESS_LISTS;
use crate::posix::metadata::Metadata;
use crate::tar_reader::MemberKind;

impl Entry<'_> {
    /// Compares extended attributes and ACLs. A tar that can't set one only warns.
    pub(super) fn compare_attributes(
        &self,
        with: &mut Comparison<'_>,
        wanted: &Metadata,
        findings: &mut Findings,
    ) {
        let is_symlink = self.member.kind == MemberKind::Symlink;
        let Some(restored) = (!is_symlink).then(|| self.attributes(with).ok()).flatten() else {
            findings.is_partial |= !wanted.attributes.is_empty();
            return;
        };
        let abilities = &with.abilities;
        let restores = abilities.manner.with_attributes && self.is_within_reach(with);
        let is_folder = self.member.kind == MemberKind::Folder;
        let name_of = |name: &[u8]| DifferenceKind::Attribute(String::from_utf8_lossy(name).into_owned());
        for attribute in &wanted.attributes {
            let is_same =
                restored.iter().any(|(name, value)| *name == attribute.name && *value == attribute.value);
            let can_be_set = || abilities.trial.can_set_attribute(attribute, is_folder);
            match judge(is_same, restores, can_be_set) {
                Judgement::Same => {}
                Judgement::Differs => findings.differs(name_of(&attribute.name)),
                Judgement::NotCompared => findings.is_partial = true,
            }
        }
        // What the system gives on its own, a security label say, is no difference.
        let is_ours = |name: &[u8]| name.starts_with(b"user.") || is_list(name);
        let new = restored.iter().filter(|(name, _)| is_ours(name) && !wanted.has(name));
        new.for_each(|(name, _)| findings.differs(name_of(name)));
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
