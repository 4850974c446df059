//! Adopt: takes over an archive of another tool as an older generation of a backup.

use std::io::{self, Read, Write};
use std::path::Path;

use crate::model::archive::{ArchiveName, BackupRecord, CheckReport, Grade};
use crate::model::error::{Failure, PortError};
use crate::model::history::{HistoryNote, Outcome, RunKey, RunRecord};
use crate::operation::check::checked;
use crate::policy::import::NotTaken;
use crate::ports::{EndCheck, Ports, Progress};
use crate::time::Moment;

/// An archive that was taken over, and what is in it.
pub(crate) type Adopted = (BackupRecord, CheckReport);

/// Copies an archive into the store, reads it back from there, and publishes it if a restore would bring back all of it.
///
/// `from` is its file name, for the progress, and `source` has the bytes as they are to be stored.
///
/// # Errors
/// A failure of the store. What is wrong with the archive is no error, but the reason why it is not taken.
pub(crate) fn adopt(
    ports: &Ports<'_>,
    archive: &ArchiveName,
    (from, source): (&Path, &mut dyn Read),
    progress: &dyn Progress,
) -> Result<Result<Adopted, NotTaken>, PortError> {
    let mut draft = ports.backups.draft_older(archive)?;
    if let Err(reason) = copy((from, source), &mut *draft, archive, progress)? {
        return Ok(Err(NotTaken::Unreadable(reason.to_string())));
    }
    draft.seal()?;
    let ((), checked) =
        checked(ports.archiver, EndCheck::Tolerant, progress, |read_tar| draft.verify(read_tar, progress))?;
    match judge(checked) {
        Ok(report) => Ok(Ok((draft.publish(Grade::Complete)?, report))),
        Err(reason) => Ok(Err(reason)),
    }
}

/// Returns what is in an archive in the store, if a restore would bring back all of it.
///
/// # Errors
/// A failure of the store.
pub(crate) fn recognise(
    ports: &Ports<'_>,
    backup: &BackupRecord,
    progress: &dyn Progress,
) -> Result<Result<Adopted, NotTaken>, PortError> {
    let (digest, checked) = checked(ports.archiver, EndCheck::Tolerant, progress, |read_tar| {
        ports.backups.inspect(&backup.file_name, read_tar, progress)
    })?;
    let archive_bytes = digest.archive_bytes;
    let record = BackupRecord { archive_bytes, sha256: Some(digest.sha256), ..backup.clone() };
    Ok(judge(checked).map(|report| (record, report)))
}

/// Returns what is in an archive that was read to its end, or why it is not taken.
pub(crate) fn judge(checked: Result<CheckReport, PortError>) -> Result<CheckReport, NotTaken> {
    let report = checked.map_err(|error| NotTaken::Unreadable(reason(&error)))?;
    match report.refusal {
        Some(refusal) => Err(NotTaken::Unrestorable(report.refused_entries, refusal)),
        None if report.entries == 0 => Err(NotTaken::Empty),
        None => Ok(report),
    }
}

/// Returns the cause of an error, without the action that failed.
pub(crate) fn reason(error: &PortError) -> String {
    error.source.as_ref().map_or_else(|| error.to_string(), ToString::to_string)
}

/// Returns the note of an archive that was taken over. As of one that was found, nobody knows which run made it.
pub(crate) fn note(identity: &str, moment: Moment, (backup, report): &Adopted) -> HistoryNote {
    let key = RunKey { entry: identity.to_owned(), planned: None };
    HistoryNote::Found(RunRecord {
        archive: Some(backup.file_name.clone()),
        archive_bytes: backup.archive_bytes,
        finished: Some(backup.finished),
        sha256: backup.sha256,
        entries: report.entries,
        ..RunRecord::without_archive(key, Outcome::Done, moment, moment)
    })
}

/// How much is copied at once.
const PIECE_BYTES: usize = 1 << 20;

/// Copies a source into a draft. Returns the error of the source apart from those of the draft.
fn copy(
    (from, source): (&Path, &mut dyn Read),
    out: &mut dyn Write,
    archive: &ArchiveName,
    progress: &dyn Progress,
) -> Result<io::Result<()>, PortError> {
    let action = || format!("write {archive}");
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        if progress.is_cancelled() {
            return Err(PortError::new(Failure::Interrupted, action()));
        }
        let read = match source.read(&mut piece) {
            Ok(0) => return Ok(Ok(())),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ok(Err(error)),
        };
        out.write_all(&piece[..read]).map_err(|error| PortError::io(action(), error))?;
        progress.advanced(from, u64::try_from(read).unwrap_or(u64::MAX));
    }
}
