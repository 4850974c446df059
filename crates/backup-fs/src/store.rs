//! Storage of backups: drafts, finished archives, and scratch folders.

pub(crate) mod backup_dir;
pub(crate) mod digest;
mod draft_file;
pub(crate) mod foreign_dir;
pub(crate) mod inspect;
pub(crate) mod output_file;
mod own_archive;
pub(crate) mod scratch_dir;
mod zstd_draft;
