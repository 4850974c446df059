//! History: the notes of everything that happened to the backups, and the ledger that sums them up.

mod anomaly;
mod archive_sum;
mod baseline;
mod clock_step;
mod compaction;
mod drill_receipt;
mod drill_report;
#[cfg(feature = "json")]
mod json;
mod last_names;
mod ledger;
mod note;
mod owed_hook;
mod past_runs;
mod run_record;
mod verdict;
mod verification;

pub use anomaly::Anomaly;
pub use archive_sum::ArchiveSum;
pub use baseline::{Baseline, DayChange, Hold, SourceLevel};
pub use clock_step::LARGEST_STEP_BACK;
pub use compaction::shortened;
pub use drill_receipt::{DrillOutcome, DrillReceipt};
pub use drill_report::{Difference, DifferenceKind, DrillReport};
#[cfg(feature = "json")]
pub use json::NoteError;
pub use last_names::{LastName, LastNames};
pub use ledger::{CurrentArchives, DrilledArchive, Ledger, Reading, Timeline, Unfinished};
pub use note::HistoryNote;
pub use owed_hook::OwedHook;
pub use past_runs::{PastRun, RunEnd, runs};
pub use run_record::{Outcome, RunKey, RunRecord, name_in};
pub use verdict::{AsMade, Verdict};
pub use verification::{Flaw, Verification};
