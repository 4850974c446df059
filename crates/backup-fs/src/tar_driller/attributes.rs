//! Compares the extended attributes and ACLs of an entry.

use std::io::{self, ErrorKind};

use backup_core::model::history::DifferenceKind;
use backup_core::policy::drill_capabilities::{Judgement, judge_property};

use super::comparison::Comparison;
use super::dir_stack::c_name;
use super::entry::{Entry, Findings};
use crate::posix::acl::is_list;
use crate::posix::metadata::Metadata;
use crate::posix::xattrs::{Attribute, XattrSource};
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
            let is_same = restored.contains(attribute);
            let can_be_set = || capabilities.trial.can_set_attribute(attribute, is_folder);
            match judge_property(is_same, restores, can_be_set) {
                Judgement::Same => {}
                Judgement::Differs => findings.differs(name_of(&attribute.name)),
                Judgement::NotCompared => findings.is_partial = true,
            }
        }
        // Attributes that the system sets itself, such as security labels, are no difference.
        let is_ours = |name: &[u8]| name.starts_with(b"user.") || is_list(name);
        let new = restored.iter().filter(|found| is_ours(&found.name) && !metadata.has(&found.name));
        new.for_each(|found| findings.differs(name_of(&found.name)));
    }

    /// Returns the extended attributes of the restored entry.
    fn attributes(&self, comparison: &mut Comparison<'_>) -> io::Result<Vec<Attribute>> {
        let (name, above) = self.names.split_last().ok_or(ErrorKind::NotFound)?;
        let folder = comparison.dirs.enter(above)?;
        comparison.attribute_reader.read(XattrSource::Named(folder, &c_name(name)?))
    }
}
