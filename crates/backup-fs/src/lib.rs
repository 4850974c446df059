//! The adapters of Backup Manager: files, tar, the system clock, processes.

mod failure;
pub mod tar_archiver;
