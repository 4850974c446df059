//! What the system tells of this process and of its disks.

pub(crate) mod capabilities;
pub(crate) mod free_bytes;
pub(crate) mod holes;
pub(crate) mod rename_new;
