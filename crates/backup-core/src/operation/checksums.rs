//! Checksums: keeps the list of the checksums of all archives up to date.

use std::cell::LazyCell;

use crate::model::archive::{BackupRecord, checksum_line, parse_checksum_list};
use crate::model::error::{Failure, PortError};
use crate::model::history::Ledger;
use crate::operation::history_cache::HistoryCache;
use crate::operation::recovery::is_archive_of;
use crate::ports::Ports;

/// How often the checksums are listed again while other processes keep making backups.
const MOST_ROUNDS: usize = 10;

/// Lists the checksums of all backups that exist and that the history knows, in a file beside them.
///
/// A backup that the history doesn't know (the history may have been lost) keeps the checksum that was listed before.
///
/// Another process may list the checksum of a newer archive between the reading of the history and the writing of this
/// list. Each process notes what it did before it lists checksums. So if the history has grown meanwhile, the list is
/// written again: whoever writes last has read all notes. If the folder of backups doesn't exist yet, there is nothing
/// to list.
///
/// # Errors
/// A failure to list the backups, to read or write the checksums, or to read the history again.
pub(crate) fn update_checksum_list(
    ports: &Ports<'_>,
    history: &mut HistoryCache<'_>,
) -> Result<(), PortError> {
    for _ in 0..MOST_ROUNDS {
        write_checksum_list(ports, history.ledger())?;
        if !history.refresh()? {
            break;
        }
    }
    Ok(())
}

fn write_checksum_list(ports: &Ports<'_>, ledger: &Ledger) -> Result<(), PortError> {
    let listed = match ports.backups.list() {
        Err(error) if error.failure == Failure::Missing => return Ok(()),
        listed => listed?,
    };
    let list = ports.backups.checksum_list()?;
    // Mostly the history knows the sums of all.
    let before = LazyCell::new(|| parse_checksum_list(&list));
    let listed_before = |backup: &BackupRecord| before.get(&backup.file_name).copied();
    let sum = |backup: &BackupRecord| match ledger.made(&backup.file_name) {
        // A sum that was listed before is of this archive only if no later one had the name.
        Some(run) if is_archive_of(ports, backup, run) => {
            ledger.sha256_of(run).or_else(|| listed_before(backup).filter(|_| run.finished.is_none()))
        }
        Some(_) => ledger.sha256_of(&ports.backups.described(backup)?),
        None => listed_before(backup),
    };
    let lines = listed.iter().filter_map(|backup| Some(checksum_line(&sum(backup)?, &backup.file_name)));
    ports.backups.replace_checksum_list(&lines.collect::<String>())
}
