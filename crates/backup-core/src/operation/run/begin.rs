//! Begin: the draft of a run, encrypted if its schedule says so.

use crate::model::config::Config;
use crate::model::encryption::EncryptionKeys;
use crate::model::error::{Error, Failure};
use crate::model::job::RunJob;
use crate::model::schedule::ScheduleEntry;
use crate::operation::admission::{ENCRYPTION, no_such_table};
use crate::ports::{Draft, Ports};

/// Begins the draft of a run. Returns `None` while another one of its name is open.
///
/// # Errors
/// Any failure to begin. What is to be encrypted and can't be isn't stored in another way.
pub(super) fn begin_draft<'a>(ports: &Ports<'a>, job: &RunJob) -> Result<Option<Box<dyn Draft + 'a>>, Error> {
    let (name, compression) = (job.entry.name(), job.entry.options().compression());
    let draft = match keys_of(&job.entry, &job.config)? {
        Some(keys) => ports.backups.draft_encrypted(name, compression, keys),
        None => ports.backups.draft(name, compression),
    };
    match draft {
        Err(cause) if cause.failure == Failure::Busy => Ok(None),
        Err(cause) => Err(Error::BackupFailed { source: job.entry.source().to_owned(), cause }),
        Ok(draft) => Ok(Some(draft)),
    }
}

/// Returns for whom the archives of a schedule are encrypted, if they are.
///
/// # Errors
/// [`Error::MalformedSchedule`] if the configuration doesn't say for whom.
pub(crate) fn keys_of<'c>(
    entry: &ScheduleEntry,
    config: &'c Config,
) -> Result<Option<&'c EncryptionKeys>, Error> {
    let Some(name) = entry.options().encrypts_for() else { return Ok(None) };
    match config.encryption.get(name) {
        Some(table) => Ok(Some(&table.keys)),
        None => Err(no_such_table(entry, ENCRYPTION, name)),
    }
}
