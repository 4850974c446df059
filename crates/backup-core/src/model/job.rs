//! Jobs: runs and drills that are about to be made, and their results.

mod drill;
mod refresh;
mod run;
mod run_summary;
mod verify;

pub use drill::{DrillJob, DrillRequest, DrillResult};
pub use refresh::{RefreshJob, RefreshResult};
pub use run::{Replaced, RunJob, RunResult};
pub use verify::VerifyJob;
