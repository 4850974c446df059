//! What is to be set on a member, as far as whoever restores may.

use rustix::fs::Timespec;

use super::member::{Member, MemberKind};
use crate::posix::acl::ACCESS_LISTS;
use crate::posix::acl_text;
use crate::posix::metadata::Metadata;
use crate::posix::restore_rights::RestoreRights;

impl RestoreRights {
    /// Returns what is to be set on this member, and takes the attributes out of it.
    pub(crate) fn wanted(&self, member: &mut Member) -> Metadata {
        let mode = self.mode(member.mode, member.kind == MemberKind::Folder);
        let mut attributes = std::mem::take(&mut member.attributes);
        let before = attributes.len();
        attributes.retain(|attribute| self.may_set(&attribute.name));
        let modified = Timespec { tv_sec: member.modified.seconds, tv_nsec: member.modified.nanos.into() };
        let (owner, group) = self.owner((&member.user, &member.group), (member.uid, member.gid));
        let mut wanted = Metadata {
            mode,
            owner,
            group,
            modified,
            is_deprivileged: mode != member.mode || attributes.len() < before,
            attributes,
            keeps_capability: self.keeps_capability(),
            keeps_lists: false,
            unset_lists: Vec::new(),
        };
        self.add_lists(member, &mut wanted);
        wanted
    }

    /// Adds the ACLs that the archive has only as text.
    fn add_lists(&self, member: &mut Member, wanted: &mut Metadata) {
        let access = member.acl_access.take().filter(|_| member.kind != MemberKind::Symlink);
        let default = member.acl_default.take().filter(|_| member.kind == MemberKind::Folder);
        for (text, name) in [access, default].into_iter().zip(ACCESS_LISTS) {
            let Some(text) = text.filter(|_| !wanted.has(name.to_bytes())) else { continue };
            match acl_text::parse(&text, &mut self.owners()) {
                Ok(list) => wanted.add_list(name, list),
                Err(reason) => wanted.unset_lists.push(reason),
            }
        }
    }
}
