//! Jobs: runs and drills that are about to be made, and their results.

mod drill;
mod run;
mod run_summary;

pub use drill::{DrillJob, DrillRequest, DrillResult};
pub(crate) use run::complete_archives;
pub use run::{Replaced, RunJob, RunResult};
