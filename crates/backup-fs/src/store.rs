//! Storage of backups: drafts, finished archives, and scratch folders.

mod archive_id;
pub(crate) mod backup_dir;
mod base_frames;
mod catalog_dir;
mod catalog_sweep;
mod checksum_file;
mod compared_base;
mod copied_base;
pub(crate) mod digest;
mod draft_base;
mod draft_catalog;
mod draft_file;
mod draft_form;
pub(crate) mod foreign_dir;
pub(crate) mod inspect;
mod later_catalog;
mod nameless_catalog;
mod naming;
pub(crate) mod output_file;
mod outside;
pub(crate) mod own_archive;
pub(crate) mod scratch_dir;
pub(crate) mod stored_archive;
pub(crate) mod text_file;
mod zstd_draft;
