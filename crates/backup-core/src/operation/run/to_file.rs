//! Run to a file: the archive goes to a file that the user names. It replaces no backup, and the history doesn't know it.

use crate::model::config::Config;
use crate::model::error::{Error, Failure};
use crate::model::job::RunResult;
use crate::model::schedule::ScheduleEntry;
use crate::operation::run::seal;
use crate::operation::run::source::{PackContext, pack};
use crate::ports::{Draft, Ports, Progress};

/// Makes the backup of a schedule in a draft outside the store. Neither the history nor the backups change.
pub(crate) fn perform_to_file(
    ports: &Ports<'_>,
    entry: &ScheduleEntry,
    config: &Config,
    draft: Box<dyn Draft + '_>,
    progress: &dyn Progress,
) -> RunResult {
    match make(ports, entry, config, draft, progress) {
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
    config: &Config,
    mut draft: Box<dyn Draft + '_>,
    progress: &dyn Progress,
) -> Result<RunResult, Error> {
    let context = PackContext { planned: None, config, since: None, base_began: None };
    let report = pack(ports, entry, &context, &mut *draft, progress)?;
    seal(ports, entry, &mut *draft, progress)?;
    let backup = draft.publish(report.grade())?;
    Ok(RunResult::Made { backup, report, set_aside: None, anomalies: Vec::new() })
}
