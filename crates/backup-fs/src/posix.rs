//! System calls on files and folders: metadata, owners, extended attributes, ACLs, and opening without following links.

pub(crate) mod acl;
pub(crate) mod acl_text;
pub(crate) mod capabilities;
pub(crate) mod clone;
pub(crate) mod dir_stack;
pub(crate) mod disk;
pub(crate) mod extents;
pub(crate) mod free_bytes;
pub(crate) mod holes;
pub(crate) mod metadata;
pub(crate) mod names;
pub(crate) mod open_beneath;
pub(crate) mod owner_names;
mod owner_numbers;
mod owners;
pub(crate) mod path_steps;
pub(crate) mod rename_new;
pub(crate) mod resolved_path;
pub(crate) mod restore_rights;
pub(crate) mod set_metadata;
pub(crate) mod sparse;
pub(crate) mod stat;
#[cfg(test)]
pub(crate) mod test_disk;
pub(crate) mod xattrs;
