//! Drills: dated proofs that a backup comes back with the tools that every machine has.

mod abilities;
mod job;
mod lateness;
mod period;
mod receipt;
mod report;

pub use abilities::{
    FailureMeaning, Judgement, TarKind, failure_meaning, is_root_in_name_only, judge, may_restore_owners,
};
pub use job::{DrillJob, DrillRequest, DrillResult, perform_drill};
pub use lateness::{DRILL_GRACE, drill_overdue_since};
pub use period::{DrillPeriod, is_drill_due};
pub use receipt::{DrillOutcome, Drilled};
pub use report::{Difference, DifferenceKind, DrillReport};
