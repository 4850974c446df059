//! ACL encoder: from the kernel's binary form to the text that tar archives hold.

use std::ffi::CStr;
use std::fmt::Write;
use std::os::fd::AsFd;

/// Returns the pax key under which an archive holds this extended attribute as text, if the attribute is an ACL.
pub(crate) fn text_key(attribute_name: &[u8]) -> Option<&'static [u8]> {
    match attribute_name {
        b"system.posix_acl_access" => Some(b"SCHILY.acl.access"),
        b"system.posix_acl_default" => Some(b"SCHILY.acl.default"),
        _ => None,
    }
}

/// Returns an ACL as text: `user::rw-,user:1000:r--,...`.
///
/// Users and groups are written as numbers, because the machine that extracts the archive may not know their names, or
/// may know others by them. Returns `None` for bytes that aren't an ACL of version 2, the only one that Linux has.
pub(crate) fn to_text(value: &[u8]) -> Option<String> {
    let (version, entries) = value.split_first_chunk::<4>()?;
    let (entries, rest) = entries.as_chunks::<ENTRY_BYTES>();
    if u32::from_le_bytes(*version) != VERSION || !rest.is_empty() {
        return None;
    }
    let mut text = String::new();
    for entry in entries {
        if !text.is_empty() {
            text.push(',');
        }
        add_entry(*entry, &mut text)?;
    }
    Some(text)
}

/// The layout of `linux/posix_acl_xattr.h`: a tag, permissions and an id, little-endian.
const ENTRY_BYTES: usize = 8;

/// The version of that layout, with which the bytes begin.
pub(super) const VERSION: u32 = 2;

/// The tag of the owner.
pub(super) const USER_OBJ: u16 = 0x01;
/// The tag of another user.
pub(super) const USER: u16 = 0x02;
/// The tag of the group that the file belongs to.
pub(super) const GROUP_OBJ: u16 = 0x04;
/// The tag of another group.
pub(super) const GROUP: u16 = 0x08;
/// The tag of the mask, which limits all entries but those of the owner and of all others.
pub(super) const MASK: u16 = 0x10;
/// The tag of all others.
pub(super) const OTHER: u16 = 0x20;

fn add_entry([tag, tag_high, permissions, _, id @ ..]: [u8; ENTRY_BYTES], text: &mut String) -> Option<()> {
    let id = u32::from_le_bytes(id);
    let bit = |bit, letter| if permissions & bit == 0 { '-' } else { letter };
    match u16::from_le_bytes([tag, tag_high]) {
        USER_OBJ => text.push_str("user::"),
        USER => write!(text, "user:{id}:").ok()?,
        GROUP_OBJ => text.push_str("group::"),
        GROUP => write!(text, "group:{id}:").ok()?,
        MASK => text.push_str("mask::"),
        OTHER => text.push_str("other::"),
        _ => return None,
    }
    text.extend([bit(4, 'r'), bit(2, 'w'), bit(1, 'x')]);
    Some(())
}

/// The extended attributes that hold POSIX ACLs: the one for access, then the default of a folder.
pub(crate) const ACCESS_LISTS: [&CStr; 2] = [c"system.posix_acl_access", c"system.posix_acl_default"];

/// Removes the ACLs that a new folder has inherited. It fails if there are none, which is no problem.
pub(crate) fn strip_lists(folder: impl AsFd) {
    for list in ACCESS_LISTS {
        let _ = rustix::fs::fremovexattr(&folder, list);
    }
}

/// Returns whether an extended attribute holds an ACL.
pub(crate) fn is_list(name: &[u8]) -> bool {
    ACCESS_LISTS.iter().any(|list| list.to_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Linux returns for `u::rw-,u:1:rwx,g::r--,g:70000:--x,m::rwx,o::---`.
    const ACCESS: &[u8] = b"\x02\0\0\0\
        \x01\0\x06\0\xff\xff\xff\xff\x02\0\x07\0\x01\0\0\0\x04\0\x04\0\xff\xff\xff\xff\
        \x08\0\x01\0\x70\x11\x01\0\x10\0\x07\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff";

    #[test]
    fn writes_every_kind_of_entry() {
        let text = "user::rw-,user:1:rwx,group::r--,group:70000:--x,mask::rwx,other::---";
        assert_eq!(to_text(ACCESS).as_deref(), Some(text));
    }

    #[test]
    fn refuses_bytes_that_are_not_an_acl() {
        assert_eq!(to_text(b""), None);
        assert_eq!(to_text(b"\x01\0\0\0"), None);
        assert_eq!(to_text(&ACCESS[..ACCESS.len() - 1]), None);
        assert_eq!(to_text(b"\x02\0\0\0\x03\0\x06\0\xff\xff\xff\xff"), None);
    }
}
