//! How the work of a runner is carried out.

use crate::model::job::{DrillJob, DrillResult, RefreshJob, RefreshResult, RunJob, RunResult, VerifyJob};
use crate::ports::Progress;

/// How a job is carried out: usually [`perform`](crate::operation::run::perform) with the test's ports.
pub type Work<'a> = dyn Fn(&RunJob, &dyn Progress) -> RunResult + 'a;

/// How a drill is carried out: usually [`perform_drill`](crate::operation::drill::perform_drill) with the test's ports.
pub type DrillWork<'a> = dyn Fn(&DrillJob, &dyn Progress) -> DrillResult + 'a;

/// How an archive is verified: usually [`Verify::perform`](crate::manager::Verify::perform) with the test's ports.
pub type VerifyWork<'a> = dyn Fn(&VerifyJob, &dyn Progress) + 'a;

/// How files are written that show how the backups are.
pub type RefreshWork<'a> = dyn Fn(&RefreshJob) -> RefreshResult + 'a;
