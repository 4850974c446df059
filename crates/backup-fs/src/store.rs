//! Storage of backups: drafts, finished archives, and scratch folders.

pub(crate) mod backup_dir;
pub(crate) mod digest;
pub(crate) mod inspect;
pub(crate) mod output_file;
mod own_archive;
pub(crate) mod scratch_dir;
mod tar_draft;
mod zstd_draft;
