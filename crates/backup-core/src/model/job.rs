//! Jobs: runs and drills that are about to be made, and their results.

mod drill;
mod run;
mod run_summary;

pub use drill::{DrillJob, DrillRequest, DrillResult};
pub use run::{Replaced, RunJob, RunResult};
