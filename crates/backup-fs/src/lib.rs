//! The adapters of Backup Manager: files, tar, the system clock, processes.

pub mod tar_archiver;
