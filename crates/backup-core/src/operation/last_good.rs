//! Last good: the run that made the newest good backup of a schedule.

use std::path::Path;

use crate::model::history::{Ledger, RunRecord};
use crate::model::schedule::ScheduleEntry;

/// Returns the run that made the newest complete archive, if its source is the source of this schedule.
///
/// Another schedule with the same source and name may have made it.
pub(crate) fn newest<'l>(entry: &ScheduleEntry, ledger: &'l Ledger, home: &Path) -> Option<&'l RunRecord> {
    ledger.current_archives(entry.name()).complete.filter(|run| has_same_source(entry, run, home))
}

/// Returns the last good run.
///
/// If the newest archive's run failed after it published the archive, this is the run of an older generation.
pub(crate) fn last_good<'l>(entry: &ScheduleEntry, ledger: &'l Ledger, home: &Path) -> Option<&'l RunRecord> {
    let newest = newest(entry, ledger, home)?;
    if newest.outcome.is_good() {
        return Some(newest);
    }
    good_generation(entry, ledger, home).map(|(_, run)| run)
}

/// Returns the newest good older generation, and its file name.
pub(crate) fn good_generation<'l>(
    entry: &ScheduleEntry,
    ledger: &'l Ledger,
    home: &Path,
) -> Option<(&'l str, &'l RunRecord)> {
    let mut older = ledger.generations(entry.name()).into_iter().rev();
    older.find(|(_, run)| run.outcome.is_good() && has_same_source(entry, run, home))
}

fn has_same_source(entry: &ScheduleEntry, run: &RunRecord, home: &Path) -> bool {
    run.key.entry.parse::<ScheduleEntry>().is_ok_and(|made| made.same_source(entry, home))
}
