//! Procedures over ports: admission, runs, drills, pruning, recovery.

pub mod admission;
pub(crate) mod adopt;
mod archive_names;
pub mod check;
pub(crate) mod checksums;
pub(crate) mod configuration;
pub mod copy;
pub mod destination_check;
pub mod disk_use;
pub mod drill;
pub mod history_cache;
pub(crate) mod hooks;
pub(crate) mod last_good;
pub(crate) mod output_lines;
pub mod prune;
pub mod rebuild;
pub mod recovery;
pub mod run;
pub(crate) mod run_variables;
