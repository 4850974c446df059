//! Reads tar archives strictly: ours, and those of the tools that people have.

mod base64;
mod body;
pub(crate) mod break_off;
pub(crate) mod check;
pub(crate) mod contents;
mod damage;
mod extensions;
mod header;
mod input;
mod limits;
mod member;
mod member_metadata;
pub(crate) mod needed_space;
mod number;
mod old_sparse;
pub(crate) mod path;
mod pax;
mod pax_sparse;
pub(crate) mod progress_reader;
mod reader;
mod records;
pub(crate) mod shared_bytes;
pub(crate) mod source_root;
mod sparse;
mod sparse_text;
mod timestamp;
mod xattr_key;

pub use self::check::check_archive;
pub use self::contents::Contents;
pub use self::damage::{ArchiveDamage, Fault, Place, ReadError, ReadFailure};
pub use self::limits::{MAX_EXTENSION_BYTES, MAX_NAME_BYTES, MAX_SEGMENTS};
pub use self::member::{Member, MemberKind};
pub use self::reader::{Bookmark, TarReader};
pub use crate::posix::stat::Timestamp;
