//! Procedures over ports: runs, drills, pruning, recovery.

pub(crate) mod adopt;
mod archive_names;
pub mod check;
pub mod drill;
pub mod history_cache;
pub mod prune;
pub mod rebuild;
pub mod recovery;
pub mod run;
