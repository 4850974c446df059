//! What is remembered of every run, and what follows from it for the next.

mod drill_receipt;
mod drill_report;
mod ledger;
mod note;
mod past_runs;
mod run_record;
mod verification;

pub use drill_receipt::{DrillOutcome, Drilled};
pub use drill_report::{Difference, DifferenceKind, DrillReport};
pub use ledger::{LARGEST_STEP_BACK, Ledger, Reading, Standing, Timeline, Unfinished, shortened};
pub use note::HistoryNote;
pub use past_runs::{PastRun, RunEnd, runs};
pub use run_record::{Outcome, RunKey, RunRecord, name_in};
pub use verification::{Flaw, Verification};
