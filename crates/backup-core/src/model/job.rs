//! Jobs: a run or a drill that is to be made, and its result.

mod drill;
mod run;
mod run_summary;

pub use drill::{DrillJob, DrillRequest, DrillResult};
pub(crate) use run::complete_archives;
pub use run::{Job, Replaced, RunResult};
