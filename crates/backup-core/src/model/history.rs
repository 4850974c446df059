//! History: the notes of everything that happened to the backups, and the ledger that sums them up.

mod drill_receipt;
mod drill_report;
mod ledger;
mod note;
mod past_runs;
mod run_record;
mod verification;

pub use drill_receipt::{DrillOutcome, DrillReceipt};
pub use drill_report::{Difference, DifferenceKind, DrillReport};
pub use ledger::{CurrentArchives, LARGEST_STEP_BACK, Ledger, Unfinished, shortened};
pub use note::HistoryNote;
pub use past_runs::{PastRun, RunEnd, runs};
pub use run_record::{Outcome, RunKey, RunRecord, name_in};
pub use verification::{Flaw, Verification};
