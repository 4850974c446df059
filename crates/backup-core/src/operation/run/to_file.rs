//! A run whose archive goes to a place of its own: it replaces nothing, and nothing is noted of it.

use crate::model::error::{Error, Failure};
use crate::model::job::RunResult;
use crate::model::schedule::ScheduleEntry;
use crate::operation::run::{pack, seal};
use crate::ports::{Draft, Ports, Progress};

/// Makes the backup of an entry in a draft that no store holds. Neither the history nor the backups hear of it.
pub(crate) fn perform_elsewhere(
    ports: &Ports<'_>,
    entry: &ScheduleEntry,
    draft: Box<dyn Draft + '_>,
    progress: &dyn Progress,
) -> RunResult {
    match make(ports, entry, draft, progress) {
        Ok(made) => made,
        Err(Error::BackupFailed { cause, .. }) if cause.failure == Failure::Interrupted => {
            RunResult::Interrupted
        }
        Err(error) => RunResult::NotMade(error),
    }
}

fn make(
    ports: &Ports<'_>,
    entry: &ScheduleEntry,
    mut draft: Box<dyn Draft + '_>,
    progress: &dyn Progress,
) -> Result<RunResult, Error> {
    let report = pack(ports, entry, &mut *draft, progress)?;
    seal(ports, entry, &mut *draft, progress)?;
    let backup = draft.publish(report.grade())?;
    Ok(RunResult::Made { backup, report, set_aside: None })
}
