//! The folder of backups: drafts, finished archives, and scratch folders.

pub(crate) mod backup_dir;
pub(crate) mod digest;
pub(crate) mod inspect;
pub(crate) mod output_file;
pub(crate) mod scratch_dir;
pub(crate) mod tar_draft;
pub(crate) mod zstd_draft;
