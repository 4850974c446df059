//! Drills: dated proofs that a backup comes back with the tools that every machine has.

mod drill;
mod run;
mod run_summary;

pub use drill::{DrillJob, DrillRequest, DrillResult};
pub(crate) use run::complete_archives;
pub use run::{Job, Replaced, RunResult};
